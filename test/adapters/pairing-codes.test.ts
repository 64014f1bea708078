import { expect, it } from 'vitest';
import { pairingCodes } from '../../src/adapters/crypto/pairing-codes.js';
import { codeIn } from '../../src/domain/pairing.js';

it('draws a code that fits what is kept of it, and nothing else does', () => {
  const { code, kept } = pairingCodes.draw();
  expect(codeIn(code)).toBe(code);
  expect(pairingCodes.fits(code, kept)).toBe(true);
  for (let at = 0; at < code.length; at += 1) {
    const other = code[at] === 'A' ? 'B' : 'A';
    expect(pairingCodes.fits(code.slice(0, at) + other + code.slice(at + 1), kept)).toBe(false);
  }
  expect(JSON.stringify(kept)).not.toContain(code);
});

it('draws another each time, and keeps the same code differently', () => {
  const drawn = Array.from({ length: 40 }, () => pairingCodes.draw());
  expect(new Set(drawn.map(({ code }) => code)).size).toBe(40);
  expect(new Set(drawn.map(({ kept }) => kept.salt)).size).toBe(40);
  // 320 letters: that one of 32 is missing has odds of one in a thousand, that ten are of none.
  expect(new Set(drawn.flatMap(({ code }) => [...code])).size).toBeGreaterThan(22);
});

it('nothing fits what is damaged', () => {
  const { code, kept } = pairingCodes.draw();
  expect(pairingCodes.fits(code, { ...kept, hash: '' })).toBe(false);
  expect(pairingCodes.fits(code, { ...kept, salt: '' })).toBe(false);
});

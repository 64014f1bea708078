import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { isPublicAddress } from '../../src/adapters/net/public-address.js';

const byte = fc.integer({ min: 0, max: 255 });
const tail = fc.tuple(byte, byte, byte);
const word = fc.integer({ min: 0, max: 0xffff }).map((n) => n.toString(16));
const words = (count: number) => fc.array(word, { minLength: count, maxLength: count }).map((parts) => parts.join(':'));

/** Networks no stranger's URL may lead to; read from the registries of RFC 6890, and not from the library. */
const closed4 = fc.oneof(
  tail.map((rest) => [10, ...rest]),
  tail.map((rest) => [127, ...rest]),
  tail.map((rest) => [0, ...rest]),
  fc.tuple(fc.integer({ min: 16, max: 31 }), byte, byte).map((rest) => [172, ...rest]),
  fc.tuple(byte, byte).map((rest) => [192, 168, ...rest]),
  fc.tuple(byte, byte).map((rest) => [169, 254, ...rest]),
  fc.tuple(fc.integer({ min: 64, max: 127 }), byte, byte).map((rest) => [100, ...rest]),
  fc.tuple(fc.integer({ min: 224, max: 255 }), byte, byte, byte),
  fc.tuple(byte).map((rest) => [192, 0, 2, ...rest]),
  fc.tuple(fc.integer({ min: 18, max: 19 }), byte, byte).map((rest) => [198, ...rest]),
);
const dotted = (parts: readonly number[]): string => parts.join('.');
const hex = (parts: readonly number[]): string =>
  `${((parts[0] ?? 0) * 256 + (parts[1] ?? 0)).toString(16)}:${((parts[2] ?? 0) * 256 + (parts[3] ?? 0)).toString(16)}`;

const closed6 = fc.oneof(
  fc.constantFrom('::', '::1'),
  fc.tuple(fc.integer({ min: 0xfe80, max: 0xfebf }), words(7)).map(([head, rest]) => `${head.toString(16)}:${rest}`),
  fc.tuple(fc.integer({ min: 0xfc00, max: 0xfdff }), words(7)).map(([head, rest]) => `${head.toString(16)}:${rest}`),
  fc.tuple(fc.integer({ min: 0xff00, max: 0xffff }), words(7)).map(([head, rest]) => `${head.toString(16)}:${rest}`),
  words(6).map((rest) => `2001:db8:${rest}`),
);

describe('law: no address of a network that is not public passes', () => {
  test.prop([closed4], { numRuns: 2_000 })('of IPv4', (parts) => {
    expect(isPublicAddress(dotted(parts))).toBe(false);
  });

  test.prop([closed6], { numRuns: 2_000 })('of IPv6', (address) => {
    expect(isPublicAddress(address)).toBe(false);
    expect(isPublicAddress(`[${address}]`)).toBe(false);
  });

  test.prop([closed4], { numRuns: 1_000 })('nor hidden inside another', (parts) => {
    for (const address of [
      `::ffff:${dotted(parts)}`,
      `::ffff:${hex(parts)}`,
      `64:ff9b::${hex(parts)}`,
      `2002:${hex(parts)}::1`,
    ]) {
      expect(isPublicAddress(address), address).toBe(false);
    }
  });

  test.prop([fc.string()])('and what is no address does not', (text) => {
    fc.pre(!/^[\d.]+$|:/.test(text));
    expect(isPublicAddress(text)).toBe(false);
  });

  it('public ones pass', () => {
    for (const address of ['1.1.1.1', '8.8.8.8', '119.29.29.29', '2606:4700:4700::1111', '::ffff:8.8.8.8']) {
      expect(isPublicAddress(address), address).toBe(true);
    }
  });
});

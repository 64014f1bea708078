import { fc, it } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { scrubPart } from '../../src/log/scrub-part.js';
import { createScrubber } from '../../src/log/scrubber.js';

/*
 * Mutants these laws have caught, each restored: only the text before is looked at; a secret is censored in every part it
 * stands in; the look at a beginning whose rest has not come is left out; the part is cut a character too early.
 */

const CENSOR = '[secret]';
const SECRETS = ['canary-key/4f', 'aaab-aaab-aaab', 'canary-token'];
const words = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...SECRETS) },
  fc.constantFrom('canary', 'aaab-aa', 'key/4f', 'the ', 'is ', 'a', '-', ' '),
);

/** A text, and where it is cut. */
const pieces = fc.array(words, { minLength: 1, maxLength: 8 }).chain((parts) => {
  const text = parts.join('');
  return fc.array(fc.nat(text.length), { maxLength: 12 }).map((cuts) => {
    const at = [0, ...cuts.sort((one, other) => one - other), text.length];
    return at.slice(1).map((to, index) => text.slice(at[index], to));
  });
});

const viewed = (all: readonly string[], isLive: boolean): readonly string[] =>
  all.map((part, index) => {
    const before = all.slice(0, index).join('');
    const after = isLive ? '' : all.slice(index + 1).join('');
    return scrubPart(part, { before, after }, SECRETS, CENSOR);
  });

describe('a text that comes in pieces', () => {
  it.prop([pieces], { numRuns: 2_000 })('looked back at, reads like the whole without its secrets', (all) => {
    const whole = all.join('');
    expect(viewed(all, false).join('')).toBe(scrubPart(whole, { before: '', after: '' }, SECRETS, CENSOR));
  });

  it.prop([pieces], { numRuns: 2_000 })('told as it comes, gives away three characters of a secret at most', (all) => {
    const told = viewed(all, true);
    // Whatever of a secret is told stands where it stood: nothing of it may be put together from the pieces.
    const whole = all.join('');
    for (const secret of SECRETS) {
      for (let from = whole.indexOf(secret); from >= 0; from = whole.indexOf(secret, from + 1)) {
        let at = 0;
        let given = 0;
        for (const [index, part] of all.entries()) {
          const within = Math.max(0, Math.min(at + part.length, from + secret.length) - Math.max(at, from));
          if (within > 0 && told[index] === part) given += within;
          at += part.length;
        }
        expect(given).toBeLessThan(4);
      }
    }
  });

  it.prop([fc.array(fc.constantFrom('the ', 'is ', 'a', '. '), { maxLength: 12 })])(
    'and has nothing to hide is told as it is',
    (all) => {
      expect(viewed(all, true)).toEqual(all);
    },
  );
});

it.each([
  ['a beginning', 'my key is canary-ke', 'my key is [secret]'],
  ['an end', 'n-3f7a9c is it', '[secret] is it'],
  ['too little to tell', 'my key is can', 'my key is can'],
])('of a part alone %s of a secret is taken out', (_, text, clean) => {
  const scrubber = createScrubber();
  scrubber.register('canary-key');
  scrubber.register('token-3f7a9c');
  expect(scrubber.scrub(text, { before: '', after: '' })).toBe(clean);
  expect(scrubber.scrub(text)).toBe(text);
});

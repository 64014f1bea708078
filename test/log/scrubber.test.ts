import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/config/secret.js';
import { createScrubber } from '../../src/log/scrubber.js';

const CANARY = 'canary-"7f\\3a"-äß';

describe('a registered value', () => {
  it.each([
    ['as it is', `say ${CANARY}!`, 'say [secret]!'],
    ['inside JSON', JSON.stringify({ note: `say ${CANARY}!` }), '{"note":"say [secret]!"}'],
    ['inside an address', `https://a.b/c?k=${encodeURIComponent(CANARY)}&l=1`, 'https://a.b/c?k=[secret]&l=1'],
  ])('is taken out %s', (_, text, clean) => {
    const scrubber = createScrubber();
    scrubber.register(new Secret(CANARY));
    expect(scrubber.scrub(text)).toBe(clean);
  });

  it('stays out until everyone who registered it has taken that back', () => {
    const scrubber = createScrubber();
    const [first, second] = [scrubber.register('abcdefgh'), scrubber.register('abcdefgh')];
    first();
    first();
    expect(scrubber.scrub('abcdefgh')).toBe('[secret]');
    second();
    expect(scrubber.scrub('abcdefgh')).toBe('abcdefgh');
  });

  it('shorter than six characters is left alone', () => {
    const scrubber = createScrubber();
    scrubber.register('info');
    expect(scrubber.scrub('{"level":"info"}')).toBe('{"level":"info"}');
  });
});

describe('a value nobody registered', () => {
  it.each([
    ['{"token":"abc"}', '{"token":"[secret]"}'],
    ['{"a":[{"b":{"apiKey":"x\\"y"}}],"n":1}', '{"a":[{"b":{"apiKey":"[secret]"}}],"n":1}'],
    ['{"headers":{"authorization":["Bearer a","b]"]}}', '{"headers":{"authorization":"[secret]"}}'],
    ['{"app_secret":12345,"n":1}', '{"app_secret":"[secret]","n":1}'],
    [
      '{"body":"{\\"clientSecret\\":\\"abc\\",\\"appId\\":\\"1\\"}"}',
      '{"body":"{\\"clientSecret\\":\\"[secret]\\",\\"appId\\":\\"1\\"}"}',
    ],
    ['{"msg":"sent QQBot Abc.def-123=="}', '{"msg":"sent QQBot [secret]"}'],
    ['{"tokens":5,"token":null,"endpoint":"x"}', '{"tokens":5,"token":null,"endpoint":"x"}'],
  ])('under a secret’s key, or behind its scheme, goes too: %s', (line, clean) => {
    expect(createScrubber().scrub(line)).toBe(clean);
  });
});

test.prop([fc.string({ minLength: 6, unit: 'grapheme' }), fc.string(), fc.string()])(
  'no registered value is left in a line, and the line is still JSON',
  (secret, before, after) => {
    const scrubber = createScrubber();
    scrubber.register(secret);
    const clean = scrubber.scrub(JSON.stringify({ before, text: `${before}${secret}${after}`, token: secret }));
    const read = JSON.parse(clean) as { text: string; token: string };
    expect(read.token).toBe('[secret]');
    if (!'[secret]'.includes(secret)) expect(read.text).not.toContain(secret);
  },
);

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
  ])('is taken out of a text %s', (_, text, clean) => {
    const scrubber = createScrubber();
    scrubber.register(new Secret(CANARY));
    expect(scrubber.scrub(text)).toBe(clean);
    expect(scrubber.scrubLine(JSON.stringify({ text }))).toBe(`${JSON.stringify({ text: clean })}\n`);
  });

  it.each<[string, string, unknown, unknown]>([
    ['that begins in the middle of an escape', 'nabcdef', { a: '\nabcdef' }, { a: '\nabcdef' }],
    ['that looks like structure', '","b":"', { a: 'x', b: 'y' }, { a: 'x', b: 'y' }],
    ['that is a number', '123456', { a: 12_345_678, b: [123_456] }, { a: '[secret]', b: ['[secret]'] }],
    ['that is a key', 'abcdef', { abcdef: 1 }, { '[secret]': 1 }],
  ])('%s leaves the line valid', (_, secret, line, clean) => {
    const scrubber = createScrubber();
    scrubber.register(secret);
    expect(JSON.parse(scrubber.scrubLine(JSON.stringify(line)))).toEqual(clean);
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
  it.each<[unknown, unknown]>([
    [{ token: 'abc' }, { token: '[secret]' }],
    [
      { a: [{ b: { apiKey: 'x"y' } }], n: 1 },
      { a: [{ b: { apiKey: '[secret]' } }], n: 1 },
    ],
    [{ headers: { authorization: ['Bearer a', 'b]'] } }, { headers: { authorization: '[secret]' } }],
    [{ app_secret: 12_345 }, { app_secret: '[secret]' }],
    [{ body: '{"clientSecret": "a\\"bc","appId":"1"}' }, { body: '{"clientSecret":"[secret]","appId":"1"}' }],
    [{ msg: 'sent QQBot Abc.def-123==' }, { msg: 'sent QQBot [secret]' }],
    [
      { tokens: 5, token: null, note: 'the "token": there' },
      { tokens: 5, token: null, note: 'the "token": there' },
    ],
  ])('under a secret’s key, or behind its scheme, goes too: %j', (line, clean) => {
    expect(JSON.parse(createScrubber().scrubLine(`${JSON.stringify(line)}\n`))).toEqual(clean);
    expect(createScrubber().scrubValue(line)).toEqual(clean);
  });

  it('in a line that is no JSON goes as from any text', () => {
    expect(createScrubber().scrubLine('{"token": "abc", broken')).toBe('{"token":"[secret]", broken');
  });

  it('nowhere leaves the line as it is', () => {
    const line = '{"n":1.0}\n';
    expect(createScrubber().scrubLine(line)).toBe(line);
  });
});

/** Without the letters of the mark itself: next to it, they could spell a secret anew. */
const secrets = fc.string({ minLength: 6, unit: 'grapheme' }).filter((text) => !/[[\]secrt]/.test(text));

test.prop([secrets, fc.string(), fc.string(), fc.integer()])(
  'no registered value is left in a line, and the line is still JSON',
  (secret, before, after, n) => {
    const scrubber = createScrubber();
    scrubber.register(secret);
    const text = `${before}${secret}${after}`;
    const line = JSON.stringify({ before, text, token: secret, list: [{ [secret]: text }], n, after });
    const read = JSON.parse(scrubber.scrubLine(line)) as Record<string, unknown>;
    expect(read['token']).toBe('[secret]');
    expect(read['text']).not.toContain(secret);
    expect(
      Object.entries((read['list'] as object[])[0] ?? {})
        .flat()
        .join('\n'),
    ).not.toContain(secret);
  },
);

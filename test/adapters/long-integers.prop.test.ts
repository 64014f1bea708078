import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { parseObject, withLongIntegersQuoted } from '../../src/adapters/json.js';
import { decodeFrame } from '../../src/adapters/qq/frames.js';
import { normalise } from '../../src/adapters/qq/normalise.js';

const value = fc.oneof(
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
  fc.string({ unit: fc.constantFrom(...'"\\:,[]{} 123456789012345678901234567890'), maxLength: 80, size: 'max' }),
  fc
    .double({ noNaN: true, noDefaultInfinity: true })
    .filter((one) => !Number.isInteger(one) || Number.isSafeInteger(one)),
  fc.constantFrom(null, true),
);
const written = (one: unknown): string => (typeof one === 'bigint' ? String(one) : JSON.stringify(one));
const textOfAll = (values: readonly unknown[], gap: string): string =>
  `{${values.map((one, index) => `"k${index}":${gap}${index % 3 === 2 ? `[${written(one)}]` : written(one)}`).join(`,${gap}`)}}`;

describe('integers in what the platform sends', () => {
  test.prop([fc.array(value, { maxLength: 12 }), fc.constantFrom('', ' ', '\n\t')])(
    'keep every digit, and everything else is what it was',
    (values, gap) => {
      const text = textOfAll(values, gap);
      const read = parseObject(withLongIntegersQuoted(text));
      for (const [index, one] of values.entries()) {
        const bare = read?.[`k${index}`];
        const seen = Array.isArray(bare) ? bare[0] : bare;
        if (typeof one === 'bigint') expect(String(seen)).toBe(String(one));
        else expect(seen).toEqual(one === 0 ? 0 : one);
      }
    },
  );

  test.prop([fc.oneof(fc.string({ unit: 'binary' }), fc.json())])('a text that is no JSON stays none', (text) => {
    expect(parseObject(withLongIntegersQuoted(text)) === undefined).toBe(parseObject(text) === undefined);
  });

  it('are ids whole, where a bridge sends them bare (trap 33)', () => {
    const frame = decodeFrame(
      '{"op":0,"s":7,"t":"FORUM_THREAD_CREATE","id":"e","d":{"guild_id":18700000000000001,"channel_id":"1","author_id":"2","thread_info":{"thread_id":9876543210123456789}}}',
    );
    if (frame.kind !== 'dispatch') throw new Error(frame.kind);
    expect(normalise(frame, { appId: '1', botId: '2', nowMs: 3 })).toMatchObject({
      event: { kind: 'forum.created', guildId: '18700000000000001', subjectId: '9876543210123456789' },
    });
  });
});

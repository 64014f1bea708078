import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { createMessageApi } from '../../src/adapters/qq/message-api.js';
import type { Target } from '../../src/domain/conversation.js';
import type { Button, OutgoingMessage } from '../../src/domain/message.js';
import { problemsOf } from '../../src/domain/message-check.js';
import { partsOf } from '../../src/domain/message-parts.js';
import { RouterError } from '../../src/errors/router-error.js';
import { platformRig } from '../adapters/platform-http.js';

/** What the platform answers to a body that is not shaped as it should be. Source: qq-bot-api §8.2. */
const MALFORMED = new Set([22006, 50006, 50035, 50057, 50059, 12002, 40034008, 40034009, 40034029, 340069, 304061]);

const word = fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom('', ' ', '\n', '<@1>', '&', '中文', '\u200b'));
const id = fc.stringMatching(/^[A-Za-z0-9_]{1,8}$/);
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const only = <T extends object>(shape: fc.Arbitrary<T>) =>
  shape.map((whole) => Object.fromEntries(Object.entries(whole).filter(([, value]) => value !== undefined)));

const button: fc.Arbitrary<Button> = only(
  fc.record({
    id: optional(id),
    label: word,
    action: fc.oneof(
      fc.record({ callback: word }),
      fc.record({ open: fc.constantFrom('https://a.example', 'nonsense') }),
      fc.record({ input: word, send: fc.boolean() }),
    ),
    group: optional(id),
    allow: optional(fc.constantFrom('everyone' as const, 'admins' as const, { users: ['U1'] })),
    confirm: optional(fc.record({ text: word })),
  }),
) as fc.Arbitrary<Button>;

const message: fc.Arbitrary<OutgoingMessage> = only(
  fc.record({
    text: optional(word),
    markdown: optional(fc.oneof(word, fc.record({ template: word, params: fc.dictionary(id, word, { maxKeys: 3 }) }))),
    keyboard: optional(
      fc.oneof(
        fc.record({ template: word }),
        fc.record({ rows: fc.array(fc.array(button, { maxLength: 6 }), { maxLength: 6 }) }),
      ),
    ),
    embed: optional(fc.record({ title: word, fields: fc.array(word, { maxLength: 3 }) })),
    ark: optional(
      fc.record({
        templateId: fc.integer({ min: -1, max: 40 }),
        kv: fc.array(fc.record({ key: word, value: word }), { maxLength: 3 }),
      }),
    ),
    media: optional(
      fc.record({ kind: fc.constant('image' as const), url: fc.constantFrom('https://a.example/x', 'x') }),
    ),
    quote: optional(id),
    mentions: optional(fc.array(fc.oneof(fc.constant('everyone' as const), fc.record({ user: id })), { maxLength: 2 })),
    fallback: optional(word),
  }),
) as fc.Arbitrary<OutgoingMessage>;

const targets: readonly Target[] = [
  { scene: 'c2c', openid: 'U' },
  { scene: 'group', groupOpenid: 'G' },
  { scene: 'guild', channelId: '100010' },
  { scene: 'dm', guildId: '187' },
];

describe('law: a message without problems is never malformed on the wire', () => {
  test.prop([message, fc.constantFrom(...targets)], { numRuns: 400 })(
    'whatever it says, wherever it goes',
    async (message, target) => {
      fc.pre(problemsOf(message, target.scene).length === 0);
      const { platform, rest, clock } = platformRig({ switches: { urlFilter: 'off' } });
      platform.introduce('c2c', 'U');
      platform.introduce('group', 'G');
      platform.introduce('guild', '100010', { guildId: '187' });
      platform.introduce('dm', '187');
      Object.assign(platform.rights(), {
        ark: true,
        markdown: { c2c: true, group: true, guild: true, dm: true },
        active: { c2c: true, group: true, guild: true, dm: true },
      });
      const api = createMessageApi(rest);
      const parts = partsOf(message, target.scene, () => ({ kind: 'image', source: { url: 'https://a.example/x' } }));
      expect(parts.length).toBeGreaterThan(0);
      for (const part of parts) {
        const isGuild = target.scene === 'guild' || target.scene === 'dm';
        const media = part.media && (isGuild ? { url: 'https://a.example/x' } : { fileInfo: 'unknown' });
        const sending = api
          .sendPart({ target, msgSeq: 1, part, ...(media && { media }) }, () => true)
          .catch((error: unknown) => error);
        await clock.advance(1_000);
        const answer = await sending;
        const code = answer instanceof RouterError ? answer.more.platformCode : undefined;
        expect(MALFORMED.has(code ?? 0), `${code}: ${JSON.stringify(part)}`).toBe(false);
      }
    },
  );
});

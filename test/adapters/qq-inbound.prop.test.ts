import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { decodeFrame } from '../../src/adapters/qq/frames.js';
import { KNOWN_EVENTS } from '../../src/adapters/qq/inbound-events.js';
import { cleanGuildText, cleanText, escaped } from '../../src/adapters/qq/inbound-text.js';
import { normalise } from '../../src/adapters/qq/normalise.js';

const EVENTS = [
  ...KNOWN_EVENTS,
  'C2C_MESSAGE_CREATE',
  'GROUP_AT_MESSAGE_CREATE',
  'GROUP_MESSAGE_CREATE',
  'AT_MESSAGE_CREATE',
  'MESSAGE_CREATE',
  'DIRECT_MESSAGE_CREATE',
  'READY',
];
const KEYS = (
  'id content timestamp author member mentions attachments message_scene msg_elements group_openid channel_id guild_id ' +
  'user_openid member_openid is_you ext url roles nick message_reference message_id message_type content_type filename ' +
  'size voice_wav_url op s t d openid op_member_openid op_user user target emoji type data resolved button_data audit_id ' +
  'message result template_id join_request_id verify_info review_qa_list thread_info thread_id'
).split(' ');
/** JSON of the platform's keys in places where they do not belong. */
const hostile = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom('', ' ', '//', '<@', '<@!42>', 'x=y', 'ref_msg_idx=1', 42, 103, null, true, 1e300),
    fc.string({ unit: 'binary' }),
    fc.array(tie('value'), { maxLength: 4 }),
    tie('object'),
  ),
  object: fc.dictionary(fc.constantFrom(...KEYS), tie('value'), { maxKeys: 12 }),
}));
const context = { appId: '1', botId: '42', nowMs: 1 };
/** Words in which no mention, face or entity can hide. */
const words = fc.string({ unit: fc.constantFrom(...'abc字😀 \n\u00a0<>@!&;=') });

describe('decodeFrame', () => {
  test.prop([
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      hostile.object.map((one) => JSON.stringify(one)),
    ),
  ])('makes something of any text', (text) => {
    expect(decodeFrame(text)).toHaveProperty('kind');
  });
});

describe('normalise', () => {
  test.prop([fc.constantFrom(...EVENTS), fc.oneof(fc.jsonValue(), hostile.object)])(
    'makes a whole message of any payload, or a whole event, or nothing',
    (t, d) => {
      const result = normalise({ t, d }, context);
      if (result.kind === 'event') {
        const { raw, ...event } = result.event;
        expect(raw).toBe(d);
        expect(JSON.parse(JSON.stringify(event))).toEqual(event);
        expect(event.conversation !== undefined).toBe(event.target !== undefined);
        expect(Number.isFinite(event.atMs)).toBe(true);
      }
      if (result.kind !== 'message') return;
      expect(JSON.parse(JSON.stringify(result.message))).toEqual(result.message);
      expect(result.message.id).not.toBe('');
      expect(Number.isFinite(result.message.atMs)).toBe(true);
    },
  );
});

describe('text cleaning', () => {
  test.prop([words])('keeps every word of C2C and groups', (text) => {
    expect(cleanText(text, ['BOT'])).toBe(text.trim());
  });

  test.prop([words])('gives back what a guild escaped', (text) => {
    expect(cleanGuildText(`<@!42> ${escaped(text)}`, '42')).toBe(text.trim());
  });

  test.prop([words.map((one) => one.trim()), words.map((one) => one.trim())])(
    'keeps the words around a mention apart',
    (before, after) => {
      const glued = cleanText(`${before}<@BOT>${after}`, ['BOT']);
      expect(glued).toBe(`${before} ${after}`.trim());
    },
  );
});

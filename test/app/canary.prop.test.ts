import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { KNOWN_EVENTS } from '../../src/adapters/qq/inbound-events.js';
import { BotsRig } from '../support/bots-rig.js';

const CANARY = 'canary-words-of-a-user';
const SECRET = 'canary-app-secret-0123456789';
const INTENTS = [
  ...['guilds', 'guild_members', 'guild_messages', 'guild_message_reactions', 'direct_message', 'group_member_event'],
  ...['group_and_c2c', 'interaction', 'message_audit', 'forums', 'audio_action', 'public_guild_messages'],
] as const;

/** Anything at all, full of what a user wrote. */
const body = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(CANARY, `${CANARY} /stop`, null, 0, 11, true, '', '2026-01-01T00:00:00Z'),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(
    fc.constantFrom(
      ...'id content author user_openid member_openid group_openid channel_id guild_id data resolved button_data type'.split(
        ' ',
      ),
      ...'message target emoji openid op_user audit_id attachments url mentions timestamp msg_elements user'.split(' '),
    ),
    tie('value'),
    { maxKeys: 10 },
  ),
}));
const MESSAGES = ['C2C_MESSAGE_CREATE', 'GROUP_MESSAGE_CREATE', 'AT_MESSAGE_CREATE', 'DIRECT_MESSAGE_CREATE'];
const event = fc.record({ t: fc.constantFrom(...MESSAGES, ...KNOWN_EVENTS, `EVENT_OF_TOMORROW`), d: body.object });

describe('whatever is pushed', () => {
  test.prop([fc.array(event, { minLength: 1, maxLength: 25 })], { numRuns: 60 })(
    'the router stands, answers the next message, and neither secrets, tokens nor words of users are in the log at info',
    async (events) => {
      const bot = { appId: '102000001', appSecret: SECRET };
      const rig = new BotsRig(
        { qq: { ...bot, intents: [...INTENTS] } },
        { platform: { bots: [{ ...bot, private: true }] } },
      );
      rig.router.onTurn((turn) => turn.reply(`heard ${turn.text}`).then(() => undefined));
      await rig.start();
      const before = rig.router.channels()[0]?.watermark ?? 0;
      const pushed = events.filter(({ t, d }) => rig.platform.push({ t, d: d as never }).sessions > 0);
      await rig.wait(10);
      rig.platform.sendC2c({ from: 'U-last', text: `the last ${CANARY}` });
      await rig.wait(10);

      const [status] = rig.router.channels();
      expect(status).toMatchObject({ state: 'ready', watermark: before + pushed.length + 1, lagEvents: 0 });
      expect(rig.platform.sends().map(({ text }) => text)).toContain(`heard the last ${CANARY}`);
      const log = rig.lines.join('');
      const tokens = rig.platform
        .calls()
        .flatMap(({ headers }) => headers['authorization']?.replace(/^QQBot /, '') ?? []);
      expect(tokens.length).toBeGreaterThan(0);
      for (const secret of [CANARY, SECRET, ...new Set(tokens)]) expect(log).not.toContain(secret);
      const stopping = rig.router.stop();
      await rig.wait(12);
      await stopping;
    },
  );
});

import { describe, expect, it } from 'vitest';
import { createMessageApi } from '../../src/adapters/qq/message-api.js';
import type { Scene, Target } from '../../src/domain/conversation.js';
import type { Anchor } from '../../src/domain/reply.js';
import { platformRig } from './platform-http.js';

const yes = (): boolean => true;
const text = '# Title\n> *a* & <https://docs.example>';

/** A user who asked something in each scene. */
const rig = async () => {
  const { platform, rest } = platformRig({ switches: { urlFilter: 'off' } });
  const dmAsked = platform.sendDm({ from: '77', text: 'hi' }).messageId;
  const body = { recipient_id: '77', source_guild_id: '187' };
  const opened = await rest.call({
    what: 'open',
    method: 'POST',
    path: '/users/@me/dms',
    body,
    timeoutMs: 1_000,
    expects: 'object',
  });
  const guildId = opened.kind === 'done' ? String(opened.body['guild_id']) : '';
  const asked: Record<Scene, { target: Target; id: string }> = {
    c2c: { target: { scene: 'c2c', openid: 'U' }, id: platform.sendC2c({ from: 'U', text: 'hi' }).messageId },
    group: {
      target: { scene: 'group', groupOpenid: 'G' },
      id: platform.sendGroup({ group: 'G', from: 'M', text: 'hi' }).messageId,
    },
    guild: {
      target: { scene: 'guild', channelId: '100010' },
      id: platform.sendGuild({ channel: '100010', from: '77', text: 'hi' }).messageId,
    },
    dm: { target: { scene: 'dm', guildId }, id: dmAsked },
  };
  const api = createMessageApi(rest);
  const send = (scene: Scene) => {
    const { target, id } = asked[scene];
    const anchor: Anchor = { kind: 'message', id, atMs: 0 };
    return api.sendText({ target, anchor, msgSeq: 1, text, format: 'markdown' }, yes);
  };
  return { platform, send };
};

describe.each(['c2c', 'group', 'guild', 'dm'] as const)('markdown in %s', (scene) => {
  it('arrives as it is where the bot has the right', async () => {
    const { platform, send } = await rig();
    platform.rights().markdown[scene] = true;
    await expect(send(scene)).resolves.toMatchObject({ sentId: expect.any(String) });
    expect(platform.sends().at(-1)).toMatchObject({ scene, kind: 'markdown', text });
  });

  it('is told apart where it has not', async () => {
    const { platform, send } = await rig();
    platform.rights().markdown[scene] = false;
    await expect(send(scene)).rejects.toMatchObject({ code: 'platform.notPermitted', more: { action: 'noMarkdown' } });
  });
});

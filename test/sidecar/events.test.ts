import { expect, it } from 'vitest';
import { SidecarRig } from './sidecar-rig.js';

/* What is no turn, in the words of the frames. */

type Act = (rig: SidecarRig) => unknown;
const KINDS: Readonly<Record<string, Act>> = {
  friend_add: ({ platform }) => platform.addFriend('NEW'),
  joined: ({ platform }) => platform.addToGroup('G', 'U'),
  left: ({ platform }) => platform.removeFromGroup('G', 'U'),
  push_allowed: ({ platform }) => platform.switchMessages({ scene: 'c2c', target: 'U', accepts: true }),
  push_refused: ({ platform }) => platform.switchMessages({ scene: 'group', target: 'G', accepts: false }),
  recalled: ({ platform }) => platform.recallAs(platform.sendDm({ from: 'U', text: 'oops' }).messageId),
  button: ({ platform }) => platform.click({ scene: 'c2c', target: 'U', buttonId: 'b', buttonData: 'd' }),
  reaction: ({ platform }) => {
    const { messageId } = platform.sendGuild({ channel: 'C', from: 'U', text: 'hi' });
    platform.reactAs({ from: 'V', messageId, emoji: { type: 1, id: '4' } });
  },
};

it.each(Object.entries(KINDS))('%s', async (kind, act) => {
  const rig = await SidecarRig.start({
    channel: {
      buttons: 'event',
      intents: [
        'guilds',
        'public_guild_messages',
        'direct_messages',
        'group_and_c2c',
        'interaction',
        'guild_message_reactions',
      ],
    },
  });
  const { agent } = await rig.agent({ turns: 0 });
  act(rig);
  const event = await rig.until(agent.next('conv.event'));
  expect(event).toMatchObject({ kind, conv: { id: expect.stringMatching(/^qq:/) } });
  expect(event.data).not.toHaveProperty('raw');
});

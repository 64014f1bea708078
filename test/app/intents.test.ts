import { describe, expect, it } from 'vitest';
import { intentMask } from '../../src/domain/intents.js';
import { DEFAULT_APP_ID, DEFAULT_APP_SECRET, type PlatformOptions } from '../../src/emulator/index.js';
import { BotsRig, type Channel } from '../support/bots-rig.js';

type Wants = {
  readonly granted?: string[];
  readonly isPrivate?: boolean;
  readonly channel?: Channel;
} & Partial<PlatformOptions>;

const rigWith = ({ granted, isPrivate = false, channel = {}, ...platform }: Wants): BotsRig => {
  const bot = {
    appId: DEFAULT_APP_ID,
    appSecret: DEFAULT_APP_SECRET,
    private: isPrivate,
    ...(granted && { intents: intentMask(granted) }),
  };
  const rig = new BotsRig({ qq: channel }, { platform: { bots: [bot], ...platform } });
  rig.router.onTurn((turn) => turn.reply(`heard ${turn.text}`).then(() => undefined));
  return rig;
};

const started = async (wants: Wants): Promise<BotsRig> => {
  const rig = rigWith(wants);
  const starting = rig.router.start();
  await rig.wait(60);
  await starting;
  return rig;
};

const asked = (rig: BotsRig): number[] => rig.platform.sessions().map(({ intents }) => intents);

describe('an intent that is not granted', () => {
  it.each(['op9', '4014'] as const)(
    'costs one try (%s): the bot is ready without it and says so (trap 8)',
    async (ungrantedIntent) => {
      const rig = await started({
        granted: ['guilds', 'public_guild_messages', 'group_and_c2c'],
        switches: { ungrantedIntent },
      });
      expect(asked(rig)).toEqual([intentMask(['guilds', 'public_guild_messages', 'group_and_c2c'])]);
      expect(rig.router.channels()[0]).toMatchObject({
        state: 'ready',
        refusedIntents: ['direct_message', 'interaction'],
      });
      expect(rig.lines.join('')).toContain('these intents are not granted');
      rig.platform.sendC2c({ from: 'U1', text: 'hi' });
      await rig.wait(5);
      expect(rig.platform.sends()).toMatchObject([{ text: 'heard hi' }]);
    },
  );

  it('is asked for again when an operator reconnects, for it may be granted by then', async () => {
    const rig = await started({ granted: ['public_guild_messages', 'group_and_c2c'] });
    rig.platform.grantIntents(2 ** 31 - 1);
    rig.platform.closeAll(4006);
    rig.router.reconnect('qq');
    await rig.wait(60);
    expect(rig.router.channels()[0]).toMatchObject({ state: 'ready' });
    expect(rig.router.channels()[0]).not.toHaveProperty('refusedIntents');
  });

  it('that nothing can be left out for is said, and tried again once a minute', async () => {
    const rig = rigWith({ granted: [], channel: { intents: ['group_and_c2c'] } });
    void rig.router.start();
    await rig.wait(200);
    expect(rig.platform.frames().filter(({ op }) => op === 2).length).toBeLessThan(6);
    expect(rig.router.channels()[0]).toMatchObject({ state: 'waiting', fault: { code: 'gateway.intentsRefused' } });
  });
});

describe('a private bot', () => {
  // SA: both bits at once bring an @-message twice, under two names and one id.
  it('that asks for both kinds of guild messages answers a mention once', async () => {
    const rig = await started({ isPrivate: true, channel: { intents: ['guild_messages', 'public_guild_messages'] } });
    rig.platform.sendGuild({ guild: '187', channel: 'C1', from: '11', text: 'hi' });
    await rig.wait(5);
    expect(
      rig.platform
        .pushes()
        .map(({ t }) => t)
        .sort(),
    ).toEqual(['AT_MESSAGE_CREATE', 'MESSAGE_CREATE']);
    expect(rig.platform.sends()).toMatchObject([{ text: 'heard hi' }]);
  });

  it('hears of a recall once, though it comes under two names', async () => {
    const rig = await started({ isPrivate: true, channel: { intents: ['guild_messages', 'public_guild_messages'] } });
    const { messageId } = rig.platform.sendGuild({ guild: '187', channel: 'C1', from: '11', text: 'hi' });
    await rig.wait(5);
    rig.platform.recallAs(messageId);
    await rig.wait(1);
    const recalls = rig.events.filter(
      (event) => event.type === 'platform.event' && event.event.kind === 'message.recalled',
    );
    expect(recalls).toHaveLength(1);
  });

  it('asks for its messages by name; a public one that does goes without', async () => {
    const intents = ['guilds', 'guild_messages', 'group_and_c2c'] as const;
    const mine = await started({ isPrivate: true, channel: { intents: [...intents] } });
    expect(asked(mine)).toEqual([intentMask(intents)]);
    const open = await started({ channel: { intents: [...intents] } });
    expect(asked(open)).toEqual([intentMask(['guilds', 'group_and_c2c'])]);
  });
});

describe('a group that lets the bot hear everything', () => {
  it.each([
    ['exclusive', 'removed'],
    ['exclusive', 'kept'],
    ['both', 'removed'],
    ['both', 'kept'],
  ] as const)(
    'is answered once when it addresses the bot: %s names, mention %s (trap 26)',
    async (groupEvents, groupMentions) => {
      const rig = await started({ switches: { groupEvents, groupMentions } });
      rig.platform.setGroupMode('G1', 'all');
      rig.platform.sendGroup({ group: 'G1', from: 'M1', text: 'hi' });
      rig.platform.sendGroup({ group: 'G1', from: 'M2', text: 'not for you', at: false });
      await rig.wait(5);
      expect(new Set(rig.platform.pushes().map(({ t }) => t))).toContain('GROUP_MESSAGE_CREATE');
      expect(rig.platform.sends()).toMatchObject([{ text: 'heard hi' }]);
    },
  );
});

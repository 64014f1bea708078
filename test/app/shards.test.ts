import { describe, expect, it } from 'vitest';
import { DEFAULT_APP_ID, DEFAULT_APP_SECRET, type PlatformOptions } from '../../src/emulator/index.js';
import { BotsRig, type Channel } from '../support/bots-rig.js';

/** The guild id of a shard: bits 22 and up count. */
const guildOf = (index: number): string => String((BigInt(index) << 22n) + 4_194_304_000n);

type Wants = { readonly shards?: number; readonly channel?: Channel } & Partial<PlatformOptions>;

const rigWith = ({ shards = 1, channel = {}, ...platform }: Wants, after?: BotsRig) => {
  const rig = new BotsRig(
    { qq: channel },
    {
      platform: { bots: [{ appId: DEFAULT_APP_ID, appSecret: DEFAULT_APP_SECRET, shards }], ...platform },
      ...(after && { after }),
    },
  );
  rig.router.onTurn((turn) => turn.reply(`heard ${turn.text}`).then(() => undefined));
  return rig;
};

const startedOn = async (rig: BotsRig): Promise<BotsRig> => {
  const starting = rig.router.start();
  await rig.wait(60);
  await starting;
  return rig;
};

const started = (wants: Wants): Promise<BotsRig> => startedOn(rigWith(wants));

/** The next life, before the same platform and with the same store. */
const restarted = async (rig: BotsRig): Promise<BotsRig> => {
  const stopping = rig.router.stop();
  await rig.wait(2);
  await stopping;
  return startedOn(rigWith({}, rig));
};

const shardsOf = (rig: BotsRig) =>
  rig.platform
    .sessions()
    .map(({ shard }) => shard.join('/'))
    .sort();
const states = (rig: BotsRig) =>
  rig.events.map(({ type }) => type).filter((type) => /^channel\.(ready|lost|stopped)$/.test(type));

describe('a bot', () => {
  it('whose platform wants one shard has one, and its status says nothing of shards', async () => {
    const rig = await started({});
    expect(shardsOf(rig)).toEqual(['0/1']);
    expect(rig.router.channels()[0]).not.toHaveProperty('shards');
    expect(rig.router.channels()[0]).toHaveProperty('session');
  });

  it('is divided as the platform wants, starts one session per 5 s, and is ready once all shards are', async () => {
    const rig = rigWith({ shards: 3, switches: { maxConcurrency: 'enforced' } });
    const starting = rig.router.start();
    await rig.wait(9);
    expect(shardsOf(rig)).toEqual(['0/3', '1/3']);
    expect([rig.router.channels()[0]?.state, states(rig)]).toEqual(['connecting', []]);
    await rig.wait(5);
    await starting;
    expect(shardsOf(rig)).toEqual(['0/3', '1/3', '2/3']);
    expect([rig.router.channels()[0]?.state, states(rig)]).toEqual(['ready', ['channel.ready']]);
    expect(rig.router.channels()[0]?.reconnects).toBe(0);
    expect(rig.router.channels()[0]?.shards).toMatchObject([{ shard: [0, 3] }, { shard: [1, 3] }, { shard: [2, 3] }]);
  });

  it('asks for the gateway’s address once, however many shards it has (trap 7)', async () => {
    const rig = await started({ shards: 4 });
    expect(rig.platform.calls().filter(({ path }) => path.startsWith('/gateway'))).toHaveLength(1);
  });

  it('runs the shards it is told to, of as many as it is told', async () => {
    const rig = await started({ shards: 2, channel: { shards: { ids: [1], count: 2 } } });
    expect(shardsOf(rig)).toEqual(['1/2']);
    expect(rig.router.channels()[0]).toMatchObject({ state: 'ready', shards: [{ shard: [1, 2] }] });
  });

  it('answers each message once, though private ones come to every shard', async () => {
    const rig = await started({ shards: 2, switches: { c2cShard: 'all' } });
    rig.platform.sendC2c({ from: 'U1', text: 'hi' });
    rig.platform.sendGuild({ guild: guildOf(0), channel: 'C0', from: '11', text: 'zero' });
    rig.platform.sendGuild({ guild: guildOf(1), channel: 'C1', from: '12', text: 'one' });
    rig.platform.addFriend('U2');
    await rig.wait(10);
    expect(
      rig.platform
        .sends()
        .map(({ text }) => text)
        .sort(),
    ).toEqual(['heard hi', 'heard one', 'heard zero']);
    expect(rig.events.filter(({ type }) => type === 'platform.event')).toHaveLength(1);
    const [status] = rig.router.channels();
    expect(status?.lagEvents).toBe(0);
    const seqs = rig.platform.sessions().map(({ seq }) => seq);
    expect(status?.shards?.map(({ watermark }) => watermark).sort()).toEqual(seqs.sort());
  });

  it('that loses one shard is lost, goes on with the others, and is ready again with it', async () => {
    const rig = await started({ shards: 2 });
    const [first] = rig.net.held;
    first?.close(1006);
    await rig.wait(0.2);
    expect(rig.router.channels()[0]).toMatchObject({
      state: 'waiting',
      fault: { detail: expect.stringMatching(/^shard \d of 2: /) },
    });
    await rig.wait(120);
    expect(states(rig)).toEqual(['channel.ready', 'channel.lost', 'channel.ready']);
  });

  it('reconnects all of its shards', async () => {
    const rig = await started({ shards: 2 });
    const before = rig.platform.links().map(({ number }) => number);
    rig.router.reconnect('qq');
    await rig.wait(60);
    const after = rig.platform.links().map(({ number }) => number);
    expect([after.length, after.filter((number) => before.includes(number))]).toEqual([2, []]);
    expect(rig.router.channels()[0]).toMatchObject({ state: 'ready', reconnects: 2 });
  });

  it('resumes every shard where the last life left it', async () => {
    const rig = await started({ shards: 2 });
    const before = rig.platform
      .sessions()
      .map(({ id }) => id)
      .sort();
    const next = await restarted(rig);
    expect(
      rig.platform
        .sessions()
        .map(({ id }) => id)
        .sort(),
    ).toEqual(before);
    expect(
      next.router
        .channels()[0]
        ?.shards?.map(({ session }) => session)
        .sort(),
    ).toEqual(before);
  });

  it('does not resume the session of another division', async () => {
    const rig = await started({});
    const [alone] = rig.platform.sessions();
    rig.platform.requireShards(2);
    const next = await restarted(rig);
    expect(next.router.channels()[0]?.shards?.map(({ session }) => session)).not.toContain(alone?.id);
    expect(next.router.channels()[0]?.shards).toHaveLength(2);
  });

  it('that has grown too large for its division is divided anew by itself', async () => {
    const rig = await started({});
    rig.platform.requireShards(2);
    rig.platform.closeAll(4006);
    await rig.wait(120);
    expect(rig.router.channels()[0]).toMatchObject({ state: 'ready' });
    expect(rig.router.channels()[0]?.shards).toHaveLength(2);
  });

  it('that is refused its division for good has stopped, and says with which shard', async () => {
    const rig = await started({ shards: 2, channel: { shards: { ids: [0], count: 1 } } });
    expect(rig.router.channels()[0]).toMatchObject({ state: 'stopped', fault: { code: 'gateway.shardRefused' } });
  });

  it('stops with every socket closed', async () => {
    const rig = await started({ shards: 3 });
    const stopping = rig.router.stop();
    await rig.wait(15);
    await stopping;
    expect(rig.net.held.size).toBe(0);
    expect(states(rig).filter((type) => type === 'channel.stopped')).toHaveLength(1);
  });
});

import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../../src/adapters/store/memory-store.js';
import { type Router, routerFrom } from '../../src/app/router.js';
import { resolveRouterOptions } from '../../src/config/resolve.js';
import type { WrittenConfig } from '../../src/config/schema.js';
import { createPlatform, DEFAULT_APP_ID, DEFAULT_APP_SECRET, type Platform } from '../../src/emulator/index.js';
import { InMemoryNet } from '../../src/testing/in-memory-net.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';

type Channel = Partial<WrittenConfig['channels'][string]>;

type Rig = { clock: VirtualClock; platform: Platform; store: MemoryStore; router: Router; asked: string[] };

/** A whole router and the emulated platform, on virtual time. */
const started = async (channel: Channel, { clock, platform, store }: Partial<Rig> = {}): Promise<Rig> => {
  const time = clock ?? new VirtualClock();
  const world = platform ?? createPlatform({ clock: time });
  const kept = store ?? new MemoryStore(time);
  const net = new InMemoryNet(time, world);
  const asked: string[] = [];
  const router = routerFrom(
    resolveRouterOptions({
      channels: { qq: { appId: DEFAULT_APP_ID, appSecret: DEFAULT_APP_SECRET, ...channel } },
    }),
    { clock: time, http: net, sockets: net, store: kept, random: () => 0.5, lang: 'en' },
  );
  router.onTurn(async (turn) => {
    asked.push(turn.text);
    await turn.reply(`answer to ${turn.text}`);
  });
  const starting = router.start();
  await time.advance(10_000);
  await starting;
  return { clock: time, platform: world, store: kept, router, asked };
};

const textsTo = ({ platform }: Rig): string[] =>
  platform.sends().flatMap(({ kind, text }) => (kind === 'typing' ? [] : [text]));
const codeIn = (rig: Rig): string => /code (\S{8})/.exec(textsTo(rig).join('\n'))?.[1] ?? 'none';

describe('pairing mode', () => {
  it('a stranger is told a code in reply, let in by it without a restart, and then answered', async () => {
    const rig = await started({ allowedUsers: [] });
    const { messageId } = rig.platform.sendC2c({ from: 'U1', text: 'hello' });
    await rig.clock.advance(5_000);
    expect(rig.asked).toEqual([]);
    expect(rig.platform.sends()).toMatchObject([{ msgId: messageId }]);
    expect(await rig.router.approvePairing(codeIn(rig))).toMatchObject({ status: 'approved', user: { user: 'U1' } });
    await rig.clock.advance(5_000);
    expect(textsTo(rig).at(-1)).toBe('You are paired: go ahead and write.');
    rig.platform.sendC2c({ from: 'U1', text: 'and now?' });
    await rig.clock.advance(5_000);
    expect(rig.asked).toEqual(['and now?']);
    expect(textsTo(rig).at(-1)).toBe('answer to and now?');
  });

  it('who was let in stays in over a restart, and out over one once revoked', async () => {
    const rig = await started({ allowedUsers: [] });
    rig.platform.sendC2c({ from: 'U1', text: 'hello' });
    await rig.clock.advance(5_000);
    await rig.router.approvePairing(codeIn(rig));
    const stopping = rig.router.stop();
    await rig.clock.advance(10_000);
    await stopping;
    const second = await started({ allowedUsers: [] }, rig);
    rig.platform.sendC2c({ from: 'U1', text: 'still in?' });
    await rig.clock.advance(5_000);
    expect(second.asked).toEqual(['still in?']);
    expect(await second.router.revokePairing('U1')).toEqual(['qq']);
    rig.platform.sendC2c({ from: 'U1', text: 'and now?' });
    await rig.clock.advance(5_000);
    expect(second.asked).toEqual(['still in?']);
  });

  it('what is under way with a user who is shut out ends, and what they have waiting is not begun', async () => {
    const rig = await started({ allowedUsers: [], busy: 'enqueue' });
    rig.platform.sendC2c({ from: 'U1', text: 'hello' });
    await rig.clock.advance(5_000);
    await rig.router.approvePairing(codeIn(rig));
    let cancelled = '';
    const begun: string[] = [];
    rig.router.on((event) => {
      if (event.type === 'turn.cancelled') cancelled = event.reason;
    });
    rig.router.onTurn(async (turn) => {
      begun.push(turn.text);
      await new Promise((resolve) => turn.signal.addEventListener('abort', resolve));
    });
    // The handler of before is the one in use: a slow answer is one that waits for the platform.
    rig.platform.delayAll(60_000);
    rig.platform.sendC2c({ from: 'U1', text: 'one' });
    await rig.clock.advance(2_000);
    rig.platform.sendC2c({ from: 'U1', text: 'two' });
    await rig.clock.advance(2_000);
    await rig.router.revokePairing('U1');
    await rig.clock.advance(120_000);
    expect(cancelled).toBe('operator_stop');
    expect([...rig.asked, ...begun]).not.toContain('two');
  });

  it('a member of a group is paired there; other members are not', async () => {
    const rig = await started({ allowedUsers: [] });
    rig.platform.sendGroup({ group: 'G1', from: 'M1', text: 'hello' });
    await rig.clock.advance(5_000);
    await rig.router.approvePairing(codeIn(rig));
    rig.platform.sendGroup({ group: 'G1', from: 'M1', text: 'mine' });
    rig.platform.sendGroup({ group: 'G1', from: 'M2', text: 'theirs' });
    await rig.clock.advance(5_000);
    expect(rig.asked).toEqual(['mine']);
  });

  it('a listed group is open to all its members, without a code', async () => {
    const rig = await started({ allowedUsers: [], allowedGroups: ['G1'] });
    rig.platform.sendGroup({ group: 'G1', from: 'M1', text: 'mine' });
    await rig.clock.advance(5_000);
    expect(rig.asked).toEqual(['mine']);
    expect(textsTo(rig)).toEqual(['answer to mine']);
  });

  it.each([
    ['a guild opens all its channels', ['S1'], ['in C1', 'in C2']],
    ['a channel opens itself alone', ['C1'], ['in C1']],
    ['neither, and they are asked to be paired', ['S2'], []],
  ])('a listed guild or channel: %s', async (_, allowedGroups, asked) => {
    const rig = await started({ allowedUsers: [], allowedGroups });
    for (const channel of ['C1', 'C2']) {
      rig.platform.sendGuild({ guild: 'S1', channel, from: '11', text: `in ${channel}` });
    }
    await rig.clock.advance(5_000);
    expect(rig.asked).toEqual(asked);
  });

  it('a scene may have a list of its own', async () => {
    const rig = await started({ allowedUsers: [], scenes: { c2c: { allowedUsers: ['U9'] } } });
    rig.platform.sendC2c({ from: 'U1', text: 'hello' });
    rig.platform.sendC2c({ from: 'U9', text: 'listed' });
    await rig.clock.advance(5_000);
    expect(rig.asked).toEqual(['listed']);
    expect(textsTo(rig)).toEqual(['answer to listed']);
  });

  it('the platform refuses none of it, and fifty strangers cost three sends', async () => {
    const rig = await started({ allowedUsers: [] });
    for (let index = 0; index < 50; index += 1) rig.platform.sendC2c({ from: `S${index}`, text: 'hi' });
    await rig.clock.advance(30_000);
    expect(rig.platform.sends()).toHaveLength(3);
    const refused = rig.platform.calls().filter(({ status }) => status >= 400);
    expect(refused).toEqual([]);
  });
});

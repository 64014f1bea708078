import { describe, expect, it } from 'vitest';
import type { Turn } from '../../src/ports/turn-handler.js';
import { BotsRig } from '../support/bots-rig.js';
import { RouterRig } from '../support/router-rig.js';

/*
 * What users of other projects complain about when the connection changes under their bots, each on a whole router before
 * the emulator's platform, on virtual time. Those that a gateway alone can show are in actors/gateway*.test.ts.
 */

const USER = 'U1';
const HOUR_S = 3_600;

const answering = (turn: Turn): Promise<void> => turn.reply(`answer to ${turn.text}`).then(() => undefined);

const started = async (
  answer: (turn: Turn, pause: (seconds: number) => Promise<void>) => Promise<void> = answering,
) => {
  const rig = new BotsRig({ qq: {} });
  const pause = (seconds: number): Promise<void> =>
    new Promise((resolve) => rig.clock.setTimeout(resolve, seconds * 1_000));
  rig.router.onTurn((turn) => answer(turn, pause));
  await rig.start();
  return rig;
};

const ask = (rig: BotsRig, text: string): string => rig.platform.sendC2c({ from: USER, text }).messageId;
const said = (rig: BotsRig): string[] =>
  rig.platform
    .sends()
    .filter(({ kind }) => kind !== 'typing')
    .map(({ text }) => text);
const statusOf = (rig: BotsRig) => rig.router.channels()[0];

describe('the half-hourly change of the connection', () => {
  // nonebot/adapter-qq#97, #121: a dialogue of several steps was over with each.
  it('does not end a dialogue: what was said before it is known after it', async () => {
    const heard: string[][] = [];
    const rig = await started(async (turn) => {
      heard.push(turn.messages().map(({ content }) => content));
      await turn.reply(`and then, after ${turn.text}?`);
    });
    for (const text of ['step one', 'step two', 'step three']) {
      ask(rig, text);
      await rig.wait(10);
      rig.platform.sendReconnect();
      await rig.wait(30);
    }
    expect(heard.at(-1)).toEqual([
      ...['step one', 'and then, after step one?', 'step two', 'and then, after step two?'],
      'step three',
    ]);
  });

  it('does not end the answer that is being written', async () => {
    const rig = await started(async (turn, pause) => {
      await pause(20);
      await turn.reply(turn.signal.aborted ? 'aborted' : 'the answer');
    });
    ask(rig, 'question');
    await rig.wait(5);
    rig.platform.sendReconnect();
    await rig.wait(40);
    expect(said(rig)).toEqual(['the answer']);
    expect(rig.events.filter(({ type }) => type === 'turn.cancelled')).toEqual([]);
  });
});

describe('a link that is quiet', () => {
  // openclaw-china#121, #127: a check for stale sockets restarted the channel, and what came meanwhile was lost.
  it('is changed for another without a message being lost in that moment, and is no fault', async () => {
    const rig = await started();
    const reconnects = (): number => statusOf(rig)?.reconnects ?? 0;
    await rig.clock.advanceUntil(
      () => statusOf(rig)?.gateway?.startsWith('linked.ready') === false,
      7 * HOUR_S * 1_000,
    );
    const asked: string[] = [];
    for (let n = 0; n < 20; n += 1) {
      asked.push(`m${n}`);
      rig.platform.sendC2c({ from: `user ${n}`, text: `m${n}` });
      await rig.wait(0.02);
    }
    await rig.wait(60);
    expect(said(rig).toSorted()).toEqual(asked.map((text) => `answer to ${text}`).toSorted());
    expect(reconnects()).toBe(1);
    expect(rig.events.filter(({ type }) => type === 'channel.lost')).toEqual([]);
  });

  it('is left alone as long as events come', async () => {
    const rig = await started();
    for (let hour = 0; hour < 15; hour += 5) {
      await rig.wait(5 * HOUR_S);
      ask(rig, `hour ${hour}`);
    }
    await rig.wait(60);
    expect([said(rig).length, statusOf(rig)?.reconnects]).toEqual([3, 0]);
  });

  // tencent-connect/bot-docs#191: sockets and heartbeats were fine, and no event came any more after some days.
  it('because the platform has forgotten whom it belongs to, hears again within hours, by itself', async () => {
    const rig = await started();
    await rig.wait(48 * HOUR_S);
    rig.platform.forgetSessions();
    ask(rig, 'into the void');
    await rig.wait(60);
    expect([said(rig), statusOf(rig)?.gateway]).toEqual([[], 'linked.ready.acked']);
    await rig.wait(6 * HOUR_S);
    ask(rig, 'are you there?');
    await rig.wait(60);
    expect(said(rig)).toEqual(['answer to are you there?']);
  });
});

describe('what is said around a change of the connection', () => {
  // tencent-connect/openclaw-qqbot#254: the API said 200, and users never saw what was sent 55 to 150 s after a 4009.
  it('waits until the session stands again: nothing is sent while there is none', async () => {
    const rig = await started(async (turn, pause) => {
      await pause(3);
      await turn.reply('the answer');
    });
    const sent: number[] = [];
    const { request } = rig.net;
    rig.net.request = (one) => {
      if (one.url.includes('/messages')) sent.push(rig.clock.now());
      return request.call(rig.net, one);
    };
    ask(rig, 'question');
    await rig.wait(1);
    rig.platform.closeAll(4009);
    // Resumes are refused for a while, and so is a new session.
    rig.platform.failNext({ match: ({ path }) => path.includes('getAppAccessToken'), status: 500, times: 1_000 });
    rig.net.isDown = true;
    await rig.wait(150);
    expect(sent).toEqual([]);
    rig.net.isDown = false;
    rig.platform.clearFaults();
    await rig.clock.advanceUntil(() => statusOf(rig)?.gateway?.startsWith('linked.ready') ?? false, 600_000);
    const upAtMs = rig.clock.now();
    await rig.wait(60);
    expect(said(rig)).toEqual(['the answer']);
    expect(sent[0]).toBeGreaterThanOrEqual(upAtMs);
  });
});

describe('two instances with one AppID', () => {
  // Mininglamp-OSS/openclaw-channel-octo#233: each kicked the other off, for ever and as fast as it could.
  it('that kick each other off do it ever more slowly, say so, and answer once the other is gone', async () => {
    const rig = await started();
    const links: number[] = [];
    for (let second = 0; second < 1_800; second += 1) {
      await rig.wait(1);
      if (!statusOf(rig)?.gateway?.startsWith('linked.ready')) continue;
      links.push(rig.clock.now());
      // The other instance has its session again, and this one is closed.
      rig.platform.closeAll(4902);
    }
    expect(links.length).toBeGreaterThan(3);
    expect(links.length).toBeLessThanOrEqual(3 * 30 + 3);
    expect(rig.events.filter(({ type }) => type === 'channel.lost').length).toBeGreaterThan(0);
    expect(statusOf(rig)?.fault).toMatchObject({ code: expect.stringMatching(/^(gateway|transport)\./) });
    await rig.wait(120);
    ask(rig, 'still there?');
    await rig.wait(30);
    expect(said(rig)).toEqual(['answer to still there?']);
  });

  it('in one configuration are refused before anything is connected', () => {
    expect(() => new BotsRig({ a: {}, b: {} })).toThrowError(/appId/);
  });
});

describe('a send that failed', () => {
  // zeroclaw#4631, LangBot#1844: "send failed", and nobody knew why.
  it('says what the platform said: its number, the call, and the trace id its support asks for', async () => {
    const rig = await started();
    rig.platform.failNext({ match: 'sends', status: 400, code: 40034006, times: 1 });
    ask(rig, 'question');
    await rig.wait(10);
    const [outcome] = rig.events.flatMap((event) => (event.type === 'piece' ? [event.outcome] : []));
    const why = { code: 'platform.blocked', platformCode: 40034006, traceId: expect.stringMatching(/./) };
    expect(outcome).toMatchObject({ status: 'refused', ...why });
    const [line] = rig.lines.filter((one) => one.includes('40034006'));
    expect(JSON.parse(line ?? '{}')).toMatchObject({ status: 'refused', ...why });
  });
});

describe('a limit the platform has changed', () => {
  // bot-docs#216, #1, botpy#236, bot-node-sdk#86: pages contradict each other on how often a message may be answered.
  it('is learned from its refusal: the rest waits for the next message instead of being lost', async () => {
    const rig = await RouterRig.start({
      handler: async (turn) => {
        if (turn.text === 'next') await turn.reply('the last');
        else for (const part of ['one', 'two', 'three']) await turn.reply(part);
      },
      channel: { activeMessages: false },
      platform: { limits: { c2cReplies: 2 } },
    } as Parameters<typeof RouterRig.start>[0]);
    rig.platform.sendC2c({ from: USER, text: 'first' });
    await rig.wait(20);
    rig.platform.sendC2c({ from: USER, text: 'next' });
    await rig.wait(20);
    const seen = rig.platform.sends().map(({ text }) => text);
    expect(seen).toEqual(['one', 'two', 'three', 'the last']);
  });
});

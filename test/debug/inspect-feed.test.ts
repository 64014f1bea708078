import { afterEach, describe, expect, it } from 'vitest';
import { activeStates } from '../../src/debug/chart-active.js';
import { chartGraph } from '../../src/debug/chart-graph.js';
import { CHARTS } from '../../src/debug/charts.js';
import { CLIENTS_MAX } from '../../src/debug/inspect-feed.js';
import type { HistoryFrame, StepFrame } from '../../src/debug/inspect-frames.js';
import { toStately } from '../../src/debug/stately-bridge.js';
import { RouterError } from '../../src/errors/router-error.js';
import { conversationKey, type InspectedOptions, InspectedRouter } from '../support/inspected-router.js';

const ANN = conversationKey('ANN');

let rig: InspectedRouter | undefined;
const start = async (options: InspectedOptions = {}): Promise<InspectedRouter> => {
  rig = await InspectedRouter.start(options);
  return rig;
};

afterEach(async () => {
  await rig?.stop();
  rig = undefined;
});

const slowly: InspectedOptions['handler'] = async (turn, pause) => {
  await turn.reply(
    (async function* () {
      for (const word of ['one ', 'two ', 'three ']) {
        await pause(1_000);
        yield word;
      }
    })(),
  );
};

const historyOf = (frames: readonly { readonly type: string }[]): HistoryFrame[] =>
  frames.filter(
    (frame): frame is HistoryFrame =>
      frame.type === '@xstate.snapshot' || frame.type === 'rookery.fact' || frame.type === 'rookery.traffic',
  );

describe('following an actor', () => {
  it('begins with what is kept of it, from its first step', async () => {
    const { clock } = await start();
    const listener = rig?.listen(['gateway/qq']);
    await clock.advance(100);
    const [hello, actor] = listener?.frames ?? [];
    expect(hello).toMatchObject({ v: 1, type: 'hello', version: '1.2.3', texts: true });
    expect(actor).toMatchObject({ type: '@xstate.actor', actor: 'gateway/qq', chart: 'gateway', n: 1 });
    const steps = listener?.of('@xstate.snapshot') ?? [];
    expect(steps[0]).toMatchObject({ n: 1, event: { type: 'xstate.init' }, snapshot: { value: 'obtainingToken' } });
    expect(steps.at(-1)?.snapshot.value).toEqual({ linked: { ready: 'acked' } });
  });

  it('tells no stale state as the one before the first kept frame', async () => {
    const { clock, platform } = await start();
    platform.sendC2c({ from: 'ANN', text: 'hello' });
    await clock.advance(5_000);
    // Who looks back begins with the oldest frame: the newest state is no state from before it.
    const back = rig?.listen([ANN]);
    const live = rig?.listen('*', false);
    await clock.advance(100);
    const [first] = historyOf(back?.frames ?? []);
    const [looksBack] = back?.of('@xstate.actor') ?? [];
    expect(looksBack).toMatchObject({ n: first?.n, snapshot: null });
    // Who begins with now is told how it stands now.
    const goesOn = live?.of('@xstate.actor').find(({ actor }) => actor === ANN);
    expect(goesOn?.snapshot).toMatchObject({ value: 'idle' });
    expect(goesOn?.n).toBe((historyOf(back?.frames ?? []).at(-1)?.n ?? 0) + 1);
  });

  it('numbers every frame without a gap, live too', async () => {
    const made = await start();
    const { clock, platform } = made;
    const listener = made.listen('*', false);
    platform.sendC2c({ from: 'ANN', text: 'hello' });
    await clock.advance(5_000);
    const told = historyOf(listener.frames);
    const actors = new Set(told.map(({ actor }) => actor));
    expect(actors).toContain(ANN);
    for (const one of actors) {
      const frames = told.filter(({ actor }) => actor === one);
      const first = frames[0]?.n ?? 0;
      expect(frames.map(({ n }) => n)).toEqual(frames.map((_, index) => first + index));
    }
  });

  it('names the edges that were taken, the timers that wait and what was sent to invoked actors', async () => {
    const { clock, platform } = await start({ handler: slowly });
    const listener = rig?.listen('*', false);
    platform.sendC2c({ from: 'ANN', text: 'hello' });
    await clock.advance(1_000);
    platform.closeAll(4009);
    await clock.advance(5_000);
    const steps = (listener?.of('@xstate.snapshot') ?? []) as StepFrame[];
    const edges = new Set(
      Object.values(CHARTS).flatMap((machine) => chartGraph(machine).edges.map(({ transition }) => transition)),
    );
    const taken = steps.flatMap(({ transitions }) => transitions);
    expect(taken.length).toBeGreaterThan(5);
    for (const id of taken) expect(edges).toContain(id);

    const debouncing = steps.find(({ snapshot }) => snapshot.value === 'debouncing');
    expect(debouncing?.snapshot.timers).toMatchObject([{ delay: 'quiet', state: 'conversation.debouncing' }]);
    const [quiet] = debouncing?.snapshot.timers ?? [];
    expect((quiet?.dueMs ?? 0) - (quiet?.sinceMs ?? 0)).toBe(600);

    const resumed = steps.find(({ sent }) => sent.some(({ event }) => event.type === 'resume'));
    expect(resumed?.sent).toContainEqual({ to: 'socket', event: { type: 'resume', sessionId: expect.any(String) } });
    const running = steps.find(({ snapshot }) => snapshot.children.some(({ src }) => src === 'runTurn'));
    expect(running?.snapshot.children).toEqual([{ id: 'agent', src: 'runTurn' }]);
  });

  it('tells what became of pieces and turns beside the chart', async () => {
    const { clock, platform } = await start({ channel: { streamMode: 'final' } });
    const listener = rig?.listen('*', false);
    platform.sendC2c({ from: 'ANN', text: 'hello' });
    await clock.advance(5_000);
    const facts = (listener?.of('rookery.fact') ?? []).filter(({ actor }) => actor === ANN).map(({ fact }) => fact);
    expect(facts.map(({ type }) => type)).toEqual(['turn.started', 'piece', 'turn.closed']);
    expect(facts[1]).toMatchObject({ outcome: { status: 'sent', said: 'you said hello' } });
    expect(facts[2]).toMatchObject({ receipt: { status: 'completed', delivered: 'you said hello' } });
  });

  it('shows a timer until it comes, or its state is left', async () => {
    const { clock, platform } = await start({ handler: slowly });
    const listener = rig?.listen([ANN, 'gateway/qq']);
    platform.sendC2c({ from: 'ANN', text: 'hello' });
    await clock.advance(8_000);
    const steps = listener?.of('@xstate.snapshot') ?? [];
    const graphs = Object.values(CHARTS).map(chartGraph);
    for (const { snapshot, event, atMs } of steps) {
      const names = snapshot.timers.map(({ delay, state }) => `${delay} ${state}`);
      expect(new Set(names).size, `twice after ${event.type}`).toBe(names.length);
      for (const { state, sinceMs, dueMs } of snapshot.timers) {
        const graph = graphs.find(({ id }) => id === state.split('.')[0]);
        expect(graph && [...activeStates(graph, snapshot.value)]).toContain(state);
        expect(sinceMs).toBeLessThanOrEqual(atMs);
        expect(dueMs).toBeGreaterThanOrEqual(atMs);
      }
    }
    expect(steps.flatMap(({ snapshot }) => snapshot.timers).length).toBeGreaterThan(5);
    // The turn's own time counts from its beginning, however many steps it takes.
    const turnMax = steps.flatMap(({ snapshot }) => snapshot.timers.filter(({ delay }) => delay === 'turnMax'));
    expect(turnMax.length).toBeGreaterThan(3);
    expect(new Set(turnMax.map(({ sinceMs }) => sinceMs)).size).toBe(1);
  });

  it('counts dispatches a second at a time, so that they push no step out', async () => {
    const { clock, platform } = await start();
    const listener = rig?.listen(['gateway/qq']);
    for (let count = 0; count < 30; count += 1) platform.sendC2c({ from: `U${count}`, text: 'hello' });
    await clock.advance(60_000);
    const traffic = listener?.of('rookery.traffic') ?? [];
    expect(traffic).toHaveLength(1);
    expect(traffic[0]?.accepted).toBe(30);
  });

  it('keeps an actor that has left memory, and goes on with it when it comes back', async () => {
    const { clock, platform } = await start();
    platform.sendC2c({ from: 'ANN', text: 'hello' });
    await clock.advance(120_000);
    const states = rig?.listen();
    await clock.advance(100);
    expect(states?.of('rookery.actors').flatMap(({ changed }) => changed.map(({ actor }) => actor))).toEqual([
      'gateway/qq',
    ]);
    const listener = rig?.listen([ANN]);
    await clock.advance(100);
    expect(listener?.of('@xstate.snapshot').at(-1)?.snapshot.status).toBe('stopped');
    platform.sendC2c({ from: 'ANN', text: 'again' });
    await clock.advance(2_000);
    expect(listener?.of('@xstate.snapshot').at(-1)?.snapshot).toMatchObject({ status: 'active', value: 'idle' });
  });
});

describe('bounds', () => {
  it('keeps so many entries of one actor and so many of all, the newest', async () => {
    const { clock, platform, inspection } = await start({ recorder: { perActorMax: 8, totalMax: 40 } });
    for (let round = 0; round < 20; round += 1) {
      for (const user of ['ANN', 'BEN', 'CAY', 'DOT', 'EVE', 'FAY', 'GUS'])
        platform.sendC2c({ from: user, text: 'hi' });
      await clock.advance(2_000);
    }
    const { recorder } = inspection;
    expect(recorder.kept).toBeLessThanOrEqual(40);
    for (const track of recorder.tracks()) {
      expect(track.size).toBeLessThanOrEqual(8);
      expect(track.next - track.first).toBe(track.size);
      for (let n = track.first; n < track.next; n += 1) expect(track.at(n)?.n).toBe(n);
      expect(track.at(track.first - 1)).toBeUndefined();
    }
  });

  it('keeps so many characters of all, the newest', async () => {
    const charsMax = 3_000;
    const { clock, platform, inspection } = await start({ recorder: { charsMax } });
    const { recorder } = inspection;
    let most = 0;
    for (let round = 0; round < 40; round += 1) {
      platform.sendC2c({ from: round % 2 === 0 ? 'ANN' : 'BEN', text: 'x'.repeat(100) });
      await clock.advance(2_000);
      most = Math.max(most, recorder.chars);
    }
    expect(most).toBeLessThanOrEqual(charsMax);
    // It is made use of, and what it counts is what the entries say that they keep.
    expect(most).toBeGreaterThan(charsMax / 2);
    const kept = [...recorder.tracks()].flatMap((track) =>
      Array.from({ length: track.size }, (_, at) => track.at(track.first + at)?.chars ?? Number.NaN),
    );
    expect(kept.reduce((sum, chars) => sum + chars, 0)).toBe(recorder.chars);
    const [newest] = [...recorder.tracks()].sort((one, other) => other.lastAtMs - one.lastAtMs);
    expect(newest?.at(newest.next - 1)).toBeDefined();
  });

  it('forgets actors that have left memory together with their last entry', async () => {
    const { clock, platform, inspection } = await start({ recorder: { perActorMax: 8, totalMax: 30 } });
    for (let user = 0; user < 100; user += 1) {
      platform.sendC2c({ from: `U${user}`, text: 'hi' });
      await clock.advance(65_000);
    }
    expect([...inspection.recorder.tracks()].length).toBeLessThanOrEqual(30);
  });

  it('a client that takes nothing loses what is forgotten, is told how much, and costs the others nothing', async () => {
    const { clock, platform } = await start({ recorder: { perActorMax: 10 }, handler: slowly });
    platform.sendC2c({ from: 'ANN', text: 'hello' });
    await clock.advance(100);
    const slow = rig?.listen([ANN]);
    const fast = rig?.listen([ANN]);
    await clock.advance(100);
    if (!slow || !fast) throw new Error('no room');
    slow.isFull = true;
    const toldBefore = historyOf(slow.frames).length;
    for (let round = 0; round < 4; round += 1) {
      platform.sendC2c({ from: 'ANN', text: 'more' });
      await clock.advance(4_000);
    }
    expect(historyOf(slow.frames)).toHaveLength(toldBefore);
    slow.isFull = false;
    await clock.advance(1_000);
    const told = historyOf(fast.frames).length;
    const lost = slow.of('rookery.lost').reduce((sum, { count }) => sum + count, 0);
    expect(lost).toBeGreaterThan(0);
    expect(historyOf(slow.frames).length + lost).toBe(told);
    expect(historyOf(slow.frames).at(-1)).toEqual(historyOf(fast.frames).at(-1));
    expect(fast.of('rookery.lost')).toEqual([]);
  });

  it('a client that takes nothing for half a minute is given up', async () => {
    const { clock, inspection } = await start();
    const listener = rig?.listen();
    if (listener) listener.isFull = true;
    await clock.advance(31_000);
    expect(listener?.isGivenUp).toBe(true);
    expect(inspection.feed.clients).toBe(0);
  });

  it('lets so many look on, and no more', async () => {
    const { inspection } = await start();
    for (let count = 0; count < CLIENTS_MAX; count += 1) rig?.listen();
    expect(inspection.feed.open({ actors: [], overview: true }, rig?.listen().sink as never)).toBeNull();
  });

  it('nobody looks on: no timer waits for anybody', async () => {
    const { clock, inspection } = await start();
    const { recorder } = inspection;
    const before = clock.pending;
    const listener = rig?.listen();
    await clock.advance(50);
    expect(clock.pending).toBeGreaterThan(before);
    listener?.leave();
    expect(recorder.onChange).toBeNull();
    expect(clock.pending).toBe(before);
  });
});

describe('the router as a whole', () => {
  it('is told once a second: channels, counts, rates, what is wrong and what to do', async () => {
    const { clock, platform } = await start({ channel: { streamMode: 'final' } });
    const listener = rig?.listen();
    for (const user of ['ANN', 'BEN']) platform.sendC2c({ from: user, text: 'hello' });
    platform.sendGroup({ group: 'G1', from: 'CAY', text: 'not for the bot', at: false });
    await clock.advance(3_000);
    const overview = listener?.of('rookery.overview').at(-1);
    expect(overview).toMatchObject({
      channels: [{ name: 'qq', state: 'ready', reconnects: 0 }],
      problems: [],
      totals: { messagesIn: 2, outcomes: { sent: 2 }, turns: { completed: 2 } },
      turnsRunning: 0,
      waiting: { messages: 0, oldestMs: null },
    });
    expect(overview?.perSecond.messagesIn).toBeCloseTo(0.2);
    platform.setBotState('banned');
    await clock.advance(2_000);
    expect(listener?.of('rookery.overview').at(-1)?.problems).toMatchObject([
      { what: 'channels.qq', code: 'gateway.banned', remedy: { zh: expect.stringContaining('平台') } },
    ]);
  });

  it('says of events how many are not safe yet', async () => {
    const { clock, platform, router } = await start({ handler: slowly });
    const listener = rig?.listen();
    platform.sendC2c({ from: 'ANN', text: 'hello' });
    await clock.advance(2_000);
    const [told] = listener?.of('rookery.overview').at(-1)?.channels ?? [];
    const [status] = router.channels();
    expect(status?.lagEvents).toBeTypeOf('number');
    expect(told).toMatchObject({ watermark: status?.watermark, lagEvents: status?.lagEvents });
  });

  it('says that the agent does not answer, and that messages were given up', async () => {
    const { clock, router } = await start();
    let isMended = false;
    const asked: string[] = [];
    const broken = {
      ...router,
      checkAgents: async () => {
        asked.push('agent');
        if (!isMended) throw new RouterError('agent.unreachable', 'http://127.0.0.1:9 refused');
      },
      deadLetters: async () => (isMended ? [] : [{}, {}]) as never,
    };
    rig?.inspection.join(broken);
    const problems = () => listener?.of('rookery.overview').at(-1)?.problems;
    await clock.advance(30_000);
    expect(asked).toEqual([]);
    const listener = rig?.listen();
    await clock.advance(2_000);
    expect(problems()).toMatchObject([
      { what: 'agent', code: 'agent.unreachable', detail: expect.stringContaining('refused') },
      { what: 'deadLetters', code: 'givenUp', detail: '× 2', remedy: { zh: expect.stringContaining('已放弃') } },
    ]);
    expect(asked).toHaveLength(1);
    isMended = true;
    await clock.advance(32_000);
    expect(problems()).toEqual([]);
  });

  it('shows a message that waits, and since when', async () => {
    const { clock, platform } = await start({ handler: slowly, channel: { busy: 'collect' } });
    const listener = rig?.listen();
    platform.sendC2c({ from: 'ANN', text: 'first' });
    await clock.advance(1_000);
    platform.sendC2c({ from: 'ANN', text: 'second' });
    await clock.advance(1_500);
    const overview = listener?.of('rookery.overview').at(-1);
    expect(overview).toMatchObject({ turnsRunning: 1, waiting: { messages: 1 } });
    expect(clock.now() - (overview?.waiting.oldestMs ?? 0)).toBeGreaterThanOrEqual(1_000);
  });
});

describe('texts', () => {
  const words = 'my very own words';

  it('are lengths where the operator did not ask for them', async () => {
    const { clock, platform } = await start({ texts: false, handler: slowly, channel: { streamMode: 'block' } });
    const listener = rig?.listen('*', false);
    platform.sendC2c({ from: 'ANN', text: words, username: 'Annabel' });
    await clock.advance(1_500);
    platform.sendC2c({ from: 'ANN', text: words });
    await clock.advance(10_000);
    const said = JSON.stringify(listener?.frames);
    expect(said).toContain('message.received');
    expect(said).not.toContain(words);
    expect(said).not.toContain('one two');
    expect(said).not.toContain('Annabel');
    expect(said).toContain(`{"chars":${words.length}}`);
  });

  it('are there where the operator did, cut where they are long', async () => {
    const { clock, platform } = await start({ channel: { streamMode: 'final' } });
    const listener = rig?.listen('*', false);
    platform.sendC2c({ from: 'ANN', text: `${words}${'x'.repeat(9_000)}` });
    await clock.advance(5_000);
    const received = listener?.of('@xstate.snapshot').find(({ event }) => event.type === 'message.received');
    const { text } = (received?.event['message'] ?? { text: '' }) as { text: string };
    expect(text.startsWith(words)).toBe(true);
    expect(text.length).toBe(4_001);
  });
});

it('Stately’s inspector is told what it understands, and nothing else', async () => {
  const { clock, platform } = await start();
  const listener = rig?.listen('*', false);
  platform.sendC2c({ from: 'ANN', text: 'hello' });
  await clock.advance(3_000);
  const events = (listener?.frames ?? []).flatMap((frame) => toStately(frame, () => '{}'));
  const known = new Set<string>();
  for (const event of events) {
    if (event.type === '@xstate.actor') known.add(event.sessionId);
    expect(known).toContain(event.sessionId);
    expect(event).toMatchObject({
      rootId: event.sessionId,
      createdAt: expect.stringMatching(/^\d+$/),
      id: expect.any(String),
    });
  }
  expect(new Set(events.map(({ type }) => type))).toEqual(
    new Set(['@xstate.actor', '@xstate.event', '@xstate.snapshot']),
  );
  expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
});

it('a chart’s states by its value are those that the machine itself is in', async () => {
  for (const machine of Object.values(CHARTS)) {
    const graph = chartGraph(machine);
    expect(activeStates(graph, 'nowhere')).toEqual(new Set([graph.id]));
  }
  const snapshot = CHARTS.conversation.resolveState({
    value: { cancelled: { agent: 'stopping', outbox: 'settled' } },
    context: {} as never,
  });
  const active = activeStates(chartGraph(CHARTS.conversation), snapshot.value as never);
  expect([...active].sort()).toEqual(snapshot._nodes.map(({ id }) => id).sort());
});

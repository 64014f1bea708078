import { afterEach, describe, expect, it } from 'vitest';
import type { RouterEvent } from '../../src/app/events.js';
import type { Binding } from './border.js';
import { Employed, type Lines, MANNERS, type Manner } from './manners.js';
import { SidecarRig, type SidecarRigOptions } from './sidecar-rig.js';

/*
 * The scenarios of spec/scenarios.md §6 across the process border: the router and an agent have nothing between them but
 * frames, on a wire of the test's own and on both of the bindings, with real sockets. Number 16 is Dify's stop call: see
 * test/adapters/agents/dify.test.ts; here stands what it comes to where an agent dials in.
 */

const BINDINGS: readonly (Binding | undefined)[] = [undefined, 'websocket', 'sse'];
const OVER = { websocket: 'a WebSocket', sse: 'SSE and POST' } as const;

const GRACE_MS = 2_000;
const WIRE = 50;

const slowly = (...lines: string[]): Lines => ({ lines, gapMs: 1_000 });
const atOnce = (...lines: string[]): Lines => ({ lines, gapMs: 0 });

type Cancelled = Extract<RouterEvent, { type: 'turn.cancelled' }>;

const open: SidecarRig[] = [];
afterEach(async () => {
  for (const rig of open.splice(0)) await rig.close();
});

const beginOver = async (
  binding: Binding | undefined,
  manner: Manner,
  linesFor: Parameters<typeof Employed.by>[2],
  options: SidecarRigOptions = {},
): Promise<{ rig: SidecarRig; agent: Employed }> => {
  const rig = await SidecarRig.start({ ...options, ...(binding && { binding }) });
  open.push(rig);
  const agent = await Employed.by(rig, manner, linesFor);
  return { rig, agent };
};

const cancelOf = (rig: SidecarRig): Cancelled | undefined =>
  rig.events.find((event): event is Cancelled => event.type === 'turn.cancelled');

const startedAfter = (rig: SidecarRig): number => rig.events.filter(({ type }) => type === 'turn.started').length;

/** Messages of one answer stand in its receipt on lines of their own. */
const charsOf = (...texts: readonly string[]): string => texts.join('').replaceAll('\n', '');

/** What each receipt says was delivered is what the user has before their eyes, and nothing stands there twice. */
const expectExact = (rig: SidecarRig): void => {
  const receipts = rig.closed().map(({ receipt }) => receipt);
  expect(receipts.every(({ certainty }) => certainty === 'exact')).toBe(true);
  expect(charsOf(...receipts.map(({ delivered }) => delivered))).toBe(charsOf(...rig.shown()));
  expect(new Set(rig.shown()).size).toBe(rig.shown().length);
};

const CASES = BINDINGS.flatMap((binding) => MANNERS.map((manner) => ({ binding, manner })));
const nameOf = ({ binding, manner }: (typeof CASES)[number]): string =>
  `an agent that is ${manner}, over ${binding ? OVER[binding] : 'frames alone'}`;

describe.each(CASES.map((one) => [nameOf(one), one] as const))('%s', (_, { binding, manner }) => {
  const begin = (linesFor: Parameters<typeof Employed.by>[2], options?: SidecarRigOptions) =>
    beginOver(binding, manner, linesFor, options);

  it('1: a turn that was cut before its first word does not say the previous answer', async () => {
    const { rig } = await begin(({ inputs }) => slowly(`answer to ${inputs[0]?.text}`));
    rig.say('one');
    await rig.wait(3_000);
    rig.say('two');
    await rig.wait(500);
    rig.say('three');
    await rig.wait(30_000);
    expect(rig.shown()).toEqual(['answer to one', 'answer to three']);
    expectExact(rig);
  });

  it('2: what waits in the outbox when the cancel comes is not sent, and nothing is sent twice', async () => {
    const { rig } = await begin(({ inputs }) =>
      inputs[0]?.text === 'one' ? atOnce('first', 'second', 'third') : atOnce('new'),
    );
    rig.platform.delayNext(1_000, { match: 'sends' });
    rig.say('one');
    await rig.wait(300);
    rig.say('two');
    await rig.wait(30_000);
    expect(rig.shown()).toEqual(['first', 'new']);
    expectExact(rig);
  });

  it('3: what is written while the old turn shuts down is not lost', async () => {
    const { rig, agent } = await begin(({ inputs }) => slowly(inputs.map(({ text }) => text).join('+')));
    rig.say('one');
    await rig.wait(500);
    rig.say('two');
    await rig.wait(100);
    rig.say('three');
    await rig.wait(30_000);
    const asked = agent.starts.flatMap(({ inputs }) => inputs.map(({ text }) => text));
    expect(asked).toEqual(expect.arrayContaining(['one', 'two', 'three']));
    expect(rig.shown().at(-1)).toContain('three');
    expectExact(rig);
  });

  it('4: a cancel that comes before the offer was heard is heard behind it', async () => {
    const { rig, agent } = await begin(({ inputs }) => slowly(`${inputs[0]?.text}`));
    rig.say('one');
    await rig.clock.advanceUntil(() => startedAfter(rig) === 1);
    rig.say('two');
    await rig.wait(30_000);
    expect(agent.cancels[0]?.turn).toBe(agent.starts[0]?.turn);
    expect(rig.shown()).toEqual(['two']);
  });

  it('5: /stop keeps what waits', async () => {
    const { rig } = await begin(({ inputs }) => slowly(`${inputs[0]?.text} a`, `${inputs[0]?.text} b`), {
      channel: { busy: 'collect' },
    });
    rig.say('one');
    await rig.wait(1_500);
    rig.say('two');
    await rig.wait(100);
    rig.say('/stop');
    await rig.wait(30_000);
    expect(rig.shown()).toEqual(['one a', 'two a', 'two b']);
    expect(cancelOf(rig)?.reason).toBe('user_stop');
    expectExact(rig);
  });

  it('6 and 9: whatever it does, nothing of the old turn is sent, and the next one begins within the grace', async () => {
    const { rig, agent } = await begin(({ inputs }) =>
      inputs[0]?.text === 'one'
        ? { lines: Array.from({ length: 40 }, (_, n) => `old ${n}`), gapMs: 300 }
        : atOnce('new'),
    );
    rig.say('one');
    await rig.wait(1_000);
    const before = rig.shown().length;
    rig.say('two');
    await rig.wait(WIRE);
    const atMs = rig.clock.now();
    await rig.clock.advanceUntil(() => startedAfter(rig) === 2);
    expect(rig.clock.now() - atMs).toBeLessThanOrEqual(GRACE_MS);
    await rig.wait(30_000);
    expect(rig.shown().slice(before)).toEqual(['new']);
    expectExact(rig);
    const [first] = rig.closed();
    expect(first?.receipt.status).toBe(manner === 'polite' || manner === 'slow' ? 'cancelled' : 'killed');
    expect(agent.errors.every(({ code }) => code === 'stale_turn')).toBe(true);
    if (manner === 'rude') expect(agent.errors.length).toBeGreaterThan(20);
  });

  it('7: the end of the old turn, said after the new one has begun, ends nothing', async () => {
    const { rig } = await begin(({ inputs }) =>
      inputs[0]?.text === 'one' ? slowly('a', 'b', 'c', 'd') : slowly('x', 'y', 'z', '!'),
    );
    rig.say('one');
    await rig.wait(1_500);
    rig.say('two');
    await rig.wait(30_000);
    expect(rig.shown()).toEqual(['a', 'x', 'y', 'z', '!']);
    expect(rig.closed().at(-1)?.receipt.status).toBe('completed');
  });

  it('8: it is told why, by whom, and how much was delivered; the next turn what the user saw', async () => {
    const { rig, agent } = await begin(() => slowly('first. ', 'second. ', 'third. ', '4', '5', '6'));
    rig.say('one');
    await rig.wait(2_500);
    const by = rig.say('two');
    await rig.wait(30_000);
    const delivered = rig.closed()[0]?.receipt.delivered ?? '';
    expect(agent.cancels[0]).toMatchObject({
      reason: 'superseded',
      by: { sender: 'U', message: by },
      graceMs: GRACE_MS,
      deliveredChars: charsOf(delivered).length,
    });
    expect(agent.starts[1]?.interrupted).toMatchObject({
      turn: agent.starts[0]?.turn,
      reason: 'superseded',
      delivered,
      certainty: 'exact',
      inputs: [{ text: 'one' }],
      agent: manner === 'polite' || manner === 'slow' ? 'acked' : 'killed',
    });
  });

  it('10: a call that hangs at the cancel point is maybe-more, is not repeated, and is settled later', async () => {
    const { rig, agent } = await begin(({ inputs }) =>
      inputs[0]?.text === 'one' ? slowly('hangs', 'never') : atOnce('new'),
    );
    rig.say('one');
    await rig.wait(900);
    rig.platform.delayNext(8_000, { match: 'sends' });
    await rig.wait(300);
    rig.say('two');
    await rig.wait(40_000);
    expect(rig.closed()[0]?.receipt).toMatchObject({ certainty: 'maybe-more', delivered: '' });
    expect(rig.events.filter(({ type }) => type === 'turn.settled')).toHaveLength(1);
    // One that has fallen over and came back as somebody else is owed nothing.
    const owed = [{ turn: agent.starts[0]?.turn, outcome: 'delivered', delivered: 'hangs' }];
    expect(agent.settled).toMatchObject(manner === 'dying' ? [] : owed);
    expect(rig.shown()).toEqual(['hangs', 'new']);
  });

  it('11: the bubble of a cancelled turn is closed as it stands', async () => {
    const { rig } = await begin(
      ({ inputs }) =>
        inputs[0]?.text === 'one'
          ? {
              lines: ['```ts\nconst answer = 42;\n', 'const more = answer + 1;\n', 'const last = 0;\n```\n'],
              gapMs: 2_000,
            }
          : atOnce('new'),
      { channel: { streamMode: 'native' } },
    );
    rig.say('one');
    await rig.wait(3_500);
    const [before] = rig.shown();
    rig.say('two');
    await rig.wait(60_000);
    expect(before).toContain('42');
    expect(rig.shown()).toEqual([before, 'new']);
    expect(rig.entries()[0]?.stream?.state).toBe('finished');
  });

  it('12: ten messages in one second are one turn', async () => {
    const { rig, agent } = await begin(() => atOnce('ten'), {
      channel: { debounce: { quietMs: 600, atMostMs: 2_500 } },
    });
    for (let n = 0; n < 10; n += 1) {
      rig.say(`${n}`);
      await rig.wait(100);
    }
    await rig.wait(10_000);
    expect(agent.starts.map(({ inputs }) => inputs.length)).toEqual([10]);
    expect(rig.shown()).toEqual(['ten']);
  });

  it('13: a picture and its question a second later are one turn', async () => {
    const { rig, agent } = await begin(() => atOnce('a cat'), {
      channel: { debounce: { quietMs: 600, atMostMs: 2_500 } },
    });
    rig.platform.sendC2c({
      from: 'U',
      text: '',
      attachments: [{ content_type: 'image/png', filename: 'a.png', url: 'https://platform.test/a.png', size: 9 }],
    });
    await rig.wait(1_000);
    rig.say('what is this?');
    await rig.wait(10_000);
    expect(agent.starts[0]?.inputs).toMatchObject([{ media: [{ kind: 'image' }] }, { text: 'what is this?' }]);
  });

  it('14: two members of a group do not cut each other’s answers', async () => {
    const { rig, agent } = await begin(({ inputs }) => slowly(`to ${inputs[0]?.sender.id}`));
    for (const from of ['A', 'B']) {
      rig.platform.sendGroup({ group: 'G', from, text: 'question' });
      await rig.wait(300);
    }
    await rig.wait(30_000);
    expect(agent.cancels).toEqual([]);
    const said = rig.platform.transcript({ scene: 'group', id: 'G' }).filter(({ by }) => by === 'bot');
    expect(said.map(({ text }) => text)).toEqual(['to A', 'to B']);
    expect(agent.starts.map(({ conv }) => [conv.scene, conv.member])).toEqual([
      ['group', 'A'],
      ['group', 'B'],
    ]);
  });

  it('17: after five interrupts in a row, messages are collected until one turn is through', async () => {
    const { rig } = await begin(({ inputs }) => slowly(`to ${inputs.at(-1)?.text}`), {
      conversation: { graceMs: 100, settleMs: 100 },
    });
    for (let n = 1; n <= 8; n += 1) {
      rig.say(`m${n}`);
      await rig.wait(450);
    }
    await rig.wait(60_000);
    expect(rig.events.filter(({ type }) => type === 'turn.cancelled')).toHaveLength(5);
    expect(rig.shown().at(-1)).toContain('m8');
    expect(rig.closed().filter(({ receipt }) => receipt.status === 'completed').length).toBeGreaterThanOrEqual(1);
  });

  it('18: taking the question back cancels its turn', async () => {
    const { rig, agent } = await begin(() => slowly('a', 'b', 'c'));
    const { messageId } = rig.platform.sendDm({ from: 'U', text: 'oops' });
    await rig.wait(1_500);
    rig.platform.recallAs(messageId);
    await rig.wait(30_000);
    expect(agent.cancels).toMatchObject([{ reason: 'recalled' }]);
    expect(rig.closed()[0]?.receipt).toMatchObject({ reason: 'recalled', delivered: 'a' });
  });
});

describe.each(CASES.map((one) => [nameOf(one), one] as const))('15: %s', (_, { binding, manner }) => {
  const lines = slowly('a', 'b', 'c', 'd');
  const asked = ({ inputs }: { readonly inputs: readonly { readonly text: string }[] }): Lines =>
    inputs[0]?.text === 'one' ? lines : atOnce('new');

  /** The turn is cancelled while the first words of it stand there. */
  const cancelAfter = async (rig: SidecarRig, agent: Employed): Promise<void> => {
    const cancels = agent.cancels.length;
    rig.say('two');
    await rig.wait(30_000);
    expect(agent.cancels.length).toBe(cancels + 1);
    expect(rig.shown().at(-1)).toBe('new');
    expectExact(rig);
    expect(agent.errors.every(({ code }) => code === 'stale_turn')).toBe(true);
  };

  it('goes on where it was after its connection was cut in the middle of a turn, and is then cancelled', async () => {
    const { rig, agent } = await beginOver(binding, manner, asked);
    rig.say('one');
    await rig.wait(1_500);
    agent.cut();
    await rig.wait(1_000);
    await agent.comeBack();
    expect(agent.hellos.at(-1)).toMatchObject({ resumed: true, missed: 0 });
    await rig.wait(1_000);
    // What was said to nobody was said again, and nothing stands there twice.
    expect(rig.shown()).toEqual(['a', 'b', 'c']);
    await cancelAfter(rig, agent);
    expect(rig.shown()).toEqual(['a', 'b', 'c', 'new']);
  });

  it('comes back to a router that was killed meanwhile: the old turn is over before the next begins', async () => {
    const { rig, agent } = await beginOver(binding, manner, asked);
    rig.say('one');
    await rig.wait(500);
    agent.cut();
    await rig.restart();
    await agent.comeBack();
    expect(agent.hellos.at(-1)).toMatchObject({ resumed: true });
    await rig.wait(1_500);
    const [first, again] = agent.starts;
    expect(agent.closed[0]).toMatchObject({ turn: first?.turn, status: 'failed', reason: 'router_restart' });
    expect(again?.inputs).toEqual(first?.inputs);
    expect(rig.shown()).toEqual(['a']);
    await cancelAfter(rig, agent);
    expect(rig.shown()).toEqual(['a', 'new']);
  });
});

describe('16: an agent without a connection at the cancel point', () => {
  it('hears when it comes back that its turn was cancelled and closed, in that order', async () => {
    const rig = await SidecarRig.start();
    const wired = await rig.agent();
    const start = await rig.ask(wired, 'one');
    wired.agent.accept(start.turn);
    await rig.wait(100);
    wired.agent.hangUp();
    await rig.wait(100);
    rig.say('two');
    await rig.wait(5_000);
    const again = rig.dial();
    again.agent.hello({ resume: wired.agent.resume });
    const hello = await rig.until(again.agent.next('hello.ok'));
    expect(hello).toMatchObject({ resumed: true, missed: 0, sid: wired.agent.sid });
    await rig.wait(100);
    expect(again.agent.heard.filter((frame) => 'seq' in frame && frame.t !== 'hello.ok').map(({ t }) => t)).toEqual([
      'turn.cancel',
      'turn.closed',
      'turn.start',
    ]);
    expect(again.agent.all('turn.closed')[0]).toMatchObject({ turn: start.turn, status: 'killed' });
  });
});

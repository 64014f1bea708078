import { describe, expect, it } from 'vitest';
import type { RouterFrames } from '../../src/sidecar/frames/to-agent.js';
import { SidecarRig, type SidecarRigOptions, type WiredAgent } from './sidecar-rig.js';

type Started = { rig: SidecarRig; wired: WiredAgent; start: RouterFrames['turn.start']; turn: string };

/** An agent that has accepted a turn. */
const accepted = async (options: SidecarRigOptions = {}, caps = {}): Promise<Started> => {
  const rig = await SidecarRig.start(options);
  const wired = await rig.agent({ caps: { steer: true, flow: true, history: 'router', ...caps } });
  const start = await rig.ask(wired, 'one');
  wired.agent.accept(start.turn);
  await rig.wait(5);
  return { rig, wired, start, turn: start.turn };
};

const errorsOf = ({ agent }: WiredAgent): (string | undefined)[] => agent.all('error').map(({ code }) => code);

describe('a turn over the frames', () => {
  it('is offered, accepted, answered and closed', async () => {
    const rig = await SidecarRig.start();
    const wired = await rig.agent();
    const { agent } = wired;
    const start = await rig.ask(wired, 'hello');
    expect(start).toMatchObject({
      epoch: 1,
      attempt: 1,
      conv: { scene: 'c2c' },
      inputs: [{ text: 'hello', sender: { id: 'U' } }],
      history: [{ role: 'user', content: 'hello' }],
      surface: { mode: 'block', maxChars: 18_000, repliesLeft: 4 },
      deadline: { acceptMs: 5_000, idleMs: 120_000, turnMs: 900_000 },
      credit: 8_000,
    });
    agent.accept(start.turn);
    agent.delta(start.turn, 'Hello ');
    agent.delta(start.turn, 'there.');
    agent.end(start.turn);
    const closed = await rig.until(agent.next('turn.closed'));
    expect(closed).toMatchObject({
      turn: start.turn,
      status: 'completed',
      delivered: 'Hello there.',
      certainty: 'exact',
    });
    expect(rig.shown()).toEqual(['Hello there.']);
    expect(agent.all('turn.delivered')).toMatchObject([{ chars: 12, messageId: closed.messageIds[0] }]);
  });

  it('carries no history to an agent that keeps its own, but the note of what became of the last answer', async () => {
    const { rig, wired, turn } = await accepted({}, { history: 'agent' });
    wired.agent.delta(turn, 'seen');
    wired.agent.break(turn);
    await rig.wait(500);
    rig.say('two');
    await rig.until(wired.agent.next('turn.cancel'));
    wired.agent.say({ t: 'turn.cancelled', turn });
    const next = await rig.until(wired.agent.next('turn.start'));
    expect(next.history).toBeUndefined();
    expect(next.note).toContain('seen');
  });
});

describe('output', () => {
  it('said twice is taken once', async () => {
    const { rig, wired, turn } = await accepted();
    const { agent } = wired;
    agent.delta(turn, 'a');
    agent.say({ t: 'turn.delta', turn, n: 1, text: 'a', id: 'again' });
    agent.delta(turn, 'b');
    agent.end(turn);
    agent.end(turn);
    await rig.until(agent.next('turn.closed'));
    expect(rig.shown()).toEqual(['ab']);
    expect(agent.all('ok')).toMatchObject([
      { re: 'again', n: 1, dup: true },
      { turn, dup: true },
    ]);
  });

  it('with a gap is refused, and goes on from where it is told', async () => {
    const { rig, wired, turn } = await accepted();
    const { agent } = wired;
    agent.say({ t: 'turn.delta', turn, n: 2, text: 'b' });
    const error = await rig.until(agent.next('error'));
    expect(error).toMatchObject({ code: 'gap', expect: 1, turn });
    agent.say({ t: 'turn.end', turn, n: 2, reason: 'stop' });
    expect(await rig.until(agent.next('error'))).toMatchObject({ code: 'gap', expect: 1 });
    agent.delta(turn, 'a');
    agent.delta(turn, 'b');
    agent.end(turn);
    await rig.until(agent.next('turn.closed'));
    expect(rig.shown()).toEqual(['ab']);
  });

  it('as snapshots may change until it is out, and then only grow', async () => {
    const { rig, wired, turn } = await accepted();
    const { agent } = wired;
    const set = (n: number, text: string): void => agent.say({ t: 'turn.set', turn, n, text });
    set(1, 'draft');
    await rig.wait(5);
    set(2, 'Final words');
    await rig.wait(5);
    agent.say({ t: 'turn.break', turn, n: 3 });
    set(4, 'A long text that goes out by itself. '.repeat(20));
    await rig.wait(3_000);
    const before = rig.shown().length;
    expect(before).toBeGreaterThan(1);
    set(5, 'something else');
    expect(await rig.until(agent.next('error'))).toMatchObject({ code: 'prefix_conflict', expect: 5 });
    agent.say({ t: 'turn.end', turn, n: 4, reason: 'stop' });
    await rig.until(agent.next('turn.closed'));
    expect(rig.shown()[0]).toBe('Final words');
    expect(rig.shown().join('')).not.toContain('else');
  });

  it('of a file is handed on', async () => {
    const { rig, wired, turn } = await accepted();
    const media = { kind: 'image', url: 'https://example.test/a.png' } as const;
    wired.agent.say({ t: 'turn.media', turn, n: 1, media });
    await rig.wait(5);
    expect(errorsOf(wired)).toEqual([]);
  });

  it('that fails tells the user what the agent says, if nothing else was said', async () => {
    const { rig, wired, turn } = await accepted();
    const failure = { code: 'model.down', message: 'no model', userMessage: 'Back in five minutes.', retryable: true };
    wired.agent.say({ t: 'turn.fail', turn, ...failure });
    expect(await rig.until(wired.agent.next('turn.closed'))).toMatchObject({ status: 'failed' });
    expect(rig.shown()).toEqual(['Back in five minutes.']);
  });

  it('gets room back as it is read, and never more than was read', async () => {
    const { rig, wired, turn } = await accepted();
    const { agent } = wired;
    let sent = 0;
    let credit = 8_000;
    for (let n = 0; n < 30; n += 1) {
      const text = '一'.repeat(500);
      if (sent + text.length > credit) {
        const before = agent.all('turn.credit').length;
        await rig.clock.advanceUntil(() => agent.all('turn.credit').length > before);
        credit = 8_000 + agent.all('turn.credit').reduce((sum, { add }) => sum + add, 0);
      }
      sent += text.length;
      agent.delta(turn, text);
    }
    agent.end(turn);
    await rig.until(agent.next('turn.closed'));
    expect(errorsOf(wired)).toEqual([]);
    expect(credit).toBeLessThanOrEqual(8_000 + sent);
  });
});

describe('a cancel', () => {
  it('fences the turn before anything else is looked at', async () => {
    const { rig, wired, turn } = await accepted();
    const { agent } = wired;
    rig.say('two');
    await rig.until(agent.next('turn.cancel'));
    agent.say({ t: 'turn.delta', turn, n: 99, text: 'a gap, and stale' });
    agent.raw(JSON.stringify({ t: 'turn.delta', turn, n: 'no number', text: 7 }));
    agent.say({ t: 'turn.progress', turn, id: 'p', label: 'l', state: 'running' });
    agent.accept(turn);
    await rig.wait(5);
    expect(errorsOf(wired)).toEqual(['stale_turn', 'stale_turn', 'stale_turn', 'stale_turn']);
    agent.say({ t: 'turn.cancelled', turn });
    await rig.until(agent.next('turn.start'));
    expect(errorsOf(wired)).toHaveLength(4);
  });

  it('tells the next turn how far the tools had come: what was reported on the way, and what is said at the end', async () => {
    const { rig, wired, turn } = await accepted();
    const { agent } = wired;
    agent.say({ t: 'turn.progress', turn, id: '1', label: 'look up', state: 'done' });
    agent.say({ t: 'turn.progress', turn, id: '2', label: 'book', state: 'running' });
    await rig.wait(5);
    rig.say('two');
    await rig.until(agent.next('turn.cancel'));
    agent.say({
      t: 'turn.cancelled',
      turn,
      tools: [
        { id: '2', label: 'book', state: 'done' },
        { id: '3', label: 'mail', state: 'error' },
      ],
    });
    const next = await rig.until(agent.next('turn.start'));
    expect(next.interrupted).toMatchObject({
      agent: 'acked',
      tools: [
        { id: '1', state: 'done' },
        { id: '2', state: 'done' },
        { id: '3', state: 'error' },
      ],
    });
    // Another word about a turn that is closed changes nothing of the one that runs.
    agent.say({ t: 'turn.cancelled', turn, tools: [{ id: '4', label: 'late', state: 'done' }] });
    agent.accept(next.turn);
    await rig.wait(5);
    rig.say('three');
    await rig.until(agent.next('turn.cancel'));
    agent.say({ t: 'turn.cancelled', turn: next.turn });
    expect((await rig.until(agent.next('turn.start'))).interrupted?.tools).toBeUndefined();
  });

  it('makes stale also what is said again of an answer that had ended, and was not out yet', async () => {
    const { rig, wired, turn } = await accepted();
    rig.platform.delayNext(1_500, { match: 'sends' });
    wired.agent.delta(turn, 'one');
    wired.agent.end(turn);
    await rig.wait(100);
    wired.agent.say({ t: 'turn.delta', turn, n: 1, text: 'one' });
    await rig.wait(5);
    expect(wired.agent.all('ok').at(-1)).toMatchObject({ dup: true });
    rig.say('two');
    await rig.wait(100);
    expect(rig.events.some(({ type }) => type === 'turn.cancelled')).toBe(true);
    wired.agent.say({ t: 'turn.delta', turn, n: 1, text: 'one' });
    await rig.wait(5);
    expect(errorsOf(wired)).toEqual(['stale_turn']);
  });

  it('by the agent stops a turn, and is told to whoever works on it', async () => {
    const { rig, wired, turn, start } = await accepted();
    wired.agent.say({ t: 'stop', id: 's1', turn, reason: 'user_stop' });
    expect(await rig.until(wired.agent.next('turn.cancel'))).toMatchObject({ turn, reason: 'user_stop' });
    wired.agent.say({ t: 'turn.cancelled', turn });
    expect(await rig.until(wired.agent.next('turn.closed'))).toMatchObject({ status: 'cancelled' });
    wired.agent.say({ t: 'stop', id: 's2', conv: start.conv.id, reason: 'operator_stop' });
    expect(await rig.until(wired.agent.next('error'))).toMatchObject({ re: 's2', code: 'unknown_turn' });
  });

  it('of a turn that nobody has taken yet needs nobody', async () => {
    const rig = await SidecarRig.start();
    rig.say('one');
    await rig.wait(1_000);
    rig.say('two');
    await rig.wait(1_000);
    const wired = await rig.agent();
    expect(await rig.until(wired.agent.next('turn.start'))).toMatchObject({ epoch: 2, inputs: [{ text: 'two' }] });
    expect(wired.agent.all('turn.cancel')).toEqual([]);
  });
});

describe('a message while a turn runs', () => {
  const steered = async (answer: 'yes' | 'no' | 'silence'): Promise<Started> => {
    const started = await accepted({ channel: { busy: 'steer' } });
    const { rig, wired, turn } = started;
    const id = rig.say('also this');
    const input = await rig.until(wired.agent.next('turn.input'));
    expect(input).toMatchObject({ turn, input: { id, text: 'also this' } });
    if (answer !== 'silence') wired.agent.say({ t: 'turn.input.ok', turn, input: id, accepted: answer === 'yes' });
    await rig.wait(1_100);
    wired.agent.delta(turn, 'done');
    wired.agent.end(turn);
    await rig.until(wired.agent.next('turn.closed'));
    return started;
  };

  it('joins it if the agent takes it', async () => {
    const { rig, wired } = await steered('yes');
    await rig.wait(5_000);
    expect(wired.agent.all('turn.start')).toHaveLength(1);
    expect(rig.closed()[0]?.turn.inputs.map(({ text }) => text)).toEqual(['one', 'also this']);
  });

  it.each(['no', 'silence'] as const)('waits for the next one if the agent says %s', async (answer) => {
    const { rig, wired } = await steered(answer);
    await rig.clock.advanceUntil(() => wired.agent.all('turn.start').length === 2);
    expect(wired.agent.all('turn.start')[1]?.inputs.map(({ text }) => text)).toEqual(['also this']);
  });
});

describe('a hold', () => {
  it('keeps an interrupt waiting until it is let go', async () => {
    const { rig, wired, turn } = await accepted();
    wired.agent.say({ t: 'turn.hold', turn, on: true });
    await rig.wait(5);
    rig.say('two');
    await rig.wait(10_000);
    expect(wired.agent.all('turn.cancel')).toEqual([]);
    wired.agent.say({ t: 'turn.hold', turn, on: false });
    await rig.until(wired.agent.next('turn.cancel'), 100);
  });

  it('ends by itself after the time the agent asked for', async () => {
    const { rig, wired, turn } = await accepted();
    wired.agent.say({ t: 'turn.hold', turn, on: true, maxMs: 3_000 });
    await rig.wait(5);
    rig.say('two');
    await rig.wait(2_900);
    expect(wired.agent.all('turn.cancel')).toEqual([]);
    await rig.until(wired.agent.next('turn.cancel'), 200);
  });
});

describe('silence', () => {
  it('is broken by progress and typing, and ends a turn otherwise', async () => {
    const { rig, wired, turn } = await accepted({ conversation: { silenceMaxMs: 10_000 } });
    const { agent } = wired;
    for (let n = 0; n < 4; n += 1) {
      await rig.wait(8_000);
      if (n % 2 === 0) agent.say({ t: 'turn.progress', turn, id: 'p', label: 'thinking', state: 'running' });
      else agent.say({ t: 'typing', turn, on: true });
    }
    expect(agent.all('turn.cancel')).toEqual([]);
    await rig.wait(11_000);
    expect(agent.all('turn.cancel')).toMatchObject([{ reason: 'deadline' }]);
  });
});

import { describe, expect, it } from 'vitest';
import type { RouterFrame } from '../../src/sidecar/frames/to-agent.js';
import { HeldLink, SidecarRig, type WiredAgent } from './sidecar-rig.js';

/* What an agent may ask for, and how much of it. */

const errorsOf = ({ agent }: WiredAgent): [string | undefined, string][] =>
  agent.all('error').map(({ re, code }) => [re, code]);

describe('turns at once', () => {
  it('are never fewer than none, and never more than a router gives', async () => {
    const rig = await SidecarRig.start();
    const wired = await rig.agent({ turns: 1 });
    wired.agent.say({ t: 'turns', add: -10 });
    await rig.wait(5);
    expect(rig.router.agents?.status().agents).toMatchObject([{ turns: 0 }]);
    rig.say('hi');
    await rig.wait(1_000);
    expect(wired.agent.all('turn.start')).toEqual([]);
    // One more than none is one.
    wired.agent.say({ t: 'turns', add: 1 });
    await rig.until(wired.agent.next('turn.start'), 100);
    wired.agent.say({ t: 'turns', add: 1_000_000 });
    await rig.wait(5);
    expect(rig.router.agents?.status().agents).toMatchObject([{ turns: 1_000 }]);
  });

  it('are what the agent says of itself when it comes back', async () => {
    const rig = await SidecarRig.start();
    const { agent } = await rig.agent({ turns: 1 });
    agent.hangUp();
    const again = rig.dial({ turns: 7, agent: { name: 'newer', version: '2' } });
    again.agent.hello({ resume: agent.resume });
    await rig.until(again.agent.next('hello.ok'));
    expect(rig.router.agents?.status().agents).toMatchObject([{ turns: 7, name: 'newer', version: '2' }]);
  });
});

describe('a filter', () => {
  it('names conversations, or how their ids begin', async () => {
    const rig = await SidecarRig.start();
    const probe = await rig.agent();
    const { conv, turn } = await rig.ask(probe, 'hi', 'U1');
    probe.agent.end(turn, 'silent');
    await rig.until(probe.agent.next('turn.closed'));
    probe.agent.hangUp();
    const bot = conv.id.slice(0, conv.id.lastIndexOf(':'));
    const one = await rig.agent({ filter: { conv: [`${bot}:A`] } });
    const some = await rig.agent({ filter: { conv: [`${bot}:B*`] } });
    for (const from of ['A', 'AA', 'B', 'BB', 'C']) rig.say('hi', from);
    await rig.wait(1_000);
    const askedOf = ({ agent }: WiredAgent): string[] =>
      agent.all('turn.start').flatMap(({ inputs }) => inputs.map(({ sender }) => sender.id));
    expect([askedOf(one), askedOf(some)]).toEqual([['A'], ['B', 'BB']]);
    for (const [index, wired] of [one, some].entries()) {
      wired.agent.say({ t: 'send', id: `s${index}`, conv: `${bot}:C`, content: { text: 'x' }, mode: 'auto' });
      wired.agent.say({ t: 'stop', id: `t${index}`, conv: `${bot}:C`, reason: 'user_stop' });
      wired.agent.say({ t: 'typing', conv: `${bot}:C`, on: true });
      await rig.wait(5);
      expect(errorsOf(wired)).toEqual([
        [`s${index}`, 'not_permitted'],
        [`t${index}`, 'not_permitted'],
        [undefined, 'not_permitted'],
      ]);
    }
  });

  it('decides who hears what is no turn; of those the one that had the conversation last', async () => {
    const rig = await SidecarRig.start();
    const groups = await rig.agent({ filter: { scene: ['group'] } });
    const first = await rig.agent();
    const last = await rig.agent({ turns: 5 });
    first.agent.say({ t: 'turns', add: -16 });
    await rig.wait(5);
    const { messageId } = rig.platform.sendDm({ from: 'U', text: 'oops' });
    const { turn } = await rig.until(last.agent.next('turn.start'));
    last.agent.end(turn, 'silent');
    await rig.until(last.agent.next('turn.closed'));
    rig.platform.recallAs(messageId);
    expect(await rig.until(last.agent.next('conv.event'))).toMatchObject({ kind: 'recalled', conv: { scene: 'dms' } });
    rig.platform.addFriend('NEW');
    expect(await rig.until(first.agent.next('conv.event'))).toMatchObject({ kind: 'friend_add' });
    expect(groups.agent.all('conv.event')).toEqual([]);
  });
});

describe('sends', () => {
  it('without a result are bounded, and room comes back with each result', async () => {
    const rig = await SidecarRig.start();
    const wired = await rig.agent();
    const { conv } = await rig.ask(wired, 'hi', 'U0');
    for (let n = 1; n <= 256; n += 1) rig.say('hi', `U${n}`);
    await rig.wait(500);
    rig.platform.delayNext(20_000, { match: 'sends', times: 1_000 });
    const say = (n: number): void => {
      const to = conv.id.replace(/U0$/, `U${n}`);
      wired.agent.say({ t: 'send', id: `k${n}`, conv: to, content: { text: 'news' }, mode: 'passive' });
    };
    for (let n = 0; n <= 256; n += 1) say(n);
    await rig.wait(5);
    const refused = wired.agent.all('error').filter(({ re }) => re === 'k256');
    expect(refused).toMatchObject([{ code: 'rate_limited', retryAfterMs: 1_000 }]);
    expect(wired.agent.all('error')).toHaveLength(1);
    await rig.clock.advanceUntil(() => wired.agent.all('send.result').length === 256, 3_600_000);
    say(256);
    await rig.until(
      wired.agent.next('send.result', ({ id }) => id === 'k256'),
      3_600_000,
    );
  });

  it('are told apart by who says them: an id is one agent’s own', async () => {
    const rig = await SidecarRig.start();
    const one = await rig.agent({ agent: { name: 'one', version: '1' } });
    const two = await rig.agent({ agent: { name: 'two', version: '1' } });
    rig.say('hi');
    await rig.wait(500);
    const [start] = [...one.agent.all('turn.start'), ...two.agent.all('turn.start')];
    for (const [text, { agent }] of [
      ['first', one],
      ['second', two],
    ] as const) {
      agent.say({ t: 'send', id: 'k', conv: start?.conv.id ?? '', content: { text }, mode: 'auto' });
      expect(await rig.until(agent.next('send.result'))).toMatchObject({ id: 'k', status: 'delivered' });
    }
    expect(rig.shown()).toEqual(['first', 'second']);
  });

  it('are said once for one id over a restart, too', async () => {
    const rig = await SidecarRig.start();
    const first = await rig.agent();
    const { conv } = await rig.ask(first, 'hi');
    const send = { t: 'send', id: 'k1', conv: conv.id, content: { text: 'By the way' }, mode: 'auto' } as const;
    first.agent.say(send);
    const { messageId } = await rig.until(first.agent.next('send.result'));
    first.agent.hangUp();
    await rig.restart();
    const second = rig.dial();
    second.agent.hello({ resume: first.agent.resume });
    await rig.until(second.agent.next('hello.ok'));
    second.agent.say(send);
    const again = await rig.until(second.agent.next('send.result', ({ id }) => id === 'k1'));
    expect(again).toMatchObject({ status: 'delivered', messageId });
    expect(rig.shown()).toEqual(['By the way']);
  });
});

describe('sessions', () => {
  it('are bounded: one that is gone and holds nothing makes room, one that is there or holds a turn does not', async () => {
    const rig = await SidecarRig.start();
    const holder = await rig.agent();
    await rig.ask(holder, 'hi');
    holder.agent.accept(holder.agent.all('turn.start')[0]?.turn ?? '');
    await rig.wait(5);
    holder.agent.hangUp();
    const idle = await rig.agent();
    idle.agent.hangUp();
    const others: WiredAgent[] = [];
    for (let n = 0; n < 254; n += 1) others.push(await rig.agent());
    await rig.agent();
    const sids = (): string[] => rig.router.agents?.status().agents.map(({ sid }) => sid) ?? [];
    expect([sids().length, sids().includes(holder.agent.sid), sids().includes(idle.agent.sid)]).toEqual([
      256,
      true,
      false,
    ]);
    // Everybody is there, or holds a turn.
    const one = rig.dial();
    one.agent.hello();
    expect(await rig.until(one.agent.next('bye'), 1_000)).toMatchObject({ reason: 'refresh' });
    expect(sids()).toHaveLength(256);
  });
});

describe('a hello', () => {
  it('that is said again is refused', async () => {
    const rig = await SidecarRig.start();
    const wired = await rig.agent();
    wired.agent.hello();
    await rig.wait(5);
    expect(errorsOf(wired)).toEqual([[undefined, 'bad_frame']]);
    expect(rig.router.agents?.status().agents).toHaveLength(1);
  });

  it.each([
    [8, ['s0', 's1', 's2', 's3', 's4', 's5', 's6', 's7'], []],
    [9, [], [1008]],
  ])(
    'may be followed by frames in the same step, which wait for its answer; by %i',
    async (count, answered, closes) => {
      const rig = await SidecarRig.start();
      const heard: RouterFrame[] = [];
      const link = new HeldLink(
        (text) => heard.push(JSON.parse(text) as RouterFrame),
        () => undefined,
      );
      const peer = rig.router.agents?.connect(link, null);
      const hello = { t: 'hello', v: 1, agent: { name: 'a', version: '1' }, caps: { history: 'router' }, turns: 1 };
      peer?.text(JSON.stringify(hello));
      for (let n = 0; n < count; n += 1) {
        peer?.text(JSON.stringify({ t: 'stop', id: `s${n}`, conv: 'x', reason: 'user_stop' }));
      }
      await rig.wait(10);
      expect(heard.flatMap((frame) => (frame.t === 'error' ? [frame.re] : []))).toEqual(answered);
      expect(link.closes.map(({ code }) => code)).toEqual(closes);
    },
  );
});

describe('a turn', () => {
  it('that is answered in part can be declined no more', async () => {
    const rig = await SidecarRig.start();
    const wired = await rig.agent();
    const { turn } = await rig.ask(wired, 'hi');
    wired.agent.delta(turn, 'begun');
    wired.agent.say({ t: 'turn.decline', turn });
    wired.agent.end(turn);
    await rig.until(wired.agent.next('turn.closed'));
    expect(errorsOf(wired)).toEqual([[undefined, 'not_permitted']]);
    expect(rig.shown()).toEqual(['begun']);
  });

  it('that fails after some words tells the user nothing of the agent’s', async () => {
    const rig = await SidecarRig.start();
    const wired = await rig.agent();
    const { turn } = await rig.ask(wired, 'hi');
    wired.agent.delta(turn, 'some words');
    const failure = { code: 'x', message: 'm', userMessage: 'Sorry about that.', retryable: false };
    wired.agent.say({ t: 'turn.fail', turn, ...failure });
    await rig.until(wired.agent.next('turn.closed'));
    expect(rig.shown().join('')).not.toContain('Sorry');
  });

  it('is not offered again because its agent has lost its connection after it had accepted', async () => {
    const rig = await SidecarRig.start();
    const wired = await rig.agent();
    const { turn } = await rig.ask(wired, 'hi');
    wired.agent.accept(turn);
    await rig.wait(5);
    wired.agent.hangUp();
    const back = rig.dial();
    back.agent.hello({ resume: wired.agent.resume });
    await rig.until(back.agent.next('hello.ok'));
    await rig.wait(6_000);
    expect(back.agent.all('turn.closed')).toEqual([]);
    back.agent.delta(turn, 'late, but mine');
    back.agent.end(turn);
    await rig.until(back.agent.next('turn.closed'));
    expect(rig.shown()).toEqual(['late, but mine']);
  });

  it('is not taken away from one who has not accepted because it cannot be heard', async () => {
    const rig = await SidecarRig.start();
    const wired = await rig.agent();
    const { turn } = await rig.ask(wired, 'hi');
    wired.agent.hangUp();
    await rig.wait(9_000);
    const back = rig.dial();
    back.agent.hello({ resume: wired.agent.resume });
    await rig.until(back.agent.next('hello.ok'));
    await rig.wait(4_000);
    back.agent.delta(turn, 'still mine');
    back.agent.end(turn);
    expect(await rig.until(back.agent.next('turn.closed'))).toMatchObject({ turn, status: 'completed' });
  });

  it('is not steered where the agent does not say that it can be', async () => {
    const rig = await SidecarRig.start({ channel: { busy: 'steer' } });
    const wired = await rig.agent({ caps: { history: 'router' } });
    const { turn } = await rig.ask(wired, 'one');
    wired.agent.accept(turn);
    await rig.wait(5);
    rig.say('two');
    await rig.wait(5_000);
    expect(wired.agent.all('turn.input')).toEqual([]);
    wired.agent.end(turn, 'silent');
    const next = await rig.until(wired.agent.next('turn.start', (frame) => frame.turn !== turn));
    expect(next.inputs.map(({ text }) => text)).toEqual(['two']);
  });

  it('takes the messages that have joined it along to the next agent', async () => {
    const rig = await SidecarRig.start({ channel: { busy: 'steer' } });
    const first = await rig.agent();
    const { turn } = await rig.ask(first, 'one');
    first.agent.accept(turn);
    await rig.wait(5);
    const id = rig.say('and this');
    await rig.until(first.agent.next('turn.input'));
    first.agent.say({ t: 'turn.input.ok', turn, input: id, accepted: true });
    await rig.wait(10);
    first.agent.hangUp();
    const second = await rig.agent();
    const again = await rig.until(second.agent.next('turn.start'), 20_000);
    expect(again).toMatchObject({ attempt: 2, inputs: [{ text: 'one' }, { text: 'and this' }] });
  });

  it('whose agent has gone lets go of what it held: an interrupt waits no longer', async () => {
    const rig = await SidecarRig.start();
    const first = await rig.agent();
    const { turn } = await rig.ask(first, 'one');
    first.agent.say({ t: 'turn.hold', turn, on: true });
    await rig.wait(5);
    first.agent.hangUp();
    await rig.wait(16_000);
    const second = await rig.agent();
    const again = await rig.until(second.agent.next('turn.start'));
    second.agent.accept(again.turn);
    await rig.wait(5);
    rig.say('two');
    await rig.until(second.agent.next('turn.cancel'), 100);
  });

  it('of an agent that never stops frees its slot when it is ended by force', async () => {
    const rig = await SidecarRig.start();
    const rude = await rig.agent({ turns: 1 });
    await rig.ask(rude, 'one');
    rude.agent.accept(rude.agent.all('turn.start')[0]?.turn ?? '');
    await rig.wait(5);
    rig.say('two');
    await rig.wait(1_900);
    expect(rig.router.agents?.status()).toMatchObject({ agents: [{ working: 1 }] });
    await rig.wait(5_000);
    expect(rude.agent.all('turn.start').map(({ inputs }) => inputs.map(({ text }) => text))).toEqual([
      ['one'],
      ['two'],
    ]);
  });
});

describe('what a lost connection has missed', () => {
  it('is given at the pace of the new one, which is not sent away for it', async () => {
    const rig = await SidecarRig.start();
    const hello = { turns: 1_000, caps: { history: 'agent' } } as const;
    const { agent } = await rig.agent(hello, false);
    const big = 'x'.repeat(20_000);
    for (let n = 0; n < 150; n += 1) rig.say(big, `U${n}`);
    await rig.wait(1_000);
    agent.hangUp();
    const back = rig.dial(hello, false);
    back.link.held = [];
    back.agent.hello({ resume: `${agent.sid}.0` });
    await rig.wait(100);
    let most = 0;
    for (let n = 0; n < 20; n += 1) {
      most = Math.max(most, back.link.buffered());
      back.link.drain();
      await rig.wait(5);
    }
    expect(most).toBeGreaterThan(1_048_576);
    expect(most).toBeLessThan(1_048_576 + 50_000);
    expect(back.link.closes).toEqual([]);
    expect(back.agent.all('turn.start')).toHaveLength(150);
  });
});

import { describe, expect, it } from 'vitest';
import { SidecarRig } from './sidecar-rig.js';

const types = (frames: readonly { readonly t: string }[]): string[] => frames.map(({ t }) => t);

describe('who is let in', () => {
  it('says hello within ten seconds, or is sent away', async () => {
    const rig = await SidecarRig.start();
    const { agent, link } = rig.dial();
    await rig.wait(9_900);
    expect(link.closes).toEqual([]);
    await rig.wait(200);
    expect(agent.all('bye')).toMatchObject([{ reason: 'auth' }]);
    expect(link.closes).toEqual([{ code: 1008, reason: 'auth' }]);
  });

  it('says nothing else first, and is sent away if it goes on about it', async () => {
    const rig = await SidecarRig.start();
    const { agent, link } = rig.dial();
    for (let n = 0; n < 9; n += 1) agent.say({ t: 'ack', seq: 1 });
    await rig.wait(50);
    expect(agent.all('error')).toHaveLength(8);
    expect(link.closes).toEqual([{ code: 1008, reason: 'auth' }]);
  });

  it('is told what it may expect', async () => {
    const rig = await SidecarRig.start();
    const { agent } = await rig.agent();
    expect(agent.all('hello.ok')[0]).toMatchObject({
      v: 1,
      seq: 0,
      resumed: false,
      missed: 0,
      heartbeatMs: 15_000,
      limits: { frameBytes: 262_144, turns: 1_000, replayFrames: 2_000, replayMs: 600_000 },
    });
  });

  it('waits at the door no longer than others let it: strangers are bounded', async () => {
    const rig = await SidecarRig.start();
    for (let n = 0; n < 32; n += 1) rig.dial();
    expect(
      rig.router.agents?.connect({ binding: 'sse', send: () => {}, buffered: () => 0, close: () => {} }, null),
    ).toBeNull();
    await rig.wait(11_000);
    await rig.agent();
  });

  it('is missed by /readyz until it is there', async () => {
    const rig = await SidecarRig.start();
    await expect(rig.router.checkAgents()).rejects.toMatchObject({ code: 'agent.detached' });
    const { agent } = await rig.agent();
    await rig.router.checkAgents();
    agent.hangUp();
    await rig.wait(10);
    await expect(rig.router.checkAgents()).rejects.toMatchObject({ code: 'agent.detached' });
  });
});

describe('a connection', () => {
  it('is kept by pongs, and closed after two that are missed', async () => {
    const rig = await SidecarRig.start();
    const kind = await rig.agent();
    const dumb = await rig.agent({}, false);
    await rig.wait(44_000);
    expect(dumb.agent.all('ping')).toHaveLength(2);
    expect(dumb.link.closes).toEqual([]);
    await rig.wait(2_000);
    expect(dumb.agent.all('bye')).toMatchObject([{ reason: 'refresh' }]);
    expect(dumb.link.closes).toHaveLength(1);
    await rig.wait(600_000);
    expect(kind.link.closes).toEqual([]);
  });

  it('is replaced by a newer one of the same session, which is given what the old one did not acknowledge', async () => {
    const rig = await SidecarRig.start();
    const old = await rig.agent({}, false);
    const start = await rig.ask(old, 'one');
    const { dialled } = { dialled: rig.dial() };
    dialled.agent.hello({ resume: `${old.agent.sid}.0` });
    await rig.until(dialled.agent.next('hello.ok'));
    await rig.wait(10);
    expect(old.agent.all('bye')).toMatchObject([{ reason: 'replaced' }]);
    expect(dialled.agent.all('turn.start')).toMatchObject([{ turn: start.turn, seq: start.seq }]);
    old.agent.delta(start.turn, 'from the grave');
    dialled.agent.accept(start.turn);
    dialled.agent.delta(start.turn, 'alive');
    dialled.agent.end(start.turn);
    await rig.until(dialled.agent.next('turn.closed'));
    expect(rig.shown()).toEqual(['alive']);
  });

  // AstrBotDevs/AstrBot#10154: the late close of the old connection deleted the new one.
  it('that was replaced and is closed late takes nothing from the newer one', async () => {
    const rig = await SidecarRig.start();
    const old = await rig.agent({}, false);
    const newer = rig.dial();
    newer.agent.hello({ resume: `${old.agent.sid}.0` });
    await rig.until(newer.agent.next('hello.ok'));
    await rig.wait(5_000);
    old.agent.hangUp();
    await rig.wait(30_000);
    await rig.router.checkAgents();
    const start = await rig.ask(newer, 'are you there?');
    newer.agent.accept(start.turn);
    newer.agent.delta(start.turn, 'yes');
    newer.agent.end(start.turn);
    await rig.until(newer.agent.next('turn.closed'));
    expect(rig.shown()).toEqual(['yes']);
  });

  // openclaw-qqbot#214, #230, #249, openclaw#76397: an upgrade of the host broke the plugin, and the bot with it.
  it('of an agent that is exchanged for a newer version leaves the bot connected, and loses no question', async () => {
    const rig = await SidecarRig.start();
    const v1 = await rig.agent({ agent: { name: 'mine', version: '1' } });
    const sessions = rig.platform.sessions().map(({ id }) => id);
    v1.agent.hangUp();
    rig.say('asked during the upgrade');
    await rig.wait(8_000);
    const v2 = await rig.agent({ agent: { name: 'mine', version: '2' } });
    const start = await rig.until(v2.agent.next('turn.start'));
    v2.agent.accept(start.turn);
    v2.agent.delta(start.turn, `v2 heard: ${start.inputs[0]?.text}`);
    v2.agent.end(start.turn);
    await rig.until(v2.agent.next('turn.closed'));
    expect(rig.shown()).toEqual(['v2 heard: asked during the upgrade']);
    expect(rig.platform.sessions().map(({ id }) => id)).toEqual(sessions);
    expect(rig.router.channels()[0]?.reconnects).toBe(0);
  });

  it('hears goodbye before the router goes', async () => {
    const rig = await SidecarRig.start();
    const { agent, link } = await rig.agent();
    const stopped = rig.router.stop();
    await rig.wait(20_000);
    await stopped;
    await rig.wait(10);
    expect(agent.all('bye')).toMatchObject([{ reason: 'shutdown', reconnectAfterMs: 1_000 }]);
    expect(link.closes).toEqual([{ code: 1001, reason: 'shutdown' }]);
  });

  it('may say what this version does not know: it is told so, and goes on', async () => {
    const rig = await SidecarRig.start();
    const { agent, link } = await rig.agent();
    for (const text of ['{"t":"dance","id":"d1"}', 'no json', '[]', '{"t":7}', '{"t":"ack","seq":-1}']) agent.raw(text);
    await rig.wait(10);
    expect(agent.all('error').map(({ code, re }) => [code, re])).toEqual([
      ['unknown_type', 'd1'],
      ['bad_frame', undefined],
      ['bad_frame', undefined],
      ['bad_frame', undefined],
      ['bad_frame', undefined],
    ]);
    expect(link.closes).toEqual([]);
    agent.raw('{"t":"ack","seq":0,"of":"a later version"}');
    await rig.wait(10);
    expect(agent.all('error')).toHaveLength(5);
  });
});

describe('a lost connection', () => {
  it('keeps its turns for 15 s: what comes after a resume goes on where it was', async () => {
    const rig = await SidecarRig.start();
    const first = await rig.agent();
    const { turn } = await rig.ask(first, 'one');
    first.agent.accept(turn);
    first.agent.delta(turn, 'Hello ');
    await rig.wait(10);
    first.agent.hangUp();
    await rig.wait(14_000);
    const second = rig.dial();
    second.agent.hello({ resume: first.agent.resume });
    expect(await rig.until(second.agent.next('hello.ok'))).toMatchObject({ resumed: true, sid: first.agent.sid });
    // Its last word may not have arrived: saying it again does no harm.
    second.agent.delta(turn, 'Hello ');
    second.agent.delta(turn, 'again.');
    second.agent.end(turn);
    await rig.until(second.agent.next('turn.closed'));
    expect(rig.shown()).toEqual(['Hello again.']);
    expect(second.agent.all('turn.start')).toEqual([]);
  });

  it('gives a turn that was not begun to another agent, under another name; the first is fenced', async () => {
    const rig = await SidecarRig.start();
    const first = await rig.agent();
    const start = await rig.ask(first, 'one');
    first.agent.accept(start.turn);
    await rig.wait(10);
    first.agent.hangUp();
    const second = await rig.agent();
    await rig.wait(14_000);
    expect(second.agent.all('turn.start')).toEqual([]);
    const again = await rig.until(second.agent.next('turn.start'), 2_000);
    expect(again).toMatchObject({ attempt: 2, epoch: start.epoch, inputs: start.inputs });
    expect(again.turn).not.toBe(start.turn);
    const back = rig.dial();
    back.agent.hello({ resume: first.agent.resume });
    await rig.until(back.agent.next('hello.ok'));
    expect(await rig.until(back.agent.next('turn.closed'))).toMatchObject({ turn: start.turn, reason: 'lease_lost' });
    back.agent.delta(start.turn, 'stale');
    back.agent.delta(again.turn, 'not mine');
    await rig.wait(10);
    expect(back.agent.all('error').map(({ code }) => code)).toEqual(['stale_turn', 'unknown_turn']);
    second.agent.accept(again.turn);
    second.agent.delta(again.turn, 'fresh');
    second.agent.end(again.turn);
    await rig.until(second.agent.next('turn.closed'));
    expect(rig.shown()).toEqual(['fresh']);
  });

  it('ends a turn that was begun: what was said is told to the next', async () => {
    const rig = await SidecarRig.start();
    const first = await rig.agent();
    const { turn } = await rig.ask(first, 'one');
    first.agent.delta(turn, 'half an ');
    first.agent.break(turn);
    await rig.wait(200);
    first.agent.hangUp();
    await rig.wait(16_000);
    expect(rig.closed()).toMatchObject([{ receipt: { status: 'failed', delivered: 'half an ' } }]);
  });

  it('that does not come back for ten minutes is forgotten', async () => {
    const rig = await SidecarRig.start();
    const first = await rig.agent();
    first.agent.hangUp();
    await rig.wait(620_000);
    expect(rig.router.agents?.status().agents).toEqual([]);
    const second = rig.dial();
    second.agent.hello({ resume: first.agent.resume });
    expect(await rig.until(second.agent.next('hello.ok'))).toMatchObject({ resumed: false });
  });
});

describe('what an agent has not acknowledged', () => {
  const unackedOf = (rig: SidecarRig): number => rig.router.agents?.status().agents[0]?.unackedFrames ?? -1;
  const lostOf = (rig: SidecarRig): number => rig.router.agents?.status().lostFrames ?? -1;

  it('is given up after ten minutes, told to the agent as missed, and counted', async () => {
    const rig = await SidecarRig.start();
    const first = await rig.agent({}, false);
    await rig.ask(first, 'one');
    first.agent.say({ t: 'pong', re: '' });
    // The connection lives; the agent only never says what it has.
    for (let n = 0; n < 61; n += 1) {
      await rig.wait(10_000);
      first.agent.say({ t: 'pong', re: '' });
    }
    const owed = unackedOf(rig);
    first.agent.hangUp();
    const second = rig.dial({}, false);
    second.agent.hello({ resume: `${first.agent.sid}.0` });
    const { missed } = await rig.until(second.agent.next('hello.ok'));
    expect(missed).toBeGreaterThan(0);
    expect([missed, lostOf(rig)]).toEqual([owed - unackedOf(rig), missed]);
  });

  it('is counted as lost with the agent that does not come back', async () => {
    const rig = await SidecarRig.start();
    const { agent } = await rig.agent({}, false);
    rig.platform.addFriend('NEW');
    await rig.wait(100);
    const owed = unackedOf(rig);
    expect([owed > 0, lostOf(rig)]).toEqual([true, 0]);
    agent.hangUp();
    await rig.wait(620_000);
    expect(lostOf(rig)).toBe(owed);
  });
});

describe('a turn', () => {
  it('that is not accepted within 5 s is offered to another agent, once; then its user is told', async () => {
    const rig = await SidecarRig.start({ channel: { notices: { failed: true } } });
    const deaf = await rig.agent();
    const start = await rig.ask(deaf, 'one');
    const other = await rig.agent();
    await rig.wait(4_900);
    expect(other.agent.all('turn.start')).toEqual([]);
    expect(await rig.until(other.agent.next('turn.start'), 200)).toMatchObject({ attempt: 2 });
    await rig.wait(10);
    expect(deaf.agent.all('turn.closed')).toMatchObject([{ turn: start.turn, reason: 'accept_timeout' }]);
    await rig.wait(5_000);
    expect(rig.closed()).toMatchObject([{ receipt: { status: 'timed_out' } }]);
    await rig.wait(1_000);
    expect(rig.shown()).toEqual(['Something went wrong, please try again.']);
  });

  it('that is declined goes to another agent, or is asked again', async () => {
    const rig = await SidecarRig.start();
    const shy = await rig.agent();
    const start = await rig.ask(shy, 'one');
    shy.agent.say({ t: 'turn.decline', turn: start.turn, retryAfterMs: 3_000 });
    await rig.wait(2_900);
    expect(shy.agent.all('turn.start')).toHaveLength(1);
    const again = await rig.until(shy.agent.next('turn.start'), 500);
    expect(again.attempt).toBe(2);
    const other = await rig.agent();
    shy.agent.say({ t: 'turn.decline', turn: again.turn });
    expect(await rig.until(other.agent.next('turn.start'), 500)).toMatchObject({ attempt: 3 });
  });

  it('waits for an agent, but not for ever', async () => {
    const rig = await SidecarRig.start({ agent: { waitMs: 20_000 } });
    rig.say('one');
    await rig.wait(10_000);
    const { agent } = await rig.agent();
    await rig.until(agent.answer('late, but there'));
    await rig.wait(1_000);
    expect(rig.shown()).toEqual(['late, but there']);
    agent.hangUp();
    await rig.wait(1_000);
    rig.say('two');
    await rig.wait(21_000);
    expect(rig.closed().at(-1)).toMatchObject({ receipt: { status: 'failed' } });
  });

  it('goes to agents that want it, no more of them at once than they said, and to the one who had the conversation', async () => {
    const rig = await SidecarRig.start();
    const groups = await rig.agent({ filter: { scene: ['group'] } });
    const one = await rig.agent({ turns: 1 });
    const two = await rig.agent({ turns: 1 });
    for (const from of ['A', 'B', 'C']) rig.say('hi', from);
    await rig.wait(500);
    const starts = [one, two].map(({ agent }) => agent.all('turn.start'));
    expect(starts.map((all) => all.length)).toEqual([1, 1]);
    expect(groups.agent.all('turn.start')).toEqual([]);
    expect(rig.router.agents?.status()).toMatchObject({ waiting: 1 });
    const [mine] = starts[1] ?? [];
    two.agent.accept(mine?.turn ?? '');
    two.agent.end(mine?.turn ?? '', 'silent');
    await rig.wait(100);
    expect(two.agent.all('turn.start')).toHaveLength(2);
    two.agent.say({ t: 'turns', add: 4 });
    const from = mine?.inputs[0]?.sender.id;
    rig.say('again', from);
    await rig.wait(500);
    expect(two.agent.all('turn.start').at(-1)?.inputs[0]?.sender.id).toBe(from);
  });
});

describe('frames with a number', () => {
  it('are given again until they are acknowledged, in order, and no others', async () => {
    const rig = await SidecarRig.start();
    const first = await rig.agent({}, false);
    for (const from of ['A', 'B', 'C']) rig.say('hi', from);
    await rig.wait(500);
    const seqs = first.agent.all('turn.start').map(({ seq }) => seq);
    first.agent.say({ t: 'ack', seq: seqs[0] ?? 0 });
    await rig.wait(10);
    first.agent.hangUp();
    const second = rig.dial({}, false);
    second.agent.hello({ resume: `${first.agent.sid}.${seqs[0]}` });
    await rig.wait(100);
    expect(second.agent.all('turn.start').map(({ seq }) => seq)).toEqual(seqs.slice(1));
  });

  it('survive a restart of the router; turns of before are closed, and begin again under other names', async () => {
    const rig = await SidecarRig.start();
    const first = await rig.agent({}, false);
    const start = await rig.ask(first, 'one');
    first.agent.accept(start.turn);
    await rig.wait(50);
    // The process is gone without a word.
    first.agent.hangUp();
    await rig.restart();
    const second = rig.dial();
    second.agent.hello({ resume: `${first.agent.sid}.${start.seq}` });
    expect(await rig.until(second.agent.next('hello.ok'))).toMatchObject({ resumed: true, sid: first.agent.sid });
    const closed = await rig.until(second.agent.next('turn.closed'));
    expect(closed).toMatchObject({ turn: start.turn, status: 'failed', reason: 'router_restart' });
    const again = await rig.until(second.agent.next('turn.start'));
    expect(again.inputs).toEqual(start.inputs);
    expect(again.turn).not.toBe(start.turn);
    expect(closed.seq).toBeGreaterThan(start.seq);
    second.agent.delta(start.turn, 'stale');
    second.agent.accept(again.turn);
    second.agent.delta(again.turn, 'fresh');
    second.agent.end(again.turn);
    await rig.until(second.agent.next('turn.closed'));
    expect(second.agent.all('error').map(({ code }) => code)).toEqual(['stale_turn']);
    expect(rig.shown()).toEqual(['fresh']);
  });
});

describe('an agent that does not keep up', () => {
  const FULL = 4 * 1_048_576;

  it('is told less, then sent away; what it has not acknowledged it gets when it comes back', async () => {
    const rig = await SidecarRig.start();
    const { agent, link } = await rig.agent({ turns: 1_000, caps: { history: 'agent' } }, false);
    link.held = [];
    let most = 0;
    const big = 'x'.repeat(20_000);
    for (let n = 0; n < 400 && link.closes.length === 0; n += 1) {
      rig.say(big, `U${n}`);
      await rig.wait(100);
      most = Math.max(most, link.buffered());
    }
    expect(link.closes).toEqual([{ code: 1013, reason: 'slow_consumer' }]);
    expect(most).toBeLessThan(FULL + 100_000);
    link.release();
    const back = rig.dial({ turns: 1_000, caps: { history: 'agent' } });
    back.agent.hello({ resume: `${agent.sid}.0` });
    await rig.until(back.agent.next('hello.ok'));
    await rig.wait(1_000);
    const seqs = back.agent.heard.flatMap((frame) => ('seq' in frame && frame.t !== 'hello.ok' ? [frame.seq] : []));
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
    expect(seqs.length).toBeGreaterThan(100);
    expect(back.link.closes).toEqual([]);
  });

  it('is sent away with a thousand frames it has not acknowledged', async () => {
    const rig = await SidecarRig.start();
    const { link } = await rig.agent({ turns: 1_000 }, false);
    for (let n = 0; n < 1_001 && link.closes.length === 0; n += 1) {
      rig.say('hi', `U${n}`);
      if (n % 50 === 0) await rig.wait(20);
    }
    // The first offers are taken back meanwhile, which is told too.
    await rig.wait(6_000);
    expect(link.closes).toEqual([{ code: 1013, reason: 'slow_consumer' }]);
  });
});

describe('things said outside of turns', () => {
  it('are said once for one id, and told what became of them', async () => {
    const rig = await SidecarRig.start();
    const wired = await rig.agent();
    const { agent } = wired;
    const { conv } = await rig.ask(wired, 'hi');
    const send = { t: 'send', id: 'k1', conv: conv.id, content: { text: 'By the way' }, mode: 'auto' } as const;
    agent.say(send);
    agent.say(send);
    const result = await rig.until(agent.next('send.result'));
    expect(result).toMatchObject({ id: 'k1', status: 'delivered' });
    agent.say(send);
    await rig.wait(500);
    expect(
      agent
        .all('ok')
        .filter(({ re }) => re === 'k1')
        .map(({ dup }) => dup ?? false),
    ).toEqual([false, true, true]);
    expect(agent.all('send.result')).toHaveLength(2);
    expect(rig.shown()).toEqual(['By the way']);
  });

  it('that cannot be said are rejected; elsewhere is not permitted', async () => {
    const rig = await SidecarRig.start();
    const wired = await rig.agent({ filter: { scene: ['c2c'] } });
    const { agent } = wired;
    const { conv } = await rig.ask(wired, 'hi');
    agent.say({ t: 'send', id: 'k1', conv: conv.id, content: { dance: true }, mode: 'auto' });
    expect(await rig.until(agent.next('send.result'))).toMatchObject({ status: 'rejected', code: 'message.invalid' });
    agent.say({ t: 'send', id: 'k2', conv: conv.id.replace('c2c', 'group'), content: { text: 'x' }, mode: 'auto' });
    expect(await rig.until(agent.next('error'))).toMatchObject({ re: 'k2', code: 'not_permitted' });
  });

  it('happen to conversations, and are told to the agent that has them', async () => {
    const rig = await SidecarRig.start();
    const { agent } = await rig.agent();
    rig.platform.addFriend('NEW');
    const event = await rig.until(agent.next('conv.event'));
    expect(event).toMatchObject({ kind: 'friend_add', conv: { scene: 'c2c' }, data: { event: 'friend.added' } });
    expect(event.data).not.toHaveProperty('raw');
  });
});

describe('the order of an agent’s frames', () => {
  it('of one conversation is the order in which things happened', async () => {
    const rig = await SidecarRig.start();
    const wired = await rig.agent();
    const { turn } = await rig.ask(wired, 'one');
    wired.agent.delta(turn, 'a');
    wired.agent.break(turn);
    await rig.wait(200);
    rig.say('two');
    await rig.wait(50);
    wired.agent.say({ t: 'turn.cancelled', turn });
    await rig.until(wired.agent.next('turn.start'));
    const numbered = wired.agent.heard.filter((frame) => 'seq' in frame && frame.t !== 'hello.ok');
    expect(types(numbered)).toEqual(['turn.start', 'turn.cancel', 'turn.closed', 'turn.start']);
  });
});

import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AcpSettings, acpDriver } from '../../../src/adapters/agents/acp.js';
import { Secret } from '../../../src/config/secret.js';
import type { Inbound } from '../../../src/domain/inbound.js';
import { turnAbort } from '../../../src/domain/turn-abort.js';
import type { AgentDriver, AgentEvent } from '../../../src/ports/agent-driver.js';
import { VirtualClock } from '../../../src/testing/virtual-clock.js';
import { AcpWorld, type PlayedAgent } from '../../support/acp-world.js';
import { collect, never, textIn, turnInput } from './turn-input.js';

const END = { type: 'end', reason: 'stop' };
const CANCELLED = { type: 'end', reason: 'cancelled' };
const TOKEN = 'very-secret-0123456789';

let world: AcpWorld;
let clock: VirtualClock;
let driver: AgentDriver;
/** How long each timer was to wait, in order. */
let waits: number[];

/** The `count`-th timer of so long is set. */
const waitsFor = async (ms: number, count = 1): Promise<void> => {
  while (waits.filter((one) => one === ms).length < count) await new Promise((resolve) => setImmediate(resolve));
};

const withSettings = ({ manners = '', ...given }: Partial<AcpSettings> & { manners?: string } = {}): void => {
  const env = Object.entries({ ...world.env(manners), ACP_TOKEN: TOKEN });
  const setTimeout = (go: () => void, ms: number): unknown => {
    waits.push(ms);
    return clock.setTimeout(go, ms);
  };
  driver = acpDriver(
    {
      driver: 'acp',
      command: world.command,
      args: world.args,
      env: Object.fromEntries(env.map(([name, value]) => [name, new Secret(value)])),
      cwd: process.cwd(),
      process: 'conversation',
      processesMax: 2,
      processIdleMs: 600_000,
      permissions: 'deny',
      startMs: 60_000,
      idleMs: 30_000,
      ...given,
    },
    { now: clock.now, setTimeout, clearTimeout: clock.clearTimeout },
  );
};

beforeEach(async () => {
  world = await AcpWorld.start();
  clock = new VirtualClock();
  waits = [];
  withSettings();
});
afterEach(async () => {
  const closing = driver.close?.();
  await clock.advance(10_000);
  await closing;
  await world.stop();
});

const start = (
  more: Parameters<typeof turnInput>[1] = {},
  signal: AbortSignal = never,
): { reading: Promise<AgentEvent[]> } => ({ reading: collect(driver.run(turnInput('hi', more), signal)) });

/** A turn that the agent is at work on. */
const prompted = async (
  more: Parameters<typeof turnInput>[1] = {},
  signal: AbortSignal = never,
): Promise<{ agent: PlayedAgent; session: unknown; reading: Promise<AgentEvent[]> }> => {
  const { reading } = start(more, signal);
  const agent = await world.started();
  const { session } = await agent.tells('prompt');
  return { agent, session, reading };
};

/** One that has ended and whom nobody has asked how is not alive. */
const isAlive = (pid: unknown): boolean => {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

describe('the process', () => {
  it('is told whose client this is, and where it works', async () => {
    const image = { kind: 'image', url: 'https://a.b/c.png' } as const;
    const { agent, session, reading } = await prompted({ attachments: [image] });
    expect((await agent.tells('initialize'))['params']).toMatchObject({
      protocolVersion: 1,
      clientInfo: { name: 'rookery' },
    });
    expect(await agent.tells('new')).toMatchObject({ params: { cwd: process.cwd(), mcpServers: [] } });
    expect((await agent.tells('prompt'))['prompt']).toEqual([
      { type: 'text', text: 'hi' },
      { type: 'resource_link', uri: 'https://a.b/c.png', name: 'image' },
    ]);
    agent.end(session);
    expect(await reading).toEqual([{ type: 'end', reason: 'silent' }]);
  });

  it('sees nothing of our environment but what every program needs, and what it is given', async () => {
    process.env['QQ_BOT_APP_SECRET'] = 'canary';
    process.env['OPENAI_API_KEY'] = 'canary';
    const { agent, session, reading } = await prompted();
    delete process.env['QQ_BOT_APP_SECRET'];
    delete process.env['OPENAI_API_KEY'];
    const { env } = (await agent.tells('started')) as unknown as { env: Record<string, string> };
    expect(JSON.stringify(env)).not.toContain('canary');
    expect(env).toMatchObject({ ACP_TOKEN: TOKEN, PATH: process.env['PATH'] });
    const usual = /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_ALL|LC_CTYPE|TZ|TMPDIR|TEMP|TMP|ACP_\w+|PWD|SHLVL|_)$/;
    expect(Object.keys(env).filter((name) => !usual.test(name))).toEqual([]);
    agent.end(session);
    await reading;
  });

  it('keeps its session for the conversation’s next turn', async () => {
    const memos: string[] = [];
    const first = await prompted({ remember: (memo) => memos.push(memo) });
    first.agent.end(first.session);
    await first.reading;
    const { reading } = start();
    const again = await first.agent.tells('prompt', 2);
    expect(again['session']).toBe(first.session);
    expect(memos).toEqual([`acp:${first.session}`]);
    first.agent.end(first.session);
    await reading;
    expect(world.agents).toHaveLength(1);
  });

  it.each([
    ['loads', 'load', 'old'],
    ['resumes', 'resume', 'old'],
    ['loads forgets', 'new', null],
    ['', 'new', null],
  ])('that %j finds the session of an earlier life by %s', async (manners, told, session) => {
    withSettings({ manners });
    const { agent, session: used, reading } = await prompted({ memo: 'acp:old' });
    await agent.tells(told);
    if (session) expect(used).toBe(session);
    else expect(used).not.toBe('old');
    agent.say(used, 'now');
    agent.end(used);
    expect(textIn(await reading)).toBe('now');
  });

  it('without work is ended, and started again', async () => {
    withSettings({ processIdleMs: 1_000 });
    const first = await prompted();
    first.agent.end(first.session);
    await first.reading;
    await clock.advance(1_000);
    await first.agent.gone;
    const { reading } = start();
    const second = await world.started(2);
    second.end((await second.tells('prompt'))['session']);
    await reading;
  });

  it('is ended when the driver is closed, and what it has started with it', async () => {
    withSettings({ manners: 'parent' });
    const { agent, session, reading } = await prompted();
    const { pid, grandchild } = await agent.tells('started');
    agent.end(session);
    await reading;
    await driver.close?.();
    await expect.poll(() => [isAlive(pid), isAlive(grandchild)]).toEqual([false, false]);
  });

  it.each([
    ['crash', 'agent.unreachable', 'it ended with code 3; it said: cannot start with [secret]'],
    ['old', 'agent.unreachable', 'does not speak version 1 of ACP'],
    ['loggedOut', 'agent.refused', 'wants to be logged in'],
  ])('that is %s fails the turn', async (manners, code, message) => {
    withSettings({ manners });
    const events = await start().reading;
    expect(events).toEqual([
      { type: 'error', code, message: expect.stringContaining(message), retryable: expect.any(Boolean) },
    ]);
  });

  it('that is no program fails the turn, and the check', async () => {
    withSettings({ command: 'no-such-program' });
    expect(await start().reading).toMatchObject([{ type: 'error', code: 'agent.unreachable' }]);
    await expect(driver.check?.()).rejects.toMatchObject({ code: 'agent.unreachable' });
  });

  it('that never answers is given up after its time', async () => {
    withSettings({ manners: 'mute' });
    const { reading } = start();
    await (await world.started()).tells('initialize');
    await clock.advance(60_000);
    expect(await reading).toMatchObject([{ type: 'error', code: 'agent.unreachable' }]);
  });

  it('is one for each conversation, and no more than there may be', async () => {
    withSettings({ startMs: 5_000 });
    const run = (conversation: string): Promise<AgentEvent[]> => {
      const turn = turnInput('hi');
      return collect(
        driver.run({ ...turn, id: conversation, conversation: { ...turn.conversation, id: conversation } }, never),
      );
    };
    const first = run('a');
    const one = await world.started(1);
    const session = (await one.tells('prompt'))['session'];
    const second = run('b');
    const two = await world.started(2);
    await two.tells('prompt');
    const third = run('c');
    expect(world.agents).toHaveLength(2);
    one.end(session);
    await first;
    // The one without work makes room.
    await one.gone;
    const three = await world.started(3);
    three.end((await three.tells('prompt'))['session']);
    await third;
    const fourth = run('d');
    const four = await world.started(4);
    await four.tells('prompt');
    const fifth = run('e');
    await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(5_000);
    expect(await fifth).toMatchObject([{ type: 'error', code: 'capacity.full' }]);
    four.end((await four.tells('prompt'))['session']);
    two.end((await two.tells('prompt'))['session']);
    await Promise.all([second, fourth]);
  });

  it('is one for all where it is told so, with a session for each', async () => {
    withSettings({ process: 'bot' });
    const run = (conversation: string): Promise<AgentEvent[]> => {
      const turn = turnInput('hi');
      return collect(
        driver.run({ ...turn, id: conversation, conversation: { ...turn.conversation, id: conversation } }, never),
      );
    };
    const both = [run('a'), run('b')];
    const agent = await world.started();
    const sessions = [(await agent.tells('prompt'))['session'], (await agent.tells('prompt', 2))['session']];
    expect(new Set(sessions).size).toBe(2);
    for (const session of sessions) {
      agent.say(session, `for ${session}`);
      agent.end(session);
    }
    expect((await Promise.all(both)).map(textIn)).toEqual(sessions.map((session) => `for ${session}`));
    expect(world.agents).toHaveLength(1);
  });
});

describe('the updates', () => {
  it('give text, thoughts, tools, the plan and the end, each in its place', async () => {
    withSettings({ manners: 'chatty' });
    const { agent, session, reading } = await prompted();
    agent.update(session, { sessionUpdate: 'available_commands_update', availableCommands: [] });
    agent.update(session, { sessionUpdate: 'agent_thought_chunk', content: { type: 'text', text: 'hm' } });
    agent.say(session, '让我', '看看');
    agent.update(session, { sessionUpdate: 'tool_call', toolCallId: 't', title: 'Read a.ts', status: 'pending' });
    agent.update(session, { sessionUpdate: 'tool_call_update', toolCallId: 't', content: [] });
    agent.update(session, { sessionUpdate: 'tool_call_update', toolCallId: 't', status: 'completed' });
    agent.update(session, {
      sessionUpdate: 'plan',
      entries: [
        { content: 'mend it', priority: 'high', status: 'in_progress' },
        { content: 'test it', priority: 'low', status: 'pending' },
      ],
    });
    agent.update('another', { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: 'not here' } });
    agent.say(session, '好了。');
    agent.update(session, {
      sessionUpdate: 'agent_message_chunk',
      content: { type: 'resource_link', uri: 'https://a.b/report.pdf', name: 'report.pdf' },
    });
    agent.end(session);
    expect(await reading).toEqual([
      { type: 'reasoning', delta: 'hm' },
      { type: 'text', delta: '让我' },
      { type: 'text', delta: '看看' },
      { type: 'progress', id: 't', label: 'Read a.ts', state: 'running' },
      { type: 'progress', id: 't', label: 'Read a.ts', state: 'done' },
      { type: 'progress', id: 'plan:0', label: 'mend it', state: 'running' },
      { type: 'text', delta: '\n\n好了。' },
      { type: 'media', media: { kind: 'file', url: 'https://a.b/report.pdf', name: 'report.pdf' } },
      END,
    ]);
  });

  it('of another message are another paragraph', async () => {
    const { agent, session, reading } = await prompted();
    for (const [messageId, text] of [
      ['m1', 'one'],
      ['m1', ' and a half'],
      ['m2', 'two'],
    ])
      agent.update(session, { sessionUpdate: 'agent_message_chunk', messageId, content: { type: 'text', text } });
    agent.end(session);
    expect(textIn(await reading)).toBe('one and a half\n\ntwo');
  });

  it.each([
    ['max_tokens', 'length'],
    ['max_turn_requests', 'length'],
    ['refusal', 'stop'],
    ['cancelled', 'cancelled'],
  ])('end with %s as %s', async (stopReason, reason) => {
    const { agent, session, reading } = await prompted();
    agent.say(session, 'so');
    agent.end(session, stopReason);
    expect((await reading).at(-1)).toEqual({ type: 'end', reason });
  });

  it('that an agent breaks off by dying are agent.unreachable', async () => {
    const iterator = driver.run(turnInput('hi'), never)[Symbol.asyncIterator]();
    const first = iterator.next();
    const agent = await world.started();
    agent.say((await agent.tells('prompt'))['session'], 'half');
    expect((await first).value).toEqual({ type: 'text', delta: 'half' });
    agent.do('exit', { code: 1 });
    const message = expect.stringContaining('ended with code 1');
    expect((await iterator.next()).value).toMatchObject({ type: 'error', code: 'agent.unreachable', message });
    expect(await iterator.next()).toMatchObject({ done: true });
  });

  it('fail with what the agent says, without its secrets', async () => {
    const { agent, session, reading } = await prompted();
    agent.do('fail', { session, message: `no quota for ${TOKEN}` });
    const [last] = await reading;
    expect(last).toMatchObject({ type: 'error', code: 'agent.failed' });
    expect(JSON.stringify(last)).not.toContain(TOKEN);
  });

  it('that never come are agent.timeout, and the prompt is cancelled', async () => {
    const { agent, reading } = await prompted();
    await clock.advance(30_000);
    await agent.tells('cancel');
    expect(await reading).toMatchObject([{ type: 'error', code: 'agent.timeout' }]);
  });

  it('without end are cut, and the prompt is cancelled', async () => {
    const { agent, session, reading } = await prompted();
    for (let i = 0; i < 11; i += 1) agent.say(session, '字'.repeat(100_000));
    const events = await reading;
    expect(textIn(events)).toHaveLength(1_000_000);
    expect(events.at(-1)).toEqual({ type: 'end', reason: 'length' });
    await agent.tells('cancel');
  });

  it('that are one line without end bring the process down, and no more than that', async () => {
    const { agent, reading } = await prompted();
    agent.do('raw', { text: Buffer.from('x'.repeat(5_000_000)).toString('base64') });
    expect((await reading).at(-1)).toMatchObject({ type: 'error', code: 'agent.unreachable' });
    await agent.gone;
  });

  it('that ask for files or terminals are told that there are none', async () => {
    const { agent, session, reading } = await prompted();
    agent.do('ask', { method: 'fs/read_text_file', params: { sessionId: session, path: '/etc/passwd' } });
    expect(await agent.tells('asked')).toMatchObject({ error: -32601 });
    agent.end(session);
    await reading;
  });
});

describe('a permission', () => {
  const request = {
    toolCall: { toolCallId: 't', title: 'rm -rf build' },
    options: [
      { optionId: 'yes', name: 'Allow', kind: 'allow_once' },
      { optionId: 'always', name: 'Always allow', kind: 'allow_always' },
      { optionId: 'no', name: 'Reject', kind: 'reject_once' },
    ],
  };

  it.each([
    ['deny', request.options, { outcome: 'selected', optionId: 'no' }],
    ['allow', request.options, { outcome: 'selected', optionId: 'yes' }],
    ['deny', request.options.slice(0, 2), { outcome: 'cancelled' }],
  ] as const)('under "%s" is answered at once', async (permissions, options, outcome) => {
    withSettings({ permissions });
    const { agent, session, reading } = await prompted();
    agent.do('permission', { session, request: { ...request, options } });
    expect(await agent.tells('permission')).toMatchObject({ outcome });
    agent.end(session);
    await reading;
  });

  it.each([
    ['1', 'yes'],
    ['always ALLOW', 'always'],
    ['好的', 'yes'],
    ['不行', 'no'],
  ])('under "ask" is the user’s, who answers %j', async (words, optionId) => {
    withSettings({ permissions: 'ask' });
    let offer: (message: Inbound) => unknown = () => undefined;
    const { agent, session, reading } = await prompted({
      onSteer: (accept) => {
        offer = accept;
      },
    });
    expect(offer({ text: '1' } as Inbound)).toBe(false);
    agent.do('permission', { session, request });
    const offered = (text: string): unknown => offer({ text } as Inbound);
    while (offered(words) !== true) await new Promise((resolve) => setImmediate(resolve));
    expect(offered('1')).toBe(false);
    expect(await agent.tells('permission')).toMatchObject({ outcome: { outcome: 'selected', optionId } });
    agent.end(session);
    const events = await reading;
    expect(textIn(events)).toBe(
      '|🔐 rm -rf build\n1. Allow\n2. Always allow\n3. Reject\n（回复序号 / reply with a number）|',
    );
  });

  it('under "ask" without an answer is a no', async () => {
    withSettings({ permissions: 'ask' });
    const { agent, session, reading } = await prompted();
    agent.do('permission', { session, request });
    while (clock.pending < 2) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(90_000);
    expect(await agent.tells('permission')).toMatchObject({ outcome: { outcome: 'selected', optionId: 'no' } });
    agent.end(session);
    await reading;
  });

  it('is taken back by a cancel', async () => {
    withSettings({ permissions: 'ask', manners: 'rude' });
    const controller = new AbortController();
    const { agent, session, reading } = await prompted({}, controller.signal);
    // One at a time: the second has not been asked yet.
    agent.do('permission', { session, request });
    agent.do('permission', { session, request });
    agent.do('ask', { method: 'fs/read_text_file', params: {} });
    await agent.tells('asked');
    controller.abort(turnAbort('superseded'));
    expect(await agent.tells('permission')).toMatchObject({ outcome: { outcome: 'cancelled' } });
    expect(await agent.tells('permission', 2)).toMatchObject({ outcome: { outcome: 'cancelled' } });
    agent.end(session, 'cancelled');
    expect((await reading).at(-1)).toEqual(CANCELLED);
  });
});

describe('the cancel', () => {
  it('is confirmed by the prompt’s answer, and the process stays', async () => {
    const controller = new AbortController();
    const { agent, session, reading } = await prompted({}, controller.signal);
    controller.abort(turnAbort('superseded'));
    await agent.tells('cancel');
    expect((await reading).at(-1)).toEqual(CANCELLED);
    expect(clock.pending).toBe(1);
    const { reading: next } = start();
    await waitsFor(200);
    await clock.advance(200);
    await agent.tells('prompt', 2);
    agent.say(session, 'two');
    agent.end(session);
    expect(textIn(await next)).toBe('two');
  });

  it('that is answered is no end to an agent that talks on: the next prompt waits until it is quiet', async () => {
    const controller = new AbortController();
    const { agent, session, reading } = await prompted({}, controller.signal);
    controller.abort(turnAbort('superseded'));
    await agent.tells('cancel');
    expect(await reading).toEqual([CANCELLED]);
    const { reading: next } = start();
    await waitsFor(200);
    for (let n = 1; n <= 3; n += 1) {
      await clock.advance(n === 1 ? 150 : 100);
      agent.say(session, 'old words');
      agent.do('ask', { method: 'fs/read_text_file', params: {} });
      // Its answer says that the words before it were read.
      await agent.tells('asked', n);
      await clock.advance(50);
      await waitsFor(150, n);
    }
    expect(agent.told.filter(({ type }) => type === 'prompt')).toHaveLength(1);
    // Of commands it may tell at any time.
    await clock.advance(100);
    agent.update(session, { sessionUpdate: 'available_commands_update', availableCommands: [] });
    agent.do('ask', { method: 'fs/read_text_file', params: {} });
    await agent.tells('asked', 4);
    await clock.advance(50);
    await agent.tells('prompt', 2);
    agent.say(session, 'new words');
    agent.end(session);
    expect(textIn(await next)).toBe('new words');
    expect(world.agents).toHaveLength(1);
  });

  it('is forgotten once the session has been asked again: what comes after a whole answer holds up nothing', async () => {
    const controller = new AbortController();
    const { agent, session, reading } = await prompted({}, controller.signal);
    controller.abort(turnAbort('superseded'));
    expect(await reading).toEqual([CANCELLED]);
    await clock.advance(5_000);
    const second = start();
    await agent.tells('prompt', 2);
    agent.say(session, 'two');
    agent.end(session);
    expect(textIn(await second.reading)).toBe('two');
    agent.say(session, 'an afterthought');
    agent.do('ask', { method: 'fs/read_text_file', params: {} });
    await agent.tells('asked');
    const third = start();
    await agent.tells('prompt', 3);
    agent.say(session, 'three');
    agent.end(session);
    expect(textIn(await third.reading)).toBe('three');
    expect(world.agents).toHaveLength(1);
  });

  it('that is answered, by an agent that talks on for two seconds, is its end', async () => {
    withSettings({ manners: 'loads' });
    const controller = new AbortController();
    const { agent, session, reading } = await prompted({}, controller.signal);
    controller.abort(turnAbort('superseded'));
    await agent.tells('cancel');
    expect(await reading).toEqual([CANCELLED]);
    const { reading: next } = start({ memo: `acp:${session}` });
    await waitsFor(200);
    for (let n = 1; n <= 14; n += 1) {
      await clock.advance(n === 1 ? 150 : 100);
      agent.say(session, 'old words');
      agent.do('ask', { method: 'fs/read_text_file', params: {} });
      await agent.tells('asked', n);
      await clock.advance(50);
      if (n < 14) await waitsFor(150, n);
    }
    const second = await world.started(2);
    const { session: again } = await second.tells('prompt');
    expect(again).toBe(session);
    second.say(again, 'new words');
    second.end(again);
    expect(textIn(await next)).toBe('new words');
  });

  it('is not waited for longer where what comes late names what was cancelled', async () => {
    const controller = new AbortController();
    const events = driver.run(turnInput('hi'), controller.signal)[Symbol.asyncIterator]();
    const first = events.next();
    const agent = await world.started();
    const { session } = await agent.tells('prompt');
    const tool = { sessionUpdate: 'tool_call', toolCallId: 't1', title: 'make', status: 'in_progress' };
    agent.update(session, tool);
    await first;
    controller.abort(turnAbort('superseded'));
    expect((await events.next()).value).toEqual(CANCELLED);
    const { reading: next } = start();
    await waitsFor(200);
    await clock.advance(150);
    agent.update(session, { ...tool, sessionUpdate: 'tool_call_update', status: 'completed' });
    agent.do('ask', { method: 'fs/read_text_file', params: {} });
    await agent.tells('asked');
    await clock.advance(50);
    await agent.tells('prompt', 2);
    agent.end(session);
    expect(await next).toEqual([{ type: 'end', reason: 'silent' }]);
  });

  it('takes back what the agent still asks for the tools it had begun', async () => {
    withSettings({ permissions: 'allow' });
    const controller = new AbortController();
    const events = driver.run(turnInput('hi'), controller.signal)[Symbol.asyncIterator]();
    const first = events.next();
    const agent = await world.started();
    const { session } = await agent.tells('prompt');
    agent.update(session, { sessionUpdate: 'tool_call', toolCallId: 't1', title: 'rm', status: 'pending' });
    await first;
    controller.abort(turnAbort('superseded'));
    expect((await events.next()).value).toEqual(CANCELLED);
    const { reading: next } = start();
    await waitsFor(200);
    await clock.advance(200);
    await agent.tells('prompt', 2);
    const options = [{ optionId: 'yes', name: 'Allow', kind: 'allow_once' }];
    const request = { options, toolCall: { toolCallId: 't1', title: 'rm' } };
    agent.do('permission', { session, request });
    expect(await agent.tells('permission')).toMatchObject({ outcome: { outcome: 'cancelled' } });
    agent.do('permission', { session, request: { options, toolCall: { toolCallId: 't2', title: 'ls' } } });
    expect(await agent.tells('permission', 2)).toMatchObject({ outcome: { optionId: 'yes' } });
    agent.end(session);
    await next;
  });

  it('that is not answered ends the process after two seconds', async () => {
    withSettings({ manners: 'rude' });
    const controller = new AbortController();
    const { agent, reading } = await prompted({}, controller.signal);
    controller.abort(turnAbort('superseded'));
    await agent.tells('cancel');
    await clock.advance(1_999);
    expect(isAlive((await agent.tells('started'))['pid'])).toBe(true);
    await clock.advance(1);
    expect(await reading).toEqual([CANCELLED]);
    await agent.gone;
  });

  it('that is not answered ends by force what ignores even that, five seconds after the cancel', async () => {
    withSettings({ manners: 'rude deaf parent' });
    const controller = new AbortController();
    const { agent, reading } = await prompted({}, controller.signal);
    const { pid, grandchild } = await agent.tells('started');
    controller.abort(turnAbort('superseded'));
    await agent.tells('cancel');
    await clock.advance(2_000);
    await agent.tells('term');
    await clock.advance(2_999);
    expect(isAlive(pid)).toBe(true);
    await clock.advance(1);
    expect(await reading).toEqual([CANCELLED]);
    await agent.gone;
    await expect.poll(() => [isAlive(pid), isAlive(grandchild)]).toEqual([false, false]);
  });

  it('by force ends it at once', async () => {
    withSettings({ manners: 'rude deaf' });
    const controller = new AbortController();
    const { agent, reading } = await prompted({}, controller.signal);
    controller.abort(turnAbort('superseded'));
    await agent.tells('cancel');
    driver.kill?.('turn-1');
    expect(await reading).toEqual([CANCELLED]);
    await agent.gone;
  });

  it.each([
    ['conversation', 2],
    ['bot', 2],
  ] as const)(
    'that is ignored never lets the old words into the next turn (a process per %s)',
    async (scope, processes) => {
      withSettings({ manners: 'rude loads', process: scope });
      const controller = new AbortController();
      const { agent, session, reading } = await prompted({}, controller.signal);
      controller.abort(turnAbort('superseded'));
      await agent.tells('cancel');
      // The router has let go of the first turn, whose agent works on.
      const { reading: next } = start({ memo: `acp:${session}` });
      agent.say(session, 'old words');
      if (scope === 'bot') await clock.advance(2_000);
      const second = await world.started(2);
      const { session: again } = await second.tells('prompt');
      expect(again).toBe(session);
      agent.say(session, 'old words');
      second.say(again, 'new words');
      second.end(again);
      expect(textIn(await next)).toBe('new words');
      expect(await reading).toEqual([CANCELLED]);
      expect(world.agents).toHaveLength(processes);
    },
  );

  it('that is answered too early lets nothing into the next turn that names what was cancelled', async () => {
    const controller = new AbortController();
    const events = driver.run(turnInput('hi'), controller.signal)[Symbol.asyncIterator]();
    const first = events.next();
    const agent = await world.started();
    const { session } = await agent.tells('prompt');
    const chunk = (messageId: string, text: string): void =>
      agent.update(session, { sessionUpdate: 'agent_message_chunk', messageId, content: { type: 'text', text } });
    const tool = (toolCallId: string, status: string): void =>
      agent.update(session, { sessionUpdate: 'tool_call_update', toolCallId, title: toolCallId, status });
    chunk('m1', 'old');
    tool('t1', 'in_progress');
    expect((await first).value).toEqual({ type: 'text', delta: 'old' });
    expect((await events.next()).value).toMatchObject({ type: 'progress', id: 't1' });
    controller.abort(turnAbort('superseded'));
    expect((await events.next()).value).toEqual(CANCELLED);
    const { reading: next } = start();
    await waitsFor(200);
    await clock.advance(200);
    await agent.tells('prompt', 2);
    chunk('m1', ' words');
    tool('t1', 'completed');
    chunk('m2', 'new words');
    tool('t2', 'completed');
    agent.end(session);
    expect((await next).filter(({ type }) => type === 'text' || type === 'progress')).toEqual([
      { type: 'text', delta: 'new words' },
      { type: 'progress', id: 't2', label: 't2', state: 'done' },
    ]);
  });

  it('before the process has started is over at once', async () => {
    withSettings({ manners: 'mute' });
    const controller = new AbortController();
    const { reading } = start({}, controller.signal);
    await (await world.started()).tells('initialize');
    controller.abort(turnAbort('user_stop'));
    expect(await reading).toEqual([CANCELLED]);
  });

  it('is what a reader does who leaves', async () => {
    const iterator = driver.run(turnInput('hi'), never)[Symbol.asyncIterator]();
    const first = iterator.next();
    const agent = await world.started();
    const { session } = await agent.tells('prompt');
    agent.say(session, 'one');
    await first;
    await iterator.return?.();
    await agent.tells('cancel');
  });
});

describe('check', () => {
  it('starts one, which the first turn uses', async () => {
    await driver.check?.();
    await driver.check?.();
    const { agent, session, reading } = await prompted();
    agent.end(session);
    await reading;
    expect(world.agents).toHaveLength(1);
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DifySettings, difyDriver } from '../../../src/adapters/agents/dify.js';
import { Secret } from '../../../src/config/secret.js';
import { turnAbort } from '../../../src/domain/turn-abort.js';
import type { AgentDriver, AgentEvent } from '../../../src/ports/agent-driver.js';
import { VirtualClock } from '../../../src/testing/virtual-clock.js';
import { type DifyScript, DifyServer } from '../../support/dify-server.js';
import { collect, never, textIn, turnInput } from './turn-input.js';

const KEY = 'app-very-secret-0123456789';
const END = { type: 'end', reason: 'stop' };

let server: DifyServer;
let clock: VirtualClock;
let driver: AgentDriver;

const withSettings = (given: Partial<DifySettings> = {}): void => {
  driver = difyDriver(
    {
      driver: 'dify',
      baseUrl: server.baseUrl,
      apiKey: new Secret(KEY),
      user: '{{conv}}',
      inputs: {},
      headers: {},
      idleMs: 30_000,
      ...given,
    },
    clock,
  );
};

beforeEach(async () => {
  server = await DifyServer.start();
  clock = new VirtualClock();
  withSettings();
});
afterEach(async () => {
  await driver.close?.();
  await server.stop();
});

const ask = (script: DifyScript, more: Parameters<typeof turnInput>[1] = {}): Promise<AgentEvent[]> => {
  server.script = script;
  return collect(driver.run(turnInput('hi', more), never));
};

describe('the request', () => {
  it('carries the question, the user, the app’s variables and files, and no history', async () => {
    withSettings({ inputs: { who: '{{user}}' } });
    const image = { kind: 'image', url: 'https://a.b/c.png' } as const;
    await ask((exchange) => exchange.close(), { attachments: [image] });
    const { headers, body } = await server.arrived();
    expect(headers).toMatchObject({ authorization: `Bearer ${KEY}` });
    expect(body).toEqual({
      inputs: { who: 'user-1' },
      query: 'hi',
      response_mode: 'streaming',
      user: 'qq:app:c2c:user-1',
      auto_generate_name: false,
      files: [{ type: 'image', transfer_method: 'remote_url', url: 'https://a.b/c.png' }],
    });
  });

  it('names the conversation that Dify keeps, in the next turn as well', async () => {
    const memos: string[] = [];
    await ask((exchange) => exchange.close(), { remember: (memo) => memos.push(memo) });
    expect(memos).toEqual([`dify:${(await server.arrived()).conversation}`]);
    const [memo = ''] = memos;
    await ask((exchange) => exchange.close(), { memo });
    expect((await server.arrived(2)).body).toMatchObject({ conversation_id: memo.slice('dify:'.length) });
  });

  it('begins anew where Dify has forgotten the conversation', async () => {
    const memos: string[] = [];
    const events = await ask(
      (exchange) => {
        exchange.say('hello again');
        exchange.close();
      },
      { memo: 'dify:gone', remember: (memo) => memos.push(memo) },
    );
    expect(textIn(events)).toBe('hello again');
    expect(server.questions.map(({ body }) => body?.['conversation_id'])).toEqual(['gone', undefined]);
    expect(memos).toEqual([`dify:${server.questions[1]?.conversation}`]);
  });

  it.each([400, 500])('does not begin anew where Dify answers HTTP %i', async (status) => {
    await ask((exchange) => exchange.close());
    const conversation = server.questions[0]?.conversation ?? '';
    const events = await ask((exchange) => exchange.answer(status, { message: 'no' }), {
      memo: `dify:${conversation}`,
    });
    expect(events).toMatchObject([{ type: 'error' }]);
    expect(server.questions.map(({ body }) => body?.['conversation_id'])).toEqual([undefined, conversation]);
  });

  it('leaves alone what another agent has noted', async () => {
    await ask((exchange) => exchange.close(), { memo: 'acp:session-1' });
    expect((await server.arrived()).body).not.toHaveProperty('conversation_id');
  });

  it('says what was attached where nothing was written', async () => {
    server.script = (exchange) => exchange.close();
    const voice = { kind: 'voice', url: 'https://a.b/c.silk', text: '你好' } as const;
    await collect(driver.run(turnInput('', { attachments: [voice] }), never));
    expect((await server.arrived()).body).toMatchObject({ query: '你好' });
  });
});

describe('the stream', () => {
  it('gives text, tools, nodes, files, usage and the end, each in its place', async () => {
    const events = await ask((exchange) => {
      exchange.write('event: ping\n\n');
      exchange.tell('workflow_started', { data: { id: 'w' } });
      exchange.tell('node_started', { data: { node_id: 'n1', title: '知识检索' } });
      exchange.tell('node_finished', { data: { node_id: 'n1', title: '知识检索', status: 'succeeded' } });
      exchange.tell('node_finished', { data: { node_id: 'n2', title: 'Code', status: 'failed' } });
      exchange.tell('agent_thought', { id: 't1', thought: 'hm', tool: 'weather', tool_input: '{}', observation: '' });
      exchange.tell('agent_thought', { id: 't1', tool: 'weather', observation: 'sunny' });
      exchange.tell('agent_thought', { id: 't2', thought: 'done', tool: '', observation: '' });
      exchange.tell('agent_message', { answer: '晴' });
      exchange.tell('message', { answer: '天' });
      exchange.tell('message_file', { id: 'f', type: 'image', belongs_to: 'assistant', url: '/files/a.png?sign=1' });
      exchange.tell('message_file', { id: 'g', type: 'image', belongs_to: 'user', url: '/files/b.png' });
      exchange.tell('message_file', { id: 'h', type: 'image', belongs_to: 'assistant', url: 'file:///etc/passwd' });
      exchange.tell('tts_message', { audio: 'aGk=' });
      exchange.tell('message_end', { metadata: { usage: { total_tokens: 3, total_price: '0.001', currency: 'USD' } } });
      exchange.tell('message', { answer: 'never' });
    });
    expect(events).toEqual([
      { type: 'progress', id: 'n1', label: '知识检索', state: 'running' },
      { type: 'progress', id: 'n1', label: '知识检索', state: 'done' },
      { type: 'progress', id: 'n2', label: 'Code', state: 'error' },
      { type: 'progress', id: 't1', label: 'weather', state: 'running' },
      { type: 'progress', id: 't1', label: 'weather', state: 'done' },
      { type: 'text', delta: '晴' },
      { type: 'text', delta: '天' },
      { type: 'media', media: { kind: 'image', url: `${server.origin}/files/a.png?sign=1` } },
      { type: 'usage', usage: { total_tokens: 3, total_price: 0.001 } },
      END,
    ]);
    expect(server.exchanges).toHaveLength(1);
  });

  it('replaces what the moderation takes back', async () => {
    const events = await ask((exchange) => {
      exchange.say('something rude');
      exchange.tell('message_replace', { answer: '内容不合规' });
      exchange.close();
    });
    expect(events).toContainEqual({ type: 'replace', text: '内容不合规' });
  });

  it.each([
    ['error', { status: 400, code: 'invalid_param', message: `no quota for ${KEY}` }, 'no quota for [secret]'],
    ['workflow_finished', { data: { status: 'failed', error: 'node X broke' } }, 'node X broke'],
  ])('fails with what %s says', async (event, fields, message) => {
    const events = await ask((exchange) => exchange.tell(event, fields));
    expect(events).toEqual([{ type: 'error', code: 'agent.failed', message, retryable: false }]);
  });

  it('that breaks off is agent.truncated, and Dify is told to stop what it may go on with', async () => {
    const events = await ask((exchange) => {
      exchange.say('half');
      exchange.end();
    });
    expect(events.at(-1)).toMatchObject({ type: 'error', code: 'agent.truncated' });
    await (await server.arrived()).stopped;
  });

  it('that is silent is agent.timeout, and Dify is told to stop', async () => {
    server.script = (exchange) => exchange.say('half');
    const iterator = driver.run(turnInput('hi'), never)[Symbol.asyncIterator]();
    await iterator.next();
    const last = iterator.next();
    await clock.advance(30_000);
    expect((await last).value).toMatchObject({ type: 'error', code: 'agent.timeout' });
    await iterator.return?.();
    await (await server.arrived()).stopped;
  });

  it('that is longer than any answer is cut, and Dify is told to stop', async () => {
    const events = await ask((exchange) => {
      for (let i = 0; i < 11; i += 1) exchange.say('字'.repeat(100_000));
    });
    expect(textIn(events)).toHaveLength(1_000_000);
    expect(events.at(-1)).toEqual({ type: 'end', reason: 'length' });
    await (await server.arrived()).stopped;
  });

  it('that is replaced by something longer than any answer is cut, too', async () => {
    const events = await ask((exchange) => {
      exchange.tell('message_replace', { answer: '字'.repeat(600_000) });
      exchange.tell('message_replace', { answer: '符'.repeat(600_000) });
    });
    expect(events.map((event) => (event.type === 'replace' ? event.text.length : event.type))).toEqual([
      600_000,
      400_000,
      'end',
    ]);
    await (await server.arrived()).stopped;
  });
});

describe('the cancel', () => {
  it('tells Dify to stop, as the user who asked, and closes the connection', async () => {
    withSettings({ user: 'qq-{{user}}' });
    server.script = (exchange) => exchange.say('one');
    const controller = new AbortController();
    const iterator = driver.run(turnInput('hi'), controller.signal)[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toEqual({ type: 'text', delta: 'one' });
    controller.abort(turnAbort('superseded'));
    const question = await server.arrived();
    await question.stopped;
    await question.closedByClient;
    expect((await server.arrived(1, '/stop')).body).toEqual({ user: 'qq-user-1' });
    expect((await iterator.next()).value).toEqual({ type: 'end', reason: 'cancelled' });
    expect(clock.pending).toBe(0);
  });

  it('before Dify has named the task waits for the name, then stops it', async () => {
    server.script = () => undefined;
    const controller = new AbortController();
    const reading = collect(driver.run(turnInput('hi'), controller.signal));
    const question = await server.arrived();
    controller.abort(turnAbort('user_stop'));
    question.say('too late');
    await question.stopped;
    await question.closedByClient;
    expect(await reading).toEqual([{ type: 'end', reason: 'cancelled' }]);
  });

  it('before Dify has named the task waits no longer than two seconds', async () => {
    server.script = () => undefined;
    const controller = new AbortController();
    const reading = collect(driver.run(turnInput('hi'), controller.signal));
    const question = await server.arrived();
    controller.abort(turnAbort('user_stop'));
    await clock.advance(2_000);
    await question.closedByClient;
    expect(await reading).toEqual([{ type: 'end', reason: 'cancelled' }]);
    expect(server.exchanges).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  it('is over after two seconds also where the stop is not answered', async () => {
    server.onStop = () => undefined;
    server.script = (exchange) => exchange.say('one');
    const controller = new AbortController();
    const reading = collect(driver.run(turnInput('hi'), controller.signal));
    await server.arrived();
    const iterator = driver.run(turnInput('hi'), controller.signal)[Symbol.asyncIterator]();
    await iterator.next();
    controller.abort(turnAbort('superseded'));
    await server.arrived(1, '/stop');
    await clock.advance(2_000);
    expect((await reading).at(-1)).toEqual({ type: 'end', reason: 'cancelled' });
    await iterator.return?.();
    expect(clock.pending).toBe(0);
  });

  it('closes the connection without waiting for the stop to be answered', async () => {
    server.onStop = () => undefined;
    server.script = (exchange) => exchange.say('one');
    const controller = new AbortController();
    const iterator = driver.run(turnInput('hi'), controller.signal)[Symbol.asyncIterator]();
    await iterator.next();
    controller.abort(turnAbort('superseded'));
    const stop = await server.arrived(1, '/stop');
    await (await server.arrived()).closedByClient;
    stop.answer(200, {});
    expect((await iterator.next()).value).toEqual({ type: 'end', reason: 'cancelled' });
  });

  it('stops the task that was named first, whatever is named later', async () => {
    server.script = (exchange) => {
      exchange.say('one');
      exchange.tell('message', { task_id: 'another', answer: ' two' });
    };
    const controller = new AbortController();
    const iterator = driver.run(turnInput('hi'), controller.signal)[Symbol.asyncIterator]();
    await iterator.next();
    await iterator.next();
    controller.abort(turnAbort('superseded'));
    await (await server.arrived()).stopped;
    expect((await iterator.next()).value).toEqual({ type: 'end', reason: 'cancelled' });
  });

  it('of a turn that is over already asks nothing', async () => {
    expect(await collect(driver.run(turnInput('hi'), AbortSignal.abort()))).toEqual([
      { type: 'end', reason: 'cancelled' },
    ]);
    await driver.check?.();
    expect(server.exchanges.map(({ path }) => path)).toEqual(['/v1/info']);
  });
});

describe('an answer that is none', () => {
  it.each([
    [400, { code: 'app_unavailable', message: 'App unavailable' }, 'agent.refused', ': App unavailable'],
    [401, { code: 'unauthorized', message: `bad ${KEY}` }, 'agent.refused', ''],
    [503, 'busy', 'agent.unreachable', ''],
  ])('HTTP %i is named by its code', async (status, body, code, quote) => {
    const events = await ask((exchange) => exchange.answer(status, body));
    expect(events).toMatchObject([{ type: 'error', code, message: `the agent answered HTTP ${status}${quote}` }]);
  });
});

describe('check', () => {
  it('is content with the app’s name', async () => {
    await expect(driver.check?.()).resolves.toBeUndefined();
  });
  it('names a key that is refused', async () => {
    server.info = (exchange) => exchange.answer(401, {});
    await expect(driver.check?.()).rejects.toMatchObject({ code: 'agent.refused' });
  });
});

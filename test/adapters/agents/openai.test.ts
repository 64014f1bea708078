import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openaiDriver } from '../../../src/adapters/agents/openai.js';
import type { OpenAiSettings } from '../../../src/adapters/agents/openai-request.js';
import { Secret } from '../../../src/config/secret.js';
import { turnAbort } from '../../../src/domain/turn-abort.js';
import type { AgentDriver, AgentEvent } from '../../../src/ports/agent-driver.js';
import { VirtualClock } from '../../../src/testing/virtual-clock.js';
import { OpenAiServer, type Script } from '../../support/openai-server.js';
import { collect, never, textIn, turnInput } from './turn-input.js';

const KEY = 'sk-very-secret-key-0123456789';
const END = { type: 'end', reason: 'stop' };

let server: OpenAiServer;
let clock: VirtualClock;
let driver: AgentDriver;
let more: Partial<OpenAiSettings> = {};

const settings = (): OpenAiSettings => ({
  driver: 'openai',
  baseUrl: server.baseUrl,
  apiKey: new Secret(KEY),
  model: 'fake',
  headers: {},
  body: {},
  onDisconnect: 'stops',
  idleMs: 30_000,
  ...more,
});

/** A driver with other settings than the usual ones. */
const withSettings = (given: Partial<OpenAiSettings>): void => {
  more = given;
  driver = openaiDriver(settings(), clock);
};

beforeEach(async () => {
  server = await OpenAiServer.start();
  clock = new VirtualClock();
  withSettings({});
});
afterEach(async () => {
  await driver.close?.();
  await server.stop();
});

const ask = (script: Script, signal: AbortSignal = never): Promise<AgentEvent[]> => {
  server.script = script;
  return collect(driver.run(turnInput('hi'), signal));
};

/** The same, read step by step. */
const start = (script: Script, signal: AbortSignal = never): AsyncIterator<AgentEvent> => {
  server.script = script;
  return driver.run(turnInput('hi'), signal)[Symbol.asyncIterator]();
};

describe('the request', () => {
  it('carries model, system, transcript and key', async () => {
    withSettings({ system: 'Be brief.' });
    await collect(driver.run(turnInput('hi'), never));
    const exchange = await server.arrived();
    expect(exchange).toMatchObject({ method: 'POST', path: '/v1/chat/completions' });
    expect(exchange.headers).toMatchObject({ authorization: `Bearer ${KEY}`, 'content-type': 'application/json' });
    expect(exchange.body).toEqual({
      model: 'fake',
      stream: true,
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'before' },
        { role: 'assistant', content: 'then' },
        { role: 'user', content: 'hi' },
      ],
    });
  });

  it('tells the agent which trace its work belongs to', async () => {
    const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    void collect(driver.run(turnInput('hi', { trace }), never));
    expect((await server.arrived()).headers['traceparent']).toBe(trace);
  });

  it('fills the conversation and the user into the configured headers and body', async () => {
    withSettings({
      headers: { 'X-Session': '{{conv}}', Authorization: 'Basic abc' },
      body: {
        chatId: '{{conv}}',
        detail: true,
        variables: { who: ['{{user}}'] },
        temperature: 0,
        messages: ['not these'],
      },
    });
    await collect(driver.run(turnInput('hi'), never));
    const { headers, body } = await server.arrived();
    expect(headers).toMatchObject({ 'x-session': 'qq:app:c2c:user-1', authorization: 'Basic abc' });
    expect(body).toMatchObject({
      chatId: 'qq:app:c2c:user-1',
      detail: true,
      variables: { who: ['user-1'] },
      temperature: 0,
      messages: [{ content: 'before' }, { content: 'then' }, { content: 'hi' }],
    });
  });
});

describe('a header', () => {
  it('holds no line end and no letter it cannot hold, whatever a user calls themselves', async () => {
    withSettings({ headers: { 'X-Name': '{{name}}', 'X-Kept': '{{unknown}} {{constructor}}' } });
    await collect(driver.run(turnInput('hi', { name: '小明\r\nX-Admin: 1' }), never));
    const { headers } = await server.arrived();
    expect(headers).toMatchObject({
      'x-name': '%E5%B0%8F%E6%98%8E%0D%0AX-Admin: 1',
      'x-kept': '{{unknown}} {{constructor}}',
    });
    expect(headers).not.toHaveProperty('x-admin');
  });
});

describe('a session', () => {
  it.each<[Partial<OpenAiSettings>, object, object]>([
    [{ sessionHeader: 'X-Hermes-Session-Id' }, { 'x-hermes-session-id': 'qq:app:c2c:user-1' }, {}],
    [{ sessionField: 'chatId', sessionKey: 'qq-{{user}}' }, {}, { chatId: 'qq-user-1' }],
  ])('%j is named, and only what is new is sent: the agent remembers the rest', async (given, headers, body) => {
    withSettings({ ...given, system: 'Be brief.' });
    expect(driver.capabilities.history).toBe('agent');
    await collect(driver.run(turnInput('hi'), never));
    const exchange = await server.arrived();
    expect(exchange.headers).toMatchObject(headers);
    expect(exchange.body).toMatchObject({
      ...body,
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'hi' },
      ],
    });
  });

  it('that only names a memory leaves the history with the router', async () => {
    withSettings({ sessionHeader: 'X-Hermes-Session-Key', history: 'router' });
    expect(driver.capabilities.history).toBe('router');
    await collect(driver.run(turnInput('hi'), never));
    expect((await server.arrived()).body?.['messages']).toHaveLength(3);
  });
});

describe('what a disconnect means', () => {
  it('is the operator’s to say, and decides what a cancel is worth', () => {
    expect(driver.capabilities).toMatchObject({ cancel: 'best-effort', disconnect: 'stops' });
    withSettings({ onDisconnect: 'continues' });
    expect(driver.capabilities).toMatchObject({ cancel: 'none', disconnect: 'continues' });
  });
});

describe('the stream', () => {
  it('gives text, reasoning, usage and the end, each in its place', async () => {
    const events = await ask((exchange) => {
      exchange.delta({ role: 'assistant', content: '' });
      exchange.delta({ reasoning_content: 'hm' });
      exchange.delta({ reasoning: 'so' });
      exchange.say('Hello', ' there');
      exchange.finish();
      exchange.event({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 2, details: { cached: 1 } } });
      exchange.close();
    });
    expect(events).toEqual([
      { type: 'reasoning', delta: 'hm' },
      { type: 'reasoning', delta: 'so' },
      { type: 'text', delta: 'Hello' },
      { type: 'text', delta: ' there' },
      { type: 'usage', usage: { prompt_tokens: 3, completion_tokens: 2 } },
      END,
    ]);
  });

  it('ends with length where the model was cut off', async () => {
    const events = await ask((exchange) => {
      exchange.say('Hel');
      exchange.finish('length');
      exchange.close();
    });
    expect(events.at(-1)).toEqual({ type: 'end', reason: 'length' });
  });

  it('reads the named events of agents behind the interface', async () => {
    const events = await ask((exchange) => {
      exchange.event({ tool: 'web', label: 'Searching', toolCallId: 'c1', status: 'running' }, 'hermes.tool.progress');
      exchange.event(
        { tool: 'web', label: 'Searching', toolCallId: 'c1', status: 'completed' },
        'hermes.tool.progress',
      );
      exchange.event({ status: 'running', name: '知识库搜索' }, 'flowNodeStatus');
      exchange.event({ tool: { id: 't1', toolName: 'weather', functionName: 'w' } }, 'toolCall');
      exchange.event({ tool: { id: 't1', params: '{}' } }, 'toolParams');
      exchange.event({ tool: { id: 't1', response: 'sunny' } }, 'toolResponse');
      exchange.event({ choices: [{ delta: { content: '晴' } }] }, 'answer');
      exchange.event({ choices: [{ delta: {}, finish_reason: 'stop' }] }, 'answer');
      exchange.event('[DONE]', 'answer');
      exchange.event([{ moduleName: 'x' }], 'flowResponses');
      exchange.close(false);
    });
    expect(events).toEqual([
      { type: 'progress', id: 'c1', label: 'Searching', state: 'running' },
      { type: 'progress', id: 'c1', label: 'Searching', state: 'done' },
      { type: 'progress', id: 'node:知识库搜索', label: '知识库搜索', state: 'running' },
      { type: 'progress', id: 't1', label: 'weather', state: 'running' },
      { type: 'progress', id: 't1', label: 'weather', state: 'done' },
      { type: 'text', delta: '晴' },
      END,
    ]);
  });

  it.each(['tool_calls', 'function_call'])(
    'reads on where the model finishes only to call a tool (%s)',
    async (reason) => {
      const iterator = start((exchange) => {
        exchange.say('Let me look.');
        exchange.finish(reason);
        // The server's tool takes its time, which is no tail of an answer.
        exchange.event({ choices: [], usage: { total_tokens: 1 } });
      });
      expect((await iterator.next()).value).toEqual({ type: 'text', delta: 'Let me look.' });
      expect((await iterator.next()).value).toMatchObject({ type: 'usage' });
      const next = iterator.next();
      await clock.advance(20_000);
      const exchange = await server.arrived();
      exchange.say(' Found it.');
      exchange.finish();
      exchange.close();
      expect((await next).value).toEqual({ type: 'text', delta: ' Found it.' });
      expect((await iterator.next()).value).toEqual(END);
      expect((await iterator.next()).done).toBe(true);
    },
  );

  it('gives a refusal as the words it is', async () => {
    const events = await ask((exchange) => {
      exchange.delta({ refusal: 'I will not.' });
      exchange.finish();
      exchange.close();
    });
    expect(events).toEqual([{ type: 'text', delta: 'I will not.' }, END]);
  });

  it('passes over comments, keep-alives and what it does not know', async () => {
    const events = await ask((exchange) => {
      exchange.write(': OPENROUTER PROCESSING\n\nid: 7\nretry: 10\n\ndata: ping\n\nevent: ping\ndata: {}\n\ndata:\n\n');
      exchange.say('ok');
      exchange.finish();
      exchange.close();
    });
    expect(events).toEqual([{ type: 'text', delta: 'ok' }, END]);
  });

  it('is the same wherever the bytes are cut, and with CRLF', async () => {
    const chunk = (content: string): string => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\r\n\r\n`;
    const tool = 'event: hermes.tool.progress\r\ndata: {"tool":"web",\r\ndata: "status":"running"}\r\n\r\n';
    const bytes = Buffer.from(`${chunk('早上好')}${tool}: ping\r\n\r\n${chunk('👩‍👩‍👧 é')}data: [DONE]\r\n\r\n`);
    for (const size of [1, 2, 3, 5, 7, bytes.length]) {
      const events = await ask(async (exchange) => {
        for (let at = 0; at < bytes.length; at += size) {
          exchange.write(bytes.subarray(at, at + size));
          await new Promise((resolve) => setImmediate(resolve));
        }
        exchange.close(false);
      });
      expect([size, textIn(events), events.at(-1)]).toEqual([size, '早上好👩‍👩‍👧 é', END]);
      expect(events).toContainEqual({ type: 'progress', id: 'web', label: 'web', state: 'running' });
    }
  });

  it('takes an answer that is not streamed', async () => {
    const events = await ask((exchange) =>
      exchange.answer(200, {
        choices: [{ message: { content: 'whole' }, finish_reason: 'stop' }],
        usage: { total_tokens: 4 },
      }),
    );
    expect(events).toEqual([{ type: 'text', delta: 'whole' }, { type: 'usage', usage: { total_tokens: 4 } }, END]);
  });

  it.each([
    [{ choices: [{ message: { content: 'whole' } }] }, END],
    [{ choices: [{ message: { content: '' }, finish_reason: 'stop' }] }, END],
    [{ choices: [] }, { type: 'error', code: 'agent.truncated', message: expect.any(String), retryable: false }],
  ])('takes %j for an answer where it says something, or that it is one', async (answer, last) => {
    expect((await ask((exchange) => exchange.answer(200, answer))).at(-1)).toEqual(last);
  });

  it('is cut between characters, not within one', async () => {
    const events = await ask((exchange) => exchange.say('x', ...Array<string>(11).fill('👩'.repeat(50_000))));
    expect(textIn(events)).toHaveLength(999_999);
    expect(textIn(events).endsWith('👩')).toBe(true);
  });

  it('stops at a million characters', async () => {
    const events = await ask(async (exchange) => {
      for (let i = 0; i < 11; i += 1) exchange.say('字'.repeat(100_000));
    });
    expect(textIn(events)).toHaveLength(1_000_000);
    expect(events.at(-1)).toEqual({ type: 'end', reason: 'length' });
    await (await server.arrived()).closedByClient;
  });
});

describe('the end of the stream', () => {
  it('is normal without [DONE] once the model has finished', async () => {
    const events = await ask((exchange) => {
      exchange.say('ok');
      exchange.finish();
      exchange.close(false);
    });
    expect(events.at(-1)).toEqual(END);
  });

  it('is normal without a finish once there was [DONE]', async () => {
    const events = await ask((exchange) => {
      exchange.say('ok');
      exchange.close();
    });
    expect(events.at(-1)).toEqual(END);
  });

  it('is not waited for longer than a second once the model has finished', async () => {
    const iterator = start((exchange) => {
      exchange.finish();
      exchange.event({ choices: [], usage: { total_tokens: 1 } });
    });
    expect((await iterator.next()).value).toMatchObject({ type: 'usage' });
    const last = iterator.next();
    await clock.advance(1_000);
    expect((await last).value).toEqual(END);
    await (await server.arrived()).closedByClient;
  });

  it('is that second, whatever still comes in it', async () => {
    const iterator = start((exchange) => {
      exchange.finish();
      exchange.event({ choices: [], usage: { total_tokens: 1 } });
    });
    expect((await iterator.next()).value).toMatchObject({ type: 'usage' });
    const second = iterator.next();
    await clock.advance(600);
    (await server.arrived()).event({ choices: [], usage: { total_tokens: 2 } });
    expect((await second).value).toMatchObject({ type: 'usage' });
    const last = iterator.next();
    await clock.advance(400);
    expect((await last).value).toEqual(END);
  });

  it.each<[string, Script]>([
    ['closed', (exchange) => exchange.close(false)],
    [
      'broken',
      async (exchange) => {
        // What was written must have left before the connection goes.
        await new Promise((resolve) => setImmediate(resolve));
        exchange.reset();
      },
    ],
  ])('is agent.truncated where it was %s in the midst', async (_, finish) => {
    const events = await ask(async (exchange) => {
      exchange.say('half');
      await finish(exchange);
    });
    expect(events.at(-1)).toMatchObject({ type: 'error', code: 'agent.truncated', retryable: false });
  });

  it.each([
    [{ error: { message: 'model overloaded', type: 'server_error' } }, undefined, 'model overloaded'],
    [{ error: 'out of memory' }, undefined, 'out of memory'],
    [{ object: 'error', message: 'too long' }, undefined, 'too long'],
    [{ message: '余额不足' }, 'error', '余额不足'],
    ['plain words', 'error', 'plain words'],
    [{ error: { message: `bad key ${KEY}` } }, undefined, 'bad key [secret]'],
    ['{"choices": [', undefined, 'an unreadable chunk'],
  ])('is an error where the stream holds one: %j', async (data, name, message) => {
    const events = await ask((exchange) => {
      exchange.say('half');
      exchange.event(data, name);
      exchange.close();
    });
    expect(events).toEqual([
      { type: 'text', delta: 'half' },
      { type: 'error', code: 'agent.failed', message, retryable: false },
    ]);
  });

  it('is agent.timeout after a silence, and the connection is closed', async () => {
    const iterator = start((exchange) => exchange.say('half'));
    await iterator.next();
    const last = iterator.next();
    await clock.advance(30_000);
    expect((await last).value).toMatchObject({ type: 'error', code: 'agent.timeout', retryable: false });
    await (await server.arrived()).closedByClient;
    expect(clock.pending).toBe(0);
  });

  it('is agent.timeout where no answer begins', async () => {
    const first = start(() => undefined).next();
    const exchange = await server.arrived();
    await clock.advance(30_000);
    expect((await first).value).toMatchObject({ type: 'error', code: 'agent.timeout' });
    await exchange.closedByClient;
  });

  it('does not take a slow reader for a silent agent', async () => {
    const iterator = start((exchange) => {
      exchange.say('a', 'b');
      exchange.finish();
      exchange.close();
    });
    expect((await iterator.next()).value).toEqual({ type: 'text', delta: 'a' });
    await clock.advance(10 * 60_000);
    expect((await iterator.next()).value).toEqual({ type: 'text', delta: 'b' });
    expect((await iterator.next()).value).toEqual(END);
  });
});

describe('an answer that is none', () => {
  it.each([
    [400, 'agent.refused', false],
    [401, 'agent.refused', false],
    [403, 'agent.refused', false],
    [404, 'agent.refused', false],
    [422, 'agent.refused', false],
    [302, 'agent.refused', false],
    [408, 'agent.unreachable', true],
    [429, 'agent.unreachable', true],
    [500, 'agent.unreachable', true],
    [503, 'agent.unreachable', true],
  ])('HTTP %i is %s', async (status, code, retryable) => {
    const events = await ask((exchange) => exchange.answer(status, { error: { message: `refused: Bearer ${KEY}` } }));
    expect(events).toMatchObject([{ type: 'error', code, retryable }]);
    expect(JSON.stringify(events)).toContain(`HTTP ${status}`);
    expect(JSON.stringify(events)).not.toContain('very-secret');
  });

  it('quotes what the server says of the request', async () => {
    const events = await ask((exchange) => exchange.answer(404, { error: { message: "model 'fake' not found" } }));
    expect(events).toMatchObject([{ message: "the agent answered HTTP 404: model 'fake' not found" }]);
  });

  it('quotes nothing of an answer about the key', async () => {
    const events = await ask((exchange) => exchange.answer(401, { error: { message: 'Incorrect key: sk-ve***789' } }));
    expect(events).toMatchObject([{ message: 'the agent answered HTTP 401' }]);
  });

  it('quotes neither the key nor a configured header, whatever they look like', async () => {
    withSettings({ apiKey: new Secret('hunter2hunter2'), headers: { 'x-pass': 'open sesame' } });
    const message = 'no such model for hunter2hunter2 with open sesame';
    const events = await ask((exchange) => exchange.answer(400, { error: { message } }));
    expect(events).toMatchObject([
      { message: 'the agent answered HTTP 400: no such model for [secret] with [secret]' },
    ]);
  });

  it('quotes no rest of a longer secret that begins like a shorter one', async () => {
    withSettings({ apiKey: new Secret('open'), headers: { 'x-pass': 'open sesame' } });
    const events = await ask((exchange) => exchange.answer(400, { error: { message: 'no to open sesame' } }));
    expect(events).toMatchObject([{ message: 'the agent answered HTTP 400: no to [secret]' }]);
  });

  it('is agent.refused where a web page comes back', async () => {
    const events = await ask((exchange) => exchange.answer(200, '<html>log in</html>', 'text/html'));
    expect(events).toMatchObject([{ type: 'error', code: 'agent.refused' }]);
  });

  it('is agent.failed where the JSON is none', async () => {
    const events = await ask((exchange) => exchange.answer(200, '{"choices":'));
    expect(events).toMatchObject([{ type: 'error', code: 'agent.failed' }]);
  });

  it('is agent.unreachable where nobody listens', async () => {
    await server.stop();
    const events = await collect(driver.run(turnInput('hi'), never));
    expect(events).toMatchObject([{ type: 'error', code: 'agent.unreachable', retryable: true }]);
    expect(JSON.stringify(events)).toContain('ECONNREFUSED');
    server = await OpenAiServer.start();
  });
});

describe('the abort', () => {
  it('closes the connection at once in the midst of the stream', async () => {
    const controller = new AbortController();
    const reading = ask((exchange) => exchange.say('one'), controller.signal);
    const exchange = await server.arrived();
    const abortedAt = performance.now();
    controller.abort(turnAbort('superseded'));
    expect((await reading).at(-1)).toEqual({ type: 'end', reason: 'cancelled' });
    await exchange.closedByClient;
    expect(performance.now() - abortedAt).toBeLessThan(200);
    expect(clock.pending).toBe(0);
  });

  it('closes it also while nobody reads', async () => {
    const controller = new AbortController();
    const iterator = start((exchange) => exchange.say('one', 'two'), controller.signal);
    expect((await iterator.next()).value).toEqual({ type: 'text', delta: 'one' });
    controller.abort(turnAbort('superseded'));
    await (await server.arrived()).closedByClient;
    expect((await iterator.next()).value).toEqual({ type: 'end', reason: 'cancelled' });
  });

  it('closes it before an answer has begun', async () => {
    const controller = new AbortController();
    const reading = ask(() => undefined, controller.signal);
    const exchange = await server.arrived();
    controller.abort(turnAbort('user_stop'));
    await exchange.closedByClient;
    expect(await reading).toEqual([{ type: 'end', reason: 'cancelled' }]);
  });

  it('asks nothing in a turn that is over already', async () => {
    expect(await ask(() => undefined, AbortSignal.abort())).toEqual([{ type: 'end', reason: 'cancelled' }]);
    await driver.check?.();
    expect(server.exchanges.map(({ path }) => path)).toEqual(['/v1/models']);
  });

  it('is not needed by a reader who leaves', async () => {
    server.script = (exchange) => exchange.say('one', 'two');
    for await (const event of driver.run(turnInput('hi'), never)) if (event.type === 'text') break;
    await (await server.arrived()).closedByClient;
  });
});

describe('check', () => {
  it('is content with a list of models', async () => {
    await expect(driver.check?.()).resolves.toBeUndefined();
  });

  it.each([
    [404, null],
    [405, null],
    [500, null],
    [401, 'agent.refused'],
    [403, 'agent.refused'],
  ])('answers HTTP %i with %s', async (status, code) => {
    server.models = (exchange) => exchange.answer(status, {});
    const error = await driver.check?.().catch((thrown: unknown) => thrown);
    if (code === null) expect(error).toBeUndefined();
    else expect(error).toMatchObject({ code });
  });

  it('is agent.unreachable where nobody listens', async () => {
    await server.stop();
    await expect(driver.check?.()).rejects.toMatchObject({ code: 'agent.unreachable' });
    server = await OpenAiServer.start();
  });

  it('is agent.unreachable where nothing is said for 5 s', async () => {
    server.models = () => undefined;
    const checked = driver.check?.().catch((error: unknown) => error);
    const exchange = await server.arrived();
    await clock.advance(5_000);
    await exchange.closedByClient;
    expect(await checked).toMatchObject({ code: 'agent.unreachable' });
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LangGraphSettings, langGraphDriver } from '../../../src/adapters/agents/langgraph.js';
import { Secret } from '../../../src/config/secret.js';
import { turnAbort } from '../../../src/domain/turn-abort.js';
import type { AgentDriver, AgentEvent } from '../../../src/ports/agent-driver.js';
import { VirtualClock } from '../../../src/testing/virtual-clock.js';
import { type LangGraphScript, LangGraphServer } from '../../support/langgraph-server.js';
import { collect, never, textIn, turnInput } from './turn-input.js';

const END = { type: 'end', reason: 'stop' };
const CANCELLED = { type: 'end', reason: 'cancelled' };

let server: LangGraphServer;
let clock: VirtualClock;
let driver: AgentDriver;

const withSettings = (given: Partial<LangGraphSettings> = {}): void => {
  driver = langGraphDriver(
    {
      driver: 'langgraph',
      baseUrl: server.baseUrl,
      apiKey: new Secret('lsv2-very-secret'),
      assistantId: 'agent',
      nodes: [],
      input: {},
      config: {},
      headers: {},
      onDisconnect: 'cancel',
      idleMs: 30_000,
      ...given,
    },
    clock,
  );
};

beforeEach(async () => {
  server = await LangGraphServer.start();
  clock = new VirtualClock();
  withSettings();
});
afterEach(async () => {
  await driver.close?.();
  await server.stop();
});

const ask = (
  script: LangGraphScript,
  more: Parameters<typeof turnInput>[1] = {},
  text = 'hi',
): Promise<AgentEvent[]> => {
  server.script = script;
  return collect(driver.run(turnInput(text, more), never));
};

describe('the request', () => {
  it('is a run on the conversation’s own thread, which no other run may join', async () => {
    withSettings({ input: { who: '{{user}}' }, config: { configurable: { scene: '{{scene}}' } } });
    await ask((exchange) => exchange.close());
    const { headers, body, path } = await server.arrived();
    expect(path).toMatch(/^\/v1\/threads\/[0-9a-f-]{36}\/runs\/stream$/);
    expect(headers).toMatchObject({ 'x-api-key': 'lsv2-very-secret' });
    expect(body).toEqual({
      assistant_id: 'agent',
      input: { who: 'user-1', messages: [{ role: 'user', content: 'hi' }] },
      config: { configurable: { scene: 'c2c' } },
      stream_mode: ['messages-tuple', 'updates', 'custom'],
      multitask_strategy: 'reject',
      on_disconnect: 'cancel',
      if_not_exists: 'create',
    });
  });
});

describe('the stream', () => {
  it('of the server in JavaScript calls its chunks `ai`, too: each is said, and a message that is given whole is not said again', async () => {
    const chunk = { type: 'ai', id: 'm1', tool_calls: [], tool_call_chunks: [] };
    const events = await ask((exchange) => {
      for (const content of ['You ', 'said: ', 'hi']) exchange.message({ ...chunk, content });
      exchange.message({ type: 'ai', id: 'm1', content: 'You said: hi', tool_calls: [] });
      exchange.event({}, 'end');
    });
    expect(textIn(events)).toBe('You said: hi');
  });

  it('gives text, tools, nodes, usage and the end, each in its place', async () => {
    const events = await ask((exchange) => {
      exchange.message({ type: 'human', id: 'h', content: 'hi' });
      exchange.say('让我', '看看');
      exchange.message({
        type: 'AIMessageChunk',
        id: 'm1',
        content: '',
        tool_call_chunks: [{ id: 't', name: 'weather' }],
      });
      exchange.message({ type: 'ai', id: 'm1', content: '让我看看', tool_calls: [] });
      exchange.event({ agent: { messages: [] } }, 'updates');
      exchange.message({ type: 'tool', tool_call_id: 't', name: 'weather', content: 'sunny' }, 'tools');
      exchange.event({ label: 'thinking' }, 'custom');
      exchange.message({
        type: 'ai',
        id: 'm2',
        content: [
          { type: 'text', text: '晴天' },
          { type: 'image_url', image_url: 'x' },
        ],
        usage_metadata: { input_tokens: 3, output_tokens: 2 },
      });
      exchange.event({}, 'end');
    });
    expect(events).toEqual([
      { type: 'text', delta: '让我' },
      { type: 'text', delta: '看看' },
      { type: 'progress', id: 't', label: 'weather', state: 'running' },
      { type: 'progress', id: 'node:agent', label: 'agent', state: 'done' },
      { type: 'progress', id: 't', label: 'weather', state: 'done' },
      { type: 'progress', id: 'custom:thinking', label: 'thinking', state: 'running' },
      { type: 'text', delta: '\n\n晴天' },
      { type: 'usage', usage: { input_tokens: 3, output_tokens: 2 } },
      END,
    ]);
  });

  it('is the words of the named nodes alone', async () => {
    withSettings({ nodes: ['answer'] });
    const events = await ask((exchange) => {
      exchange.message({ type: 'AIMessageChunk', id: 'a', content: 'inner' }, 'route');
      exchange.message({ type: 'AIMessageChunk', id: 'b', content: 'outer' }, 'answer');
      exchange.close();
    });
    expect(textIn(events)).toBe('outer');
  });

  it('fails with what the error event says, and ends without a last word', async () => {
    const failed = await ask((exchange) => {
      exchange.event({ error: 'ValueError', message: 'bad key lsv2-very-secret' }, 'error');
      exchange.close();
    });
    expect(failed).toEqual([{ type: 'error', code: 'agent.failed', message: 'bad key [secret]', retryable: false }]);
    expect(await ask((exchange) => exchange.close())).toEqual([{ type: 'end', reason: 'silent' }]);
  });

  it('that breaks is agent.truncated, and the run is cancelled', async () => {
    const iterator = driver.run(turnInput('hi'), never)[Symbol.asyncIterator]();
    server.script = (exchange) => exchange.say('half');
    await iterator.next();
    const run = await server.arrived();
    run.reset();
    expect((await iterator.next()).value).toMatchObject({ type: 'error', code: 'agent.truncated' });
    await iterator.next();
    await run.stopped;
  });
});

describe('a graph that asks a person', () => {
  it.each([
    ['删除吗？', '删除吗？'],
    [{ question: '删除吗？', data: 1 }, '删除吗？'],
    [{ action: 'rm' }, '{"action":"rm"}'],
  ])('with %j ends the turn with the question, and resumes once with the next one’s words', async (value, text) => {
    let memo: string | null = null;
    const remember = (noted: string): void => {
      memo = noted;
    };
    const asked = await ask(
      (exchange) => {
        exchange.event({ __interrupt__: [{ id: 'i', value }] }, 'updates');
        exchange.close();
      },
      { remember },
    );
    expect([textIn(asked), asked.at(-1)]).toEqual([text, END]);
    await ask((exchange) => exchange.close(), { memo, remember }, '好的');
    await ask((exchange) => exchange.close(), { memo, remember }, 'more');
    const [, second, third] = server.runs.map(({ body }) => body);
    expect(second).toMatchObject({ command: { resume: '好的' } });
    expect(second).not.toHaveProperty('input');
    expect(third).toMatchObject({ input: { messages: [{ role: 'user', content: 'more' }] } });
  });
});

describe('the cancel', () => {
  /** A run that has said one word, and its signal's controller. */
  const working = async () => {
    const controller = new AbortController();
    server.script = (exchange) => exchange.say('one');
    const iterator = driver.run(turnInput('hi'), controller.signal)[Symbol.asyncIterator]();
    await iterator.next();
    return { controller, iterator, run: await server.arrived() };
  };

  it('waits for the server’s word that the run has ended', async () => {
    let answer: () => void = () => undefined;
    server.onCancel = (exchange) => {
      answer = () => exchange.answer(202, '');
    };
    const { controller, iterator, run } = await working();
    controller.abort(turnAbort('superseded'));
    await run.stopped;
    await server.arrived(1, `/runs/${run.run}/cancel?wait=1&action=interrupt`);
    let isOver = false;
    const last = iterator.next().then((step) => {
      isOver = true;
      return step;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isOver).toBe(false);
    answer();
    expect((await last).value).toEqual(CANCELLED);
    expect(clock.pending).toBe(0);
  });

  it('that the server does not confirm leaves the run in doubt, until it is ended by force', async () => {
    server.onCancel = (exchange) => exchange.answer(500, {});
    const { controller, iterator } = await working();
    controller.abort(turnAbort('superseded'));
    let isOver = false;
    const last = iterator.next().then((step) => {
      isOver = true;
      return step;
    });
    await server.arrived(1, 'action=interrupt');
    while (clock.pending !== 1) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(3_000);
    expect(isOver).toBe(false);
    driver.kill?.('turn-1');
    expect((await last).value).toEqual(CANCELLED);
    expect(clock.pending).toBe(0);
  });

  it('of a run that is over already is no doubt', async () => {
    server.onCancel = (exchange) => exchange.answer(409, { detail: 'done' });
    const { controller, iterator } = await working();
    controller.abort(turnAbort('superseded'));
    expect((await iterator.next()).value).toEqual(CANCELLED);
  });

  it('names the run by the header where its first event has not come', async () => {
    server.isNaming = false;
    server.script = (exchange) => {
      exchange.open('text/event-stream', 200, {
        'content-location': `/threads/${exchange.thread}/runs/${exchange.run}`,
      });
    };
    const controller = new AbortController();
    const reading = collect(driver.run(turnInput('hi'), controller.signal));
    const run = await server.arrived();
    controller.abort(turnAbort('user_stop'));
    await run.stopped;
    expect(await reading).toEqual([CANCELLED]);
  });
});

describe('a run that was left behind', () => {
  it.each(['running', 'pending'] as const)('is cancelled before the thread’s next one (%s)', async (status) => {
    server.script = (exchange) => {
      exchange.status = status;
      exchange.say('from an earlier life');
    };
    const earlier = driver.run(turnInput('hi'), never)[Symbol.asyncIterator]();
    await earlier.next();
    const left = await server.arrived();
    const events = await ask((exchange) => {
      exchange.say('new');
      exchange.close();
    });
    await left.stopped;
    expect(textIn(events)).toBe('new');
    await earlier.return?.();
  });
});

describe('a run that is refused', () => {
  it('for what was asked is not taken for one that another run stands in the way of', async () => {
    server.isNaming = false;
    const events = await ask((exchange) => exchange.answer(422, { detail: 'Invalid assistant id' }));
    const message = 'the agent answered HTTP 422: Invalid assistant id';
    expect(events).toEqual([{ type: 'error', code: 'agent.refused', message, retryable: false }]);
    expect(server.exchanges).toHaveLength(1);
  });
});

describe('check', () => {
  it('is content with a server that answers', async () => {
    await expect(driver.check?.()).resolves.toBeUndefined();
  });
});

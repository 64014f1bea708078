import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AgUiSettings, agUiDriver } from '../../../src/adapters/agents/ag-ui.js';
import { Secret } from '../../../src/config/secret.js';
import { turnAbort } from '../../../src/domain/turn-abort.js';
import type { AgentDriver, AgentEvent } from '../../../src/ports/agent-driver.js';
import { VirtualClock } from '../../../src/testing/virtual-clock.js';
import { type AgUiScript, AgUiServer } from '../../support/ag-ui-server.js';
import { collect, never, textIn, turnInput } from './turn-input.js';

const KEY = 'very-secret-0123456789';
const END = { type: 'end', reason: 'stop' };

let server: AgUiServer;
let clock: VirtualClock;
let driver: AgentDriver;

const withSettings = (given: Partial<AgUiSettings> = {}): void => {
  driver = agUiDriver(
    {
      driver: 'ag-ui',
      url: server.url,
      apiKey: new Secret(KEY),
      history: 'router',
      state: {},
      forwardedProps: {},
      headers: {},
      onDisconnect: 'stops',
      idleMs: 30_000,
      ...given,
    },
    clock,
  );
};

beforeEach(async () => {
  server = await AgUiServer.start();
  clock = new VirtualClock();
  withSettings();
});
afterEach(async () => {
  await driver.close?.();
  await server.stop();
});

const ask = (script: AgUiScript, text = 'hi', more: Parameters<typeof turnInput>[1] = {}): Promise<AgentEvent[]> => {
  server.script = script;
  return collect(driver.run(turnInput(text, more), never));
};

describe('the request', () => {
  it('is a run of the protocol: the transcript, on the conversation’s own thread', async () => {
    withSettings({ state: { who: '{{user}}' }, forwardedProps: { scene: '{{scene}}' } });
    const events = await ask((exchange) => {
      exchange.say('ok');
      exchange.close();
    });
    expect(events).toEqual([{ type: 'text', delta: 'ok' }, END]);
    const { headers, input } = await server.arrived();
    expect(headers).toMatchObject({ authorization: `Bearer ${KEY}`, accept: 'text/event-stream' });
    expect(input).toEqual({
      threadId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      runId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      protocolVersion: '1.0',
      state: { who: 'user-1' },
      messages: [
        { id: 'turn-1:0', role: 'user', content: 'before' },
        { id: 'turn-1:1', role: 'assistant', content: 'then' },
        { id: 'turn-1:2', role: 'user', content: 'hi' },
      ],
      tools: [],
      context: [],
      forwardedProps: { scene: 'c2c' },
    });
  });

  it('names the same thread in every turn, and another run', async () => {
    for (let n = 0; n < 2; n += 1) await ask((exchange) => exchange.close());
    const [first, second] = server.exchanges.map(({ input }) => input);
    expect(second?.threadId).toBe(first?.threadId);
    expect(second?.runId).not.toBe(first?.runId);
  });

  it('carries what is new only, where the agent remembers', async () => {
    withSettings({ history: 'agent', threadId: 'qq-{{user}}' });
    await ask((exchange) => exchange.close());
    expect((await server.arrived()).input).toMatchObject({
      threadId: 'qq-user-1',
      messages: [{ id: 'turn-1', role: 'user', content: 'hi' }],
    });
  });
});

describe('the stream', () => {
  it('gives text, reasoning, tools, steps, subagents, usage and the end, each in its place', async () => {
    const events = await ask((exchange) => {
      exchange.tell('RUN_STARTED');
      exchange.tell('STEP_STARTED', { stepName: 'plan' });
      exchange.tell('REASONING_MESSAGE_CONTENT', { messageId: 'r', delta: 'hm' });
      exchange.tell('STEP_FINISHED', { stepName: 'plan' });
      exchange.tell('TEXT_MESSAGE_START', { messageId: 'a', role: 'assistant' });
      exchange.tell('TEXT_MESSAGE_CONTENT', { messageId: 'a', delta: '让我' });
      exchange.tell('TEXT_MESSAGE_CONTENT', { messageId: 'a', delta: '' });
      exchange.tell('TEXT_MESSAGE_CONTENT', { messageId: 'a', delta: '看看' });
      exchange.tell('TEXT_MESSAGE_END', { messageId: 'a' });
      exchange.tell('TOOL_CALL_START', { toolCallId: 't', toolCallName: 'weather' });
      exchange.tell('TOOL_CALL_ARGS', { toolCallId: 't', delta: '{}' });
      exchange.tell('TOOL_CALL_END', { toolCallId: 't' });
      exchange.tell('TOOL_CALL_RESULT', { messageId: 'x', toolCallId: 't', content: 'sunny' });
      exchange.tell('SUBAGENT_STARTED', { subagentRunId: 's', name: 'critic' });
      exchange.tell('TEXT_MESSAGE_CHUNK', { messageId: 'c', subagentRunId: 's', delta: 'inner words' });
      exchange.tell('TEXT_MESSAGE_CHUNK', { delta: ' and more of them' });
      exchange.tell('SUBAGENT_ERROR', { subagentRunId: 's', message: 'no' });
      exchange.tell('TEXT_MESSAGE_START', { messageId: 'u', role: 'user' });
      exchange.tell('TEXT_MESSAGE_CONTENT', { messageId: 'u', delta: 'an echo of the user' });
      exchange.tell('STATE_SNAPSHOT', { snapshot: { a: 1 } });
      exchange.tell('CUSTOM', { name: 'x', value: 1 });
      exchange.tell('TEXT_MESSAGE_CHUNK', { messageId: 'b', delta: '晴天' });
      exchange.tell('TEXT_MESSAGE_CHUNK', { delta: '。' });
      exchange.close({
        outcome: { type: 'success' },
        usage: [
          { model: 'a', inputTokens: 3, outputTokens: 2 },
          { model: 'b', inputTokens: 4 },
        ],
      });
    });
    expect(events).toEqual([
      { type: 'progress', id: 'step:plan', label: 'plan', state: 'running' },
      { type: 'reasoning', delta: 'hm' },
      { type: 'progress', id: 'step:plan', label: 'plan', state: 'done' },
      { type: 'text', delta: '让我' },
      { type: 'text', delta: '看看' },
      { type: 'progress', id: 't', label: 'weather', state: 'running' },
      { type: 'progress', id: 't', label: 'weather', state: 'done' },
      { type: 'progress', id: 'subagent:s', label: 'critic', state: 'running' },
      { type: 'progress', id: 'subagent:s', label: 'critic', state: 'error' },
      { type: 'text', delta: '\n\n晴天' },
      { type: 'text', delta: '。' },
      { type: 'usage', usage: { inputTokens: 7, outputTokens: 2 } },
      END,
    ]);
  });

  it('knows whose words are whose where messages are told crosswise, and where a name is used again', async () => {
    const events = await ask((exchange) => {
      exchange.tell('TEXT_MESSAGE_START', { messageId: 'a', role: 'assistant' });
      exchange.tell('TEXT_MESSAGE_CHUNK', { messageId: 'u', role: 'user', delta: 'theirs' });
      exchange.tell('TEXT_MESSAGE_CONTENT', { messageId: 'a', delta: 'ours' });
      exchange.tell('TEXT_MESSAGE_CHUNK', { delta: ' and more of theirs' });
      exchange.tell('TEXT_MESSAGE_END', { messageId: 'u' });
      exchange.tell('TEXT_MESSAGE_START', { messageId: 'u', role: 'assistant' });
      exchange.tell('TEXT_MESSAGE_CONTENT', { messageId: 'u', delta: 'ours again' });
      exchange.close();
    });
    expect(textIn(events)).toBe('ours\n\nours again');
  });

  it('is heard at its end where the agent shows its messages only', async () => {
    const events = await ask((exchange) => {
      const messages = [
        { id: '1', role: 'user', content: 'before' },
        { id: '2', role: 'assistant', content: 'then' },
        { id: '3', role: 'user', content: 'hi' },
        { id: '4', role: 'assistant', content: 'one' },
        { id: '5', role: 'tool', toolCallId: 't', content: 'x' },
        { id: '6', role: 'assistant', content: 'two' },
      ];
      exchange.tell('MESSAGES_SNAPSHOT', { messages });
      exchange.close();
    });
    expect(events).toEqual([{ type: 'text', delta: 'one\n\ntwo' }, END]);
  });

  it('of a producer before 1.0 has no outcome, and ends well', async () => {
    const events = await ask((exchange) => {
      exchange.event({ type: 'THINKING_TEXT_MESSAGE_CONTENT', delta: 'hm' });
      exchange.event({ type: 'TEXT_MESSAGE_CHUNK', messageId: 'm', role: 'assistant', delta: 'old' });
      exchange.event({ type: 'RUN_FINISHED', threadId: 't', runId: 'r' });
    });
    expect(events).toEqual([{ type: 'reasoning', delta: 'hm' }, { type: 'text', delta: 'old' }, END]);
  });

  it('that was cancelled there is over, and says so', async () => {
    const events = await ask((exchange) => {
      exchange.say('half');
      exchange.close({ outcome: { type: 'cancelled' } });
    });
    expect(events.at(-1)).toEqual({ type: 'end', reason: 'cancelled' });
  });

  it('that says nothing is silent', async () => {
    expect(await ask((exchange) => exchange.close())).toEqual([{ type: 'end', reason: 'silent' }]);
  });

  it('fails with what RUN_ERROR says', async () => {
    const events = await ask((exchange) => exchange.tell('RUN_ERROR', { message: `no ${KEY}`, code: 'x' }));
    expect(events).toEqual([{ type: 'error', code: 'agent.failed', message: 'no [secret]', retryable: false }]);
  });

  it('that breaks off is agent.truncated', async () => {
    const events = await ask((exchange) => {
      exchange.say('half');
      exchange.end();
    });
    expect(events.at(-1)).toMatchObject({ type: 'error', code: 'agent.truncated' });
  });

  it('that is longer than any answer is cut', async () => {
    const events = await ask((exchange) => {
      for (let i = 0; i < 11; i += 1) exchange.say('字'.repeat(100_000));
    });
    expect(textIn(events)).toHaveLength(1_000_000);
    expect(events.at(-1)).toEqual({ type: 'end', reason: 'length' });
    await (await server.arrived()).closedByClient;
  });
});

describe('a run that asks a person', () => {
  const approval = { id: 'i1', reason: 'tool_call', message: '删除文件吗？' };
  const yesOrNo = { type: 'object', properties: { approved: { type: 'boolean' } }, required: ['approved'] };

  const twoThings = { ...yesOrNo, properties: { ...yesOrNo.properties, always: { type: 'boolean' } } };

  /** The agent asks; the user answers in the next turn. Gives the resume entries of that. */
  const answered = async (interrupt: object, words: string): Promise<unknown> => {
    let memo: string | null = null;
    const remember = (noted: string): void => {
      memo = noted;
    };
    const asked = await ask(
      (exchange) => exchange.close({ outcome: { type: 'interrupt', interrupts: [interrupt] } }),
      'hi',
      {
        remember,
      },
    );
    expect(asked).toEqual([{ type: 'text', delta: '删除文件吗？' }, END]);
    await ask((exchange) => exchange.close(), words, { memo, remember });
    await ask((exchange) => exchange.close(), 'later', { memo, remember });
    const [, second, third] = server.exchanges.map(({ input }) => input);
    expect(third?.resume).toBeUndefined();
    return second?.resume;
  };

  it.each([
    [approval, '好的', { status: 'resolved', payload: '好的' }],
    [{ ...approval, responseSchema: yesOrNo }, '好的', { status: 'resolved', payload: { approved: true } }],
    [{ ...approval, responseSchema: yesOrNo }, '不要', { status: 'resolved', payload: { approved: false } }],
    [{ ...approval, responseSchema: yesOrNo }, '只删一个', { status: 'resolved', payload: '只删一个' }],
    [{ ...approval, responseSchema: twoThings }, '好的', { status: 'resolved', payload: '好的' }],
    [{ ...approval, responseSchema: { type: 'boolean' } }, 'Yes.', { status: 'resolved', payload: true }],
    [{ ...approval, expiresAt: '2025-12-31T00:00:00Z' }, '好的', { status: 'cancelled' }],
  ])('%j is answered by %j, once', async (interrupt, words, entry) => {
    expect(await answered(interrupt, words)).toEqual([{ interruptId: 'i1', ...entry }]);
  });
});

describe('the cancel', () => {
  it('closes the connection at once, and the run says that it is over', async () => {
    const controller = new AbortController();
    server.script = (exchange) => exchange.say('one');
    const reading = collect(driver.run(turnInput('hi'), controller.signal));
    const run = await server.arrived();
    controller.abort(turnAbort('superseded'));
    await run.closedByClient;
    expect((await reading).at(-1)).toEqual({ type: 'end', reason: 'cancelled' });
    expect(clock.pending).toBe(0);
  });
});

describe('check', () => {
  it('is content with an agent that takes no GET', async () => {
    await expect(driver.check?.()).resolves.toBeUndefined();
  });
});

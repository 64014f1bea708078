import type { AGUIEvent } from '@ag-ui/core';
import { simulateReadableStream, stepCountIs, streamText, tool } from 'ai';
import { MockLanguageModelV3 } from 'ai/test';
import OpenAI from 'openai';
import { of } from 'rxjs';
import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { embeddedDriver } from '../../../src/adapters/agents/embedded.js';
import { turnAbort } from '../../../src/domain/turn-abort.js';
import {
  type ChatMessage,
  type Conversation,
  fromAgUi,
  fromAiSdk,
  fromOpenAiChunks,
  type Interrupted,
  type Receipt,
  type ReplySource,
  type Turn,
  type TurnHandler,
  type TurnProgress,
} from '../../../src/index.js';
import { OpenAiServer } from '../../support/openai-server.js';
import { collect, never, textIn, turnInput } from './turn-input.js';

const read = async (source: AsyncIterable<string>): Promise<string> => {
  let text = '';
  for await (const chunk of source) text += chunk;
  return text;
};

/** What a handler says in a turn. */
const said = async (handler: TurnHandler, signal = never) =>
  collect(embeddedDriver(handler).run(turnInput('hi'), signal));

type StreamPart = Parameters<typeof simulateReadableStream<never>>[0]['chunks'][number];
const usage = { inputTokens: { total: 1 }, outputTokens: { total: 1 } };
const words = (...deltas: string[]): unknown[] => [
  { type: 'text-start', id: 't' },
  ...deltas.map((delta) => ({ type: 'text-delta', id: 't', delta })),
  { type: 'text-end', id: 't' },
];
const finish = (unified: string): unknown => ({ type: 'finish', finishReason: { unified, raw: undefined }, usage });

/** A model of the AI SDK that says these parts, step by step. */
const model = (...steps: unknown[][]): MockLanguageModelV3 => {
  const left = [...steps];
  return new MockLanguageModelV3({
    doStream: async () => ({ stream: simulateReadableStream({ chunks: (left.shift() ?? []) as StreamPart[] }) }),
  });
};

const roll = tool({ inputSchema: z.object({}), execute: async () => 1 });

describe('fromAiSdk, on the real AI SDK', () => {
  it('is the text, a paragraph a step, and reports the tools', async () => {
    const call = { type: 'tool-call', toolCallId: 'c1', toolName: 'roll', input: '{}' };
    const { fullStream } = streamText({
      model: model([...words('Let me ', 'roll.'), call, finish('tool-calls')], [...words('A one.'), finish('stop')]),
      prompt: 'roll',
      tools: { roll },
      stopWhen: stepCountIs(3),
    });
    const reports: TurnProgress[] = [];
    expect(await read(fromAiSdk(fullStream, { progress: (one) => reports.push(one) }))).toBe('Let me roll.\n\nA one.');
    expect(reports).toEqual([
      { id: 'c1', label: 'roll', state: 'running' },
      { id: 'c1', label: 'roll', state: 'done' },
    ]);
  });

  it('throws what the stream calls an error, and the turn has failed', async () => {
    const failing = new MockLanguageModelV3({ doStream: () => Promise.reject(new Error('no quota')) });
    const events = await said(async (turn) => {
      const { fullStream } = streamText({ model: failing, prompt: 'x', maxRetries: 0, onError: () => undefined });
      await turn.reply(fromAiSdk(fullStream));
    });
    expect(events.at(-1)).toMatchObject({ type: 'error', message: expect.stringContaining('no quota') });
  });

  // Source: agents §2.1. With another reason the SDK reports a failure, and `onAbort` is not called.
  it('ends quietly at the turn’s abort, which is one to the SDK as well', async () => {
    const controller = new AbortController();
    const seen: string[] = [];
    const slow = new MockLanguageModelV3({
      doStream: async ({ abortSignal }) => ({
        stream: new ReadableStream({
          start: (stream) => {
            for (const part of words('one').slice(0, 2)) stream.enqueue(part as never);
            abortSignal?.addEventListener('abort', () => stream.error(abortSignal.reason));
          },
        }),
      }),
    });
    const events = await said(async (turn) => {
      const { fullStream } = streamText({
        model: slow,
        prompt: 'x',
        abortSignal: turn.signal,
        onAbort: () => void seen.push('abort'),
        onError: () => void seen.push('error'),
      });
      const replied = turn.reply(fromAiSdk(fullStream));
      setImmediate(() => controller.abort(turnAbort('superseded')));
      await replied;
    }, controller.signal);
    expect(events.at(-1)).toEqual({ type: 'end', reason: 'cancelled' });
    await expect.poll(() => seen).toEqual(['abort']);
  });
});

describe('fromOpenAiChunks, on the real openai package', () => {
  let server: OpenAiServer;
  beforeEach(async () => {
    server = await OpenAiServer.start();
  });
  afterEach(() => server.stop());

  const ask = async (turn: Turn) => {
    const client = new OpenAI({ baseURL: server.baseUrl, apiKey: 'key', maxRetries: 0 });
    const messages = turn.messages();
    return client.chat.completions.create({ model: 'fake', messages, stream: true }, { signal: turn.signal });
  };

  it('is the text', async () => {
    const events = await said(async (turn) => void (await turn.reply(fromOpenAiChunks(await ask(turn)))));
    expect(textIn(events)).toBe('Hello from the model|');
    expect((await server.arrived()).body).toMatchObject({
      messages: [{ content: 'before' }, { content: 'then' }, { content: 'hi' }],
    });
  });

  it('ends quietly at the turn’s abort, and the connection is closed', async () => {
    const controller = new AbortController();
    server.script = (exchange) => exchange.say('one');
    const reading = said(async (turn) => void (await turn.reply(fromOpenAiChunks(await ask(turn)))), controller.signal);
    const exchange = await server.arrived();
    controller.abort(turnAbort('superseded'));
    await exchange.closedByClient;
    expect((await reading).at(-1)).toEqual({ type: 'end', reason: 'cancelled' });
  });

  it('throws what a chunk calls an error', async () => {
    const chunks = (async function* () {
      yield { choices: [{ delta: { content: 'half' } }] };
      yield { error: { message: 'overloaded' } };
    })();
    await expect(read(fromOpenAiChunks(chunks))).rejects.toMatchObject({ code: 'agent.failed' });
  });
});

describe('fromAgUi', () => {
  const play = async function* (events: readonly object[]): AsyncGenerator<AGUIEvent> {
    for (const event of events) yield event as AGUIEvent;
  };

  it('is the text, a paragraph a message, and reports the tools', async () => {
    const reports: TurnProgress[] = [];
    const events = play([
      { type: 'TEXT_MESSAGE_CHUNK', messageId: 'a', delta: 'one' },
      { type: 'TOOL_CALL_START', toolCallId: 't', toolCallName: 'roll' },
      { type: 'TEXT_MESSAGE_CHUNK', messageId: 'b', delta: 'two' },
      { type: 'RUN_FINISHED', threadId: 't', runId: 'r' },
      { type: 'TEXT_MESSAGE_CHUNK', messageId: 'c', delta: 'never' },
    ]);
    expect(await read(fromAgUi(events, { progress: (one) => reports.push(one) }))).toBe('one\n\ntwo');
    expect(reports).toEqual([{ id: 't', label: 'roll', state: 'running' }]);
  });

  it('throws what a run calls an error', async () => {
    await expect(read(fromAgUi(play([{ type: 'RUN_ERROR', message: 'no' }])))).rejects.toMatchObject({
      code: 'agent.failed',
    });
  });
});

it('fromAiSdk says nothing that comes after an abort', async () => {
  async function* parts(): AsyncGenerator<object> {
    yield { type: 'text-delta', text: 'seen' };
    yield { type: 'abort' };
    yield { type: 'text-delta', text: 'STALE' };
  }
  const said: string[] = [];
  for await (const text of fromAiSdk(parts())) said.push(text);
  expect(said).toEqual(['seen']);
});

describe('the types', () => {
  it('of a turn are those of the contract', () => {
    expectTypeOf<Turn['reply']>().parameter(0).toEqualTypeOf<ReplySource>();
    expectTypeOf<ReturnType<Turn['reply']>>().toEqualTypeOf<Promise<Receipt>>();
    expectTypeOf<Turn['hold']>().toBeCallableWith(async () => 1, 5_000);
    expectTypeOf<Turn['messages']>().returns.toEqualTypeOf<ChatMessage[]>();
    expectTypeOf<Turn['interrupted']>().toEqualTypeOf<Interrupted | undefined>();
    expectTypeOf<Interrupted['at']>().toEqualTypeOf<number>();
    expectTypeOf<Turn['conversation']>().toEqualTypeOf<Conversation>();
    expectTypeOf<Turn['signal']>().toEqualTypeOf<AbortSignal>();
    expectTypeOf<Receipt['certainty']>().toEqualTypeOf<'exact' | 'maybe-more'>();
    expectTypeOf((turn: Turn) => turn.reply('x')).toExtend<TurnHandler>();
    expectTypeOf(async () => undefined).toExtend<TurnHandler>();
    expectTypeOf((turn: Turn) => turn.text).not.toExtend<TurnHandler>();
    expectTypeOf(async (turn: Turn) => turn.text).not.toExtend<TurnHandler>();
  });

  it('of the libraries’ streams are reply sources', () => {
    const { textStream } = streamText({ model: model([...words('x'), finish('stop')]), prompt: 'x' });
    expectTypeOf(textStream).toExtend<ReplySource>();
    expectTypeOf(of('a', 'b')).toExtend<ReplySource>();
    expectTypeOf(new ReadableStream<string>()).toExtend<ReplySource>();
    expectTypeOf(fromAiSdk).returns.toExtend<ReplySource>();
    expectTypeOf(fromOpenAiChunks).returns.toExtend<ReplySource>();
    expectTypeOf(fromAgUi).returns.toExtend<ReplySource>();
    expectTypeOf<42>().not.toExtend<ReplySource>();
    expectTypeOf<AsyncIterable<number>>().not.toExtend<ReplySource>();
    expectTypeOf<ReadableStream<Uint8Array>>().not.toExtend<ReplySource>();
    expectTypeOf(of(1)).not.toExtend<ReplySource>();
  });

  it('of its transcript are messages to the AI SDK and to the openai package', () => {
    expectTypeOf<ChatMessage[]>().toExtend<NonNullable<Parameters<typeof streamText>[0]['messages']>>();
    expectTypeOf<ChatMessage>().toExtend<OpenAI.ChatCompletionMessageParam>();
  });
});

import { ReadableStream } from 'node:stream/web';
import { concat, from, of, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { embeddedDriver } from '../../../src/adapters/agents/embedded.js';
import type { Receipt } from '../../../src/domain/turn.js';
import { turnAbort } from '../../../src/domain/turn-abort.js';
import { RouterError } from '../../../src/errors/router-error.js';
import type { AgentEvent } from '../../../src/ports/agent-driver.js';
import type { ReplySource, TurnHandler } from '../../../src/ports/turn-handler.js';
import { collect, never, RECEIPT, textIn, turnInput } from './turn-input.js';

const CANCELLED: Receipt = { ...RECEIPT, status: 'cancelled', reason: 'superseded', delivered: 'half' };

async function* tokens(...parts: string[]): AsyncGenerator<string> {
  for (const part of parts) yield part;
}

/** Gives `parts`, then hangs as a model does that thinks; `released` resolves if it is ever asked to finish. */
const stuckAfter = (...parts: string[]): AsyncIterable<string> => ({
  [Symbol.asyncIterator]: () => ({
    next: () => {
      const value = parts.shift();
      return value === undefined ? new Promise(() => {}) : Promise.resolve({ done: false, value });
    },
    return: () => Promise.reject(new Error('cannot be stopped')),
  }),
});

const run = (handler: TurnHandler, signal: AbortSignal = never): Promise<AgentEvent[]> =>
  collect(embeddedDriver(handler).run(turnInput('hi'), signal));

it('is told of an interrupted turn in the words of the frames', async () => {
  const interrupted = {
    turn: 'turn-0',
    epoch: 0,
    reason: 'superseded',
    atMs: 17,
    inputs: [{ id: 'message-0', text: 'hi' }],
    delivered: 'half',
    generatedChars: 9,
    certainty: 'exact',
    agent: 'acked',
  } as const;
  const told: unknown[] = [];
  await collect(
    embeddedDriver((turn) => void told.push(turn.interrupted)).run(turnInput('hi', { interrupted }), never),
  );
  expect(told).toEqual([{ ...interrupted, at: 17 }]);
});

describe('reply', () => {
  it.each<[string, () => ReplySource]>([
    ['a string', () => 'one two'],
    ['an AsyncIterable', () => tokens('one', '', ' two')],
    ['a ReadableStream', () => ReadableStream.from(['one', ' two']) as ReadableStream<string>],
    ['an Observable', () => from(['one', ' two'])],
    [
      'a stream that only has a reader',
      () => {
        const stream = ReadableStream.from(['one', ' two']);
        return { getReader: () => stream.getReader() } as unknown as ReadableStream<string>;
      },
    ],
  ])('takes %s', async (_, source) => {
    const receipts: Receipt[] = [];
    const events = await run(async (turn) => {
      receipts.push(await turn.reply(source()));
    });
    expect(textIn(events)).toBe('one two|');
    expect(events.at(-1)).toEqual({ type: 'end', reason: 'stop' });
    expect(receipts).toEqual([RECEIPT]);
  });

  it('asks what became of it once the reader has dealt with its break', async () => {
    let isAsked = false;
    const turn = turnInput('hi', {
      delivered: async () => {
        isAsked = true;
        return RECEIPT;
      },
    });
    const iterator = embeddedDriver(async ({ reply }) => void (await reply('a')))
      .run(turn, never)
      [Symbol.asyncIterator]();
    await iterator.next();
    expect((await iterator.next()).value).toEqual({ type: 'break' });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isAsked).toBe(false);
    expect((await iterator.next()).value).toEqual({ type: 'end', reason: 'stop' });
    expect(isAsked).toBe(true);
  });

  it('sends several in the order of the calls, and all of them though nobody waits', async () => {
    const events = await run((turn) => {
      void turn.reply(tokens('a', 'b'));
      void turn.reply('c');
    });
    expect(textIn(events)).toBe('ab|c|');
    expect(events.at(-1)).toEqual({ type: 'end', reason: 'stop' });
  });

  it('rejects with the error of its source, and the next one is a new message', async () => {
    const broken = concat(
      of('half'),
      throwError(() => new Error('model went away')),
    );
    let caught: unknown;
    const events = await run(async (turn) => {
      await turn.reply(broken).catch((error: unknown) => {
        caught = error;
      });
      await turn.reply('sorry');
    });
    expect(caught).toMatchObject({ message: 'model went away' });
    expect(textIn(events)).toBe('half|sorry|');
    expect(events.at(-1)).toEqual({ type: 'end', reason: 'stop' });
  });

  it('reports the error of a reply nobody has waited for', async () => {
    const events = await run((turn) => void turn.reply(throwError(() => new Error('lost'))));
    expect(events.at(-1)).toMatchObject({ type: 'error', code: 'agent.failed' });
  });

  it.each([[42], [null], [{}], [tokens(7 as unknown as string)], [of({ type: 'text-delta' })]])(
    'refuses what is no text: %s',
    async (source) => {
      const events = await run(async (turn) => void (await turn.reply(source as unknown as string)));
      expect(events.at(-1)).toMatchObject({ type: 'error', code: 'agent.failed' });
    },
  );

  it('pulls no further while more than 64 KiB wait', async () => {
    let pulled = 0;
    async function* endless(): AsyncGenerator<string> {
      for (;;) {
        pulled += 1;
        yield 'x'.repeat(1024);
      }
    }
    const events = embeddedDriver(async (turn) => void (await turn.reply(endless()))).run(turnInput('hi'), never);
    const iterator = events[Symbol.asyncIterator]();
    await iterator.next();
    await new Promise((resolve) => setImmediate(resolve));
    expect(pulled).toBeLessThanOrEqual(67);
    for (let i = 0; i < 10; i += 1) await iterator.next();
    await new Promise((resolve) => setImmediate(resolve));
    expect(pulled).toBeGreaterThan(70);
    expect(pulled).toBeLessThanOrEqual(77);
    await iterator.return?.();
  });

  it('cuts an Observable off that runs a million characters ahead', async () => {
    const flood = from(Array.from({ length: 40 }, () => 'x'.repeat(50_000)));
    let caught: unknown;
    await run(async (turn) => {
      await turn.reply(flood).catch((error: unknown) => {
        caught = error;
      });
    });
    expect(caught).toMatchObject({ code: 'capacity.full' });
  });
});

describe('an Observable that ends before it was subscribed to', () => {
  it('is unsubscribed from all the same', async () => {
    let left = 0;
    const wrong = {
      subscribe: (to: { next(text: string): void }) => {
        to.next(42 as unknown as string);
        return { unsubscribe: () => (left += 1) };
      },
    };
    const events = await run((turn) => turn.reply(wrong as unknown as ReplySource));
    expect(events.at(-1)).toMatchObject({ type: 'error', code: 'agent.failed' });
    expect(left).toBe(1);
  });
});

describe('progress', () => {
  it('is passed on between the texts', async () => {
    const events = await run((turn) => turn.progress({ id: '1', label: 'search', state: 'running' }));
    expect(events[0]).toEqual({ type: 'progress', id: '1', label: 'search', state: 'running' });
  });
});

describe('the cancel', () => {
  /** Runs until the first text, aborts, and reads what still comes. */
  const cancelAfterFirstText = async (handler: TurnHandler): Promise<AgentEvent[]> => {
    const controller = new AbortController();
    const turn = turnInput('hi', { delivered: () => Promise.resolve(CANCELLED) });
    const after: AgentEvent[] = [];
    for await (const event of embeddedDriver(handler).run(turn, controller.signal)) {
      if (controller.signal.aborted) after.push(event);
      else if (event.type === 'text') controller.abort(turnAbort('superseded'));
    }
    return after;
  };

  it('resolves a reply whose source is stuck, and later calls say nothing', async () => {
    const receipts: Receipt[] = [];
    const after = await cancelAfterFirstText(async (turn) => {
      receipts.push(await turn.reply(stuckAfter('one')));
      receipts.push(await turn.reply('more'));
      turn.progress({ id: '1', label: 'cleaning up', state: 'running' });
    });
    expect(receipts).toEqual([CANCELLED, CANCELLED]);
    expect(after).toEqual([{ type: 'end', reason: 'cancelled' }]);
  });

  it('drops what waits', async () => {
    const after = await cancelAfterFirstText(async (turn) => void (await turn.reply(from(['a', 'b', 'c']))));
    expect(after).toEqual([{ type: 'end', reason: 'cancelled' }]);
  });

  it.each<[string, (signal: AbortSignal) => unknown]>([
    ['the reason of the signal', (signal) => signal.reason],
    ['an AbortError of its own', () => new DOMException('stopped', 'AbortError')],
    ['an error around the reason', (signal) => new Error('request failed', { cause: signal.reason })],
  ])('is acknowledged by throwing %s', async (_, errorOf) => {
    const after = await cancelAfterFirstText(async (turn) => {
      await turn.reply(stuckAfter('one'));
      throw errorOf(turn.signal);
    });
    expect(after).toEqual([{ type: 'end', reason: 'cancelled' }]);
  });

  it.each([0, 1, 2, 3, 4])('makes no reply throw whose source fails %i steps before it', async (steps) => {
    const controller = new AbortController();
    const abortAfter = (left: number): void =>
      left === 0 ? controller.abort(turnAbort('superseded')) : queueMicrotask(() => abortAfter(left - 1));
    const failing = {
      [Symbol.asyncIterator]: () => ({
        next: () => {
          const failure = Promise.reject<IteratorResult<string>>(new Error('broke'));
          abortAfter(steps);
          return failure;
        },
      }),
    };
    const receipts: Receipt[] = [];
    const input = turnInput('hi', { delivered: () => Promise.resolve(CANCELLED) });
    const handler: TurnHandler = async (turn) => void receipts.push(await turn.reply(failing));
    const events = await collect(embeddedDriver(handler).run(input, controller.signal));
    expect(receipts).toEqual([CANCELLED]);
    expect(events).toEqual([{ type: 'end', reason: 'cancelled' }]);
  });

  it('lets a reader who leaves wait for the handler’s answer to it', async () => {
    const controller = new AbortController();
    let stopped: () => void = () => undefined;
    const steps: string[] = [];
    const iterator = embeddedDriver(async (turn) => {
      await turn.reply(tokens('one'));
      await new Promise<void>((resolve) => {
        stopped = resolve;
      });
      steps.push('handler');
    })
      .run(turnInput('hi'), controller.signal)
      [Symbol.asyncIterator]();
    await iterator.next();
    await iterator.next();
    const next = iterator.next();
    controller.abort(turnAbort('superseded'));
    const left = iterator.return?.().then(() => steps.push('reader'));
    await new Promise((resolve) => setImmediate(resolve));
    stopped();
    await Promise.all([next, left]);
    expect(steps).toEqual(['handler', 'reader']);
  });

  it('does not hide another error', async () => {
    const after = await cancelAfterFirstText(async (turn) => {
      await turn.reply(stuckAfter('one'));
      throw new Error('rollback failed');
    });
    expect(after).toMatchObject([{ type: 'error', code: 'agent.failed', message: 'rollback failed' }]);
  });

  it('is not acknowledged before the handler has stopped', async () => {
    const controller = new AbortController();
    let finish = (): void => {};
    const iterator = embeddedDriver(() => new Promise<void>((resolve) => (finish = resolve)))
      .run(turnInput('hi'), controller.signal)
      [Symbol.asyncIterator]();
    let isAcknowledged = false;
    const last = iterator.next().then((step) => {
      isAcknowledged = true;
      return step;
    });
    controller.abort(turnAbort('user_stop'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isAcknowledged).toBe(false);
    finish();
    expect(await last).toEqual({ done: false, value: { type: 'end', reason: 'cancelled' } });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  it('starts no handler in a turn that is over already', async () => {
    let isCalled = false;
    const events = await run(
      () => {
        isCalled = true;
      },
      AbortSignal.abort(turnAbort('shutdown')),
    );
    expect([isCalled, events]).toEqual([false, [{ type: 'end', reason: 'cancelled' }]]);
  });
});

describe('the end', () => {
  it('is agent.failed where a handler throws', async () => {
    const events = await run(() => {
      throw new Error('oops');
    });
    expect(events).toEqual([{ type: 'error', code: 'agent.failed', message: 'oops', retryable: false }]);
  });

  it('keeps the code of a RouterError', async () => {
    const events = await run(() => Promise.reject(new RouterError('agent.timeout', 'slow tool')));
    expect(events).toMatchObject([{ type: 'error', code: 'agent.timeout' }]);
  });

  it('takes an AbortError without an abort for a failure', async () => {
    const events = await run(() => Promise.reject(new DOMException('own time-out', 'AbortError')));
    expect(events).toMatchObject([{ type: 'error', code: 'agent.failed' }]);
  });

  it('releases a waiting reply when the reader leaves', async () => {
    let receipt: Receipt | null = null;
    const done = new Promise<void>((resolve) => {
      const handler: TurnHandler = async (turn) => {
        receipt = await turn.reply(stuckAfter('one'));
        resolve();
      };
      void (async () => {
        for await (const event of embeddedDriver(handler).run(turnInput('hi'), never)) if (event.type === 'text') break;
      })();
    });
    await done;
    expect(receipt).toEqual(RECEIPT);
  });
});

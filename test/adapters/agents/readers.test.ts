import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDriver, type DialledOut } from '../../../src/adapters/agents/create.js';
import { resolveRouterOptions } from '../../../src/config/resolve.js';
import type { WrittenConfig } from '../../../src/config/schema.js';
import { turnAbort } from '../../../src/domain/turn-abort.js';
import type { AgentDriver, AgentEvent } from '../../../src/ports/agent-driver.js';
import { VirtualClock } from '../../../src/testing/virtual-clock.js';
import { AgentServer, Exchange, type Handler } from '../../support/agent-server.js';
import { collect, never, textIn, turnInput } from './turn-input.js';

/*
 * What every driver over HTTP makes of a wire that is not as it should be: one table of wires, one of troubles, and each
 * meets each. What a driver alone does stands in its own file.
 */

const KEY = 'sk-very-secret-key-0123456789';
const IDLE_MS = 30_000;

/** A server that does as it is told, and answers every call to stop. */
class AnyServer extends AgentServer {
  script: Handler = () => undefined;

  static start(): Promise<AnyServer> {
    return new AnyServer(Exchange).listen();
  }

  protected handle(exchange: Exchange): void | Promise<void> {
    return /\/(?:stop|cancel)(?:\?|$)/.test(exchange.path) ? exchange.answer(200, {}) : this.script(exchange);
  }
}

type Wire = {
  readonly agent: (url: string) => NonNullable<WrittenConfig['agent']>;
  readonly type: string;
  /** Events are ended by a blank line, elsewhere by a line. */
  readonly isEvents: boolean;
  /** One piece of an answer, and its last word; lines end in LF. */
  readonly say: (text: string) => string;
  readonly end: string;
  /** The end of the connection is the end of the answer. */
  readonly isEndedByClose?: boolean;
};

const data = (event: unknown): string => `data: ${JSON.stringify(event)}\n\n`;

const WIRES: Readonly<Record<string, Wire>> = {
  openai: {
    agent: (url) => ({ driver: 'openai', baseUrl: url, model: 'fake', apiKey: KEY, idleMs: IDLE_MS }),
    type: 'text/event-stream',
    isEvents: true,
    say: (content) => data({ choices: [{ delta: { content } }] }),
    end: 'data: [DONE]\n\n',
  },
  dify: {
    agent: (url) => ({ driver: 'dify', baseUrl: url, apiKey: KEY, idleMs: IDLE_MS }),
    type: 'text/event-stream',
    isEvents: true,
    say: (answer) => data({ event: 'message', task_id: 't-1', conversation_id: 'c-1', answer }),
    end: data({ event: 'message_end' }),
  },
  'ag-ui': {
    agent: (url) => ({ driver: 'ag-ui', url, apiKey: KEY, idleMs: IDLE_MS }),
    type: 'text/event-stream',
    isEvents: true,
    say: (delta) => data({ type: 'TEXT_MESSAGE_CHUNK', messageId: 'm1', role: 'assistant', delta }),
    end: data({ type: 'RUN_FINISHED' }),
  },
  langgraph: {
    agent: (url) => ({ driver: 'langgraph', baseUrl: url, apiKey: KEY, idleMs: IDLE_MS }),
    type: 'text/event-stream',
    isEvents: true,
    say: (content) =>
      `event: messages\ndata: ${JSON.stringify([{ type: 'AIMessageChunk', id: 'm1', content }, {}])}\n\n`,
    end: 'event: end\ndata: {}\n\n',
    isEndedByClose: true,
  },
  'webhook, events': {
    agent: (url) => ({ driver: 'webhook', url, apiKey: KEY, idleMs: IDLE_MS }),
    type: 'text/event-stream',
    isEvents: true,
    say: (text) => data({ text }),
    end: 'data: [DONE]\n\n',
    isEndedByClose: true,
  },
  'webhook, lines': {
    agent: (url) => ({ driver: 'webhook', url, apiKey: KEY, idleMs: IDLE_MS }),
    type: 'application/x-ndjson',
    isEvents: false,
    say: (text) => `${JSON.stringify({ text })}\n`,
    end: '{"type":"end"}\n',
    isEndedByClose: true,
  },
};

let server: AnyServer;
let clock: VirtualClock;
/** How long each timer was to wait, in order. */
let waits: number[];
let driver: AgentDriver;

beforeEach(async () => {
  server = await AnyServer.start();
  clock = new VirtualClock();
  waits = [];
});
afterEach(async () => {
  await driver.close?.();
  await server.stop();
});

/** The `count`-th timer of so long is set. */
const waitsFor = async (ms: number, count = 1): Promise<void> => {
  while (waits.filter((one) => one === ms).length < count) await turnOfLoop();
};

/** The server's turn to have what was written before what follows. */
const turnOfLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe.each(Object.entries(WIRES))('%s', (_, wire) => {
  const { say, end, type, isEvents } = wire;

  beforeEach(async () => {
    const agent = wire.agent(server.baseUrl);
    const options = resolveRouterOptions({ channels: { qq: { appId: '1', appSecret: 's' } }, agent });
    const setTimeout = (go: () => void, ms: number): unknown => {
      waits.push(ms);
      return clock.setTimeout(go, ms);
    };
    const watched = { now: clock.now, setTimeout, clearTimeout: clock.clearTimeout };
    driver = await createDriver(options.agent as DialledOut, { clock: watched, baseDir: '.' });
  });

  const run = (signal: AbortSignal = never): AsyncIterable<AgentEvent> => driver.run(turnInput('hi'), signal);
  const ask = (script: Handler): Promise<AgentEvent[]> => {
    server.script = script;
    return collect(run());
  };
  /** The whole of `bytes`, in pieces of `size`, and the end of the connection. */
  const sent =
    (
      bytes: string | Uint8Array,
      headers: Readonly<Record<string, string>> = {},
      size = Number.POSITIVE_INFINITY,
    ): Handler =>
    async (exchange) => {
      const whole = Buffer.from(bytes);
      exchange.open(type, 200, headers);
      for (let at = 0; at < whole.length; at += size) {
        exchange.write(whole.subarray(at, Math.min(whole.length, at + size)));
        await turnOfLoop();
      }
      exchange.end();
    };
  const last = (events: readonly AgentEvent[]): AgentEvent | undefined => events.at(-1);

  it('a byte order mark before the first word is none of the words', async () => {
    const events = await ask(sent(`\uFEFF${say('早')}${end}`));
    expect([textIn(events), last(events)]).toEqual(['早', { type: 'end', reason: 'stop' }]);
  });

  it.each(isEvents ? ['\n', '\r\n', '\r'] : ['\n', '\r\n'])('lines may end in %j, and be cut anywhere', async (eol) => {
    const bytes = Buffer.from(`${say('早上好')}${say(' 👩‍👩‍👧 é')}${end}`.replaceAll('\n', eol));
    for (const size of [1, 2, 3, 5, bytes.length]) {
      const events = await ask(sent(bytes, {}, size));
      expect([size, textIn(events), last(events)]).toEqual([size, '早上好 👩‍👩‍👧 é', { type: 'end', reason: 'stop' }]);
    }
  });

  it('blank lines, comments, ids and bytes that are no UTF-8 do no harm', async () => {
    const noise = isEvents ? ': a comment\n\n:\nid: 7\nretry: 10\n\n\n\n' : '\n  \n\n';
    const [before = '', after = ''] = say('a|b').split('|');
    const events = await ask(
      sent(
        Buffer.concat([
          Buffer.from(`${noise}${before}`),
          Buffer.from([0xff, 0xc3]),
          Buffer.from(`${after}${noise}${end}`),
        ]),
      ),
    );
    expect(textIn(events)).toMatch(/^a\uFFFD+b$/);
    expect(last(events)).toEqual({ type: 'end', reason: 'stop' });
  });

  it.each(isEvents ? ['data: ', ': ', 'event: '] : ['{"text":"'])(
    'a line without end that begins %j fails the turn, and the connection is closed',
    async (begin) => {
      let isClosed = false;
      const events = await ask(async (exchange) => {
        void exchange.closedByClient.then(() => {
          isClosed = true;
        });
        exchange.open(type);
        exchange.write(begin);
        // Without end; what nobody reads any more is not kept.
        for (let n = 0; n < 2_000 && !isClosed; n += 1) {
          exchange.write('x'.repeat(64 * 1024));
          await turnOfLoop();
        }
      });
      expect(events).toMatchObject([
        { type: 'error', code: 'agent.failed', message: expect.stringMatching(/too long/) },
      ]);
      await (await server.arrived()).closedByClient;
    },
  );

  it('who talks on after the last word is not heard, and the connection is closed', async () => {
    const events = await ask((exchange) => {
      exchange.open(type);
      exchange.write(say('all') + end + say('STALE'));
    });
    expect([textIn(events), last(events)]).toEqual(['all', { type: 'end', reason: 'stop' }]);
    await (await server.arrived()).closedByClient;
    expect(clock.pending).toBe(0);
  });

  it('who speaks slowly is heard out; who falls silent is not waited for', async () => {
    server.script = (exchange) => {
      exchange.open(type);
      exchange.write(say('0'));
    };
    const events = run()[Symbol.asyncIterator]();
    expect((await events.next()).value).toEqual({ type: 'text', delta: '0' });
    const exchange = await server.arrived();
    for (let n = 1; n <= 4; n += 1) {
      const next = events.next();
      await clock.advance(IDLE_MS - 1);
      exchange.write(say(`${n}`));
      expect((await next).value).toEqual({ type: 'text', delta: `${n}` });
    }
    const silent = events.next();
    await clock.advance(IDLE_MS);
    expect((await silent).value).toMatchObject({ type: 'error', code: 'agent.timeout' });
    expect(await events.next()).toMatchObject({ done: true });
    await exchange.closedByClient;
  });

  it('an end in the midst is agent.truncated, unless the end of the connection is all that there is', async () => {
    const events = await ask(sent(say('half')));
    expect(textIn(events)).toBe('half');
    expect(last(events)).toMatchObject(
      wire.isEndedByClose ? { type: 'end', reason: 'stop' } : { type: 'error', code: 'agent.truncated' },
    );
  });

  it('a connection that breaks is agent.truncated', async () => {
    server.script = (exchange) => {
      exchange.open(type);
      exchange.write(say('half'));
    };
    const events = run()[Symbol.asyncIterator]();
    expect((await events.next()).value).toEqual({ type: 'text', delta: 'half' });
    (await server.arrived()).reset();
    expect((await events.next()).value).toMatchObject({ type: 'error', code: 'agent.truncated' });
    expect(await events.next()).toMatchObject({ done: true });
  });

  describe('an answer that is packed', () => {
    it('is asked not to be', async () => {
      await ask(sent(end));
      expect((await server.arrived()).headers['accept-encoding']).toBe('identity');
    });

    it.each([
      ['gzip', gzipSync],
      ['X-Gzip', gzipSync],
      ['deflate', deflateSync],
      ['br', brotliCompressSync],
    ])('as %s is unpacked', async (coding, pack) => {
      const events = await ask(sent(pack(`${say('早')}${say('上好')}${end}`), { 'content-encoding': coding }, 7));
      expect([textIn(events), last(events)]).toEqual(['早上好', { type: 'end', reason: 'stop' }]);
    });

    it.each(['zstd', 'constructor', 'gzip, br'])('as %s, which nobody knows, is agent.refused', async (coding) => {
      const events = await ask(sent('?', { 'content-encoding': coding }));
      expect(events).toMatchObject([
        { type: 'error', code: 'agent.refused', message: expect.stringContaining(coding) },
      ]);
    });

    it('and breaks off is agent.truncated', async () => {
      const packed = gzipSync(`${say('half')}${end}`);
      const events = await ask(sent(packed.subarray(0, packed.length - 12), { 'content-encoding': 'gzip' }));
      expect(last(events)).toMatchObject({ type: 'error', code: 'agent.truncated' });
    });

    it('small and is large is bounded by what it unpacks to', async () => {
      const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, isEvents ? 'data: x' : '{"text":'));
      expect(bomb.length).toBeLessThan(1_000_000);
      const events = await ask(sent(bomb, { 'content-encoding': 'gzip' }));
      expect(events).toMatchObject([{ type: 'error', code: 'agent.failed' }]);
    });
  });

  describe('an answer that is none', () => {
    const html = '<html><body><h1>502 Bad Gateway</h1>nginx</body></html>';

    it.each([
      [502, 'agent.unreachable', 'the agent answered HTTP 502'],
      [200, 'agent.refused', 'the agent answered with a web page: check its address'],
    ])('a proxy’s page with HTTP %i is %s, and not quoted', async (status, code, message) => {
      const events = await ask((exchange) => exchange.answer(status, html, 'text/html; charset=utf-8'));
      expect(events).toMatchObject([{ type: 'error', code, message }]);
    });

    it.each([301, 302, 307, 308])(
      'a redirect (%i) is not followed: it says where it leads, and takes no key along',
      async (status) => {
        const elsewhere = await AnyServer.start();
        const location = `${elsewhere.origin}/v1?token=${KEY}`;
        const events = await ask((exchange) => {
          exchange.open('text/plain', status, { location });
          exchange.end();
        });
        const message = `the agent answered HTTP ${status}, which leads to ${elsewhere.origin}: set the address itself`;
        expect(events).toEqual([{ type: 'error', code: 'agent.refused', message, retryable: false }]);
        expect(elsewhere.exchanges).toEqual([]);
        await elsewhere.stop();
      },
    );

    it.each([429, 503])('HTTP %i that says when is asked again then', async (status) => {
      server.script = (exchange) => {
        if (server.exchanges.length < 3) {
          exchange.open('application/json', status, { 'retry-after': '3' });
          exchange.end();
        } else void sent(`${say('at last')}${end}`)(exchange);
      };
      const asked = collect(run());
      for (const count of [1, 2]) {
        await server.arrived(count);
        await waitsFor(3_000, count);
        await clock.advance(2_999);
        expect(server.exchanges).toHaveLength(count);
        await clock.advance(1);
      }
      expect(textIn(await asked)).toBe('at last');
      const [first, second] = server.exchanges;
      expect(second?.raw.replace(/"runId":"[^"]*"/, '')).toBe(first?.raw.replace(/"runId":"[^"]*"/, ''));
    });

    it('one that says so for ever is asked three times', async () => {
      const asked = ask((exchange) => {
        exchange.open('application/json', 429, { 'retry-after': '3' });
        exchange.end();
      });
      for (const count of [1, 2]) {
        await waitsFor(3_000, count);
        await clock.advance(3_000);
      }
      expect(await asked).toMatchObject([{ type: 'error', code: 'agent.unreachable', retryable: true }]);
      expect(server.exchanges).toHaveLength(3);
    });

    it('one that says later than a user waits is told, with when', async () => {
      const events = await ask((exchange) => {
        exchange.open('application/json', 429, { 'retry-after': '3600' });
        exchange.end();
      });
      const message = 'the agent answered HTTP 429, to be asked again in 3600 s';
      expect(events).toEqual([{ type: 'error', code: 'agent.unreachable', message, retryable: true }]);
      expect(server.exchanges).toHaveLength(1);
    });

    it('a turn that is cancelled while it waits is not asked again', async () => {
      const controller = new AbortController();
      server.script = (exchange) => {
        exchange.open('application/json', 429, { 'retry-after': '3' });
        exchange.end();
      };
      const asked = collect(run(controller.signal));
      await server.arrived();
      await waitsFor(3_000);
      controller.abort(turnAbort('superseded'));
      expect(last(await asked)).toEqual({ type: 'end', reason: 'cancelled' });
      await clock.advance(60_000);
      expect(server.exchanges).toHaveLength(1);
    });

    it('words that come drop by drop are not waited for longer than five seconds', async () => {
      server.script = (exchange) => exchange.open('application/json', 400);
      const asked = collect(run());
      const exchange = await server.arrived();
      // Each drop begins a new wait, for what is left of the five seconds.
      for (const leftMs of [5_000, 4_000, 3_000, 2_000, 1_000]) {
        await waitsFor(leftMs);
        await clock.advance(1_000);
        exchange.write(' ');
      }
      expect(await asked).toMatchObject([
        { type: 'error', code: 'agent.refused', message: 'the agent answered HTTP 400' },
      ]);
    });
  });
});

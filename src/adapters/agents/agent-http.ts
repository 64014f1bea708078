import { Agent, request } from 'undici';
import { RouterError } from '../../errors/router-error.js';
import type { Clock } from '../../ports/clock.js';
import { unpacked } from './content-coding.js';
import { type ExchangeWatch, watchExchange } from './exchange-watch.js';
import { refusal, unreachable } from './http-failure.js';
import { PATIENCE_MS, retryAfterMs } from './retry-after.js';
import type { Scrub } from './scrub.js';
import { type SseEvent, SseReader } from './sse.js';

/** How long a check, a stop, or the text of an error may take. */
export const CHECK_MS = 5_000;
const CONNECT_MS = 10_000;
/** How often one turn is asked again by a server that says when. */
const AGAIN_MAX = 2;
/** Units: bytes of an answer that is not streamed, and of one that is an error. */
const ANSWER_BYTES_MAX = 8 * 1024 * 1024;
const ERROR_BYTES_MAX = 16 * 1024;

/** A body's bytes, one wait a chunk. */
export type Pull = (ms: number) => Promise<IteratorResult<Uint8Array>>;

export type Asked = {
  readonly url: string;
  /** @default 'POST' */
  readonly method?: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The `traceparent` of the turn that it is asked for. */
  readonly trace?: string | null;
  /** Until the answer begins. */
  readonly waitMs: number;
};

export type Answer = {
  readonly url: string;
  readonly status: number;
  /** The media type, lower case, without its parameters. */
  readonly type: string;
  readonly header: (name: string) => string;
  readonly pull: Pull;
};

/** The HTTP connections of one driver. Redirects are not followed: they would carry the key to another host. */
export class AgentHttp {
  // Silence is timed by the watch's clock; undici's own timers would be a second opinion.
  readonly #dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0, connect: { timeout: CONNECT_MS } });
  readonly #scrub: Scrub;
  readonly #clock: Clock;

  constructor(scrub: Scrub, clock: Clock) {
    this.#scrub = scrub;
    this.#clock = clock;
  }

  /**
   * Whatever the status. Errors: `agent.unreachable`, `agent.timeout`; `agent.refused` where the answer is packed in a way
   * that is not known.
   */
  async ask({ url, method = 'POST', headers, body, trace, waitMs }: Asked, watch: ExchangeWatch): Promise<Answer> {
    const asked = request(url, {
      dispatcher: this.#dispatcher,
      signal: watch.signal,
      method,
      // A proxy that packs a stream holds it back to do so.
      headers: { 'accept-encoding': 'identity', ...headers, ...(trace && { traceparent: trace }) },
      ...(body === undefined ? {} : { body }),
    });
    const answer = await watch.wait(
      asked.catch((error: unknown) => Promise.reject(unreachable(error))),
      waitMs,
    );
    // The abort destroys the body, and nobody may be reading it at that moment.
    answer.body.on('error', () => undefined);
    const header = (name: string): string => String(answer.headers[name] ?? '');
    const bytes: AsyncIterator<Uint8Array> = unpacked(answer.body, header('content-encoding'))[Symbol.asyncIterator]();
    const type = (header('content-type').split(';')[0] as string).trim().toLowerCase();
    return { url, status: answer.statusCode, type, header, pull: (ms) => watch.wait(bytes.next(), ms) };
  }

  /**
   * As `ask`; but a server that has not begun, and says when it wants to be asked again, is asked again then: twice at
   * most, and never where that is far off.
   */
  async askAgain(asked: Asked, watch: ExchangeWatch): Promise<Answer> {
    for (let again = 0; ; again += 1) {
      const answer = await this.ask(asked, watch);
      const isPutOff = answer.status === 429 || answer.status === 503;
      const waitMs = isPutOff ? retryAfterMs(answer.header, this.#clock.now()) : null;
      if (waitMs === null || waitMs > PATIENCE_MS || again === AGAIN_MAX) return answer;
      await this.#bodyOf(answer);
      await watch.pause(waitMs);
    }
  }

  /** An answer that is one. Errors: as `ask`; `agent.refused`, or `agent.unreachable` for what passes. */
  async open(asked: Asked, watch: ExchangeWatch): Promise<Answer> {
    return this.accepted(await this.askAgain(asked, watch));
  }

  /** Errors: `agent.refused`, `agent.unreachable`. */
  async accepted(answer: Answer): Promise<Answer> {
    if (answer.status < 200 || answer.status > 299) throw await this.refusalOf(answer);
    if (answer.type === 'text/html') {
      throw new RouterError('agent.refused', 'the agent answered with a web page: check its address');
    }
    return answer;
  }

  /**
   * Somebody answers there and takes the key; what it answers does not matter, for many servers have no page for this.
   * Errors: `agent.unreachable`, `agent.refused`.
   */
  async probe(asked: Omit<Asked, 'waitMs'>, clock: Clock): Promise<void> {
    const watch = watchExchange(new AbortController().signal, clock);
    try {
      const answer = await this.ask({ ...asked, waitMs: CHECK_MS }, watch).catch((error: unknown) => {
        const isLate = error instanceof RouterError && error.code === 'agent.timeout';
        throw isLate ? new RouterError('agent.unreachable', `no answer from the agent for ${CHECK_MS} ms`) : error;
      });
      if (answer.status === 401 || answer.status === 403) throw await this.refusalOf(answer);
    } finally {
      watch.end();
    }
  }

  async refusalOf(answer: Answer): Promise<RouterError> {
    const { url, status, header } = answer;
    const afterMs = retryAfterMs(header, this.#clock.now());
    const more = { location: header('location'), url, retryAfterMs: afterMs };
    return refusal(status, await this.#bodyOf(answer), this.#scrub, more);
  }

  /** The words of an answer that is none, as far as they come in time. */
  #bodyOf({ pull }: Answer): Promise<string> {
    return readAll(pull, within(this.#clock, CHECK_MS), ERROR_BYTES_MAX).catch(() => '');
  }

  close(): Promise<void> {
    return this.#dispatcher.destroy();
  }
}

/** One budget for all waits: a body that comes drop by drop does not stretch it. Units: ms. */
export const within = (clock: Clock, ms: number): (() => number) => {
  const untilMs = clock.now() + ms;
  return () => Math.max(0, untilMs - clock.now());
};

/** The text of a body, cut off at `bytesMax`. `waitMs` is asked before each wait. */
export const readAll = async (pull: Pull, waitMs: () => number, bytesMax = ANSWER_BYTES_MAX): Promise<string> => {
  const decoder = new TextDecoder();
  let text = '';
  for (let bytes = 0; bytes < bytesMax; ) {
    const step = await pull(waitMs());
    if (step.done) break;
    bytes += step.value.length;
    text += decoder.decode(step.value, { stream: true });
  }
  return text;
};

/** The events of a body, as they come. `waitMs` is asked before each wait. */
export async function* sseOf(pull: Pull, waitMs: () => number): AsyncGenerator<SseEvent> {
  const reader = new SseReader();
  for (;;) {
    const step = await pull(waitMs());
    yield* step.done ? reader.end() : reader.push(step.value);
    if (step.done) return;
  }
}

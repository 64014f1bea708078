import type { IncomingMessage, ServerResponse } from 'node:http';
import type { z } from 'zod';
import { COMMANDS, type CommandName, isCommand } from './control-commands.js';
import { Feeds } from './control-feed.js';
import { whyRefused } from './control-guard.js';
import { describeCommands, isRecorded, recordsOf, stateOf } from './control-views.js';
import { readBody } from './http-body.js';
import type { Platform, Scene } from './platform/index.js';

/** Everything below it is the control surface; the platform has no such path. */
export const CONTROL_PATH = '/_emulator';

/** What an error answer says: `at` names the field, where it is about one. */
export type ControlProblem = { readonly message: string; readonly at?: string };
/** Why a command was refused, each place with its mend. */
export type ControlError = { readonly error: { readonly code: string; readonly problems: readonly ControlProblem[] } };

type Answered = { readonly status: number; readonly body: unknown };

const BODY_BYTES_MAX = 64 * 1024 * 1024;
const RECORDS_DEFAULT = 200;
const RECORDS_MAX = 10_000;
const SCENES: readonly string[] = ['c2c', 'group', 'guild', 'dm'];

const refusal = (status: number, code: string, ...problems: readonly ControlProblem[]): Answered => ({
  status,
  body: { error: { code, problems } } satisfies ControlError,
});

/**
 * The control surface: another process acts as users, switches faults and looks on, over HTTP beside the platform's own
 * paths. `GET /_emulator` tells what can be asked.
 */
export class Control {
  readonly #platform: Platform;
  readonly #now: () => number;
  readonly #feeds: Feeds;

  constructor(platform: Platform, now: () => number) {
    this.#platform = platform;
    this.#now = now;
    this.#feeds = new Feeds(platform);
  }

  static owns(path: string): boolean {
    return path === CONTROL_PATH || path.startsWith(`${CONTROL_PATH}/`) || path.startsWith(`${CONTROL_PATH}?`);
  }

  /** Answers one request. Shape: never rejects. */
  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://emulator.invalid');
    const why = whyRefused(request);
    if (why === undefined && request.method === 'GET' && url.pathname === `${CONTROL_PATH}/events`) {
      const kinds = Feeds.kindsOf(url.searchParams.get('kinds'));
      if (kinds && !this.#feeds.isFull) {
        this.#feeds.serve(response, kinds);
        return;
      }
      const full = refusal(503, 'full', { message: 'too many feeds are open' });
      send(response, kinds ? full : refusal(400, 'invalid', { message: 'no such kind', at: 'kinds' }));
      return;
    }
    send(response, why === undefined ? await this.#answer(request, url) : refusal(403, 'refused', { message: why }));
  }

  close(): void {
    this.#feeds.close();
  }

  async #answer(request: IncomingMessage, url: URL): Promise<Answered> {
    const parts = partsOf(url);
    if (parts === undefined) return refusal(400, 'invalid', { message: 'the path cannot be read' });
    if (request.method === 'GET') return this.#look(parts, url.searchParams);
    const [name = ''] = parts;
    if (request.method !== 'POST') return refusal(405, 'method', { message: 'GET to look, POST to act' });
    if (!isCommand(name) || parts.length > 1) return refusal(404, 'unknown', { message: `no such command: ${name}` });
    const body = await readBody(request, BODY_BYTES_MAX);
    if (body.state === 'tooLarge') return refusal(413, 'tooLarge', { message: `more than ${BODY_BYTES_MAX} bytes` });
    return body.state === 'read'
      ? this.#run(name, body.value ?? {})
      : refusal(400, 'invalid', { message: 'cut short' });
  }

  #look([what = '', first = '', second = '', ...more]: readonly string[], query: URLSearchParams): Answered {
    const platform = this.#platform;
    if (more.length === 0) {
      if (what === '') return { status: 200, body: { commands: describeCommands() } };
      if (what === 'state' && first === '') return { status: 200, body: stateOf(platform, this.#now()) };
      if (what === 'conversations' && SCENES.includes(first) && second !== '') {
        const bot = query.get('bot');
        if (bot !== null && !platform.bots().some(({ appId }) => appId === bot)) {
          return refusal(404, 'unknown', { message: `no bot ${bot}`, at: 'bot' });
        }
        const peer = { scene: first as Scene, id: second, ...(bot !== null && { bot }) };
        return { status: 200, body: { entries: platform.transcript(peer) } };
      }
      if (what === 'records' && isRecorded(first) && second === '') {
        const limit = query.get('limit') ?? String(RECORDS_DEFAULT);
        if (!/^\d{1,5}$/u.test(limit) || Number(limit) > RECORDS_MAX) {
          return refusal(400, 'invalid', { message: `a number from 0 to ${RECORDS_MAX}`, at: 'limit' });
        }
        return { status: 200, body: { records: recordsOf(platform, first, Number(limit)) } };
      }
    }
    return isCommand(what) && first === ''
      ? refusal(405, 'method', { message: 'commands are sent by POST' })
      : refusal(404, 'unknown', { message: 'no such page; GET /_emulator tells what there is' });
  }

  async #run(name: CommandName, given: unknown): Promise<Answered> {
    const { input, run } = COMMANDS[name] as unknown as {
      input: z.ZodType;
      run: (platform: Platform, given: unknown) => unknown;
    };
    const read = input.safeParse(given);
    if (!read.success) {
      const problems = read.error.issues.map(({ message, path }) => ({ message, at: path.join('.') }));
      return refusal(400, 'invalid', ...problems);
    }
    try {
      return { status: 200, body: { result: (await run(this.#platform, read.data)) ?? null } };
    } catch (error) {
      // What the platform says to a bot or a message it does not know.
      if (error instanceof RangeError) return refusal(409, 'impossible', { message: error.message });
      throw error;
    }
  }
}

const partsOf = ({ pathname }: URL): string[] | undefined => {
  try {
    return pathname
      .slice(CONTROL_PATH.length + 1)
      .split('/')
      .map(decodeURIComponent);
  } catch {
    return undefined;
  }
};

const send = (response: ServerResponse, { status, body }: Answered): void => {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-length': Buffer.byteLength(text),
    // A body that was not read to its end would be taken for the next request.
    ...(status === 413 && { connection: 'close' }),
  });
  response.end(text);
};

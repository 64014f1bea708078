import { request } from 'node:http';
import { systemClock } from '../../src/adapters/clock/system-clock.js';
import { MemoryStore } from '../../src/adapters/store/memory-store.js';
import type { Router } from '../../src/app/router.js';
import type { ServerSettings } from '../../src/config/resolved.js';
import { DEFAULT_APP_ID, DEFAULT_APP_SECRET, type Emulator, startEmulator } from '../../src/emulator/index.js';
import { createRouter } from '../../src/index.js';
import { createLogger } from '../../src/log/logger.js';
import type { Store } from '../../src/ports/store.js';
import { type RunningServer, startServer } from '../../src/server/server.js';
import type { RouterFrame, RouterFrames } from '../../src/sidecar/frames/to-agent.js';

const { log } = createLogger({ level: 'silent', destination: null });

/** The emulator, a router and its server, on real sockets. */
export class Place {
  store: Store = new MemoryStore(systemClock);
  router: Router | undefined;
  server: RunningServer | undefined;
  emulator: Emulator | undefined;

  async open(settings: Partial<ServerSettings> = {}, agent: object = { driver: 'native' }): Promise<string> {
    this.emulator ??= await startEmulator({});
    const { urls } = this.emulator;
    this.router = createRouter(
      {
        channels: {
          qq: {
            appId: DEFAULT_APP_ID,
            appSecret: DEFAULT_APP_SECRET,
            endpoints: { token: urls.token, api: urls.api },
            streamMode: 'block',
            debounce: { quietMs: 0, atMostMs: 0 },
          },
        },
        agent: agent as { driver: 'native' },
      },
      { store: this.store },
    );
    this.server = await startServer({
      router: this.router,
      agents: this.router.agents,
      log,
      version: '1',
      settings: { host: '127.0.0.1', port: 0, ...settings },
    });
    await this.router.start();
    return this.server.url;
  }

  async shut(): Promise<void> {
    await this.router?.stop();
    await this.server?.close();
    this.router = undefined;
    this.server = undefined;
  }

  async close(): Promise<void> {
    await this.shut();
    await this.emulator?.close();
  }
}

/** Frames of an agent that has nothing but HTTP, a line each, and what they are answered. */
export const post = async (
  url: string,
  path: string,
  lines: readonly object[],
  headers: Record<string, string> = {},
): Promise<{ status: number; frames: RouterFrame[] }> => {
  const answer = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', ...headers },
    body: lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
  });
  const text = await answer.text();
  const frames = answer.ok
    ? text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as RouterFrame)
    : [];
  return { status: answer.status, frames };
};

/** Server-Sent Events, as a client without a library reads them. */
export class Events {
  readonly frames: RouterFrame[] = [];
  lastId = '';
  #asked: ReturnType<typeof request> | null = null;
  #waiting: (() => void)[] = [];
  status = 0;

  async open(url: string, lastId: string, headers: Record<string, string> = {}): Promise<this> {
    await new Promise<void>((resolve) => {
      this.#asked = request(
        `${url}/v1/agent/events`,
        { headers: { 'last-event-id': lastId, ...headers } },
        (answer) => {
          this.status = answer.statusCode ?? 0;
          let rest = '';
          answer.setEncoding('utf8');
          answer.on('data', (chunk: string) => {
            const events = (rest + chunk).split('\n\n');
            rest = events.pop() ?? '';
            for (const event of events) this.#take(event);
          });
          answer.on('error', () => undefined);
          resolve();
        },
      );
      this.#asked.on('error', () => resolve());
      this.#asked.end();
    });
    return this;
  }

  #take(event: string): void {
    const field = (name: string): string | undefined =>
      event
        .split('\n')
        .find((line) => line.startsWith(`${name}: `))
        ?.slice(name.length + 2);
    this.lastId = field('id') ?? this.lastId;
    this.frames.push(JSON.parse(field('data') ?? '{}') as RouterFrame);
    for (const wake of this.#waiting.splice(0)) wake();
  }

  async next<T extends RouterFrame['t']>(t: T, nth = 0): Promise<RouterFrames[T]> {
    for (;;) {
      const found = this.frames.filter((frame): frame is RouterFrames[T] => frame.t === t)[nth];
      if (found) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  cut(): void {
    this.#asked?.destroy();
  }
}

export const HELLO = { t: 'hello', v: 1, agent: { name: 'curl', version: '1' }, caps: { history: 'router' }, turns: 4 };

/** The session of one that has said hello by a POST. */
export const greet = async (url: string): Promise<RouterFrames['hello.ok']> => {
  const { frames } = await post(url, '/v1/agent/frames', [HELLO]);
  return frames[0] as RouterFrames['hello.ok'];
};

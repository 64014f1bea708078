import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect } from 'vitest';
import { type Emulator, type EmulatorOptions, startEmulator } from '../../../src/emulator/index.js';
import { OpenAiServer } from '../../support/openai-server.js';
import { type Launch, Rookery } from './rookery.js';

export const APP_ID = '102000042';
/** None of these may ever be printed or logged. */
export const CANARIES = {
  appSecret: 'canary-app-secret-7f3a9c',
  apiKey: 'canary-api-key-51be02',
  serverToken: 'canary-server-token-c4d8',
} as const;

/** A reference to a variable, as a configuration writes it. */
export const fromEnv = (name: string): string => `\${${name}}`;

/** An emulated platform, a scriptable agent and a folder, and the built command among them. */
export class World {
  readonly #running: Rookery[] = [];

  private constructor(
    readonly emulator: Emulator,
    readonly agent: OpenAiServer,
    readonly dir: string,
  ) {}

  static async make(options: EmulatorOptions = {}): Promise<World> {
    // Tests start sessions faster than a real bot would.
    const limits = { maxConcurrency: 100, ...options.limits };
    const emulator = await startEmulator({ appId: APP_ID, appSecret: CANARIES.appSecret, ...options, limits });
    const world = new World(emulator, await OpenAiServer.start(), await mkdtemp(join(tmpdir(), 'rookery-e2e-')));
    worlds.push(world);
    return world;
  }

  /** A configuration in which nothing waits longer than a test must. `more` is merged over the top level. */
  config(more: Readonly<Record<string, unknown>> = {}, channel: Readonly<Record<string, unknown>> = {}): unknown {
    const { token, api } = this.emulator.urls;
    return {
      channels: {
        qq: {
          appId: APP_ID,
          appSecret: fromEnv('QQ_BOT_APP_SECRET'),
          endpoints: { token, api },
          debounce: { quietMs: 20, atMostMs: 200 },
          ...channel,
        },
      },
      agent: { driver: 'openai', baseUrl: this.agent.baseUrl, apiKey: fromEnv('OPENAI_API_KEY'), model: 'fake' },
      server: { port: 0 },
      ...more,
    };
  }

  /** Writes a file into the folder. */
  async write(name: string, content: unknown): Promise<void> {
    const text = typeof content === 'string' ? content : JSON.stringify(content, null, 2);
    await writeFile(join(this.dir, name), text);
  }

  /** What a file of the folder holds. */
  read(name: string): Promise<string> {
    return readFile(join(this.dir, name), 'utf8');
  }

  /** The command, in this world's folder. */
  run(args: readonly string[], { env = {}, ...launch }: Partial<Launch> = {}): Rookery {
    const secrets = { QQ_BOT_APP_SECRET: CANARIES.appSecret, OPENAI_API_KEY: CANARIES.apiKey };
    const rookery = new Rookery(args, { cwd: this.dir, env: { ...secrets, ...env }, ...launch });
    this.#running.push(rookery);
    return rookery;
  }

  /** `rookery start` on a configuration; resolves once its channel is READY. */
  async start(config: unknown = this.config(), launch: Partial<Launch> = {}): Promise<Rookery> {
    await this.write('rookery.config.json5', config);
    const rookery = this.run(['start'], launch);
    await rookery.said(/^qq: ready/m);
    return rookery;
  }

  /** All that was printed or logged. */
  async output(): Promise<string> {
    const logs = join(this.dir, 'rookery-data', 'log');
    const names = await readdir(logs).catch((): string[] => []);
    const files = await Promise.all(names.map((name) => readFile(join(logs, name), 'utf8')));
    return [...this.#running.flatMap(({ stdout, stderr }) => [stdout, stderr]), ...files].join('\n');
  }

  async end(): Promise<void> {
    await Promise.all(this.#running.map((rookery) => rookery.end()));
    await Promise.all([this.emulator.close(), this.agent.stop()]);
    // Checked after every case: a secret gets out where nobody looked for it.
    const output = await this.output();
    const tokens = this.emulator
      .calls()
      .flatMap(({ headers }) => /^QQBot (.+)$/.exec(headers['authorization'] ?? '')?.[1] ?? []);
    for (const secret of new Set([...Object.values(CANARIES), ...tokens])) {
      expect(output.includes(secret), `a secret was printed: ${secret.slice(0, 6)}…`).toBe(false);
    }
    await rm(this.dir, { recursive: true, force: true });
  }
}

const worlds: World[] = [];

afterEach(async () => {
  for (const world of worlds.splice(0)) await world.end();
});

/** The JSON of an address of the router. */
export const ask = async (url: string): Promise<{ status: number; body: unknown }> => {
  const answer = await fetch(url);
  return { status: answer.status, body: await answer.json() };
};

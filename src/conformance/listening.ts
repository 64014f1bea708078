import { randomBytes } from 'node:crypto';
import { systemClock } from '../adapters/clock/system-clock.js';
import { MemoryStore } from '../adapters/store/memory-store.js';
import { Secret } from '../config/secret.js';
import { createLogger } from '../log/logger.js';
import { startAgentServer } from '../server/server.js';
import { NativeCheck } from './native.js';

export type ListenOptions = {
  /** @default '127.0.0.1' */
  readonly host?: string;
  /** 0 takes a free one. @default 0 */
  readonly port?: number;
  /** What agents have to show. @default nothing, from this machine */
  readonly token?: string;
  /** How long an agent is waited for. Units: ms. @default 60_000 */
  readonly waitMs?: number;
};

export type Listening = {
  /** What an agent is told to dial: `http://…`, no trailing slash. */
  readonly url: string;
  readonly check: NativeCheck;
  readonly close: () => Promise<void>;
};

/** The doors of a router that has no platform behind it. Errors: `server.portTaken`; `config.invalid` for the address. */
export const listenForAgents = async (version: string, options: ListenOptions = {}): Promise<Listening> => {
  const { host = '127.0.0.1', port = 0, token, waitMs } = options;
  const { log } = createLogger({ level: 'silent', destination: null });
  const check = new NativeCheck({
    clock: systemClock,
    log,
    store: new MemoryStore(systemClock),
    name: (length) => randomBytes(length).toString('hex').slice(0, length),
    ...(waitMs !== undefined && { waitMs }),
  });
  await check.open();
  const settings = { host, port, ...(token !== undefined && { token: new Secret(token) }) };
  const server = await startAgentServer({ agents: check.desk, settings, log, version });
  return {
    url: server.url,
    check,
    close: async () => {
      await check.close();
      await server.close();
    },
  };
};

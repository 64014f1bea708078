import { createServer } from 'node:http';
import { startEmulator } from '../../dist/src/emulator/index.js';

/** The hosts that the clients have written into them, or have as defaults. */
const PLATFORM = /^https:\/\/(?:sandbox\.)?(?:bots\.qq\.com|api\.sgroup\.qq\.com|api\.bot\.qq\.com)/u;

export const APP_ID = '102000001';
/** Short, as real ones may be; a client that pads only once signs wrongly with it. */
export const APP_SECRET = 'a-short-secret';

/** One picture of one pixel. */
export const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
);

/** A heartbeat every two seconds, so that acknowledgements matter within a test; the rest is the platform's own. */
export const startPlatform = (options = {}) =>
  startEmulator({
    bots: [{ appId: APP_ID, appSecret: APP_SECRET, username: 'router-bot', private: true }],
    ...options,
    limits: { heartbeatIntervalMs: 2000, ...options.limits },
  });

/** Sends what goes to the platform's hosts to the emulator; nothing else about a request changes. */
export const rewritten = (url, emulator) => String(url).replace(PLATFORM, emulator.urls.api);

/** Puts `fetch` in front of the emulator. Returns the way back. */
export const rewriteFetch = (emulator) => {
  const real = globalThis.fetch;
  globalThis.fetch = (url, init) => real(rewritten(url, emulator), init);
  return () => {
    globalThis.fetch = real;
  };
};

/** Puts an axios instance in front of the emulator, by the interceptors that axios has for it. */
export const rewriteAxios = (axios, emulator) => {
  axios.interceptors.request.use((config) => {
    if (config.baseURL) config.baseURL = rewritten(config.baseURL, emulator);
    config.url = rewritten(config.url, emulator);
    return config;
  });
};

/** The bot's answers in a conversation, as its user sees them. */
export const answers = (emulator, peer) =>
  emulator.transcript(peer).filter(({ by, kind }) => by === 'bot' && kind !== 'typing');

export const until = (emulator, probe, timeoutMs = 15_000) => emulator.waitFor(probe, { timeoutMs });

/** Everything the emulator refused, as one line each: empty where client and platform agree. */
export const refused = (emulator) =>
  emulator.refusals().map(({ method, path, status, code }) => `${method} ${path} ${status}/${code}`);

/** A port nobody has just now, for clients that want to be told one. */
export const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

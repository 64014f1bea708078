import type { Recording } from '../debug/inspect-frames.js';
import type { Logger } from '../log/logger.js';
import { createApp } from './app.js';
import { serveConsole } from './console.js';
import { guard, listenOn } from './server.js';

const HOST = '127.0.0.1';

/** The console before a recording, with no router. Errors: `server.portTaken`. */
export const startReplay = async (
  recording: Recording,
  { port, log, version }: { readonly port: number; readonly log: Logger; readonly version: string },
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> => {
  const settings = { host: HOST, port };
  const app = await createApp(log, version, guard(settings));
  app.get('/v1/replay', { schema: { hide: true } }, async () => recording);
  await serveConsole(app, async () => ({
    mode: 'replay',
    version,
    readOnly: true,
    inspect: recording.texts ? 'texts' : 'states',
    platform: false,
  }));
  return { url: await listenOn(app, settings), close: () => app.close() };
};

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseRecording } from '../../debug/recording.js';
import { createLogger } from '../../log/logger.js';
import { startReplay } from '../../server/replay.js';
import { type Cli, EXIT } from '../cli.js';
import { UsageError } from '../failures.js';
import { version } from '../version.js';

export type ReplayOptions = { readonly port?: number };

/** `rookery replay FILE`: until a signal comes. */
export const replay = async (file: string, { port = 0 }: ReplayOptions, cli: Cli): Promise<number> => {
  const { output, say, cwd } = cli;
  const recording = parseRecording(await readFile(resolve(cwd, file), 'utf8').catch(() => ''));
  if (!recording) throw new UsageError(say.replay.unreadable(file));
  const signal = cli.untilSignal();
  const { log } = createLogger({ level: 'silent', destination: null });
  const server = await startReplay(recording, { port, log, version: version() });
  output.out(say.replay.at(server.url));
  await signal;
  await server.close();
  return EXIT.ok;
};

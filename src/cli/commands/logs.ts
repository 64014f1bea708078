import { resolve } from 'node:path';
import { loadConfig } from '../../config/load.js';
import { formatLogLine } from '../../log/format.js';
import { readLogs } from '../../log/read-logs.js';
import { type Cli, EXIT } from '../cli.js';
import { logDirOf } from '../log-setup.js';

export type LogsOptions = { readonly config?: string; readonly follow?: boolean; readonly lines?: number };

/** The demo mode keeps its log where a configuration without a word about it would. */
const DEMO_STORE = './rookery-data';

/** `rookery logs`. */
export const logs = async ({ config: file, follow = false, lines = 200 }: LogsOptions, cli: Cli): Promise<number> => {
  const { cwd, env, output, say } = cli;
  const loaded = await loadConfig({ file, cwd, env });
  const dir = logDirOf(
    loaded.mode === 'run' ? loaded.config : { store: { driver: 'memory', path: resolve(cwd, DEMO_STORE) } },
  );
  const stop = new AbortController();
  output.gone.addEventListener('abort', () => stop.abort(), { once: true });
  if (follow) void cli.untilSignal().then(() => stop.abort());
  let shown = 0;
  for await (const line of readLogs({ dir, follow, lines, signal: stop.signal })) {
    output.out(formatLogLine(line, { color: output.outColor }));
    shown += 1;
  }
  if (shown > 0 || follow || lines === 0) return EXIT.ok;
  output.err(say.logs.none(dir));
  return EXIT.failed;
};

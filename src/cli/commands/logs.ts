import { loadConfig } from '../../config/load.js';
import { formatLogLine } from '../../log/format.js';
import { logFiles } from '../../log/log-files.js';
import { readLogs } from '../../log/read-logs.js';
import { demoStorePath } from '../ask-router.js';
import { type Cli, EXIT } from '../cli.js';
import { logDirOf } from '../log-setup.js';

export type LogsOptions = { readonly config?: string; readonly follow?: boolean; readonly lines?: number };

/** `rookery logs`. */
export const logs = async ({ config: file, follow = false, lines = 200 }: LogsOptions, cli: Cli): Promise<number> => {
  const { cwd, env, output, say } = cli;
  const loaded = await loadConfig({ file, cwd, env });
  const dir = logDirOf(
    loaded.mode === 'run' ? loaded.config : { store: { driver: 'memory', path: demoStorePath(cwd) } },
  );
  const stop = new AbortController();
  output.gone.addEventListener('abort', () => stop.abort(), { once: true });
  if (follow) void cli.untilSignal().then(() => stop.abort());
  if (follow && (await logFiles(dir)).length === 0) output.err(say.logs.none(dir));
  let shown = 0;
  for await (const line of readLogs({ dir, follow, lines, signal: stop.signal })) {
    output.out(formatLogLine(line, { color: output.outColor }));
    shown += 1;
  }
  if (shown > 0 || follow || lines === 0) return EXIT.ok;
  output.err(say.logs.none(dir));
  return EXIT.failed;
};

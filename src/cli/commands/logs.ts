import { resolve } from 'node:path';
import type { Command } from 'commander';
import { loadConfig } from '../../config/load.js';
import { formatLogLine } from '../../log/format.js';
import { readLogs } from '../../log/read-logs.js';
import { type Cli, EXIT } from '../cli.js';
import { logDirOf } from '../log-setup.js';
import type { Run } from '../program.js';
import { wholeNumber } from '../usage.js';

type Options = { readonly config?: string; readonly follow?: boolean; readonly lines?: number };

const LINES_MAX = 1_000_000;

/** The demo mode keeps its log where a configuration without a word about it would. */
const DEMO_STORE = './rookery-data';

const logs = async ({ config: file, follow = false, lines = 200 }: Options, cli: Cli): Promise<number> => {
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

export const addLogs = (program: Command, cli: Cli, run: Run): void => {
  const { help } = cli.say;
  program
    .command('logs')
    .description(help.logs)
    .option('-c, --config <file>', help.optionConfig)
    .option('-f, --follow', help.optionFollow)
    .option('-n, --lines <n>', help.optionLines, wholeNumber(cli.say, 0, LINES_MAX))
    .action((options: Options) => run(() => logs(options, cli)));
};

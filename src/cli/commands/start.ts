import { dirname } from 'node:path';
import type { Command } from 'commander';
import { loadConfig } from '../../config/load.js';
import { renderProblem } from '../../config/problems.js';
import type { Cli } from '../cli.js';
import { runDemoMode } from '../demo-mode.js';
import type { Run } from '../program.js';
import { runRouter } from '../run-router.js';
import { version } from '../version.js';

const start = async (file: string | undefined, cli: Cli): Promise<number> => {
  const { cwd, env, say, lang, output } = cli;
  const loaded = await loadConfig({ file, cwd, env });
  if (loaded.mode === 'demo') return runDemoMode(cli);
  for (const problem of loaded.warnings) output.err(`${say.error.configWarning}: ${renderProblem(problem, lang)}`);
  return runRouter(
    {
      config: loaded.config,
      baseDir: loaded.file === null ? cwd : dirname(loaded.file),
      heading: [say.start.title(version())],
      takesNextPort: false,
    },
    cli,
  );
};

export const addStart = (program: Command, cli: Cli, run: Run): void => {
  program
    .command('start')
    .description(cli.say.help.start)
    .option('-c, --config <file>', cli.say.help.optionConfig)
    .action(({ config }: { config?: string }) => run(() => start(config, cli)));
};

import { dirname } from 'node:path';
import { loadConfig } from '../../config/load.js';
import { renderProblem } from '../../config/problems.js';
import type { Cli } from '../cli.js';
import { runDemoMode } from '../demo-mode.js';
import { runRouter } from '../run-router.js';
import { version } from '../version.js';

export type StartOptions = { readonly config?: string };

/** `rookery start`. */
export const start = async ({ config: file }: StartOptions, cli: Cli): Promise<number> => {
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

import { dirname } from 'node:path';
import { loadConfig } from '../../config/load.js';
import { configError, renderProblem } from '../../config/problems.js';
import type { ResolvedConfig } from '../../config/resolved.js';
import type { Cli } from '../cli.js';
import { runDemoMode } from '../demo-mode.js';
import { runRouter } from '../run-router.js';
import { version } from '../version.js';

export type StartOptions = { readonly config?: string };

/** Nobody can hand this program a handler. Errors: `config.invalid`, naming every channel without an agent. */
const refuseAgentless = ({ agent, channels }: ResolvedConfig): void => {
  const mute = Object.values(channels).filter((channel) => channel.enabled && !(channel.agent ?? agent));
  if (mute.length === 0) return;
  throw configError(
    'config.invalid',
    mute.map(({ name }) => ({ kind: 'noAgent', path: `channels.${name}.agent` })),
  );
};

/** `rookery start`. */
export const start = async ({ config: file }: StartOptions, cli: Cli): Promise<number> => {
  const { cwd, env, say, lang, output } = cli;
  const loaded = await loadConfig({ file, cwd, env });
  if (loaded.mode === 'demo') return runDemoMode(cli);
  for (const problem of loaded.warnings) output.err(`${say.error.configWarning}: ${renderProblem(problem, lang)}`);
  refuseAgentless(loaded.config);
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

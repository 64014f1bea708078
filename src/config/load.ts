import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve as resolvePath } from 'node:path';
import { FORMATS, parseConfig } from './formats.js';
import { configFromEnv, envNamesBot } from './from-env.js';
import { type ConfigProblem, configError } from './problems.js';
import { resolveConfig } from './resolve.js';
import type { ResolvedConfig } from './resolved.js';
import type { Env } from './substitute.js';

export type LoadOptions = {
  /** The file of `--config`, relative to `cwd`. Absent: `rookery.config.*` in `cwd`. */
  readonly file?: string | undefined;
  readonly cwd: string;
  readonly env: Env;
};

/** `demo`: there is neither a file nor a bot in the environment. */
export type Loaded =
  | {
      readonly mode: 'run';
      readonly config: ResolvedConfig;
      /** The file's absolute path; null if the environment was enough. */
      readonly file: string | null;
      readonly warnings: readonly ConfigProblem[];
    }
  | { readonly mode: 'demo' };

const CANDIDATES = FORMATS.map((ending) => `rookery.config${ending}`);

/** Shape: the names in `cwd`, in the order of preference. */
const findFiles = async (cwd: string): Promise<string[]> => {
  const names = new Set(await readdir(cwd).catch((): string[] => []));
  return CANDIDATES.filter((name) => names.has(name));
};

export const readText = async (file: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unknown';
    const known = { ENOENT: 'fileNotFound', EISDIR: 'fileIsDirectory' } as const;
    const kind = known[reason as keyof typeof known];
    throw configError('config.unreadable', [
      kind ? { kind, path: file } : { kind: 'fileUnreadable', path: file, reason },
    ]);
  }
};

/**
 * The configuration of a run: the named file, else `rookery.config.*` in `cwd`, else the environment, else demo mode.
 * Relative paths in a file start from its directory.
 * Errors: `config.unreadable`, `config.invalid`; `problemsOf` and `renderProblems` tell them line by line.
 */
export const loadConfig = async ({ file, cwd, env }: LoadOptions): Promise<Loaded> => {
  const [found, ...passedOver] = file === undefined ? await findFiles(cwd) : [file];
  if (found === undefined) {
    return envNamesBot(env) ? { mode: 'run', file: null, ...configFromEnv(env, cwd) } : { mode: 'demo' };
  }
  const path = resolvePath(cwd, found);
  const written = parseConfig(path, await readText(path));
  const { config, warnings } = resolveConfig(written, { baseDir: dirname(path), env, name: path });
  const beside: ConfigProblem[] =
    passedOver.length === 0 ? [] : [{ kind: 'filesPassedOver', path: join(cwd, found), files: passedOver }];
  return { mode: 'run', config, file: path, warnings: [...beside, ...warnings] };
};

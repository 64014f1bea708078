import { join } from 'node:path';
import { secretsOf } from '../config/resolve.js';
import type { ResolvedConfig } from '../config/resolved.js';
import { formatLogLine } from '../log/format.js';
import { createLogger, type RootLogger } from '../log/logger.js';
import type { Output } from './output.js';

/** Where the log of a configuration's router lies. */
export const logDirOf = ({ store }: Pick<ResolvedConfig, 'store'>): string => join(store.path, 'log');

const ALWAYS_SHOWN: ReadonlySet<string> = new Set(['warn', 'error', 'fatal']);

/** Pino writes the level first; reading the whole line would cost every line of the file. */
const levelOf = (line: string): string => /^\{"level":"(\w+)"/.exec(line)?.[1] ?? 'error';

/**
 * The router's log: everything from `log.level` on into the files beside the store, and warnings for a person on
 * stderr. Who asks for `debug` or `trace` is looking on, and gets all of it there too.
 */
export const openLog = (config: ResolvedConfig, output: Output): RootLogger => {
  const { level } = config.log;
  const showsAll = level === 'debug' || level === 'trace';
  const root = createLogger({
    level,
    file: { dir: logDirOf(config) },
    pretty: false,
    destination: {
      write: (line: string) => {
        if (showsAll || ALWAYS_SHOWN.has(levelOf(line))) output.err(formatLogLine(line, { color: output.errColor }));
      },
    },
  });
  for (const secret of secretsOf(config)) root.registerSecret(secret);
  return root;
};

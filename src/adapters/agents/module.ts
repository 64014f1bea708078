import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { RouterError } from '../../errors/router-error.js';
import type { AgentDriver } from '../../ports/agent-driver.js';
import type { Clock } from '../../ports/clock.js';
import type { TurnHandler } from '../../ports/turn-handler.js';
import { embeddedDriver } from './embedded.js';

const MEND = 'the file must `export default async (turn) => { await turn.reply("…") }`';

const invalid = (detail: string, cause?: unknown): RouterError =>
  new RouterError('config.invalid', `agent.path: ${detail}; ${MEND}`, { cause });

const load = async (file: string): Promise<{ readonly default?: unknown }> => {
  const found = await stat(file).catch(() => null);
  if (!found?.isFile()) throw invalid(`${file} ${found ? 'is no file' : 'does not exist'}`);
  try {
    return await import(pathToFileURL(file).href);
  } catch (cause) {
    throw invalid(`${file} could not be loaded (${reasonOf(cause)})`, cause);
  }
};

const reasonOf = (cause: unknown): string => {
  const isUnknownType = cause instanceof Error && 'code' in cause && cause.code === 'ERR_UNKNOWN_FILE_EXTENSION';
  if (isUnknownType) return 'this Node runs .js and .mjs files: compile it first';
  return cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
};

/**
 * The handler in a file of the operator's.
 * Shape: `path` is relative to `baseDir`, the folder of the config file. Loaded once; a changed file needs a restart.
 * Errors: `config.invalid`, naming the file and what it should hold.
 */
export const moduleDriver = async (path: string, baseDir: string, clock?: Clock): Promise<AgentDriver> => {
  const file = resolve(baseDir, path);
  const handler = (await load(file)).default;
  if (typeof handler !== 'function') {
    const found = handler === undefined ? 'nothing' : `a value of type ${typeof handler}`;
    throw invalid(`the default export of ${file} is ${found}`);
  }
  return embeddedDriver(handler as TurnHandler, 'module', clock);
};

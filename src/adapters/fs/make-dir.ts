import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

type Reason = NodeJS.ErrnoException;

const codeOf = (error: unknown): string => (error as Reason).code ?? '';

const because = (said: string, cause: unknown): Reason =>
  Object.assign(new Error(`${said} (${codeOf(cause)})`, { cause }), { code: codeOf(cause) });

/**
 * A directory of this user's own, with those above it that are not there. In place of `mkdir` with `recursive`, which
 * never ends where the kernel says ENOENT below a directory that exists, as under /proc.
 * Errors: those of the file system, by what they mean for the operator; `code` is the system's.
 */
export const makeDir = async (dir: string): Promise<void> => {
  const missing: string[] = [];
  for (let path = dir; ; path = dirname(path)) {
    try {
      if ((await stat(path)).isDirectory()) break;
      throw Object.assign(new Error(), { code: 'ENOTDIR' });
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw because(`${path} is no directory that can be used`, error);
      if (path === dirname(path)) throw because(`${path} is not there`, error);
      missing.unshift(path);
    }
  }
  for (const path of missing) {
    await mkdir(path, { mode: 0o700 }).catch((error: unknown) => {
      // Somebody else was faster.
      if (codeOf(error) !== 'EEXIST') throw because(`no directory can be made in ${dirname(path)}`, error);
    });
  }
};

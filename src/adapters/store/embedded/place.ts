import { accessSync, closeSync, constants, mkdtempSync, openSync, readSync, rmdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RouterError } from '../../../errors/router-error.js';
import { hasRoom, storeFailure } from './faults.js';
import { APPLICATION_ID, SCHEMA_VERSION } from './schema.js';

export const STORE_FILE = 'rookery.db';
export const LOCK_FILE = 'lock.db';

/** What SQLite itself says of these is the same for all of them: that it is unable to open its file. */
const refuseOddFiles = (dir: string): void => {
  accessSync(dir, constants.R_OK | constants.W_OK | constants.X_OK);
  for (const name of [STORE_FILE, LOCK_FILE]) {
    const file = join(dir, name);
    const found = statSync(file, { throwIfNoEntry: false });
    if (!found) continue;
    if (!found.isFile()) throw new RouterError('store.failed', `${file} is in the way: it is no file`);
    accessSync(file, constants.R_OK | constants.W_OK);
  }
};

/**
 * Refuses a directory in which no store can be opened, before anything in it is touched.
 * Errors: `store.failed`, which names what is in the way.
 */
export const refuseUnusable = (dir: string): void => {
  try {
    refuseOddFiles(dir);
  } catch (error) {
    throw asRouterError(error, dir);
  }
};

/** What a store's file begins with. Source: sqlite.org/fileformat.html, 1.3 */
const HEADER_BYTES = 100;
const MAGIC = 'SQLite format 3\0';
const [USER_VERSION_AT, APPLICATION_ID_AT] = [60, 68] as const;

const headerOf = (file: string): Buffer => {
  const header = Buffer.alloc(HEADER_BYTES);
  const handle = openSync(file, 'r');
  try {
    return header.subarray(0, readSync(handle, header, 0, HEADER_BYTES, 0));
  } finally {
    closeSync(handle);
  }
};

const refuseForeign = (file: string): void => {
  const header = headerOf(file);
  // A file without a byte is one that a crash left before its first page.
  if (header.length === 0) return;
  if (header.length < HEADER_BYTES || header.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    throw new RouterError('store.corrupt', `${file} is no database`);
  }
  const version = header.readInt32BE(USER_VERSION_AT);
  const id = header.readInt32BE(APPLICATION_ID_AT);
  if (id !== APPLICATION_ID && version > 0) {
    throw new RouterError('store.corrupt', `${file} is a database, but not a store of this router`);
  }
  if (version > SCHEMA_VERSION) {
    throw new RouterError('store.tooNew', `${file} has version ${version}; this router knows ${SCHEMA_VERSION}`);
  }
};

/** Only who tries knows: rights, quotas and what kind of file system it is all have a say. */
const tryWriting = (dir: string): void => {
  try {
    rmdirSync(mkdtempSync(join(dir, '.rookery-')));
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    throw Object.assign(new Error(`nothing can be made in ${dir} (${code})`, { cause: error }), { code });
  }
};

/** The directory itself, or the nearest one above it that is there. */
const nearest = (dir: string): string => {
  const found = statSync(dir, { throwIfNoEntry: false });
  if (found?.isDirectory()) return dir;
  if (found) throw new RouterError('store.failed', `${dir} is in the way: it is no directory`);
  return nearest(dirname(dir));
};

/**
 * Whether a store could be opened there, asked from outside: it may be in use meanwhile. Leaves no trace.
 * Shape: whether there is one.
 * Errors: `store.failed`, `store.full`, `store.corrupt`, `store.tooNew`.
 */
export const examinePlace = (dir: string): boolean => {
  try {
    const above = nearest(dir);
    tryWriting(above);
    if (!hasRoom(above)) throw new RouterError('store.full', `${above} has less room than a store needs`);
    if (above !== dir) return false;
    refuseOddFiles(dir);
    const file = join(dir, STORE_FILE);
    if (!statSync(file, { throwIfNoEntry: false })) return false;
    refuseForeign(file);
    return true;
  } catch (error) {
    throw asRouterError(error, dir);
  }
};

const asRouterError = (error: unknown, dir: string): RouterError => {
  if (error instanceof RouterError) return error;
  const { code, detail } = storeFailure(error, dir);
  return new RouterError(code, detail, { cause: error });
};

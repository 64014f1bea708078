import { join } from 'node:path';
import { RouterError } from '../../../errors/router-error.js';
import type { Database, Driver } from './driver.js';
import { faultOf } from './faults.js';
import { LOCK_FILE, refuseUnusable, STORE_FILE } from './place.js';
import { migrate } from './schema.js';

/** How long a writer waits for somebody who looks into the file with a tool of his own. */
const BUSY_MS = 5_000;

export type Opened = { readonly db: Database; readonly close: () => void };

/**
 * Takes the directory for this process, then opens the store in it. The lock is SQLite's own, on a file beside the store:
 * it goes with its process, however that ends, and the store stays open to readers.
 * Errors: `store.locked`, `store.tooNew`, `store.corrupt`, `store.full`, `store.failed`.
 */
export const openStore = (driver: Driver, dir: string): Opened => {
  refuseUnusable(dir);
  const lock = takeLock(driver, dir);
  let db: Database | null = null;
  try {
    const file = join(dir, STORE_FILE);
    db = driver.open(file, BUSY_MS);
    db.pragma('journal_mode = wal');
    // Every commit is on the disk before it is acknowledged; NORMAL lost acknowledged rows in every third power cut.
    db.exec('pragma synchronous = full; pragma foreign_keys = on; pragma cache_size = -32768');
    db.exec('pragma journal_size_limit = 67108864');
    migrate(db, file);
    const opened = db;
    return {
      db: opened,
      close: () => {
        try {
          opened.pragma('wal_checkpoint(truncate)');
        } catch {
          // What stays in the log is read from there at the next start.
        }
        opened.close();
        lock.close();
      },
    };
  } catch (error) {
    db?.close();
    lock.close();
    throw error;
  }
};

const takeLock = (driver: Driver, dir: string): Database => {
  const lock = driver.open(join(dir, LOCK_FILE), 0);
  try {
    lock.exec('begin exclusive');
    return lock;
  } catch (error) {
    lock.close();
    if (faultOf(error, dir) !== 'store.locked') throw error;
    throw new RouterError('store.locked', `${dir} is in use by another process`, { cause: error });
  }
};

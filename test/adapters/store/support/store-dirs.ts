import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { EmbeddedStore, type EmbeddedStoreOptions } from '../../../../src/adapters/store/embedded/embedded-store.js';
import type { Clock } from '../../../../src/ports/clock.js';
import { DatedClock } from './store-samples.js';

const made: string[] = [];

/** A directory of its own; `removeDirs` takes all of them away. */
export const newDir = (): string => {
  const dir = mkdtempSync(join(tmpdir(), 'rookery-store-'));
  made.push(dir);
  return dir;
};

export const removeDirs = (): void => {
  for (const dir of made.splice(0)) rmSync(dir, { recursive: true, force: true });
};

/** An open store, closed when its test is over. */
export const openEmbedded = async (
  path: string,
  options: Omit<EmbeddedStoreOptions, 'path'> = {},
  clock: Clock = new DatedClock(),
): Promise<EmbeddedStore> => {
  const store = new EmbeddedStore(clock, { path, ...options });
  await store.open();
  onTestFinished(() => store.close());
  return store;
};

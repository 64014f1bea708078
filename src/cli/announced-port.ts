import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { makeDir } from '../adapters/fs/make-dir.js';
import type { ServerSettings } from '../config/resolved.js';
import { addressOf } from './address.js';

const schema = z.object({ port: z.int().min(1).max(65_535) });

type Place = Pick<ServerSettings, 'host' | 'port'>;

/** Units: ms. */
const PROBE_MS = 1_000;

const fileIn = (storePath: string): string => join(storePath, 'server.json');

/** Shape: null where nothing, or nothing readable, was said. */
const saidIn = async (storePath: string): Promise<number | null> => {
  try {
    return schema.parse(JSON.parse(await readFile(fileIn(storePath), 'utf8'))).port;
  } catch {
    return null;
  }
};

/** Who was killed takes nothing back, and its process id may be another's by now: who answers is there. */
const answers = (place: Place): Promise<boolean> =>
  fetch(`${addressOf(place)}/healthz`, { signal: AbortSignal.timeout(PROBE_MS) }).then(
    ({ ok }) => ok,
    () => false,
  );

/** Where the router beside this store listens, on that host. Shape: null where none says so, and where none answers. */
export const announcedPort = async (storePath: string, host: string): Promise<number | null> => {
  const port = await saidIn(storePath);
  return port !== null && (await answers({ host, port })) ? port : null;
};

/**
 * Says on which port a router listens: with `server.port` 0, or in demo mode, no configuration tells the other commands.
 * Shape: where another router has said so before, and answers there, its word stays. Gives the way to take ours back.
 * Errors: of the file system.
 */
export const announcePort = async (storePath: string, { host, port }: Place): Promise<() => Promise<void>> => {
  const before = await announcedPort(storePath, host);
  if (before !== null && before !== port) return async () => {};
  await makeDir(storePath);
  await writeFile(fileIn(storePath), `${JSON.stringify({ port })}\n`);
  return () => rm(fileIn(storePath), { force: true });
};

import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const schema = z.object({ pid: z.int().min(1), port: z.int().min(1).max(65_535) });

type Announced = z.output<typeof schema>;

const fileIn = (storePath: string): string => join(storePath, 'server.json');

/** Shape: null where nothing, or nothing readable, was said. */
const read = async (storePath: string): Promise<Announced | null> => {
  try {
    return schema.parse(JSON.parse(await readFile(fileIn(storePath), 'utf8')));
  } catch {
    return null;
  }
};

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // It runs, and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** Where the running router beside this store listens. Shape: null where none says so. */
export const announcedPort = async (storePath: string): Promise<number | null> => {
  const said = await read(storePath);
  return said && isAlive(said.pid) ? said.port : null;
};

/** Units: ms. */
const PROBE_MS = 1_000;

/** A process may be dead and still have its id, or its id may be another's by now: who answers is there. */
const answers = async ({ port }: Announced, url: string): Promise<boolean> => {
  const probe = new URL('/healthz', url);
  probe.port = String(port);
  return fetch(probe, { signal: AbortSignal.timeout(PROBE_MS) }).then(
    ({ ok }) => ok,
    () => false,
  );
};

/**
 * Says on which port a router listens: with `server.port` 0, or in demo mode, no configuration tells the other commands.
 * Shape: where another router has said so before, and answers there, its word stays. Gives the way to take ours back.
 * Errors: of the file system.
 */
export const announcePort = async (storePath: string, url: string): Promise<() => Promise<void>> => {
  const { pid } = process;
  const before = await read(storePath);
  if (before && before.pid !== pid && (await answers(before, url))) return async () => {};
  await mkdir(storePath, { recursive: true });
  await writeFile(fileIn(storePath), `${JSON.stringify({ pid, port: Number(new URL(url).port) })}\n`);
  return () => rm(fileIn(storePath), { force: true });
};

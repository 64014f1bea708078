import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { expect } from 'vitest';
import { EmbeddedStore } from '../../../../src/adapters/store/embedded/embedded-store.js';
import { STORE_FILE } from '../../../../src/adapters/store/embedded/place.js';
import { DatedClock, entryOf, eventOf } from './store-samples.js';

const SCRIPT = fileURLToPath(new URL('./writer.mjs', import.meta.url));

/** What a writer was told before it ended. */
export type Acknowledged = {
  readonly takenIn: number;
  readonly watermark: number;
  readonly queued: readonly string[];
  readonly sent: readonly string[];
  readonly closed: readonly { readonly turn: string; readonly id: string }[];
};

export type RunningWriter = {
  readonly child: ChildProcess;
  /** Resolves once it has been told something. */
  readonly begun: Promise<void>;
  /** What it is known to have been told by now. */
  told(): Acknowledged;
  /** Kills it at once and gives what it had been told by then. */
  kill(): Promise<Acknowledged>;
};

export const startWriter = (dir: string, round: number): RunningWriter => {
  const child = spawn(process.execPath, [SCRIPT, dir, String(round)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let told = '';
  child.stdout?.setEncoding('utf8');
  const begun = new Promise<void>((resolve) => {
    child.stdout?.on('data', (text: string) => {
      told += text;
      if (told.includes('\nC ')) resolve();
    });
    child.once('exit', () => resolve());
  });
  return {
    child,
    begun,
    told: () => parse(told),
    kill: async () => {
      child.kill('SIGKILL');
      await once(child, 'close');
      return parse(told);
    },
  };
};

/** The last line may have been cut off: then nobody was told. */
const parse = (told: string): Acknowledged => {
  const lines = told
    .slice(0, told.lastIndexOf('\n') + 1)
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
  const of = (kind: string): string[][] => lines.filter(([first]) => first === kind);
  const lastOf = (kind: string): number => Number(of(kind).at(-1)?.[1] ?? 0);
  return {
    takenIn: lastOf('I'),
    watermark: lastOf('W'),
    queued: of('Q').map(([, key = '']) => key),
    sent: of('S').map(([, key = '']) => key),
    closed: of('C').map(([, turn = '', id = '']) => ({ turn, id })),
  };
};

/** Opens what a writer left behind, and finds in it everything the writer was told. Gives how long opening took, in ms. */
export const findEverything = async (dir: string, round: number, told: Acknowledged): Promise<number> => {
  const store = new EmbeddedStore(new DatedClock(), { path: dir });
  const fromMs = performance.now();
  await store.open();
  const openedInMs = performance.now() - fromMs;
  try {
    const lease = await store.lease('app');
    const session = await store.loadSession(lease, 0);
    if (told.watermark > 0) expect(session?.sessionId).toBe(`s${round}`);
    expect(session?.seq ?? 0).toBeGreaterThanOrEqual(told.watermark);

    const unsettled = (await store.unsettled(lease, { limit: 1_000_000 })).map(({ id }) => id);
    const ours = unsettled.filter((id) => id.startsWith(`r${round}-`)).map((id) => Number(id.split('-')[1]));
    expect(ours).toEqual([...ours].sort((one, other) => one - other));
    const open = new Set(unsettled);
    expect(told.closed.filter(({ id }) => open.has(id))).toEqual([]);
    const receipts = await Promise.all(told.closed.map(({ turn }) => store.loadTurn(turn)));
    expect(receipts.filter((receipt) => receipt === null)).toEqual([]);

    const unsent = new Set((await store.unsettledSends(lease)).map(({ key }) => key));
    expect(told.sent.filter((key) => unsent.has(key))).toEqual([]);
    const again = await Promise.all(
      told.queued.map((key) => store.enqueueSend(lease, entryOf(key.split('#')[0] ?? '', 1))),
    );
    expect(again.filter((answer) => answer === 'new')).toEqual([]);

    // Everything up to the watermark is safe too, though nobody may have been told.
    const safe = Math.max(told.takenIn, session?.sessionId === `s${round}` ? session.seq : 0);
    const ids = Array.from({ length: safe }, (_, index) => eventOf(`r${round}-${index + 1}`));
    expect((await store.ingest(lease, ids)).filter((answer) => answer === 'new')).toEqual([]);
  } finally {
    await store.close();
  }
  return openedInMs;
};

/** SQLite's own word on the file, asked in a thread of its own: with the thread goes every hold on the file. */
export const integrityOf = async (dir: string): Promise<unknown> => {
  const worker = new Worker(new URL('./integrity.mjs', import.meta.url), { workerData: join(dir, STORE_FILE) });
  const [[word]] = await Promise.all([once(worker, 'message'), once(worker, 'exit')]);
  return word;
};

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { createCalls } from './calls.js';
import { loadDriver } from './driver.js';
import { storeFailure } from './faults.js';
import { GroupCommit } from './group-commit.js';
import { type Opened, openStore } from './open.js';
import { STORE_FILE } from './place.js';
import type { FromWorker, ToWorker, WorkerSetup } from './protocol.js';

/** The store's own thread: here a sync or a checkpoint may block for as long as it takes. */
const port = parentPort;
if (!port) throw new Error('the store’s writer is started by EmbeddedStore');
const { dir, retention } = workerData as WorkerSetup;
const post = (message: FromWorker): void => port.postMessage(message);

/** Looked up once a second: it is for people. */
const sizes = { bytes: 0, atMs: Number.NEGATIVE_INFINITY };
const bytes = (): number => {
  if (performance.now() - sizes.atMs < 1_000) return sizes.bytes;
  const file = join(dir, STORE_FILE);
  sizes.bytes = sizeOf(file) + sizeOf(`${file}-wal`);
  sizes.atMs = performance.now();
  return sizes.bytes;
};
const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

const serve = ({ db, close }: Opened): void => {
  const calls = createCalls(db, retention);
  const commits = new GroupCommit({ db, calls, dir, bytes, post: (answers, pulse) => post({ answers, pulse }) });
  port.on('message', (first: ToWorker) => {
    const requests = [];
    let isClosing = false;
    // What arrived while the last group was being written is the next group.
    for (let message: ToWorker | undefined = first; message; message = nextMessage()) {
      if ('close' in message) isClosing = true;
      else requests.push(...message.requests);
    }
    commits.take(requests);
    if (!isClosing) return;
    commits.close();
    close();
    port.close();
  });
  post({ opened: commits.pulse() });
};

const nextMessage = (): ToWorker | undefined => receiveMessageOnPort(port)?.message as ToWorker | undefined;

try {
  serve(openStore(await loadDriver(), dir));
} catch (error) {
  post({ refused: storeFailure(error, dir) });
  port.close();
}

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { RouterError } from '../../../errors/router-error.js';
import { makeDir } from '../../fs/make-dir.js';
import type { Asked, Name } from './calls.js';
import { storeFailure } from './faults.js';
import type { Failure, FromWorker, Pulse, Request, ToWorker, WorkerSetup } from './protocol.js';

export type WriterOptions = {
  /** Requests that are with the thread at a time; the others wait here. @default 2_048 */
  readonly underWayMax?: number;
  /** Requests that wait here; beyond, they are refused. @default 65_536 */
  readonly waitingMax?: number;
};

const DEFAULTS = { underWayMax: 2_048, waitingMax: 65_536 } as const satisfies Required<WriterOptions>;

type Asking = { readonly resolve: (value: unknown) => void; readonly reject: (error: RouterError) => void };

/** Tests run the sources, which a thread cannot; they use what the build has made of them. */
const WORKER = import.meta.url.endsWith('.ts')
  ? new URL('../../../../dist/src/adapters/store/embedded/worker.js', import.meta.url)
  : new URL('./worker.js', import.meta.url);

/**
 * The line to the store's thread.
 * Shape: requests are handed over in the order of the calls, those of one tick in one message; answers come in any tick.
 * Errors: `capacity.full` when the line is full; `store.closed` after `close`; `store.failed` once the thread has died.
 */
export class Writer {
  readonly #worker: Worker;
  readonly #options: Required<WriterOptions>;
  readonly #onPulse: (pulse: Pulse) => void;
  readonly #asking = new Map<number, Asking>();
  #waiting: Request[] = [];
  #nextId = 1;
  #isFlushing = false;
  #ended: Failure | null = null;
  #pulse: Pulse | null = null;
  readonly #exited: Promise<void>;

  /** Errors: `store.locked`, `store.tooNew`, `store.corrupt`, `store.full`, `store.failed`. */
  static async open(setup: WorkerSetup, onPulse: (pulse: Pulse) => void, options: WriterOptions = {}): Promise<Writer> {
    try {
      await makeDir(setup.dir);
    } catch (error) {
      throw asError(storeFailure(error, setup.dir));
    }
    const worker = new Worker(WORKER, { workerData: setup, execArgv: ['--disable-warning=ExperimentalWarning'] });
    const first = await new Promise<FromWorker>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', (error) => reject(asError(storeFailure(error, setup.dir))));
    });
    if ('refused' in first) {
      // Gone for good before anybody is told, so that the directory can be used at once.
      await once(worker, 'exit');
      throw asError(first.refused);
    }
    const writer = new Writer(worker, setup.dir, onPulse, { ...DEFAULTS, ...options });
    if ('opened' in first) writer.#beat(first.opened);
    return writer;
  }

  private constructor(worker: Worker, dir: string, onPulse: (pulse: Pulse) => void, options: Required<WriterOptions>) {
    this.#worker = worker;
    this.#options = options;
    this.#onPulse = onPulse;
    worker.on('message', (message: FromWorker) => this.#hear(message));
    worker.on('error', (error) => this.#end({ code: 'store.failed', detail: `${dir}: its thread died: ${error}` }));
    this.#exited = new Promise((resolve) => {
      worker.on('exit', () => {
        this.#end({ code: 'store.failed', detail: `${dir}: its thread ended` });
        resolve();
      });
    });
  }

  /** Nothing more is taken: it was closed, or its thread has died. */
  get isOver(): boolean {
    return this.#ended !== null;
  }

  ask<N extends Name>(name: N, ...args: Parameters<Asked[N]>): Promise<ReturnType<Asked[N]>> {
    if (this.#ended) return Promise.reject(asError(this.#ended));
    if (this.#waiting.length >= this.#options.waitingMax) {
      return Promise.reject(new RouterError('capacity.full', 'too many writes wait for the store'));
    }
    return new Promise((resolve, reject) => {
      const id = this.#nextId;
      this.#nextId += 1;
      this.#asking.set(id, { resolve: resolve as Asking['resolve'], reject });
      this.#waiting.push({ id, name, args });
      this.#flushSoon();
    });
  }

  /** What was asked before is answered when it resolves. */
  async close(): Promise<void> {
    if (!this.#ended) {
      this.#hand(this.#waiting.splice(0));
      this.#ended = { code: 'store.closed', detail: 'the store is closed' };
      this.#tell({ close: true });
    }
    await this.#exited;
  }

  #flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    queueMicrotask(() => {
      this.#isFlushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    const underWay = this.#asking.size - this.#waiting.length;
    const room = this.#options.underWayMax - underWay;
    if (room > 0) this.#hand(this.#waiting.splice(0, room));
  }

  #hand(requests: readonly Request[]): void {
    if (requests.length > 0) this.#tell({ requests });
  }

  #tell(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #hear(message: FromWorker): void {
    if (!('answers' in message)) return;
    for (const answer of message.answers) {
      const asking = this.#asking.get(answer.id);
      this.#asking.delete(answer.id);
      if ('failure' in answer) asking?.reject(asError(answer.failure));
      else asking?.resolve(answer.value);
    }
    this.#beat(message.pulse);
    if (this.#waiting.length > 0) this.#flush();
  }

  #beat(pulse: Pulse): void {
    this.#pulse = pulse;
    this.#onPulse(pulse);
  }

  #end(failure: Failure): void {
    const isUnforeseen = this.#ended === null;
    this.#ended ??= failure;
    if (isUnforeseen && this.#pulse) this.#beat({ ...this.#pulse, degraded: failure.code });
    const left = [...this.#asking.values()];
    this.#asking.clear();
    this.#waiting = [];
    for (const { reject } of left) reject(asError(this.#ended));
  }
}

const asError = ({ code, detail }: Failure): RouterError => new RouterError(code, detail);

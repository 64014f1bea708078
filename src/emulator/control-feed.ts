import type { ServerResponse } from 'node:http';
import { KINDS, shown } from './control-views.js';
import type { Platform, RecordKind } from './platform/index.js';

/** Bytes that may wait for a reader that does not read; what comes then is dropped, and counted. */
const WAITING_BYTES_MAX = 1024 * 1024;
const FEEDS_MAX = 32;
/** A comment in the stream, so that whoever is in between keeps it open. */
const KEEP_ALIVE_MS = 15_000;

/** What a feed tells of when nobody says otherwise: all but every single call and frame. */
const DEFAULT_KINDS: readonly RecordKind[] = KINDS.filter((kind) => kind !== 'received');

/**
 * What happens on the platform, as server-sent events: from now on, one event a record, named by its kind.
 * Shape: `ready` comes first. A slow reader loses events and is told with `dropped {"count":n}` once it has caught up;
 * whoever is told so asks for the state again.
 */
export class Feeds {
  readonly #platform: Platform;
  readonly #open = new Set<() => void>();

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** The kinds a query names; undefined for one that is none. */
  static kindsOf(named: string | null): readonly RecordKind[] | undefined {
    if (named === null) return DEFAULT_KINDS;
    const kinds = named.split(',');
    return kinds.every((kind) => (KINDS as readonly string[]).includes(kind)) ? (kinds as RecordKind[]) : undefined;
  }

  get isFull(): boolean {
    return this.#open.size >= FEEDS_MAX;
  }

  /** Streams to one reader until it leaves. */
  serve(response: ServerResponse, kinds: readonly RecordKind[]): void {
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    let dropped = 0;
    const write = (event: string, data: unknown): void => {
      response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    };
    const tell = (event: string, data: unknown): void => {
      if (response.writableLength > WAITING_BYTES_MAX) dropped += 1;
      else write(event, data);
    };
    response.on('drain', () => {
      if (dropped > 0) write('dropped', { count: dropped });
      dropped = 0;
    });
    const stops = kinds.map((kind) => this.#platform.on(kind, (record) => tell(kind, shown(kind, record))));
    const beat = setInterval(() => {
      if (response.writableLength === 0) response.write(':\n\n');
    }, KEEP_ALIVE_MS);
    beat.unref();
    const stop = (): void => {
      clearInterval(beat);
      for (const one of stops) one();
      this.#open.delete(stop);
      response.end();
    };
    this.#open.add(stop);
    response.on('close', stop);
    write('ready', { kinds });
  }

  /** Ends every stream. */
  close(): void {
    for (const stop of [...this.#open]) stop();
  }
}

import { BoundedMap } from '../../domain/bounded-map.js';
import type { Clock } from '../../ports/clock.js';
import type { Uploaded } from '../../ports/files.js';

const FILES_MAX = 2_000;
/** It must still be known when the message is read there. */
const MARGIN_MS = 30_000;

/** What the platform knows of earlier uploads, for as long as it does; the one longest unused is forgotten first. */
export class FileInfoCache {
  readonly #clock: Clock;
  readonly #files = new BoundedMap<string, { readonly uploaded: Uploaded; readonly untilMs: number }>(FILES_MAX);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(key: string): Uploaded | null {
    const known = this.#files.take(key);
    if (!known || this.#clock.now() >= known.untilMs) return null;
    this.#files.set(key, known);
    return known.uploaded;
  }

  /** Source: qq-bot-api §6.8: a `ttl` of 0 is without an end. */
  set(key: string, uploaded: Uploaded): void {
    const { ttlS } = uploaded;
    const untilMs = ttlS === 0 ? Number.POSITIVE_INFINITY : this.#clock.now() + ttlS * 1_000 - MARGIN_MS;
    this.#files.set(key, { uploaded, untilMs });
  }
}

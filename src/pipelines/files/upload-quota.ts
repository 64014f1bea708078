import type { RouterError } from '../../errors/router-error.js';
import type { Clock } from '../../ports/clock.js';

/** The platform's word for the bytes of a day being used up. Source: qq-bot-api §6.8. */
const DAY_USED_UP = 40093002;
const DAY_MS = 24 * 60 * 60_000;
/** The platform's day begins at midnight in China. Units: ms. */
const CHINA_MS = 8 * 60 * 60_000;

const dayOf = (nowMs: number): number => Math.floor((nowMs + CHINA_MS) / DAY_MS);

/**
 * The bytes a bot may upload in a day: what the platform refused for them is not brought to it again that day, nor
 * anything larger. Smaller files may still find room.
 */
export class UploadQuota {
  readonly #clock: Clock;
  #refused: { readonly bytes: number; readonly day: number; readonly error: RouterError } | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Errors: the refusal of a file that was no larger, on the same day. */
  check(bytes: number): void {
    const refused = this.#refused;
    if (refused && refused.day === dayOf(this.#clock.now()) && bytes >= refused.bytes) throw refused.error;
  }

  /** What came of an upload of so many bytes. */
  note(bytes: number, error: RouterError): void {
    if (error.more.platformCode !== DAY_USED_UP) return;
    const day = dayOf(this.#clock.now());
    if (this.#refused?.day !== day || bytes < this.#refused.bytes) this.#refused = { bytes, day, error };
  }
}

/** Good frames after which bubbles grow faster again. */
const GOOD_FRAMES = 5;
/** Eight times the least interval is beyond the longest that is wanted, see `NativeStreamOptions`. */
const SLOWNESS_MAX = 8;

/**
 * How much slower than they might a bot's bubbles grow.
 * Shape: doubled by each frame that met a rate, halved after five in a row that met none; shared by all bubbles, for the
 * rate is the bot's.
 * Source: turns §4.3.
 */
export class FramePace {
  #slowness = 1;
  #goodFrames = 0;

  /** 1 is as fast as wanted. */
  get slowness(): number {
    return this.#slowness;
  }

  noteRate(): void {
    this.#slowness = Math.min(SLOWNESS_MAX, this.#slowness * 2);
    this.#goodFrames = 0;
  }

  noteTaken(): void {
    if (this.#slowness === 1) return;
    this.#goodFrames += 1;
    if (this.#goodFrames < GOOD_FRAMES) return;
    this.#goodFrames = 0;
    this.#slowness /= 2;
  }
}

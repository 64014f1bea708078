import type { Clock } from '../ports/clock.js';

/** What says that the agent is at work, with the button that stops it; `afterMs` from the turn's beginning. */
export type StopOfferText = { readonly text: string; readonly afterMs: number };

/** Replies that must be left: the offer's own, the answer's, and one more for an answer that is long. */
export const OFFER_REPLIES_MIN = 3;

export type StopOfferDeps = {
  readonly clock: Clock;
  /** Asked when the time has come. */
  readonly mayOffer: () => boolean;
  readonly offer: (text: string) => void;
};

/** Where an answer shows nothing that could carry a button until it is there, a word of the router's own does, once a turn. */
export class StopOffer {
  readonly #deps: StopOfferDeps;
  #timer: unknown = null;

  constructor(deps: StopOfferDeps) {
    this.#deps = deps;
  }

  /** The agent is at work. */
  begin({ text, afterMs }: StopOfferText): void {
    const { clock, mayOffer, offer } = this.#deps;
    this.end();
    this.#timer = clock.setTimeout(() => {
      this.#timer = null;
      if (mayOffer()) offer(text);
    }, afterMs);
  }

  /** The agent has ended, or is to. */
  end(): void {
    this.#deps.clock.clearTimeout(this.#timer);
    this.#timer = null;
  }
}

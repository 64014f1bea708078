/** Units: UTF-16 code units of text and reasoning that one turn may bring. */
const ANSWER_MAX = 1_000_000;

/** Counts what an agent has said, and cuts it where it is more than any answer. */
export class AnswerBound {
  readonly #onReached: () => void;
  #chars = 0;

  /** `onReached`: more was said than is taken, now and at every word from now on. */
  constructor(onReached: () => void = () => undefined) {
    this.#onReached = onReached;
  }

  get hasSpoken(): boolean {
    return this.#chars > 0;
  }

  get isReached(): boolean {
    return this.#chars > ANSWER_MAX;
  }

  /** The part of `text` that is still within the bound; never half a character of what was cut. */
  take(text: string): string {
    const left = Math.max(0, ANSWER_MAX - this.#chars);
    this.#chars += text.length;
    if (this.isReached) this.#onReached();
    return text.length <= left ? text : text.slice(0, left).replace(/[\uD800-\uDBFF]$/, '');
  }
}

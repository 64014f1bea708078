import type { StreamMode } from '../domain/turn.js';
import type { AgentEvent } from '../ports/agent-driver.js';

export type ReplyOptions = {
  readonly mode: StreamMode;
  /** Characters of one turn's answer; what is longer is cut, and `cutNotice` is put behind it. */
  readonly maxReplyChars: number;
  readonly cutNotice: string;
};

/** Cuts a growing text into blocks that may be sent one by one. */
export type BlockCutter = {
  push(delta: string): readonly string[];
  flush(): readonly string[];
  /** Forgets what it holds. Without it, a text that has begun cannot be replaced by another. */
  withdraw?(): void;
};

export type Gathered = {
  /** Texts that are ready to be sent, in order. */
  readonly pieces: readonly string[];
  /** Set once: the answer is over. */
  readonly end: 'stop' | 'cut' | 'failed' | 'timed_out' | null;
};

const NOTHING: Gathered = { pieces: [], end: null };

/** Gathers the whole text of an answer until it is flushed. */
export const wholeText = (): BlockCutter => {
  let text = '';
  return {
    push(delta) {
      text += delta;
      return [];
    },
    flush() {
      const whole = text;
      text = '';
      return whole === '' ? [] : [whole];
    },
    withdraw() {
      text = '';
    },
  };
};

/**
 * Gathers an agent's tokens into pieces; the chart sees a handful per turn, never a token.
 * Shape: pieces are never blank and never end within a character, wherever the agent's tokens end; after an `end`
 * everything is ignored.
 */
export class ReplyGatherer {
  readonly #cutter: BlockCutter;
  readonly #options: ReplyOptions;
  #generatedChars = 0;
  #isOver = false;
  #roomChars: number;
  /** What was taken in since the last `break`, for drivers that replace their whole text. */
  #sinceBreak = '';
  /** Some of that is in a piece already. */
  #isPartlyOut = false;
  /** The first half of a character whose second half has not come. */
  #half = '';

  constructor(cutter: BlockCutter, options: ReplyOptions) {
    this.#cutter = cutter;
    this.#options = options;
    this.#roomChars = options.maxReplyChars;
  }

  get generatedChars(): number {
    return this.#generatedChars;
  }

  take(event: AgentEvent): Gathered {
    if (this.#isOver) return NOTHING;
    switch (event.type) {
      case 'text':
        return this.#push(event.delta);
      case 'replace':
        return this.#replace(event.text);
      case 'break': {
        const pieces = this.#flush();
        this.#sinceBreak = '';
        this.#isPartlyOut = false;
        return { pieces, end: null };
      }
      case 'end':
        return this.#over('stop');
      case 'error':
        return this.#over(event.code === 'agent.timeout' ? 'timed_out' : 'failed');
      default:
        return NOTHING;
    }
  }

  /** The agent's stream is over without a word of its own. */
  end(): Gathered {
    return this.#isOver ? NOTHING : this.#over('stop');
  }

  #push(delta: string): Gathered {
    this.#generatedChars += delta.length;
    this.#sinceBreak += delta;
    const text = this.#half + delta;
    const whole = withoutHalfCharacter(text);
    this.#half = text.slice(whole.length);
    const fits = whole.length <= this.#roomChars;
    const kept = fits ? whole : withoutHalfCharacter(whole.slice(0, this.#roomChars));
    this.#roomChars -= kept.length;
    const pieces = this.#cutter.push(kept);
    if (pieces.length > 0) this.#isPartlyOut = true;
    if (fits) return pieces.length === 0 ? NOTHING : { pieces: pieces.filter(isSaid), end: null };
    const rest = this.#cutter.push(this.#options.cutNotice);
    this.#isOver = true;
    return { pieces: [...pieces, ...rest, ...this.#cutter.flush()].filter(isSaid), end: 'cut' };
  }

  /** What is out stays out: then only a text that goes on from there can still be said. */
  #replace(text: string): Gathered {
    const known = this.#sinceBreak;
    if (text.startsWith(known)) return this.#push(text.slice(known.length));
    if (this.#isPartlyOut || !this.#cutter.withdraw) return NOTHING;
    this.#cutter.withdraw();
    this.#roomChars += known.length - this.#half.length;
    this.#generatedChars -= known.length;
    this.#sinceBreak = '';
    this.#half = '';
    return this.#push(text);
  }

  #over(end: 'stop' | 'failed' | 'timed_out'): Gathered {
    this.#isOver = true;
    return { pieces: this.#flush(), end };
  }

  #flush(): readonly string[] {
    this.#half = '';
    return this.#cutter.flush().filter(isSaid);
  }
}

const isSaid = (text: string): boolean => text.trim() !== '';

const withoutHalfCharacter = (text: string): string => {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last <= 0xdbff ? text.slice(0, -1) : text;
};

import type { OutgoingMessage } from '../domain/message.js';
import type { MessagePart } from '../domain/message-parts.js';
import type { PieceContent } from '../domain/reply.js';
import type { StreamMode } from '../domain/turn.js';
import type { AgentEvent } from '../ports/agent-driver.js';
import { NO_PIECES, type PieceStrategy, type Pieces } from './pieces/strategy.js';

export type ReplyOptions = {
  readonly mode: StreamMode;
  /** Characters of one turn's answer; what is longer is cut, and `cutNotice` is put behind it. */
  readonly maxReplyChars: number;
  readonly cutNotice: string;
  /** Put behind an answer that its agent did not finish. */
  readonly brokenNotice: string;
};

export type Gathered = {
  /** What is ready to be sent, in order. */
  readonly pieces: Pieces;
  /** Set once: the answer is over. */
  readonly end: 'stop' | 'cut' | 'failed' | 'timed_out' | null;
};

/** What an agent says beside words. */
export type MessageDesk = {
  /** The platform messages of a message, its files kept. Errors: `message.invalid`, `media.*`, `capacity.full`. */
  readonly partsOf: (message: OutgoingMessage) => readonly MessagePart[];
  /** Replies that the turn has left. */
  readonly repliesLeft: () => number;
};

const NOTHING: Gathered = { pieces: NO_PIECES, end: null };

/**
 * Gathers an agent's tokens into pieces; the chart sees a handful per turn, never a token.
 * Shape: pieces are never blank and never end within a character, wherever the agent's tokens end; after an `end`
 * everything is ignored.
 */
export class ReplyGatherer {
  readonly #strategy: PieceStrategy;
  readonly #options: ReplyOptions;
  #generatedChars = 0;
  #isOver = false;
  #roomChars: number;
  /** What was taken in since the last `break`, for drivers that replace their whole text. */
  #sinceBreak = '';
  /** Some of that is in a piece already. */
  #isPartlyOut = false;
  /** Characters that came since the last flush. */
  #waitingChars = 0;
  /** The first half of a character whose second half has not come. */
  #half = '';
  /** Messages that had to wait for the end, for too few replies were left. */
  #kept: PieceContent[] = [];
  readonly #desk: MessageDesk | null;

  constructor(strategy: PieceStrategy, options: ReplyOptions, desk: MessageDesk | null = null) {
    this.#strategy = strategy;
    this.#options = options;
    this.#desk = desk;
    this.#roomChars = options.maxReplyChars;
  }

  get generatedChars(): number {
    return this.#generatedChars;
  }

  /** Characters that may still come, with the notice that may be put behind them. */
  get roomChars(): number {
    const { cutNotice, brokenNotice } = this.#options;
    return this.#roomChars + Math.max(cutNotice.length, brokenNotice.length + 1);
  }

  /** Some of the message that is being written is in a piece already. */
  get hasSaid(): boolean {
    return this.#isPartlyOut;
  }

  /** Messages of another kind that are still to be said, each with a reply. */
  get keptMessages(): number {
    return this.#kept.length;
  }

  /** A piece was said by time rather than by text: what is out stays out. */
  noteSaid(): void {
    this.#isPartlyOut = true;
  }

  /** Nothing more is gathered or said. */
  dispose(): void {
    this.#isOver = true;
    this.#strategy.dispose();
  }

  take(event: AgentEvent): Gathered {
    if (this.#isOver) return NOTHING;
    switch (event.type) {
      case 'text':
        return this.#push(event.delta);
      case 'replace':
        return this.#replace(event.text);
      case 'break': {
        const pieces = this.#strategy.endMessage();
        this.#half = '';
        this.#sinceBreak = '';
        this.#isPartlyOut = false;
        if (pieces.length > 0) this.#waitingChars = 0;
        return { pieces, end: null };
      }
      case 'media':
        return this.#message({ media: event.media });
      case 'message':
        return this.#message(event.message);
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
    if (!fits) {
      this.#isOver = true;
      return { pieces: this.#withKept(this.#strategy.flush(kept + this.#options.cutNotice)), end: 'cut' };
    }
    const pieces = this.#strategy.push(kept);
    this.#waitingChars += kept.length;
    if (pieces.length > 0) this.#isPartlyOut = true;
    return pieces.length === 0 ? NOTHING : { pieces, end: null };
  }

  /** What is out stays out: then only a text that goes on from there can still be said. */
  #replace(text: string): Gathered {
    const known = this.#sinceBreak;
    if (text.startsWith(known)) return this.#push(text.slice(known.length));
    if (this.#isPartlyOut) return NOTHING;
    this.#strategy.withdraw();
    this.#roomChars += known.length - this.#half.length;
    this.#generatedChars -= known.length;
    this.#sinceBreak = '';
    this.#half = '';
    return this.#push(text);
  }

  #over(end: 'stop' | 'failed' | 'timed_out'): Gathered {
    this.#isOver = true;
    const isBroken = end !== 'stop' && this.#waitingChars > 0 && this.#options.brokenNotice !== '';
    return { pieces: this.#withKept(this.#strategy.flush(isBroken ? `\n${this.#options.brokenNotice}` : '')), end };
  }

  /**
   * What waits is said first, then the message; where that would use the last reply up, both wait: what the agent says
   * last is worth more, and goes first then.
   */
  #message(message: OutgoingMessage): Gathered {
    const parts = this.#desk?.partsOf(message) ?? [];
    const said = parts.map(contentOf);
    const needed = (this.#waitingChars > 0 ? 1 : 0) + parts.length + 1;
    if (this.#kept.length > 0 || (this.#desk?.repliesLeft() ?? 0) < needed) {
      this.#kept.push(...said);
      return NOTHING;
    }
    const words = this.take({ type: 'break' });
    return { pieces: [...words.pieces, ...said], end: null };
  }

  #withKept(pieces: Pieces): Pieces {
    const kept = this.#kept;
    this.#kept = [];
    return [...pieces, ...kept];
  }
}

const contentOf = (part: MessagePart): PieceContent => ({ kind: 'message', part, text: part.plain, via: 'reply' });

const withoutHalfCharacter = (text: string): string => {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last <= 0xdbff ? text.slice(0, -1) : text;
};

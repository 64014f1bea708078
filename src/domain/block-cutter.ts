import type { Scene } from './conversation.js';
import { closes, type Fence, openingOf } from './fence.js';
import { type Cut, forcedCut, isRiskyStart } from './forced-cut.js';

/** Units: UTF-16 code units. */
export type CutterOptions = {
  /** The first block is sent from here on, so that something is seen soon. */
  readonly firstChars: number;
  readonly minChars: number;
  /** No block is longer; at least 32. */
  readonly maxChars: number;
};

/** The sizes of each scene; where replies are few, blocks are larger. Source: turns §4.3. */
export const BLOCK_SIZES = {
  c2c: { firstChars: 80, minChars: 240, maxChars: 900 },
  dm: { firstChars: 80, minChars: 240, maxChars: 900 },
  group: { firstChars: 80, minChars: 400, maxChars: 1_200 },
  guild: { firstChars: 80, minChars: 400, maxChars: 1_200 },
} as const satisfies Record<Scene, CutterOptions>;

export type Cutter = {
  /** The blocks that are complete with this delta. */
  push(delta: string): string[];
  /** What has been pushed and is in no block yet; it begins with its fence, where that was opened anew. */
  readonly waiting: string;
  /** What waits up to its last good place behind `firstChars`, which may be nothing. */
  flushSafely(): string[];
  /** All that waits; what is pushed after it is a new text. */
  flush(): string[];
  /** Forgets what waits. */
  withdraw(): void;
};

/** What must have been seen behind a cut before it is forced; enough for a fence, and for the rest of a grapheme. */
const LOOKAHEAD = 16;
/** Deltas are taken in at most this many characters at a time, so that a long one is not copied for every block. */
const SLICE = 4_096;

const CLOSERS = '」』”’）》】〕〉"\')]*_';
const FULL_STOPS = '。！？；…．';
const STOPS = '.!?;';

/** A place where a block may end: `end` is behind its last visible character, `next` where the rest begins. */
type Place = { readonly end: number; readonly next: number };

/**
 * Cuts a growing Markdown text into blocks that can be read one by one.
 * Shape: pure; the blocks depend on the text alone, not on how it was divided into deltas. A paragraph's end is taken from
 * `minChars` on, a line's end from one and a half times that, a sentence's end from twice that; then a blank, then a
 * grapheme border, at `maxChars`. Code blocks are closed and opened anew where they do not fit into one block. Blanks at
 * the cuts are dropped; there are no blank blocks.
 * Source: turns §4.2.
 */
class MarkdownCutter implements Cutter {
  readonly #options: CutterOptions;
  /** What has not been sent, from the last cut on; up to `#at` it has been looked at. */
  #text = '';
  #at = 0;
  #lineStart = 0;
  /** Behind the last visible character. */
  #inkEnd = 0;
  /** The fence that is open where the current line begins. */
  #fence: Fence | null = null;
  #line: Place | null = null;
  #sentence: Place | null = null;
  /** The same, from `firstChars` on: good enough where no more comes for a while. */
  #earlyLine: Place | null = null;
  #earlySentence: Place | null = null;
  #isFirst = true;
  #atBlank = false;
  #isReopened = false;

  constructor(options: CutterOptions) {
    this.#options = options;
  }

  push(delta: string): string[] {
    const blocks: string[] = [];
    for (let at = 0; at < delta.length; at += SLICE) {
      this.#text += delta.slice(at, at + SLICE);
      blocks.push(...this.#advance());
    }
    return blocks;
  }

  get waiting(): string {
    return this.#text;
  }

  flushSafely(): string[] {
    const place = this.#line ?? this.#sentence ?? this.#earlyLine ?? this.#earlySentence;
    return place ? [...this.#take(this.#cutAt(place)), ...this.#advance()] : [];
  }

  flush(): string[] {
    const blocks: string[] = [];
    for (;;) {
      const whole = this.#trimmed(this.#closed());
      if (whole.length <= this.#options.maxChars) {
        if (whole !== '') blocks.push(whole);
        break;
      }
      blocks.push(...this.#take(this.#forced()), ...this.#advance());
    }
    this.withdraw();
    return blocks;
  }

  withdraw(): void {
    this.#restart({ head: '', rest: '' });
  }

  get #minChars(): number {
    return this.#isFirst ? this.#options.firstChars : this.#options.minChars;
  }

  readonly #fenceOf = (line: string): Fence | null => {
    const fence = openingOf(line);
    // A longer one could not be closed and opened anew within a block; nobody writes it.
    return fence && fence.indent.length + fence.run.length <= this.#options.maxChars / 4 ? fence : null;
  };

  #advance(): string[] {
    const blocks: string[] = [];
    while (this.#at < this.#text.length) {
      const cut = this.#step();
      if (cut) blocks.push(...this.#take(cut));
    }
    return blocks;
  }

  /** Looks at one more character, and at nothing behind it. */
  #step(): Cut | null {
    const at = this.#at;
    const char = this.#text.charAt(at);
    this.#at += 1;
    const isParagraph = char === '\n' && this.#endLine(at);
    if (char.trim() !== '') {
      this.#endSentence(at, char);
      this.#inkEnd = at + 1;
    }
    const min = this.#minChars;
    if (this.#line && (isParagraph || this.#at >= 1.5 * min)) return this.#cutAt(this.#line);
    if (this.#sentence && this.#at >= 2 * min) return this.#cutAt(this.#sentence);
    return this.#at >= this.#options.maxChars + LOOKAHEAD ? this.#forced() : null;
  }

  /** Returns whether a paragraph has ended with this line. */
  #endLine(at: number): boolean {
    const line = this.#text.slice(this.#lineStart, at);
    if (!this.#fence) this.#fence = this.#fenceOf(line);
    else if (closes(line, this.#fence)) this.#fence = null;
    this.#lineStart = at + 1;
    const end = this.#inkEnd;
    if (this.#fence || !this.#isEarly(end)) return false;
    this.#earlyLine = { end, next: at + 1 };
    if (end < this.#minChars) return false;
    this.#line = this.#earlyLine;
    return line.trim() === '';
  }

  /** `at` is the first visible character behind what may be a sentence. */
  #endSentence(at: number, char: string): void {
    const end = this.#inkEnd;
    if (this.#fence || end <= this.#lineStart || !this.#isEarly(end)) return;
    const isAfterBlank = end < at;
    if (!isAfterBlank && (CLOSERS.includes(char) || FULL_STOPS.includes(char))) return;
    let stop = end - 1;
    while (stop > this.#lineStart && CLOSERS.includes(this.#text.charAt(stop))) stop -= 1;
    const mark = this.#text.charAt(stop);
    if (!FULL_STOPS.includes(mark) && !(isAfterBlank && STOPS.includes(mark))) return;
    const line = this.#text.slice(this.#lineStart, end);
    const isListNumber = /^\s*\d+\.$/.test(line);
    if (isListNumber || isRiskyStart(char, 0) || this.#fenceOf(line)) return;
    this.#earlySentence = { end, next: end };
    if (end >= this.#minChars) this.#sentence = this.#earlySentence;
  }

  #isEarly(end: number): boolean {
    return end >= Math.min(this.#options.firstChars, this.#minChars) && end <= this.#options.maxChars;
  }

  #cutAt({ end, next }: Place): Cut {
    return { head: this.#text.slice(0, end), rest: this.#text.slice(next), atBlank: next === end };
  }

  #forced(): Cut {
    const place = this.#line ?? this.#sentence;
    if (place) return this.#cutAt(place);
    // Only what has been looked at counts, or the cut would depend on the deltas.
    const seen = this.#text.slice(0, this.#at);
    const cut = forcedCut(seen, { ...this.#options, minChars: this.#minChars, fenceOf: this.#fenceOf });
    return { ...cut, rest: cut.rest + this.#text.slice(this.#at) };
  }

  #take(cut: Cut): string[] {
    const block = this.#trimmed(cut.head);
    this.#restart(cut);
    if (block === '') return [];
    this.#isFirst = false;
    return [block];
  }

  #restart({ rest, atBlank = false, isReopened = false }: Cut): void {
    this.#text = rest;
    this.#at = 0;
    this.#lineStart = 0;
    this.#inkEnd = 0;
    this.#fence = null;
    this.#line = null;
    this.#sentence = null;
    this.#earlyLine = null;
    this.#earlySentence = null;
    this.#atBlank = atBlank;
    this.#isReopened = isReopened;
  }

  /** The text with its last fence closed. */
  #closed(): string {
    const line = this.#text.slice(this.#lineStart);
    const isOpen = this.#fence ? !closes(line, this.#fence) : this.#fenceOf(line) !== null;
    const fence = this.#fence ?? this.#fenceOf(line);
    if (!isOpen || !fence) return this.#text;
    return `${this.#text}${this.#text.endsWith('\n') ? '' : '\n'}${fence.indent}${fence.run}`;
  }

  #trimmed(head: string): string {
    let block = head.replace(/^(?:[ \t\r]*\n)+/, '');
    if (this.#atBlank) block = block.trimStart();
    if (this.#isReopened) block = withoutEmptyFence(block);
    return block.trimEnd();
  }
}

/** A fence was opened anew, and there was no more code. */
const withoutEmptyFence = (block: string): string => {
  const [first = '', second = '', ...others] = block.split('\n', 3);
  const fence = openingOf(first);
  if (!fence || !closes(second, fence)) return block;
  return others.length === 0 ? '' : block.slice(first.length + second.length + 2).replace(/^(?:[ \t\r]*\n)+/, '');
};

/** Errors: RangeError where the sizes contradict each other. */
export const createCutter = (options: CutterOptions): Cutter => {
  const { firstChars, minChars, maxChars } = options;
  if (!(firstChars > 0 && minChars > 0 && maxChars >= 32 && firstChars <= maxChars && minChars <= maxChars)) {
    throw new RangeError(`blocks of ${firstChars}, ${minChars} and at most ${maxChars} characters cannot be cut`);
  }
  return new MarkdownCutter(options);
};

/** A whole text at once. */
export const cutAll = (text: string, options: CutterOptions): string[] => {
  const cutter = createCutter(options);
  return [...cutter.push(text), ...cutter.flush()];
};

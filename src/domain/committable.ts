import { closes, type Fence, openingOf } from './fence.js';

/**
 * An inline mark that waits for its other half. `length`: of its run, or for a link's `(` how deep it is nested.
 */
type Mark = { readonly kind: string; length: number };

/** Ends what an emoji may still grow into: joiners, variations, skin tones, flags. */
const GROWS =
  /\p{Extended_Pictographic}|\p{Regional_Indicator}|\p{Emoji_Modifier}|\u200d|\ufe0f|[\u{e0020}-\u{e007f}]/u;
const WORD = /[\p{L}\p{N}]/u;
/** A line that is no part of the paragraph before it. */
const BLOCK_START = /^\s*(?:#{1,6}\s|>|[-+*]\s|\d+[.)]\s|\|)/;
const ROW = /^ {0,3}\|/;
/** What may still become a fence. */
const UNCLEAR_LINE = /^ {0,3}(?:`{0,2}|~{0,2})$/;
const UNCLEAR_CODE_LINE = /^ {0,3}[`~]*[ \t\r]*$/;

/** Characters that may begin or end something together with what follows them. */
const MARKS = '*_~`[]!<\\';
/** Those that come in runs. */
const RUNS = '*_~`';

const isBlank = (char: string): boolean => char.trim() === '';

/** Walks over a text once. `#safe` moves forward only, and on grounds that more text cannot take away. */
class Walk {
  readonly #text: string;
  /** From the outermost to the innermost. */
  readonly #marks: Mark[] = [];
  #fence: Fence | null = null;
  #safe = 0;

  constructor(text: string) {
    this.#text = text;
  }

  run(): number {
    for (let start = 0; start < this.#text.length; ) {
      const newline = this.#text.indexOf('\n', start);
      const isWhole = newline >= 0;
      const end = isWhole ? newline : this.#text.length;
      const line = this.#text.slice(start, end);
      if (this.#fence) this.#codeLine(this.#fence, line, start, isWhole);
      else this.#textLine(line, start, isWhole);
      start = end + 1;
      if (isWhole && this.#marks.length === 0) this.#commit(start);
    }
    return this.#safe;
  }

  #codeLine(fence: Fence, line: string, start: number, isWhole: boolean): void {
    if (isWhole && closes(line, fence)) this.#fence = null;
    else if (isWhole || !UNCLEAR_CODE_LINE.test(line)) {
      let end = start + line.length;
      while (end > start && !this.#isBorder(end)) end -= 1;
      this.#commit(end);
    }
  }

  #textLine(line: string, start: number, isWhole: boolean): void {
    const fence = openingOf(line);
    if (!isWhole && (fence || UNCLEAR_LINE.test(line))) return;
    if (fence || (isWhole && isBlank(line)) || BLOCK_START.test(line)) this.#endParagraph(start);
    this.#fence = fence;
    if (!fence && !ROW.test(line)) this.#inline(start, start + line.length, isWhole);
  }

  /** No mark reaches over the end of its paragraph: what is open there is plain text. */
  #endParagraph(at: number): void {
    this.#marks.length = 0;
    this.#commit(at);
  }

  #inline(start: number, end: number, isWhole: boolean): void {
    for (let at = start; at < end; ) {
      let tokenEnd = this.#tokenEnd(at, end);
      // What a mark means depends on the character behind it, which may not have come.
      if (tokenEnd >= end && !isWhole && MARKS.includes(this.#text.charAt(at))) return;
      tokenEnd = this.#read(at, tokenEnd);
      at = Math.min(tokenEnd, end);
      if (this.#marks.length === 0) this.#commit(at);
    }
  }

  /** A mark's whole run; an escaped character is one with its backslash. */
  #tokenEnd(at: number, end: number): number {
    const char = this.#text.charAt(at);
    if (char === '\\') return at + 2;
    let to = at + 1;
    if (RUNS.includes(char)) while (to < end && this.#text.charAt(to) === char) to += 1;
    return to;
  }

  /** Takes one token in; returns where the next one begins, which is later where two belong together. */
  #read(at: number, end: number): number {
    const char = this.#text.charAt(at);
    const next = this.#text.charAt(end);
    const inner = this.#marks.at(-1);
    if (inner?.kind === '`') {
      // Nothing is escaped in a code span.
      if (char === '\\') return at + 1;
      if (char === '`' && end - at === inner.length) this.#marks.pop();
      return end;
    }
    if (inner?.kind === '(') {
      if (char === '(') inner.length += 1;
      if (char === ')') inner.length -= 1;
      if (inner.length === 0) this.#marks.pop();
      return end;
    }
    if (inner?.kind === '<') {
      if (char === '>') this.#marks.pop();
      return end;
    }
    if (char === '`') this.#marks.push({ kind: char, length: end - at });
    else if (char === '*' || char === '_' || char === '~') this.#emphasis(char, at, end);
    else if (char === '<' && /[a-z/!?]/i.test(next)) this.#marks.push({ kind: char, length: 1 });
    else if (char === '[' || (char === '!' && next === '[')) {
      this.#marks.push({ kind: '[', length: 1 });
      return char === '!' ? end + 1 : end;
    } else if (char === ']') return this.#endBracket(end, next);
    return end;
  }

  #endBracket(end: number, next: string): number {
    const open = this.#marks.findLastIndex(({ kind }) => kind === '[');
    if (open < 0) return end;
    this.#marks.length = open;
    if (next !== '(' && next !== '[') return end;
    this.#marks.push({ kind: next, length: 1 });
    return end + 1;
  }

  /**
   * A run closes what it can and opens with what is left. Kinder than CommonMark, which takes `**注意：**请` for plain
   * text: models write it all the time, and mean bold.
   */
  #emphasis(kind: string, at: number, end: number): void {
    const before = this.#text.charAt(at - 1);
    const behind = this.#text.charAt(end);
    let left = end - at;
    if (kind === '~' && left < 2) return;
    const mayClose = !isBlank(before) && !(kind === '_' && WORD.test(behind));
    for (let open = mayClose ? this.#openEmphasis(kind) : -1; open >= 0 && left > 0; open = this.#openEmphasis(kind)) {
      this.#marks.length = open + 1;
      const mark = this.#marks[open];
      const taken = Math.min(left, mark?.length ?? left);
      left -= taken;
      if (mark) mark.length -= taken;
      if (!mark || mark.length === 0) this.#marks.length = open;
    }
    if (left > 0 && !isBlank(behind) && !(kind === '_' && WORD.test(before))) this.#marks.push({ kind, length: left });
  }

  /** The innermost open run of this kind that is not outside a bracket. */
  #openEmphasis(kind: string): number {
    const bracket = this.#marks.findLastIndex((mark) => mark.kind === '[');
    const open = this.#marks.findLastIndex((mark) => mark.kind === kind);
    return open > bracket ? open : -1;
  }

  /** Not within a surrogate pair, and not behind an emoji that what follows may become part of. */
  #isBorder(at: number): boolean {
    const isPair = /[\uD800-\uDBFF]/.test(this.#text.charAt(at - 1));
    if (isPair) return false;
    const from = /[\uDC00-\uDFFF]/.test(this.#text.charAt(at - 1)) ? at - 2 : at - 1;
    if (!GROWS.test(this.#text.slice(Math.max(0, from), at))) return true;
    const next = this.#text.codePointAt(at);
    const isHalf = next !== undefined && next >= 0xd800 && next <= 0xdbff;
    return next !== undefined && !isHalf && !GROWS.test(String.fromCodePoint(next));
  }

  #commit(at: number): void {
    if (at > this.#safe && this.#isBorder(at)) this.#safe = at;
  }
}

/**
 * How much of a growing Markdown text may be shown in a stream that can only be appended to.
 * Shape: the longest prefix that ends with no open mark of emphasis, code, link or image, in no half table row or fence
 * line, and in no emoji that may still grow; it never becomes shorter when text is appended. Inside a code block every
 * character counts. A mark that is never closed is plain text from the end of its paragraph on. A row is known by its
 * first `|`.
 * Units: UTF-16 code units.
 * Source: turns §4.2.
 */
export const committableLength = (markdown: string): number => new Walk(markdown).run();

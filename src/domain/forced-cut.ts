import { closes, type Fence } from './fence.js';

/** Where a text is divided. `head` is whole as it is; `rest` is what the next block begins with. */
export type Cut = {
  readonly head: string;
  readonly rest: string;
  /** `rest` begins with the blanks the cut was made at. */
  readonly atBlank?: boolean;
  /** `rest` begins with a fence that is opened anew. */
  readonly isReopened?: boolean;
};

export type ForcedOptions = {
  /** A blank is looked for from here on. */
  readonly minChars: number;
  readonly maxChars: number;
  readonly fenceOf: (line: string) => Fence | null;
};

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

type OpenFence = { readonly fence: Fence; readonly start: number; readonly codeStart: number };

/** The fence that is open at `position`, its own two lines included, and where the last one before it has ended. */
const fencesUpTo = (
  text: string,
  position: number,
  fenceOf: ForcedOptions['fenceOf'],
): { readonly open: OpenFence | null; readonly closedEnd: number } => {
  let open: OpenFence | null = null;
  let closedEnd = 0;
  for (let start = 0; start < position; ) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(start, end);
    if (!open) {
      const fence = fenceOf(line);
      if (fence) open = { fence, start, codeStart: end + 1 };
    } else if (closes(line, open.fence) && end <= position) {
      open = null;
      closedEnd = end;
    }
    start = end + 1;
  }
  return { open, closedEnd };
};

/** The last grapheme border up to `limit` and behind `floor` where `mayCut` holds; null where there is none. */
const borderUpTo = (text: string, limit: number, floor: number, mayCut: (at: number) => boolean): number | null => {
  const segments = graphemes.segment(text);
  let at = segments.containing(limit)?.index ?? text.length;
  while (at > floor && !mayCut(at)) at = segments.containing(at - 1)?.index ?? 0;
  return at > floor ? at : null;
};

/** Where nothing is right: the last grapheme border, or, in one grapheme longer than a block, between two characters. */
const anyBorder = (text: string, limit: number): number => {
  const border = borderUpTo(text, limit, 0, () => true);
  return border ?? (/[\uD800-\uDBFF]/.test(text.charAt(limit - 1)) ? limit - 1 : limit);
};

const lineBefore = (text: string, at: number): string => text.slice(text.lastIndexOf('\n', at - 1) + 1, at);

/** A line that begins here could become a fence, or lose the letter that its first mark belongs to. */
export const isRiskyStart = (text: string, at: number): boolean =>
  /^[ \t]*(?:[`~]|\u200d|\p{M}|$)/u.test(text.slice(at, at + 64));

const cutInFence = (text: string, open: OpenFence, maxChars: number): Cut => {
  const { fence, codeStart } = open;
  const close = `\n${fence.indent}${fence.run}`;
  const limit = maxChars - close.length;
  const bare = `${fence.indent}${fence.run}`;
  // An info string that would fill a good part of every block is said once.
  const opening = bare.length + fence.info.length <= maxChars / 4 ? bare + fence.info : bare;
  const reopen = (end: number, next: number): Cut => ({
    head: text.slice(0, end) + close,
    rest: `${opening}\n${text.slice(next)}`,
    isReopened: true,
  });

  const newline = text.lastIndexOf('\n', limit);
  if (newline >= codeStart) return reopen(newline, newline + 1);
  const mayCut = (at: number): boolean =>
    !/^ {0,3}[`~]/.test(text.slice(at, at + 4)) && !closes(lineBefore(text, at), fence);
  const border = borderUpTo(text, limit, limit / 2, mayCut) ?? anyBorder(text, limit);
  // A line of code is broken only where an info string does not take up its place.
  if (border > codeStart && codeStart <= limit / 2) return reopen(border, border);
  if (codeStart - 1 <= limit) return reopen(codeStart - 1, codeStart);
  return { head: text.slice(0, border) + close, rest: `${bare} ${text.slice(border)}`, isReopened: true };
};

/**
 * A cut of a text that is too long and offers no good place.
 * Shape: before a fence rather than in it; in a fence at the end of a line, closed and opened anew; else at a blank, else
 * at a grapheme border. `head` is never longer than `maxChars`, and neither is empty. What stands up to 16 characters
 * behind `maxChars` is looked at, so that a character or a fence is not cut because its end was not seen.
 */
export const forcedCut = (text: string, { minChars, maxChars, fenceOf }: ForcedOptions): Cut => {
  const { open, closedEnd } = fencesUpTo(text, Math.min(maxChars, text.length), fenceOf);
  if (open) {
    const before = text.slice(0, open.start);
    return before.trim() === '' ? cutInFence(text, open, maxChars) : { head: before, rest: text.slice(open.start) };
  }
  const mayCut = (at: number): boolean => !isRiskyStart(text, at) && !fenceOf(lineBefore(text, at));
  for (let at = maxChars; at >= minChars && at > closedEnd; at -= 1) {
    if (!/[ \t]/.test(text.charAt(at)) || !mayCut(at)) continue;
    return { head: text.slice(0, at), rest: text.slice(at), atBlank: true };
  }
  const border = borderUpTo(text, maxChars, Math.max(closedEnd, maxChars / 2), mayCut);
  const at = border ?? (closedEnd > 0 ? closedEnd : anyBorder(text, maxChars));
  return { head: text.slice(0, at), rest: text.slice(at) };
};

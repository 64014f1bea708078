/** What stands before and after a text that is a part of another, as far as that is known. */
export type Around = { readonly before: string; readonly after: string };

/** A beginning or an end of a secret that is as long as this is taken for it where the rest is not known. */
const PARTIAL_MIN = 4;

type Span = { readonly from: number; readonly to: number };

/** Where the text ends with the beginning of the secret, or begins with its end, and the secret goes on beyond it. */
const partialSpans = (text: string, secret: string): readonly Span[] => {
  const spans: Span[] = [];
  const begin = secret.slice(0, PARTIAL_MIN);
  const first = Math.max(0, text.length - secret.length + 1);
  for (let from = text.indexOf(begin, first); from >= 0; from = text.indexOf(begin, from + 1)) {
    if (!secret.startsWith(text.slice(from))) continue;
    spans.push({ from, to: text.length });
    break;
  }
  const end = secret.slice(-PARTIAL_MIN);
  const last = secret.length - 1 - PARTIAL_MIN;
  for (let at = text.lastIndexOf(end, last); at >= 0; at = at === 0 ? -1 : text.lastIndexOf(end, at - 1)) {
    if (!secret.endsWith(text.slice(0, at + PARTIAL_MIN))) continue;
    spans.push({ from: 0, to: at + PARTIAL_MIN });
    break;
  }
  return spans;
};

const spansOf = (text: string, secrets: Iterable<string>): readonly Span[] => {
  const spans: Span[] = [];
  for (const secret of secrets) {
    for (let from = text.indexOf(secret); from >= 0; from = text.indexOf(secret, from + 1)) {
      spans.push({ from, to: from + secret.length });
    }
    spans.push(...partialSpans(text, secret));
  }
  return spans.sort((one, other) => one.from - other.from || other.to - one.to);
};

/**
 * A part of a text that comes in parts, without what belongs to a secret, also to one that begins before it or ends
 * behind it.
 * Shape: a secret is censored once, in the part it begins in; all parts together read like the whole without its secrets.
 */
export const scrubPart = (
  part: string,
  { before, after }: Around,
  secrets: Iterable<string>,
  censor: string,
): string => {
  const begin = before.length;
  const end = begin + part.length;
  const whole = before + part + after;
  let clean = '';
  let at = 0;
  const keep = (to: number): void => {
    if (to > at) clean += whole.slice(Math.max(at, begin), Math.min(to, end));
  };
  for (const { from, to } of spansOf(whole, secrets)) {
    if (to <= at) continue;
    keep(from);
    // What begins within the one before is a part of it.
    if (from >= at && from >= begin && from < end) clean += censor;
    at = to;
  }
  keep(whole.length);
  return clean;
};

/**
 * Careful reading of JSON that someone else wrote: every reader is total and gives `undefined` where the shape differs.
 */
export type Json = { readonly [key: string]: unknown };

/** The object, or nothing; arrays and `null` are no objects here. */
export const objectOf = (value: unknown): Json | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;

/** The array, or an empty one. */
export const arrayOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The objects of an array; what else is in it is left out. */
export const objectsIn = (value: unknown): Json[] =>
  arrayOf(value).flatMap((item) => {
    const object = objectOf(item);
    return object ? [object] : [];
  });

/** A string that says something; the platform writes `""` and `null` for "not known". */
export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** An id, also where a writer that keeps ids as numbers sent the number. */
export const idOf = (value: unknown): string | undefined =>
  Number.isSafeInteger(value) ? String(value) : textOf(value);

/** A finite number, also where it came as a string of digits. */
export const numberOf = (value: unknown): number | undefined => {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
};

/** The object a text is the JSON of; nothing where it is no JSON (an HTML page, an empty body) or no object. */
export const parseObject = (text: string): Json | undefined => {
  try {
    return objectOf(JSON.parse(text));
  } catch {
    return undefined;
  }
};

const MAYBE_LONG = /[:,[\s]-?\d{16,}/;
const NUMBER = /-?[\d.eE+-]+/y;
const INTEGER = /^-?\d+$/;

/**
 * The same JSON with every integer that a number cannot hold in quotes: ids of 64 bits come bare from bridges and in old
 * payloads, and would lose their last digits. Shape: a text that is no JSON stays none. Source: qq-bot-api §12, trap 33.
 */
export const withLongIntegersQuoted = (text: string): string => {
  if (!MAYBE_LONG.test(text)) return text;
  let kept = '';
  let from = 0;
  let isInString = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (isInString) {
      if (char === '\\') at += 1;
      else if (char === '"') isInString = false;
    } else if (char === '"') isInString = true;
    else if (char === '-' || (char !== undefined && char >= '0' && char <= '9')) {
      NUMBER.lastIndex = at;
      const number = NUMBER.exec(text)?.[0] ?? char;
      if (INTEGER.test(number) && !Number.isSafeInteger(Number(number))) {
        kept += `${text.slice(from, at)}"${number}"`;
        from = at + number.length;
      }
      at += number.length - 1;
    }
  }
  return from === 0 ? text : kept + text.slice(from);
};

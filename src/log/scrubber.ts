import type { Secret } from '../config/secret.js';
import { type Around, scrubPart } from './scrub-part.js';

export const CENSOR = '[secret]';

/** Keys whose value is never logged, whatever it is. */
export const SECRET_KEYS = [
  ...['accessToken', 'access_token', 'appSecret', 'app_secret', 'clientSecret', 'client_secret'],
  ...['apiKey', 'api_key', 'token', 'authorization', 'Authorization'],
] as const;

/** Shorter values are words that other text is made of; taking them out would make the log unreadable. */
const SHORTEST = 6;

const KEY_LIST = SECRET_KEYS.join('|');
const SECRET_KEY: ReadonlySet<string> = new Set(SECRET_KEYS);

/** Inside a text: a header's scheme, and a key of a text that is JSON in its turn, as a refused request's body is. */
const TEXT_RULES: readonly (readonly [RegExp, string])[] = [
  [/\b(QQBot|Bearer) +[\w.~+/=-]{8,}/g, `$1 ${CENSOR}`],
  [new RegExp(String.raw`"(${KEY_LIST})":\s*(?:"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*)`, 'g'), `"$1":"${CENSOR}"`],
];

/** What makes a line worth taking apart; most have nothing of it. */
const SUSPECT = new RegExp(String.raw`"(?:${KEY_LIST})\\?":|\b(?:QQBot|Bearer) `);

const escaped = (text: string): string => JSON.stringify(text).slice(1, -1);

/** The forms a value takes on its way into a text: as it is, inside JSON, and in an address. */
const formsOf = (value: string): string[] => [...new Set([value, escaped(value), encodeURIComponent(value)])];

/** The last gate before text leaves the process: no known secret passes, wherever it stands. */
export type Scrubber = {
  /** Keeps `value` out of all that is scrubbed later; the result undoes that. Shape: under 6 characters it is left alone. */
  register(value: Secret | string): () => void;
  /** For free text. `around`: the text is a part of another, and a secret may be in it in part. */
  scrub(text: string, around?: Around): string;
  /** For plain data: a copy in which texts are scrubbed, and what stands under a secret's key is gone. */
  scrubValue(value: unknown): unknown;
  /** For a line of JSON. Shape: JSON stays valid JSON; a line with nothing to hide is returned as it is. */
  scrubLine(line: string): string;
};

export const createScrubber = (): Scrubber => {
  /** Form → how often it is registered, and what it looks like in a line of JSON. */
  const forms = new Map<string, { count: number; readonly inJson: string }>();

  const scrub = (text: string, around?: Around): string => {
    let clean = around ? scrubPart(text, around, forms.keys(), CENSOR) : text;
    for (const form of forms.keys()) {
      if (clean.includes(form)) clean = clean.replaceAll(form, CENSOR);
    }
    return TEXT_RULES.reduce((kept, [rule, by]) => kept.replace(rule, by), clean);
  };

  const scrubValue = (value: unknown): unknown => {
    if (typeof value === 'string') return scrub(value);
    if (typeof value === 'number') return scrub(String(value)) === String(value) ? value : CENSOR;
    if (Array.isArray(value)) return value.map((item) => scrubValue(item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        scrub(key),
        SECRET_KEY.has(key) && item !== null ? CENSOR : scrubValue(item),
      ]),
    );
  };

  const isSuspect = (line: string): boolean => {
    for (const { inJson } of forms.values()) if (line.includes(inJson)) return true;
    return SUSPECT.test(line);
  };

  return {
    register(value) {
      const text = typeof value === 'string' ? value : value.reveal();
      const own = text.length < SHORTEST ? [] : formsOf(text);
      for (const form of own) {
        const known = forms.get(form);
        if (known) known.count += 1;
        else forms.set(form, { count: 1, inJson: escaped(form) });
      }
      let held = true;
      return () => {
        if (!held) return;
        held = false;
        for (const form of own) {
          const known = forms.get(form);
          if (known) known.count -= 1;
          if (known?.count === 0) forms.delete(form);
        }
      };
    },
    scrub,
    scrubValue,
    scrubLine(line) {
      if (!isSuspect(line)) return line;
      try {
        // Taken apart rather than searched and replaced: a secret may begin in the middle of an escape, or be a number.
        return `${JSON.stringify(scrubValue(JSON.parse(line)))}\n`;
      } catch {
        return scrub(line);
      }
    },
  };
};

import type { Secret } from '../config/secret.js';

export const CENSOR = '[secret]';

/** Keys whose value is never logged, whatever it is. */
export const SECRET_KEYS = [
  ...['accessToken', 'access_token', 'appSecret', 'app_secret', 'clientSecret', 'client_secret'],
  ...['apiKey', 'api_key', 'token', 'authorization', 'Authorization'],
] as const;

/** Shorter values are words that other text is made of; taking them out would make the log unreadable. */
const SHORTEST = 6;

const KEYS = SECRET_KEYS.join('|');
const TEXT = String.raw`"(?:[^"\\]|\\.)*"`;
const RULES: readonly (readonly [RegExp, string])[] = [
  // A key of the line itself, at any depth: a text, a number, or a list of texts.
  [new RegExp(String.raw`"(${KEYS})":(?:${TEXT}|-?\d[\d.eE+-]*|\[(?:${TEXT},?)*\])`, 'g'), `"$1":"${CENSOR}"`],
  // The same inside a text that is JSON in its turn, as the body of a refused request is.
  [new RegExp(String.raw`\\"(${KEYS})\\":\s*\\"[^"\\]*\\"`, 'g'), String.raw`\"$1\":\"${CENSOR}\"`],
  [/\b(QQBot|Bearer) +[\w.~+/=-]{8,}/g, `$1 ${CENSOR}`],
];

/** The forms a value takes on its way into a line: as it is, escaped in JSON, and in an address. */
const formsOf = (value: string): string[] => [
  ...new Set([value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value)]),
];

/** The last gate before text leaves the process: no known secret passes, wherever in the text it stands. */
export type Scrubber = {
  /** Keeps `value` out of all later text; the result undoes that. Shape: values under 6 characters are left alone. */
  register(value: Secret | string): () => void;
  /** Shape: valid JSON stays valid JSON. */
  scrub(text: string): string;
};

export const createScrubber = (): Scrubber => {
  const holders = new Map<string, number>();
  return {
    register(value) {
      const text = typeof value === 'string' ? value : value.reveal();
      const forms = text.length < SHORTEST ? [] : formsOf(text);
      for (const form of forms) holders.set(form, (holders.get(form) ?? 0) + 1);
      let held = true;
      return () => {
        if (!held) return;
        held = false;
        for (const form of forms) {
          const left = (holders.get(form) ?? 1) - 1;
          if (left === 0) holders.delete(form);
          else holders.set(form, left);
        }
      };
    },
    scrub(text) {
      let clean = text;
      for (const form of holders.keys()) {
        if (clean.includes(form)) clean = clean.replaceAll(form, CENSOR);
      }
      return RULES.reduce((line, [rule, by]) => line.replace(rule, by), clean);
    },
  };
};

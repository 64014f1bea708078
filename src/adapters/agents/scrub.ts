import type { Secret } from '../../config/secret.js';

/** Units: characters of a server's own words that are passed on. */
const QUOTE_MAX = 300;
/** Units: characters below which a value is too common a word to be looked for. */
const SECRET_CHARS_MIN = 4;

/** Takes out of a text what nobody else may read. */
export type Scrub = (text: string) => string;

export type Confided = {
  readonly urls?: readonly string[];
  readonly secrets?: readonly (Secret | undefined)[];
  readonly values?: readonly string[];
};

/**
 * What may be passed on of a server's words: one line, bounded, without what was given to it in confidence. Servers quote
 * the key they refuse and the header they did not expect.
 */
export const scrubFor = ({ urls = [], secrets = [], values = [] }: Confided): Scrub => {
  const inUrls = urls.filter((url) => URL.canParse(url)).flatMap(partsOf);
  const hidden = [...secrets.map((secret) => secret?.reveal() ?? ''), ...values, ...inUrls]
    .flatMap((value) => [value, value.replace(/^\w+ /, '')])
    .filter((value) => value.length >= SECRET_CHARS_MIN)
    .sort((a, b) => b.length - a.length);
  return (text) =>
    hidden
      .reduce((rest, secret) => rest.replaceAll(secret, '[secret]'), text)
      .replace(/\b(?:sk|pk|ak|key|token|fastgpt|app)-[\w*.-]{4,}/gi, '[secret]')
      .replace(/\bBearer\s+\S+/gi, 'Bearer [secret]')
      .replace(/\s+/g, ' ')
      .trim()
      .slice(0, QUOTE_MAX)
      .replace(/\p{Cs}/gu, '');
};

const partsOf = (url: string): string[] => {
  const { username, password, search, searchParams } = new URL(url);
  return [username, password, search, ...searchParams.values()];
};

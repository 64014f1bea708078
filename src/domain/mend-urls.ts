/** FULLWIDTH FULL STOP and FULLWIDTH COLON. */
const DOT = '．';
const COLON = '：';

/**
 * Words held together by dots: hosts, file names, versions, numbers. Looking back keeps it linear in a long word without
 * any.
 */
const DOTTED = /(?<![\p{L}\p{M}\p{N}_-])[\p{L}\p{M}\p{N}_-]+(?:\.[\p{L}\p{M}\p{N}_-]+)+/gu;
const NUMERIC_DOT = /(?<=\p{N})\.(?=\p{N})/gu;
/** Taken for a link whatever follows, and also right behind a Chinese character. */
const WWW = /(?<![a-z0-9_])www\./giu;
const SCHEME = /:\/\//gu;

/** From four numbers on it may be an address. */
const DOTS_OF_A_NUMBER_MAX = 2;

/** `3.14`, `2.4GHz`, `v1.2.3`: all dots stand between digits, and they are few. */
const isNumber = (word: string): boolean => {
  const dots = word.split('.').length - 1;
  return dots <= DOTS_OF_A_NUMBER_MAX && (word.match(NUMERIC_DOT)?.length ?? 0) === dots;
};

/**
 * The text with its links and file-like words (`readme.md`, `a.b`) broken up, for the one retry after the platform
 * refused them. The dot inside them becomes a fullwidth one and `://` gets a fullwidth colon: it reads the same, shows
 * that something was changed, and browsers still take `example．com` for the host (UTS #46), which an invisible U+200B in
 * a copied link would spoil. Whether the platform's own filter looks through it is not written anywhere.
 * Shape: idempotent; one character for one, so that what fitted a limit still fits; numbers such as 3.14 and the full
 * stops of sentences stay.
 * Source: qq-bot-api §6.10.
 */
export const mendUrls = (text: string): string =>
  text
    .replace(SCHEME, `${COLON}//`)
    .replace(WWW, (www) => www.replace('.', DOT))
    .replace(DOTTED, (word) => (isNumber(word) ? word : word.replaceAll('.', DOT)));

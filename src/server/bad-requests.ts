import type { Refusal } from './refusals.js';
import { refusal } from './refusals.js';

/** What a request that cannot be taken is answered, under names of our own. */
const WORDS: Readonly<Record<string, Refusal>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: refusal('mediaType', 'send the body as content-type: application/json'),
  FST_ERR_CTP_BODY_TOO_LARGE: refusal('tooLarge', 'the body is larger than this route takes'),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: refusal('invalid', 'body: its length is not the one that content-length names'),
  FST_ERR_CTP_INVALID_JSON_BODY: refusal('invalid', 'body: is no JSON; mend its syntax'),
  FST_ERR_CTP_EMPTY_JSON_BODY: refusal('invalid', 'body: is empty; send JSON'),
};

/** Errors of the server's own parts, before a route is reached. */
export const badRequest = ({ code = '', message }: { readonly code?: string; readonly message: string }): Refusal =>
  WORDS[code] ?? refusal('badRequest', message);

type Finding = { readonly instancePath?: string; readonly message?: string };

const mendOf = (message: string): string => {
  if (/received undefined$/.test(message)) return 'is missing; give it a value';
  if (/expected number, received NaN$/.test(message)) return 'write a number';
  return message.replace(/^Invalid input: /, '');
};

/** Each wrong part by its place, and how to mend it. `context`: body, querystring, params. */
export const wrongParts = (findings: readonly Finding[], context = 'request'): string =>
  `${context}: ${findings.map(({ instancePath, message = '' }) => `${instancePath || '/'}: ${mendOf(message)}`).join('; ')}`;

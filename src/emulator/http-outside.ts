import type { Agent } from 'undici';
import { request } from 'undici';
import type { Outside } from './platform/index.js';

/** How much of an answer is read. */
const ANSWER_BYTES_MAX = 64 * 1024;

/** The platform's way to callback addresses: HTTP, no redirects. */
export const httpOutside = (agent: Agent): Outside => ({
  post: async ({ url, headers, body }, signal) => {
    const answer = await request(url, { method: 'POST', headers, body, signal, dispatcher: agent });
    let text = '';
    for await (const chunk of answer.body.setEncoding('utf8') as AsyncIterable<string>) {
      text += chunk;
      if (text.length > ANSWER_BYTES_MAX) throw new Error(`an answer of more than ${ANSWER_BYTES_MAX} bytes`);
    }
    return { status: answer.statusCode, body: text };
  },
});

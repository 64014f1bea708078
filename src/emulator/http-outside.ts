import { Agent, request } from 'undici';
import type { Outside } from './platform/index.js';

/** How much of an answer is read. */
const ANSWER_BYTES_MAX = 64 * 1024;

/** The platform's way to callback addresses: HTTP on kept connections, no redirects. `close` ends what is open. */
export class HttpOutside implements Outside {
  readonly #agent = new Agent({ keepAliveTimeout: 10_000, connections: 16 });

  async post(
    { url, headers, body }: Parameters<Outside['post']>[0],
    signal: AbortSignal,
  ): Promise<{ status: number; body: string }> {
    const answer = await request(url, { method: 'POST', headers, body, signal, dispatcher: this.#agent });
    let text = '';
    for await (const chunk of answer.body.setEncoding('utf8') as AsyncIterable<string>) {
      text += chunk;
      if (text.length > ANSWER_BYTES_MAX) throw new Error(`an answer of more than ${ANSWER_BYTES_MAX} bytes`);
    }
    return { status: answer.statusCode, body: text };
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }
}

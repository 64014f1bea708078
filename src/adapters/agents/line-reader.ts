import { RouterError } from '../../errors/router-error.js';

/** Units: UTF-16 code units of one line. */
const LINE_MAX = 4 * 1024 * 1024;

/**
 * Lines out of bytes that come in any pieces. Shape: LF or CRLF ends a line; blank ones are left out, and a byte order
 * mark; `end` gives a last line that has no end.
 * Errors: `agent.failed` for a line longer than 4,194,304 characters.
 */
export class LineReader {
  readonly #decoder = new TextDecoder();
  #parts: string[] = [];
  #chars = 0;

  push(bytes: Uint8Array): string[] {
    return this.#take(this.#decoder.decode(bytes, { stream: true }));
  }

  end(): string[] {
    return this.#take(`${this.#decoder.decode()}\n`);
  }

  #take(text: string): string[] {
    const lines: string[] = [];
    text.split('\n').forEach((part, index) => {
      if (index > 0) {
        const line = this.#parts.join('').replace(/\r$/, '');
        this.#parts = [];
        this.#chars = 0;
        if (line.trim() !== '') lines.push(line);
      }
      if (part === '') return;
      this.#parts.push(part);
      this.#chars += part.length;
      if (this.#chars > LINE_MAX) throw new RouterError('agent.failed', 'a line of the agent is too long');
    });
    return lines;
  }
}

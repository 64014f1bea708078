import { RouterError } from '../../errors/router-error.js';

export type SseEvent = { readonly name: string; readonly data: string };

/** Units: UTF-16 code units of one event, line ends left out. */
const EVENT_MAX = 1_000_000;

/**
 * Server-sent events out of bytes that come in any pieces.
 * Shape: CRLF, LF and CR end a line; comments, ids and events without data are left out; an unnamed event's name is
 * `message`. `end` gives the event that the stream broke off in, since many servers leave out its last blank line.
 * Errors: `agent.failed` for an event longer than 1,000,000 characters.
 * Source: html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export class SseReader {
  readonly #decoder = new TextDecoder();
  #line = '';
  #endedInCr = false;
  #name = '';
  #data: string[] = [];
  #size = 0;

  push(bytes: Uint8Array): SseEvent[] {
    return this.#take(this.#decoder.decode(bytes, { stream: true }));
  }

  end(): SseEvent[] {
    return this.#take(`${this.#decoder.decode()}\n\n`);
  }

  #take(text: string): SseEvent[] {
    if (text === '') return [];
    // The second half of a CRLF that was cut in two.
    const lines = (this.#endedInCr && text.startsWith('\n') ? text.slice(1) : text).split(/\r\n|\n|\r/);
    this.#endedInCr = text.endsWith('\r');
    const events: SseEvent[] = [];
    lines.forEach((part, index) => {
      this.#grow(part.length);
      this.#line += part;
      if (index === lines.length - 1) return;
      const event = this.#endLine(this.#line);
      this.#line = '';
      if (event) events.push(event);
    });
    return events;
  }

  #endLine(line: string): SseEvent | null {
    if (line === '') return this.#dispatch();
    const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
    if (field === 'event') this.#name = value ?? '';
    else if (field === 'data') this.#data.push(value ?? '');
    else this.#size -= line.length;
    return null;
  }

  #dispatch(): SseEvent | null {
    const event = { name: this.#name || 'message', data: this.#data.join('\n') };
    this.#name = '';
    this.#data = [];
    this.#size = 0;
    return event.data === '' ? null : event;
  }

  #grow(by: number): void {
    this.#size += by;
    if (this.#size > EVENT_MAX) throw new RouterError('agent.failed', 'an event of the stream is too long');
  }
}

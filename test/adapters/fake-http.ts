import type { HttpAnswer, HttpRequest, HttpTransport } from '../../src/ports/http.js';

export type Script = (request: HttpRequest, index: number) => HttpAnswer | Promise<HttpAnswer>;

export const answer = (status: number, body: unknown, headers: Record<string, string> = {}): HttpAnswer => ({
  status,
  headers: { 'x-tps-trace-id': 'trace-1', ...headers },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

/** Answers each request by `script` and keeps what was asked. */
export class FakeHttp implements HttpTransport {
  readonly requests: HttpRequest[] = [];

  constructor(public script: Script) {}

  readonly request = async (request: HttpRequest): Promise<HttpAnswer> => {
    this.requests.push(request);
    return this.script(request, this.requests.length - 1);
  };

  get last(): HttpRequest {
    const last = this.requests.at(-1);
    if (last === undefined) throw new Error('nothing was asked');
    return last;
  }

  /** The body of the last request, read. */
  get lastBody(): unknown {
    return JSON.parse(this.last.body ?? 'null');
  }
}

/** Answers one after the other; the last one for ever. */
export const inTurn =
  (...answers: readonly (HttpAnswer | Error)[]): Script =>
  (_, index) => {
    const next = answers[Math.min(index, answers.length - 1)];
    if (next === undefined || next instanceof Error) throw next ?? new Error('no answer was scripted');
    return next;
  };

export type HttpRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** In place of `body`. */
  readonly bytes?: Uint8Array;
  /** Units: ms from the call to the last byte of the answer. */
  readonly timeoutMs: number;
};

/** Header names are lower case. */
export type HttpAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/**
 * One HTTP exchange.
 * Errors: `transport.timeout` (the request may have been processed), `transport.lost` (likewise, the connection broke).
 * Any status is an answer, never an error.
 */
export interface HttpTransport {
  request(request: HttpRequest): Promise<HttpAnswer>;
}

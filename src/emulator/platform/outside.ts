/** One HTTP request of the platform's own. `body` goes out to the byte. */
export type OutgoingRequest = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** `body`: what of the answer was read; the platform looks at no more than 64 KB. */
export type OutgoingAnswer = { readonly status: number; readonly body: string };

/** How the platform reaches a bot's callback address. The server's is HTTP; a test's is a function. */
export interface Outside {
  /** Errors: rejects when there is no answer, or once `signal` aborts. */
  post(request: OutgoingRequest, signal: AbortSignal): Promise<OutgoingAnswer>;
}

/** A platform without a way out. */
export const NO_OUTSIDE: Outside = {
  post: () => Promise.reject(new Error('this platform has no way to the outside: give `outside`')),
};

import { RouterError } from '../../errors/router-error.js';
import type { ReplySource, TextObservable, TextStream } from '../../ports/turn-handler.js';

/** Units: UTF-16 code units an Observable may be ahead; it cannot be held back, so it is cut off. */
const AHEAD_MAX = 1_000_000;

async function* once(text: string): AsyncGenerator<string> {
  yield text;
}

const isAsyncIterable = (source: object): source is AsyncIterable<string> => Symbol.asyncIterator in source;
const isStream = (source: object): source is TextStream => 'getReader' in source;
const isObservable = (source: object): source is TextObservable => 'subscribe' in source;

/** A stream of a runtime or polyfill whose streams cannot be iterated. */
const iterateStream = (stream: TextStream): AsyncIterator<string> => {
  const reader = stream.getReader();
  return {
    next: async () => {
      const { done, value } = await reader.read();
      return done ? { done: true, value: undefined } : { done: false, value: value as string };
    },
    return: async () => {
      await reader.cancel();
      return { done: true, value: undefined };
    },
  };
};

/** What an Observable says between two pulls is joined to one chunk. */
const iterateObservable = (source: TextObservable): AsyncIterator<string> => {
  let ahead = '';
  let end: { readonly error?: unknown } | null = null;
  let wake: (() => void) | null = null;
  // A synchronous source says everything before `subscribe` has returned.
  let subscription: { unsubscribe(): void } | null = null;

  const finish = (how: { readonly error?: unknown }): void => {
    end ??= how;
    subscription?.unsubscribe();
    wake?.();
  };
  const take = (text: string): void => {
    if (end) return;
    if (typeof text !== 'string') finish({ error: notText(text) });
    else if (ahead.length + text.length > AHEAD_MAX) {
      finish({ error: new RouterError('capacity.full', `the reply's source is ${AHEAD_MAX} characters ahead`) });
    } else {
      ahead += text;
      wake?.();
    }
  };
  const ended = (): { readonly error?: unknown } | null => end;

  subscription = source.subscribe({ next: take, error: (error) => finish({ error }), complete: () => finish({}) });
  if (ended()) subscription.unsubscribe();
  return {
    next: async () => {
      while (ahead === '' && !end) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (ahead !== '') {
        const value = ahead;
        ahead = '';
        return { done: false, value };
      }
      const how = ended();
      if (how && 'error' in how) throw how.error;
      return { done: true, value: undefined };
    },
    return: async () => {
      finish({});
      return { done: true, value: undefined };
    },
  };
};

/** A source that is plain JavaScript may give anything. */
export const notText = (chunk: unknown): TypeError =>
  new TypeError(`turn.reply takes text; its source gave ${chunk === null ? 'null' : typeof chunk}`);

/** One way to pull text out of all of them. Errors: TypeError for anything that is no reply source. */
export const iterateSource = (source: ReplySource): AsyncIterator<string> => {
  if (typeof source === 'string') return once(source);
  if (typeof source === 'object' && source !== null) {
    if (isAsyncIterable(source)) return source[Symbol.asyncIterator]();
    if (isStream(source)) return iterateStream(source);
    if (isObservable(source)) return iterateObservable(source);
  }
  throw new TypeError(
    'turn.reply takes a string, an AsyncIterable, a ReadableStream or an Observable of strings; for an AI SDK result pass its textStream',
  );
};

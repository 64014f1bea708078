import { type Json, objectOf, parseObject, textOf } from '../json.js';

/** A refusal of the other side. */
export class RpcError extends Error {
  override readonly name = 'RpcError';

  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

export const METHOD_NOT_FOUND = -32_601;
const INTERNAL_ERROR = -32_603;
const BUSY = -32_000;

/** Requests of the other side that may be without their answer. */
const ASKED_MAX = 64;

export type RpcHandlers = {
  /** Resolves with the result. Errors: RpcError is passed on, anything else is an internal error. */
  readonly request: (method: string, params: Json) => Promise<unknown>;
  readonly notification: (method: string, params: Json) => void;
};

type Pending = { readonly resolve: (result: unknown) => void; readonly reject: (error: Error) => void };

/**
 * One side of a JSON-RPC 2.0 conversation in lines.
 * Shape: what is no message of it is passed over, as is an answer nobody waits for; `close` rejects all that is asked.
 */
export class JsonRpc {
  readonly #send: (line: string) => void;
  readonly #handlers: RpcHandlers;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #asked = 0;
  #closed: Error | null = null;

  constructor(send: (line: string) => void, handlers: RpcHandlers) {
    this.#send = send;
    this.#handlers = handlers;
  }

  /** Errors: RpcError, or what it was closed with. */
  request(method: string, params: object): Promise<unknown> {
    if (this.#closed) return Promise.reject(this.#closed);
    const id = this.#nextId;
    this.#nextId += 1;
    const answered = new Promise<unknown>((resolve, reject) => this.#pending.set(id, { resolve, reject }));
    this.#write({ id, method, params });
    return answered;
  }

  notify(method: string, params: object): void {
    if (!this.#closed) this.#write({ method, params });
  }

  take(line: string): void {
    const message = parseObject(line);
    if (message?.['jsonrpc'] !== '2.0' || this.#closed) return;
    const method = textOf(message['method']);
    const { id } = message;
    if (method === undefined) this.#settle(message);
    else if (typeof id === 'number' || typeof id === 'string') void this.#answer(id, method, paramsOf(message));
    else this.#handlers.notification(method, paramsOf(message));
  }

  close(error: Error): void {
    this.#closed ??= error;
    for (const { reject } of this.#pending.values()) reject(this.#closed);
    this.#pending.clear();
  }

  #settle({ id, error, result }: Json): void {
    const pending = typeof id === 'number' ? this.#pending.get(id) : undefined;
    if (!pending) return;
    this.#pending.delete(id as number);
    const fields = objectOf(error);
    if (!fields) {
      pending.resolve(result);
      return;
    }
    const { code, message } = fields;
    pending.reject(new RpcError(typeof code === 'number' ? code : INTERNAL_ERROR, textOf(message) ?? 'error'));
  }

  async #answer(id: number | string, method: string, params: Json): Promise<void> {
    if (this.#asked >= ASKED_MAX) {
      this.#write({ id, error: { code: BUSY, message: 'too many requests wait for their answer' } });
      return;
    }
    this.#asked += 1;
    try {
      this.#write({ id, result: await this.#handlers.request(method, params) });
    } catch (error) {
      const code = error instanceof RpcError ? error.code : INTERNAL_ERROR;
      this.#write({ id, error: { code, message: error instanceof RpcError ? error.message : 'internal error' } });
    } finally {
      this.#asked -= 1;
    }
  }

  #write(message: object): void {
    if (!this.#closed) this.#send(JSON.stringify({ jsonrpc: '2.0', ...message }));
  }
}

const paramsOf = (message: Json): Json => objectOf(message['params']) ?? {};

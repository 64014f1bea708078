import type { CommandInput, CommandName, CommandResult } from './control-commands.js';
import type { ControlError } from './control-server.js';
import type { ControlState } from './control-views.js';
import type { RecordedKind, RecordKind, RecordKinds, Scene, TranscriptEntry } from './platform/index.js';

/** One happening of the feed. `dropped`: the reader was too slow for `count` of them. */
export type ControlEvent =
  | { readonly kind: 'ready'; readonly data: { readonly kinds: readonly RecordKind[] } }
  | { readonly kind: 'dropped'; readonly data: { readonly count: number } }
  | { [K in RecordKind]: { readonly kind: K; readonly data: RecordKinds[K] } }[RecordKind];

/** The emulator refused. `problems` name the fields. */
export class ControlFailure extends Error {
  override readonly name = 'ControlFailure';
  constructor(
    readonly status: number,
    readonly code: string,
    readonly problems: ControlError['error']['problems'],
  ) {
    super(`${status} ${code}: ${problems.map(({ at, message }) => (at ? `${at}: ${message}` : message)).join('; ')}`);
  }
}

/**
 * An emulator that runs in another process, by its control surface. `fetch` is all it needs, so it runs in a browser.
 * Errors: every method rejects with a ControlFailure when the emulator refuses, or with fetch's own error.
 */
export class EmulatorClient {
  readonly #base: string;

  /** `url`: where the emulator is, or where its control surface is passed on. */
  constructor(url: string) {
    this.#base = `${url.replace(/\/+$/u, '')}/_emulator`;
  }

  /** Acts as a user, asks for a fault, changes a setting. */
  async do<K extends CommandName>(name: K, input: CommandInput<K>): Promise<CommandResult<K>> {
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(input) };
    return (await this.#ask<{ result: CommandResult<K> }>(`/${name}`, init)).result;
  }

  state(): Promise<ControlState> {
    return this.#ask('/state');
  }

  /** What a user, a group, a channel or a DM (by its pseudo guild, or its user) sees. */
  async transcript(scene: Scene, id: string, bot?: string): Promise<TranscriptEntry[]> {
    const query = bot === undefined ? '' : `?bot=${encodeURIComponent(bot)}`;
    const path = `/conversations/${scene}/${encodeURIComponent(id)}${query}`;
    return (await this.#ask<{ entries: TranscriptEntry[] }>(path)).entries;
  }

  /** The newest `limit` records of a kind, oldest first. */
  async records<K extends RecordedKind>(kind: K, limit = 200): Promise<RecordKinds[K][]> {
    return (await this.#ask<{ records: RecordKinds[K][] }>(`/records/${kind}?limit=${limit}`)).records;
  }

  /** What happens from now on, until `signal` aborts, the reader stops or the emulator goes. */
  async *events(given: { kinds?: readonly RecordKind[]; signal?: AbortSignal } = {}): AsyncGenerator<ControlEvent> {
    const query = given.kinds ? `?kinds=${given.kinds.join(',')}` : '';
    const response = await fetch(`${this.#base}/events${query}`, given.signal ? { signal: given.signal } : {});
    if (!response.ok || !response.body) throw await failureOf(response);
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    let rest = '';
    try {
      for (let read = await reader.read(); !read.done; read = await reader.read()) {
        rest += decoder.decode(read.value, { stream: true });
        const blocks = rest.split('\n\n');
        rest = blocks.pop() ?? '';
        for (const block of blocks) {
          const [, kind, data] = /^event: ([^\n]*)\ndata: ([^\n]*)$/u.exec(block) ?? [];
          if (kind && data) yield { kind, data: JSON.parse(data) } as ControlEvent;
        }
      }
    } finally {
      await reader.cancel().catch(() => undefined);
    }
  }

  async #ask<T>(path: string, init?: RequestInit): Promise<T> {
    const response = await fetch(`${this.#base}${path}`, init);
    if (!response.ok) throw await failureOf(response);
    return (await response.json()) as T;
  }
}

const failureOf = async (response: Response): Promise<ControlFailure> => {
  const told = (await response.json().catch(() => undefined)) as ControlError | undefined;
  const { code = 'unreadable', problems = [] } = told?.error ?? {};
  return new ControlFailure(response.status, code, problems);
};

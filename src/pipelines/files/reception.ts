import { BoundedMap } from '../../domain/bounded-map.js';
import type { Attachment, Inbound } from '../../domain/inbound.js';
import type { MediaKind } from '../../domain/message.js';
import { asRouterError, type RouterError } from '../../errors/router-error.js';
import type { Clock } from '../../ports/clock.js';

export type ReceptionDeps = {
  readonly clock: Clock;
  /** Gives the path it was kept at. Errors: `media.*`, `transport.*`, `capacity.full`. */
  readonly fetch: (url: string, kind: MediaKind, name: string | undefined) => Promise<string>;
  readonly onFailed: (message: Inbound, error: RouterError) => void;
};

export type ReceptionOptions = {
  /** A turn waits for its files at most this long, in ms. */
  readonly waitMs: number;
  /** Downloads at a time. @default 4 */
  readonly atOnceMax?: number;
  /** Downloads that wait for one of them; files beyond stay where they are. @default 256 */
  readonly waitingMax?: number;
  /** Messages whose files are remembered; the one heard longest ago is forgotten first. @default 2_000 */
  readonly messagesMax?: number;
};

const DEFAULTS = { atOnceMax: 4, waitingMax: 256, messagesMax: 2_000 } as const;

/**
 * The files of received messages and of what they quote: fetched as soon as a message is there, since their links die soon, and beside the line
 * on which messages come, which they never hold up.
 * Source: qq-bot-api §12 trap 32.
 */
export class Reception {
  readonly #deps: ReceptionDeps;
  readonly #options: Required<ReceptionOptions>;
  readonly #paths: BoundedMap<string, readonly Promise<string | null>[]>;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(deps: ReceptionDeps, options: ReceptionOptions) {
    this.#deps = deps;
    this.#options = { ...DEFAULTS, ...options };
    this.#paths = new BoundedMap(this.#options.messagesMax);
  }

  /** A message came: its files are fetched from now on. Never throws, never waits. */
  begin(message: Inbound): void {
    const files = filesOf(message);
    if (files.length === 0 || this.#paths.has(message.id)) return;
    const paths = files.map((file) => this.#fetch(message, file));
    this.#paths.set(message.id, paths);
  }

  /** Whether any of these has files that are fetched. */
  has(inputs: readonly Inbound[]): boolean {
    return inputs.some(({ id }) => this.#paths.has(id));
  }

  /** The messages with the paths of their files, as far as they are there in time. Never rejects. */
  async settled(inputs: readonly Inbound[], signal: AbortSignal): Promise<readonly Inbound[]> {
    const { clock } = this.#deps;
    let timer: unknown = null;
    let onAbort = (): void => undefined;
    const enough = new Promise<void>((resolve) => {
      timer = clock.setTimeout(resolve, this.#options.waitMs);
      onAbort = resolve;
      signal.addEventListener('abort', onAbort, { once: true });
    });
    const found = new Map<string, (string | null)[]>();
    const all = inputs.flatMap(({ id }) =>
      (this.#paths.get(id) ?? []).map(async (path, index) => {
        const list = found.get(id) ?? [];
        found.set(id, list);
        list[index] = await path;
      }),
    );
    await Promise.race([Promise.all(all), enough]);
    clock.clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    return inputs.map((input) => withPaths(input, found.get(input.id) ?? []));
  }

  async #fetch(message: Inbound, { url, kind, name }: Attachment): Promise<string | null> {
    if (this.#running >= this.#options.atOnceMax) {
      if (this.#waiting.length >= this.#options.waitingMax) {
        this.#deps.onFailed(message, asRouterError(new Error('too many files wait to be fetched'), 'capacity.full'));
        return null;
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#running += 1;
    try {
      return await this.#deps.fetch(url, kind, name);
    } catch (error) {
      this.#deps.onFailed(message, asRouterError(error, 'media.unreadable'));
      return null;
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }
}

/** Its own, then those of the message it quotes. */
const filesOf = ({ attachments, quote }: Inbound): readonly Attachment[] => [
  ...attachments,
  ...(quote?.attachments ?? []),
];

/** `paths`: in the order of `filesOf`. */
const withPaths = (input: Inbound, paths: readonly (string | null)[]): Inbound => {
  if (!paths.some((path) => path)) return input;
  const { attachments, quote } = input;
  const at = (files: readonly Attachment[], from: number): readonly Attachment[] =>
    files.map((file, index) => {
      const path = paths[from + index];
      return path ? { ...file, path } : file;
    });
  const quoted = quote?.attachments;
  return {
    ...input,
    attachments: at(attachments, 0),
    ...(quote && quoted && { quote: { ...quote, attachments: at(quoted, attachments.length) } }),
  };
};

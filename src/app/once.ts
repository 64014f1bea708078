import type { Outcome } from '../domain/reply.js';
import type { SendReport } from '../domain/send.js';
import { RouterError } from '../errors/router-error.js';

export type OnceDeps = {
  /** Errors: the store's; then nothing is sent. */
  readonly load: (key: string) => Promise<SendReport | null>;
  readonly save: (key: string, report: SendReport) => Promise<void>;
};

/** Keys whose outcome is waited for. */
const UNDER_WAY_MAX = 10_000;

/**
 * What is said under a key is said once: a second call hears what became of the first, also where that was under way when
 * the process ended.
 */
export class Once {
  readonly #deps: OnceDeps;
  readonly #underWay = new Map<string, Promise<SendReport>>();
  /** Sends of an earlier life that are being repeated. */
  readonly #repeated = new Map<string, (report: SendReport) => void>();

  constructor(deps: OnceDeps) {
    this.#deps = deps;
  }

  /** Errors: `capacity.full`; the store's, before anything is sent. */
  async say(key: string, send: () => Promise<SendReport>): Promise<SendReport> {
    const other = this.#underWay.get(key);
    if (other) return { ...(await other), duplicate: true };
    if (this.#underWay.size >= UNDER_WAY_MAX) throw new RouterError('capacity.full', 'too many keyed sends wait');
    return this.#track(key, this.#begin(key, send));
  }

  /** An earlier life may have said this; it is repeated with the numbers it had. */
  expect(key: string): void {
    const report = new Promise<SendReport>((resolve) => this.#repeated.set(key, resolve));
    void this.#track(key, report);
  }

  /** What became of a piece that somebody may wait for. */
  heard(key: string, report: SendReport): void {
    this.#repeated.get(key)?.(report);
    this.#repeated.delete(key);
  }

  async #begin(key: string, send: () => Promise<SendReport>): Promise<SendReport> {
    const known = await this.#deps.load(key);
    if (known) return { ...known, duplicate: true };
    const report = await send();
    if (isFinal(report)) await this.#deps.save(key, report);
    return report;
  }

  #track(key: string, report: Promise<SendReport>): Promise<SendReport> {
    this.#underWay.set(key, report);
    const over = (): void => {
      this.#underWay.delete(key);
    };
    report.then(over, over);
    return report;
  }
}

/** Where nothing was tried, the same key may try again. */
export const isFinal = ({ status, code = '' }: SendReport): boolean =>
  status !== 'expired' && code !== 'capacity.full' && !(status === 'rejected' && code.startsWith('store.'));

/** The key of a piece that was said under one. */
export const keyOf = ({ piece }: Outcome): string | undefined => piece.send?.key;

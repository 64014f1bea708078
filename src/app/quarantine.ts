import { BLAME_MAX, Suspects, type Trace } from '../domain/suspects.js';
import type { Logger } from '../log/logger.js';
import type { Clock } from '../ports/clock.js';
import type { Claim } from '../ports/store.js';

/** `free`: nothing is held against it any more. `try`: it is its turn. `giveUp`: it has ended too many lives. */
export type Verdict = 'free' | 'try' | 'giveUp';

/**
 * A life must last this long before such as were under way in several deaths are tried again: one that ends earlier, ended
 * without them. So a storm of kills from outside is nobody's fault. Units: ms.
 */
const CALM_MS = 10_000;

/** Deaths up to which a message is offered again at once, with all others: one may happen to anybody. */
const FREE_DEATHS = 1;

/**
 * Keeps apart what may bring the process down, for all bots of one process: an end of the process is an end of them all.
 * A message that was under way in one death begins its turn anew as if nothing had happened; one that was in more waits
 * for a calm time, and is then tried one at a time. Whatever is not suspected flows on meanwhile.
 * Shape: the ends of earlier lives are read once, when this one begins; nothing but claims needs to be written down, so
 * an end in the middle of a trial is one more end, and no special case.
 */
export class Quarantine {
  readonly #suspects: Suspects;
  readonly #waiting = new Map<string, (verdict: Verdict) => void>();
  /** Suspects whose turns may be under way; nobody is tried beside one who was in fewer deaths. */
  readonly #underWay = new Set<string>();
  readonly #clock: Clock;
  readonly #calm: unknown;
  #isCalm = false;
  #isChoosing = false;

  constructor(clock: Clock, traces: readonly Trace[]) {
    this.#clock = clock;
    this.#suspects = new Suspects(traces);
    this.#calm =
      this.#suspects.count === 0
        ? null
        : clock.setTimeout(() => {
            this.#isCalm = true;
            this.#choose();
          }, CALM_MS);
  }

  get suspects(): number {
    return this.#suspects.count;
  }

  /** Whether it may not begin before it is told so. */
  holds(key: string): boolean {
    return this.#suspects.deaths(key) > FREE_DEATHS;
  }

  /** Asks when it may begin. */
  wait(key: string, told: (verdict: Verdict) => void): void {
    this.#waiting.set(key, told);
    this.#choose();
  }

  /** Its turn may begin from now on. */
  begin(key: string): void {
    if (this.#suspects.deaths(key) > 0) this.#underWay.add(key);
  }

  /** It is not tried again, and did not come to an end of its own. Gives whether it was a suspect. */
  doubt(key: string): boolean {
    this.#suspects.doubt(key);
    return this.#suspects.deaths(key) > 0;
  }

  /** It is answered, or will never be. */
  settled(key: string): void {
    if (this.#suspects.deaths(key) === 0 && !this.#underWay.has(key)) return;
    this.#suspects.acquit(key);
    this.#waiting.delete(key);
    this.#underWay.delete(key);
    this.#choose();
  }

  close(): void {
    this.#clock.clearTimeout(this.#calm);
    this.#waiting.clear();
  }

  #choose(): void {
    if (this.#isChoosing) return;
    this.#isChoosing = true;
    // Whoever is told may bring the next of its conversation forward, or be over in the same step: both are looked at then.
    while (this.#tellDecided() || this.#tellNext());
    this.#isChoosing = false;
  }

  /** Those who are tried next; gives whether there were any, and all of them are over already. */
  #tellNext(): boolean {
    if (!this.#isCalm || this.#underWay.size > 0 || this.#waiting.size === 0) return false;
    for (const key of this.#suspects.nextTrial(this.#waiting.keys())) {
      this.#underWay.add(key);
      this.#tell(key, 'try');
    }
    return this.#underWay.size === 0;
  }

  /** Those whose case is clear; gives whether there were any. */
  #tellDecided(): boolean {
    const cleared = [...this.#waiting.keys()].filter((key) => !this.holds(key));
    const guilty = [...this.#waiting.keys()].find((key) => this.#suspects.blame(key) >= BLAME_MAX);
    for (const key of cleared) this.#tell(key, 'free');
    if (guilty !== undefined) {
      this.#suspects.convict(guilty);
      this.#tell(guilty, 'giveUp');
    }
    return cleared.length > 0 || guilty !== undefined;
  }

  #tell(key: string, verdict: Verdict): void {
    const told = this.#waiting.get(key);
    this.#waiting.delete(key);
    told?.(verdict);
  }
}

/** The quarantine of a life, with what was under way when the earlier ones ended. */
export const quarantineOf = (
  claims: readonly Claim[],
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): Quarantine => {
  const quarantine = new Quarantine(
    clock,
    claims.map(({ life, appId, id }) => ({ life, key: id === null ? null : suspectKey(appId, id) })),
  );
  const { suspects } = quarantine;
  if (suspects > 0) log.info({ suspects }, 'the last life ended in the middle of turns');
  return quarantine;
};

/** A message as it is known over all bots. */
export const suspectKey = (appId: string, id: string): string => `${appId}/${id}`;

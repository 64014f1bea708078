/** Read from the platform's documents (qq-bot-api §3.5–3.8), and from nothing of ours. */
const ENDS_SESSION = new Set([
  4000,
  4003,
  4005,
  4006,
  4007,
  4014,
  4015,
  ...Array.from({ length: 14 }, (_, n) => 4900 + n),
]);

/** Codes after which trying again is right. */
export const RECOVERABLE_CODES: readonly number[] = [
  ...[1000, 1001, 1005, 1006, 1011],
  ...[4000, 4003, 4004, 4005, 4006, 4007, 4008, 4009, 4015],
  ...Array.from({ length: 14 }, (_, n) => 4900 + n),
];

type Frame = { readonly op: number; readonly s?: number; readonly t?: string; readonly d: unknown };

const WINDOW_MS = 5_000;

const numbersIn = (bySession: Map<string, Set<number>>, session: string): Set<number> => {
  const known = bySession.get(session) ?? new Set();
  bySession.set(session, known);
  return known;
};

/**
 * What a bot that keeps the documents' rules knows of its session, told by the wire alone: the least that predicts
 * whether it must say Identify or Resume, and with what.
 */
export class SessionModel {
  session: string | null = null;
  /** 4004 in a row; the third may stop the bot. */
  tokenRefusals = 0;
  readonly broken: string[] = [];
  /** Numbers by session: delivered in this life, delivered in any, safe. */
  readonly #delivered = new Map<string, Set<number>>();
  readonly #ever = new Map<string, Set<number>>();
  readonly #safe = new Map<string, Set<number>>();
  readonly #base = new Map<string, number>();
  readonly #nowMs: () => number;
  #identifiedAtMs = Number.NEGATIVE_INFINITY;
  #unconfirmed = 0;
  #believed = false;
  #isResuming = false;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** A new life that was given this record. */
  restart(session: string | null): void {
    this.session = session;
    this.#forgive();
    this.#isResuming = false;
    // What was not safe died with the old life and has to come again.
    if (session !== null) this.#delivered.set(session, new Set(numbersIn(this.#safe, session)));
  }

  heard(text: string): void {
    const frame = JSON.parse(text) as Frame;
    if (frame.op === 9) this.#hearInvalid(frame.d === true);
    if (frame.op !== 0 || frame.s === undefined) return;
    if (frame.t === 'READY') {
      this.session = (frame.d as { session_id: string }).session_id;
      this.#base.set(this.session, frame.s);
      this.#forgive();
    } else if (frame.t === 'RESUMED') this.#forgive();
    else if (this.session !== null) {
      this.deliveredOf(this.session).add(frame.s);
      numbersIn(this.#ever, this.session).add(frame.s);
    }
  }

  said(text: string): void {
    const { op, d } = JSON.parse(text) as Frame;
    if (op === 2) {
      if (this.session !== null) this.broken.push('identified although the session could be resumed');
      if (this.#nowMs() - this.#identifiedAtMs < WINDOW_MS) this.broken.push('started two sessions within 5 s');
      this.#identifiedAtMs = this.#nowMs();
    }
    if (op === 6) this.#judgeResume(d as { session_id: string; seq: number });
  }

  closed(code: number, wasOpen: boolean): void {
    if (code === 4004) this.tokenRefusals += 1;
    if (wasOpen && ENDS_SESSION.has(code)) this.session = null;
    this.left();
  }

  /** The link is gone, whoever ended it. */
  left(): void {
    this.#isResuming = false;
    if (this.#unconfirmed >= 3) this.session = null;
    if (this.session === null) this.#unconfirmed = 0;
  }

  /** An event is safe: it need not come again. */
  settled(session: string, s: number): void {
    numbersIn(this.#safe, session).add(s);
  }

  deliveredOf(session: string): Set<number> {
    return numbersIn(this.#delivered, session);
  }

  #forgive(): void {
    this.#unconfirmed = 0;
    this.#believed = false;
    this.tokenRefusals = 0;
  }

  #hearInvalid(resumable: boolean): void {
    if (this.session === null) return;
    if (resumable && !this.#believed) this.#believed = true;
    else this.session = null;
    this.left();
  }

  #judgeResume({ session_id, seq }: { session_id: string; seq: number }): void {
    if (this.#isResuming) this.broken.push('resumed twice on one link');
    if (session_id !== this.session) this.broken.push(`resumed ${session_id}, which is over`);
    const safe = numbersIn(this.#safe, session_id);
    const unsafe = [...numbersIn(this.#ever, session_id)].filter((s) => s <= seq && !safe.has(s));
    if (unsafe.length > 0) this.broken.push(`resumed from ${seq} although ${unsafe} is not safe`);
    if (seq < (this.#base.get(session_id) ?? 0)) this.broken.push('resumed from before the session began');
    this.#isResuming = true;
    this.#unconfirmed += 1;
  }
}

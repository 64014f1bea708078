import type { FrameChange, KeptFrames } from '../../../ports/store.js';
import type { Retention } from '../retention.js';
import { AgedMap } from './aged-map.js';

type Kept = {
  profile: string;
  acked: number;
  head: number;
  readonly frames: Map<number, { text: string; atMs: number }>;
  readonly turns: Map<string, number>;
};

/** What agents have been sent and have not acknowledged. */
export class MemoryFrames {
  readonly #agents: AgedMap<string, Kept>;
  readonly #retention: Pick<Retention, 'framesMs' | 'framesMax'>;

  constructor(retention: Pick<Retention, 'framesMs' | 'framesMax' | 'agentsMax'>) {
    this.#agents = new AgedMap(retention.agentsMax, retention.framesMs);
    this.#retention = retention;
  }

  write(changes: readonly FrameChange[], nowMs: number): void {
    for (const change of changes) {
      const known = this.#agents.get(change.sid);
      if (change.kind === 'forget') this.#agents.delete(change.sid);
      else if (change.kind === 'session') {
        const { sid, profile } = change;
        const kept = known ?? { profile, acked: 0, head: 0, frames: new Map(), turns: new Map() };
        this.#agents.set(sid, Object.assign(kept, { profile }), nowMs);
      } else if (known) {
        this.#apply(change, known);
        this.#agents.set(change.sid, known, nowMs);
      }
    }
  }

  load(sid: string): KeptFrames | null {
    const kept = this.#agents.get(sid);
    if (!kept) return null;
    const frames = [...kept.frames].map(([seq, frame]) => ({ seq, ...frame }));
    const turns = [...kept.turns].map(([wire, epoch]) => ({ wire, epoch }));
    return { profile: kept.profile, acked: kept.acked, head: kept.head, frames, turns };
  }

  prune(nowMs: number): number {
    let gone = 0;
    const { framesMs, framesMax } = this.#retention;
    for (const [, { frames }] of this.#agents.newestFirst()) {
      for (const [seq, { atMs }] of frames) {
        if (nowMs - atMs < framesMs && frames.size <= framesMax) break;
        frames.delete(seq);
        gone += 1;
      }
    }
    return gone + this.#agents.prune(nowMs);
  }

  #apply(change: Exclude<FrameChange, { kind: 'forget' | 'session' }>, kept: Kept): void {
    if (change.kind === 'held') kept.turns.set(change.wire, change.epoch);
    if (change.kind === 'let go') kept.turns.delete(change.wire);
    if (change.kind === 'held' || change.kind === 'let go') return;
    const { seq } = change;
    if (change.kind === 'frame') {
      kept.frames.set(seq, { text: change.text, atMs: change.atMs });
      kept.head = Math.max(kept.head, seq);
    }
    if (change.kind === 'ack') kept.acked = Math.max(kept.acked, seq);
    const upTo = { frame: 0, ack: seq, drop: seq - 1 }[change.kind];
    for (const one of kept.frames.keys()) {
      if (one > upTo) break;
      kept.frames.delete(one);
    }
  }
}

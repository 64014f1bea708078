import { BoundedMap } from '../domain/bounded-map.js';
import { peerOf, type Scene, type Target } from '../domain/conversation.js';
import { book, earliestMs, newPace, type Pace, usedOf } from '../domain/pace.js';
import { ACTIVE_PACE, type ActivePace, type PaceLimits } from '../domain/reply-limits.js';

const PEERS_MAX = 20_000;

/** `isActive`: without an anchor. `isUrgent`: a word of the router's own that a user waits for. */
export type SendKind = { readonly isActive?: boolean; readonly isUrgent?: boolean };

/** One in so many of a bot's sends is kept for what is urgent, so that it never waits behind the answers of others. */
const URGENT_OF = 20;

const spareOf = ({ bookedMs }: Pace): number => Math.floor(bookedMs.length / URGENT_OF);

/**
 * One bot's rates: of the bot per scene, and to each peer; and of its messages without an anchor.
 * Shape: a send is counted when it may start, never ahead: a send booked for later would hold up the other peers of its
 * bot until then, and be paid for even where its turn is cancelled before. Peers beyond `PEERS_MAX` are forgotten,
 * the one longest unused first; by then its second is long over.
 */
export class Pacer {
  readonly #limits: PaceLimits;
  readonly #bots: Readonly<Record<Scene, Pace>>;
  readonly #actives: Readonly<Record<Scene, Pace | null>>;
  readonly #peers = new BoundedMap<string, Pace>(PEERS_MAX);

  constructor(limits: PaceLimits, active: ActivePace = ACTIVE_PACE) {
    this.#limits = limits;
    const paceOf = (scene: Scene): Pace | null => active[scene] && newPace(active[scene].count, active[scene].perMs);
    this.#actives = { c2c: paceOf('c2c'), group: paceOf('group'), guild: paceOf('guild'), dm: paceOf('dm') };
    this.#bots = {
      c2c: newPace(limits.c2c.botPerSecond),
      group: newPace(limits.group.botPerSecond),
      guild: newPace(limits.guild.botPerSecond),
      dm: newPace(limits.dm.botPerSecond),
    };
  }

  /** Units: ms. 0: the send starts now and is counted; else it must ask again after so long. */
  book(target: Target, nowMs: number, { isActive = false, isUrgent = false }: SendKind = {}): number {
    const { scene } = target;
    const active = isActive ? this.#actives[scene] : null;
    const bot = this.#bots[scene];
    const paces = [bot, this.#peer(target), ...(active ? [active] : [])];
    const waitMs =
      Math.max(...paces.map((pace) => earliestMs(pace, nowMs, pace === bot && !isUrgent ? spareOf(bot) : 0))) - nowMs;
    if (waitMs === 0) for (const pace of paces) book(pace, nowMs);
    return waitMs;
  }

  /** How many of the sends that the platform allows now are used up. */
  levels(nowMs: number): readonly { readonly what: string; readonly used: number; readonly max: number }[] {
    const scenes = Object.keys(this.#bots) as Scene[];
    return scenes.flatMap((scene) => {
      const active = this.#actives[scene];
      return [
        { what: scene, used: usedOf(this.#bots[scene], nowMs), max: this.#bots[scene].bookedMs.length },
        ...(active ? [{ what: `${scene} active`, used: usedOf(active, nowMs), max: active.bookedMs.length }] : []),
      ];
    });
  }

  #peer(target: Target): Pace {
    const key = `${target.scene}:${peerOf(target)}`;
    const pace = this.#peers.get(key) ?? newPace(this.#limits[target.scene].peerPerSecond);
    this.#peers.set(key, pace);
    return pace;
  }
}

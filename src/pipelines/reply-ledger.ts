import { BoundedMap } from '../domain/bounded-map.js';
import type { Scene } from '../domain/conversation.js';
import type { Anchor } from '../domain/reply.js';
import { REPLY_WINDOWS, type ReplyWindow } from '../domain/reply-limits.js';

/** How many anchors are remembered; the oldest is forgotten first, long after its window has closed. */
const ANCHORS_MAX = 50_000;

/** Numbers of indications begin behind this. */
const ASIDE_SEQ = 1_000_000;

/** What a message can still be answered with. `left` is null without a count. */
export type Standing = { readonly used: number; readonly left: number | null; readonly leftMs: number };

/** Numbers of what programs say beside the answers begin behind this. */
const BESIDE_SEQ = 2_000_000;

export type Reservation = { readonly msgSeq: number } | { readonly closed: 'window' | 'count' };

type Account = { used: number; lastSeq: number; asides: number; untilMs: number; readonly repliesMax: number | null };

/**
 * What each message has been answered with: replies used, the next `msg_seq`, the time left.
 * Shape: a reservation is never given twice, and none is given that the platform would refuse.
 * Source: qq-bot-api §6.3, §12 traps 19–22.
 */
export class ReplyLedger {
  readonly #accounts = new BoundedMap<string, Account>(ANCHORS_MAX);
  readonly #windows: Readonly<Record<Scene, ReplyWindow>>;
  #beside: number;

  constructor(windows: Readonly<Record<Scene, ReplyWindow>> = REPLY_WINDOWS, besideFrom = 0) {
    this.#windows = windows;
    this.#beside = BESIDE_SEQ + besideFrom;
  }

  /** `spare` replies are left for others: a typing indication must not use the last one up. */
  reserve(scene: Scene, anchor: Anchor, nowMs: number, spare = 0): Reservation {
    const account = this.#account(scene, anchor);
    if (nowMs >= account.untilMs) return { closed: 'window' };
    if (account.repliesMax !== null && account.used + spare >= account.repliesMax) return { closed: 'count' };
    account.used += 1;
    account.lastSeq += 1;
    return { msgSeq: account.lastSeq };
  }

  /** The first of the anchors that still takes a reply. */
  reserveFirst(
    scene: Scene,
    anchors: readonly Anchor[],
    nowMs: number,
    spare = 0,
  ): { readonly anchor: Anchor; readonly msgSeq: number } | null {
    for (const anchor of anchors) {
      const reservation = this.reserve(scene, anchor, nowMs, spare);
      if ('msgSeq' in reservation) return { anchor, msgSeq: reservation.msgSeq };
    }
    return null;
  }

  /**
   * For what carries no text: it leaves one reply for the text, and takes its number from a range of its own. It is not
   * written down, and after a restart no text may meet a number it had used.
   */
  reserveAside(
    scene: Scene,
    anchors: readonly Anchor[],
    nowMs: number,
  ): { readonly anchor: Anchor; readonly msgSeq: number } | null {
    for (const anchor of anchors) {
      const account = this.#account(scene, anchor);
      const isFull = account.repliesMax !== null && account.used + 1 >= account.repliesMax;
      if (nowMs >= account.untilMs || isFull) continue;
      account.used += 1;
      account.asides += 1;
      return { anchor, msgSeq: ASIDE_SEQ + account.asides };
    }
    return null;
  }

  /**
   * For what a program says beside the answers: a number of a range of its own, so that whether a message was answered can
   * be read from its answers alone. `besideFrom` keeps the numbers of two lives apart.
   */
  reserveBeside(
    scene: Scene,
    anchors: readonly Anchor[],
    nowMs: number,
  ): { readonly anchor: Anchor; readonly msgSeq: number } | null {
    for (const anchor of anchors) {
      const account = this.#account(scene, anchor);
      const isFull = account.repliesMax !== null && account.used >= account.repliesMax;
      if (nowMs >= account.untilMs || isFull) continue;
      account.used += 1;
      this.#beside += 1;
      return { anchor, msgSeq: this.#beside };
    }
    return null;
  }

  /** Whether anything is counted for this anchor. */
  knows(anchorId: string): boolean {
    return this.#accounts.has(anchorId);
  }

  /** An earlier life has used so many replies, and perhaps an indication that it did not write down. */
  restore(scene: Scene, anchor: Anchor, used: number): void {
    const account = this.#account(scene, anchor);
    account.lastSeq = Math.max(account.lastSeq, used);
    account.used = Math.max(account.used, used + (scene === 'c2c' ? 1 : 0));
  }

  /** An earlier life has used this number; what else it had used may not be known. */
  noteSeq(scene: Scene, anchor: Anchor, msgSeq: number): void {
    if (msgSeq >= ASIDE_SEQ) return;
    const account = this.#account(scene, anchor);
    account.lastSeq = Math.max(account.lastSeq, msgSeq);
  }

  /** A `msg_seq` beyond the ones that count: the frames of one stream together use one reply. */
  nextSeq(scene: Scene, anchor: Anchor): number {
    const account = this.#account(scene, anchor);
    account.lastSeq += 1;
    return account.lastSeq;
  }

  /** Replies that all the anchors together still take; `Infinity` without a count. */
  repliesLeft(scene: Scene, anchors: readonly Anchor[], nowMs: number): number {
    let left = 0;
    for (const anchor of anchors) {
      const { used, untilMs, repliesMax } = this.#account(scene, anchor);
      if (nowMs < untilMs) left += repliesMax === null ? Number.POSITIVE_INFINITY : Math.max(0, repliesMax - used);
    }
    return left;
  }

  /** How long the anchor may still be answered; the window may close while a reserved reply waits. Units: ms. */
  leftMs(scene: Scene, anchor: Anchor, nowMs: number): number {
    return Math.max(0, this.#account(scene, anchor).untilMs - nowMs);
  }

  /** How an anchor stands, without opening an account for it. */
  look(scene: Scene, anchor: Anchor, nowMs: number): Standing {
    const { used, untilMs, repliesMax } = this.#accounts.get(anchor.id) ?? this.#newAccount(scene, anchor);
    return {
      used,
      left: repliesMax === null ? null : Math.max(0, repliesMax - used),
      leftMs: Math.max(0, untilMs - nowMs),
    };
  }

  /** The platform says that this anchor takes no more, whatever was counted here. */
  close(scene: Scene, anchor: Anchor): void {
    this.#account(scene, anchor).untilMs = 0;
  }

  #account(scene: Scene, anchor: Anchor): Account {
    const known = this.#accounts.get(anchor.id);
    if (known) return known;
    const account = this.#newAccount(scene, anchor);
    this.#accounts.set(anchor.id, account);
    return account;
  }

  #newAccount(scene: Scene, { atMs }: Anchor): Account {
    const { windowMs, repliesMax } = this.#windows[scene];
    return { used: 0, lastSeq: 0, asides: 0, untilMs: atMs + windowMs, repliesMax };
  }
}

import { defaultIfEmpty, filter, firstValueFrom, merge, type Observable, take, takeUntil } from 'rxjs';
import type { Outcome, Piece } from '../domain/reply.js';
import { asRouterError, type RouterError } from '../errors/router-error.js';
import type { Clock } from '../ports/clock.js';
import type { MessageApi, SendResult } from '../ports/message-api.js';
import { boundedConcatMap } from './operators/bounded-concat-map.js';
import { timerOn } from './operators/timer-on.js';
import type { Pacer } from './pacer.js';
import type { ReplyLedger } from './reply-ledger.js';

/** What all conversations of one bot share on their way out. */
export type SendingDeps = {
  readonly api: MessageApi;
  readonly clock: Clock;
  /** Draws from [0, 1): jitter of the waits between attempts. */
  readonly random: () => number;
  readonly ledger: ReplyLedger;
  readonly pacer: Pacer;
  /** Replays its present value: sends are held while the gateway is between sessions. */
  readonly online$: Observable<boolean>;
  readonly isOnline: () => boolean;
};

export type OutboundDeps = SendingDeps & {
  /** The fence, asked in the same synchronous step that hands a send to the transport. Source: turns §3.4, G1. */
  readonly isLive: (epoch: number) => boolean;
  /** Emits the epoch of a turn at its cancel point, so that a piece which waits is let go at once. */
  readonly cancelled$: Observable<number>;
};

export type OutboundOptions = {
  /** Pieces of one conversation that wait behind the one being sent. @default 64 */
  readonly waitingMax?: number;
  /** Tries of one piece, all with the same `msg_seq`. @default 4 */
  readonly attemptsMax?: number;
  /** Wait after the first failed try, in ms; doubles. @default 1_000 */
  readonly retryFloorMs?: number;
};

const DEFAULTS = { waitingMax: 64, attemptsMax: 4, retryFloorMs: 1_000 } as const satisfies Required<OutboundOptions>;

/** One conversation's pieces, in order: one is sent, `waitingMax` wait, the rest come back `full` at once. */
export const outbound = (
  piece$: Observable<Piece>,
  deps: OutboundDeps,
  given: OutboundOptions = {},
): Observable<Outcome> => {
  const options = { ...DEFAULTS, ...given };
  return piece$.pipe(
    boundedConcatMap(
      options.waitingMax,
      (piece) => deliver(piece, deps, options),
      (piece): Outcome => ({ piece, status: 'full' }),
    ),
  );
};

/** One piece until its outcome is known, or nothing more may be tried. Never rejects. */
const deliver = async (piece: Piece, deps: OutboundDeps, options: Required<OutboundOptions>): Promise<Outcome> => {
  if (!deps.isLive(piece.epoch)) return { piece, status: 'fenced' };
  const spare = piece.content.kind === 'typing' ? 1 : 0;
  const reservation = deps.ledger.reserve(piece.target.scene, piece.anchor, deps.clock.now(), spare);
  if ('closed' in reservation) return windowClosed(piece);

  let mayHaveArrived = false;
  for (let tries = 1; ; tries += 1) {
    const start = await mayStart(piece, deps);
    const result = start === 'now' ? await attempt(piece, reservation.msgSeq, deps) : start;
    if (result === 'fenced' || result === 'closed') {
      if (mayHaveArrived) return { piece, status: 'unknown', code: 'transport.lost' };
      return result === 'fenced' ? { piece, status: 'fenced' } : windowClosed(piece);
    }
    if (!('error' in result)) return { piece, ...result };
    const { error } = result;
    if (error.code === 'platform.arrived') return { piece, status: 'arrived' };
    mayHaveArrived ||= isUnknown(error);
    if (!isWorthAnotherTry(error) || tries >= options.attemptsMax) {
      return mayHaveArrived ? { piece, status: 'unknown', code: error.code } : refusal(piece, error);
    }
    const waitMs = options.retryFloorMs * 2 ** (tries - 1) * (0.5 + deps.random() / 2);
    await unlessCancelled(piece, deps, timerOn(deps.clock, Math.max(waitMs, error.more.retryAfterMs ?? 0)));
  }
};

type Attempt =
  | 'fenced'
  | { readonly status: 'sent'; readonly sentId: string }
  | { readonly status: 'pending'; readonly auditId: string }
  | { readonly error: RouterError };

const attempt = async (piece: Piece, msgSeq: number, deps: OutboundDeps): Promise<Attempt> => {
  const { target, anchor, content } = piece;
  const isStillLive = (): boolean => deps.isLive(piece.epoch);
  try {
    const result: SendResult =
      content.kind === 'text'
        ? await deps.api.sendText({ target, anchor, msgSeq, text: content.text }, isStillLive)
        : await deps.api.sendTyping({ target, anchor, msgSeq, seconds: content.seconds }, isStillLive);
    if ('fenced' in result) return 'fenced';
    return 'sentId' in result
      ? { status: 'sent', sentId: result.sentId }
      : { status: 'pending', auditId: result.auditId };
  } catch (thrown) {
    return { error: asRouterError(thrown, 'platform.refused') };
  }
};

/** `now` once the gateway is up and the pace allows it; else what came before that: a cancel, the end of the window. */
const mayStart = async (piece: Piece, deps: OutboundDeps): Promise<'now' | 'fenced' | 'closed'> => {
  const { clock, ledger, pacer } = deps;
  while (deps.isLive(piece.epoch)) {
    const leftMs = ledger.leftMs(piece.target.scene, piece.anchor, clock.now());
    if (leftMs === 0) return 'closed';
    if (!deps.isOnline()) {
      await unlessCancelled(piece, deps, merge(deps.online$.pipe(filter(Boolean)), timerOn(clock, leftMs)));
      continue;
    }
    const waitMs = pacer.book(piece.target, clock.now());
    if (waitMs === 0) return 'now';
    await unlessCancelled(piece, deps, timerOn(clock, waitMs));
  }
  return 'fenced';
};

/** Waits for the first of: `until$` emits, the piece's turn is cancelled. */
const unlessCancelled = async (piece: Piece, deps: OutboundDeps, until$: Observable<unknown>): Promise<void> => {
  if (!deps.isLive(piece.epoch)) return;
  const cancelled$ = deps.cancelled$.pipe(filter((epoch) => epoch === piece.epoch));
  await firstValueFrom(until$.pipe(take(1), takeUntil(cancelled$), defaultIfEmpty(undefined)));
};

/** Errors after which nobody knows whether the message arrived. */
const isUnknown = (error: RouterError): boolean =>
  error.code === 'transport.timeout' || error.code === 'transport.lost';

const isWorthAnotherTry = (error: RouterError): boolean => error.next === 'retry' || error.next === 'reconnect';

/** Foreseen here, so that the platform need not refuse it. */
const windowClosed = (piece: Piece): Outcome => ({ piece, status: 'refused', code: 'platform.windowClosed' });

const refusal = (piece: Piece, { code, more }: RouterError): Outcome => ({
  piece,
  status: 'refused',
  code,
  ...(more.platformCode !== undefined && { platformCode: more.platformCode }),
});

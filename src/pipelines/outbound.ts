import { defer, filter, type Observable } from 'rxjs';
import { type Outcome, type Piece, type PieceContent, saidBy, textOfPiece } from '../domain/reply.js';
import { knowsRepeats } from '../domain/reply-limits.js';
import type { WrittenFrame } from '../ports/store.js';
import { boundedConcatMap } from './operators/bounded-concat-map.js';
import { timerOn } from './operators/timer-on.js';
import { type AttemptOptions, attempt } from './sending/attempts.js';
import { BubbleSender } from './sending/bubble.js';
import { type Leave, readiness, unlessRevoked } from './sending/readiness.js';
import { type EarlierActive, type Reserved, sendText } from './sending/send-text.js';
import type { SendingDeps, Slot } from './sending/sending-deps.js';

export type { SendingDeps } from './sending/sending-deps.js';

export type OutboundDeps = SendingDeps & {
  /** Whether this epoch's pieces may still be sent. */
  readonly isLive: (epoch: number) => boolean;
  /** Whether anything may be sent at all: the lease holds. */
  readonly mayWrite: () => boolean;
  /** Emits the epoch of a turn at its cancel point, so that a piece which waits is let go at once. */
  readonly cancelled$: Observable<number>;
};

export type OutboundOptions = Partial<AttemptOptions> & {
  /** Orders of one conversation that wait behind the one being carried out. @default 64 */
  readonly waitingMax?: number;
  /** A pause between two messages of one answer, drawn anew each time. Absent: none. Units: ms. */
  readonly pauseMs?: () => number;
};

const DEFAULTS = { waitingMax: 64, attemptsMax: 4, retryFloorMs: 1_000 } as const satisfies Required<
  Omit<OutboundOptions, 'pauseMs'>
>;

/** `close`: the turn is over; a bubble it left open is ended. */
export type Order =
  /** `opening`: the reply that was reserved for a bubble which begins with this piece. */
  | { readonly do: 'send'; readonly piece: Piece; readonly reserved?: Reserved; readonly opening?: Slot }
  /** A send of an earlier life whose outcome nobody wrote down. */
  | {
      readonly do: 'resend';
      readonly piece: Piece;
      readonly reserved?: Reserved;
      readonly active?: EarlierActive;
      /** Of a bubble that was open. */
      readonly frame?: WrittenFrame;
    }
  | { readonly do: 'close'; readonly epoch: number };

export type Carried = Outcome | { readonly status: 'closed'; readonly epoch: number };

/** One conversation's orders, one after the other; `waitingMax` wait, further pieces come back `full` at once. */
export const outbound = (
  order$: Observable<Order>,
  deps: OutboundDeps,
  given: OutboundOptions = {},
): Observable<Carried> => {
  const options = { ...DEFAULTS, ...given };
  const always: Leave = { isLive: deps.mayWrite, revoked$: deps.cancelled$.pipe(filter(() => false)) };
  const bubbles = new BubbleSender(deps, options, always);
  /** Something of this turn is parked; what follows it must not overtake it. `waiting`: of a bubble it cannot have. */
  let parked: { readonly epoch: number; readonly waiting: string } | null = null;

  /** The turn that the last message of an answer belonged to. */
  let saidOf: number | null = null;

  const carryOut = async (order: Order): Promise<Carried> => {
    if (order.do === 'close') {
      await bubbles.close(order.epoch);
      return { status: 'closed', epoch: order.epoch };
    }
    const { piece, reserved } = order;
    if (order.do === 'resend') {
      const leave = leaveFor(piece, deps, always);
      const { content } = piece;
      // Whoever asked knows it by the piece that was handed on. A bubble is ended whatever became of its turn.
      if (content.kind === 'stream' && reserved && order.frame)
        return { ...(await bubbles.endLeft({ ...piece, content }, reserved.slot, order.frame, leave)), piece };
      const mayRepeat = order.active ? !order.active.isTried : knowsRepeats(piece.target.scene);
      if (!mayRepeat || !leave.isLive()) return leaveUnknown(order, deps);
      if (content.kind === 'stream' && reserved)
        return { ...(await bubbles.resend({ ...piece, content }, reserved.slot, leave)), piece };
    }
    const leave = leaveFor(piece, deps, always);
    const outcome = await sendPiece(order, leave);
    if (outcome.status !== 'parked') return outcome;
    // The turn ended while this was on its way: nothing of it is said later either.
    if (!leave.isLive()) return { piece, status: 'fenced', ...(outcome.said !== undefined && { said: outcome.said }) };
    parked = { epoch: piece.epoch, waiting: '' };
    deps.log?.park(outcome);
    return outcome;
  };

  const sendPiece = async (order: Exclude<Order, { do: 'close' }>, leave: Leave): Promise<Outcome> => {
    const { piece, reserved } = order;
    if (parked?.epoch === piece.epoch && piece.role === 'answer' && piece.content.kind !== 'typing') {
      const outcome = behindParked(piece, parked.waiting, piece.content);
      if (outcome.status === 'deferred') parked = { ...parked, waiting: parked.waiting + piece.content.text };
      if (reserved) deps.log?.end(reserved.slot, outcome);
      return outcome;
    }
    const opening = order.do === 'send' ? order.opening : undefined;
    if (piece.content.kind === 'stream') return bubbles.send({ ...piece, content: piece.content }, leave, opening);
    if (piece.content.kind === 'typing') return showTyping(piece, piece.content.seconds, leave, deps, options);
    if (piece.content.kind === 'text' && piece.content.via === 'park')
      return { piece, status: 'parked', text: piece.content.text };
    const active = order.do === 'resend' ? order.active : undefined;
    const isNext = piece.role === 'answer' && saidOf === piece.epoch;
    if (isNext && options.pauseMs) await unlessRevoked(leave, timerOn(deps.clock, options.pauseMs()));
    const outcome = await sendText(piece, piece.content.text, leave, deps, options, reserved, active);
    if (piece.role === 'answer' && saidBy(outcome) !== null) saidOf = piece.epoch;
    return outcome;
  };

  return order$.pipe(
    boundedConcatMap(options.waitingMax, carryOut, (order): Carried => {
      if (order.do === 'close') return { status: 'closed', epoch: order.epoch };
      const outcome: Outcome = { piece: order.piece, status: 'full' };
      if (order.reserved) deps.log?.end(order.reserved.slot, outcome);
      return outcome;
    }),
  );
};

/** Whether an earlier life got as far as sending it is not known, and a repeat could not be told from a second message. */
const leaveUnknown = (
  { piece, reserved, active }: Extract<Order, { do: 'resend' }>,
  { log }: OutboundDeps,
): Outcome => {
  // An active message that was never tried is known not to have arrived.
  const outcome: Outcome =
    active && !active.isTried
      ? { piece, status: 'fenced' }
      : { piece, status: 'unknown', code: 'transport.lost', maybe: textOfPiece(piece) };
  if (reserved) log?.end(reserved.slot, outcome);
  if (active) log?.active.end(active.key, outcome);
  return outcome;
};

/** A message of words is parked as it is, of any other its words; a file cannot wait; a bubble's text once it is whole. */
const behindParked = (piece: Piece, waiting: string, content: Exclude<PieceContent, { kind: 'typing' }>): Outcome => {
  const text = waiting + content.text;
  if (content.kind === 'message' && content.part.media) {
    return { piece, status: 'refused', code: 'platform.windowClosed' };
  }
  const isWhole = content.kind !== 'stream' || content.isLast;
  return isWhole && text !== '' ? { piece, status: 'parked', text } : { piece, status: 'deferred' };
};

const leaveFor = (piece: Piece, deps: OutboundDeps, always: Leave): Leave => {
  // A notice of no turn has the epoch 0.
  if (piece.role === 'answer' || piece.epoch > 0) return leaveOf(piece.epoch, deps);
  return piece.send ? untilDue(piece.send.untilMs, deps) : always;
};

/** A send that has not begun by its time is not begun at all. */
const untilDue = (untilMs: number, { clock, mayWrite }: OutboundDeps): Leave => ({
  isLive: () => clock.now() < untilMs && mayWrite(),
  revoked$: defer(() => timerOn(clock, Math.max(0, untilMs - clock.now()))),
});

const leaveOf = (epoch: number, { isLive, mayWrite, cancelled$ }: OutboundDeps): Leave => ({
  isLive: () => isLive(epoch) && mayWrite(),
  revoked$: cancelled$.pipe(filter((cancelled) => cancelled === epoch)),
});

/** One try, and none that would use the last reply up: an indication is not worth more. */
const showTyping = async (
  piece: Piece,
  seconds: number,
  leave: Leave,
  deps: SendingDeps,
  options: AttemptOptions,
): Promise<Outcome> => {
  const { target, anchors } = piece;
  const { ledger, clock, api, rights } = deps;
  const slot = rights.mayType() ? ledger.reserveAside(target.scene, anchors, clock.now()) : null;
  if (!slot) return { piece, status: 'refused', code: 'platform.windowClosed' };
  const attempted = await attempt(
    () => readiness(target, leave, () => ledger.leftMs(target.scene, slot.anchor, clock.now()), deps),
    async () => {
      const result = await api.sendTyping({ target, ...slot, seconds }, leave.isLive);
      return 'fenced' in result ? 'fenced' : result;
    },
    leave,
    deps,
    options,
    () => false,
  );
  if (attempted.is === 'done') return { piece, status: 'sent', sentId: '', said: '' };
  if (attempted.is !== 'failed') return { piece, status: 'fenced' };
  if (attempted.error.more.action === 'dropTyping') rights.loseTyping();
  return { piece, status: 'refused', code: attempted.error.code };
};

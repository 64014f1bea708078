import { cutAll } from '../../domain/block-cutter.js';
import { mendUrls } from '../../domain/mend-urls.js';
import { type Outcome, type Piece, saidBy } from '../../domain/reply.js';
import { knowsRepeats } from '../../domain/reply-limits.js';
import { remedyFor } from '../../domain/send-remedies.js';
import { asRouterError, type RouterError } from '../../errors/router-error.js';
import type { SendResult } from '../../ports/message-api.js';
import { type Attempted, type AttemptOptions, attempt, isWorthAnotherTry, leavesOpen } from './attempts.js';
import { type Leave, readiness } from './readiness.js';
import type { SendingDeps, Slot } from './sending-deps.js';

/** A message as it is tried; what a refusal teaches changes it, once for each lesson. */
type Form = { readonly text: string; readonly format: 'text' | 'markdown'; readonly isMended: boolean };

/** What stays the same for a piece and its parts. */
type Job = {
  readonly piece: Piece;
  readonly leave: Leave;
  readonly deps: SendingDeps;
  readonly options: AttemptOptions;
  /** Replies that are written down for this piece, and when they were. */
  readonly written: Map<Slot, Promise<void>>;
};

/** `splits`: how often it has been halved. `slot`: a reply that was reserved for it and is not used. */
type Part = {
  readonly text: string;
  readonly splits: number;
  readonly slot: Slot | null;
  readonly mayHaveArrived: boolean;
};

/** An active message waits this long at most; it has no window of its own. */
const ACTIVE_WAIT_MS = 5 * 60_000;
/** A message that is too long is halved this often. */
const SPLITS_MAX = 3;
const PART_CHARS_MIN = 64;

type Said = Exclude<Outcome, { status: 'deferred' }>;

/** A reply that was reserved and written down before the piece's turn on the line had come. */
export type Reserved = {
  readonly slot: Slot;
  readonly written: Promise<void>;
  /** An earlier life may have sent it: it is said with this pair, or not at all. */
  readonly isRepeat?: boolean;
};

/**
 * One text until its outcome is known, or nothing more may be tried. Never rejects.
 * `answer` pieces that no reply can carry go out as active messages where that is allowed, or are parked.
 */
export const sendText = async (
  piece: Piece,
  text: string,
  leave: Leave,
  deps: SendingDeps,
  options: AttemptOptions,
  reserved: Reserved | null = null,
): Promise<Said> => {
  const written = new Map<Slot, Promise<void>>();
  if (reserved) written.set(reserved.slot, reserved.written);
  const outcome = await sendPart(
    { text, splits: 0, slot: reserved?.slot ?? null, mayHaveArrived: reserved?.isRepeat ?? false },
    { piece, leave, deps, options, written },
  );
  for (const slot of written.keys()) deps.log?.end(slot, outcome);
  return outcome;
};

const sendPart = async ({ text, splits, slot: given, mayHaveArrived: isRepeat }: Part, job: Job): Promise<Said> => {
  const { piece, leave, deps } = job;
  const { target, anchors } = piece;
  const { clock, ledger, rights } = deps;
  const nextSlot = (): Slot | null => ledger.reserveFirst(target.scene, anchors, clock.now());
  const wantsReply = piece.content.kind !== 'text' || piece.content.via === 'reply';
  let form: Form = { text, format: rights.mayMarkdown(target) ? 'markdown' : 'text', isMended: false };
  let slot = given ?? (wantsReply ? nextSlot() : null);
  let mayHaveArrived = isRepeat;

  for (;;) {
    if (!leave.isLive()) return mayHaveArrived ? unknown(piece, form.text) : { piece, status: 'fenced' };
    if (!slot && !mayBeActive(piece, deps)) return withoutSlot(piece, text);
    const notWritten = slot && (await writeDown(form.text, slot, job));
    if (notWritten) return mayHaveArrived ? unknown(piece, form.text, notWritten) : refusal(piece, notWritten);
    const attempted = await trySend(form, slot, job);
    if (attempted.is === 'done') return outcomeOf(piece, attempted.value, form.text);
    mayHaveArrived ||= attempted.mayHaveArrived;
    if (attempted.is !== 'failed') {
      if (mayHaveArrived) return unknown(piece, form.text);
      if (attempted.is === 'fenced') return { piece, status: 'fenced' };
      if (!slot) return withoutSlot(piece, text);
      slot = nextSlot();
      continue;
    }

    const { error } = attempted;
    const remedy = remedyFor(error);
    learn(remedy.forget, piece, deps);
    if (remedy.next === 'settled') return { piece, status: 'arrived', said: form.text };
    const givenUp = (): Said => (mayHaveArrived ? unknown(piece, form.text, error) : refusal(piece, error));
    // With the same `msg_seq` the platform knows again what had arrived; any other way would say it twice.
    const isSafe =
      !mayHaveArrived ||
      (slot && knowsRepeats(target.scene) && (remedy.next === 'plainText' || remedy.next === 'mendUrl'));
    if (!isSafe) return givenUp();
    switch (remedy.next) {
      case 'plainText':
        if (form.format === 'text') return givenUp();
        form = { ...form, format: 'text' };
        break;
      case 'mendUrl':
        if (form.isMended) return givenUp();
        form = { ...form, text: mendUrls(form.text), isMended: true };
        break;
      case 'split':
        return splits < SPLITS_MAX && form.text.length > PART_CHARS_MIN
          ? sendHalves({ text: form.text, splits: splits + 1, slot }, job)
          : givenUp();
      case 'active':
        if (!slot) return withoutSlot(piece, text);
        ledger.close(target.scene, slot.anchor);
        slot = nextSlot();
        break;
      // Tried often enough for now; the next message of the user is another chance.
      case 'retryLater':
      case 'park':
        return withoutSlot(piece, text, error);
      default:
        return givenUp();
    }
  }
};

/** Nothing is tried that is not written down: a restart would not know of it, and say it again. */
const writeDown = async (text: string, slot: Slot, { piece, deps, written }: Job): Promise<RouterError | null> => {
  if (!deps.log) return null;
  const writing = written.get(slot) ?? deps.log.begin(piece, slot, text);
  written.set(slot, writing);
  try {
    await writing;
    return null;
  } catch (error) {
    return asRouterError(error, 'store.failed');
  }
};

const trySend = async (
  form: Form,
  slot: Slot | null,
  { piece: { target }, leave, deps, options }: Job,
): Promise<Attempted<SendResult>> => {
  const { clock, ledger, active, api } = deps;
  const untilMs = clock.now() + ACTIVE_WAIT_MS;
  const leftMs = (): number =>
    slot ? ledger.leftMs(target.scene, slot.anchor, clock.now()) : Math.max(0, untilMs - clock.now());
  const { text, format } = form;
  return attempt(
    () => readiness(target, leave, leftMs, deps, slot === null),
    async () => {
      if (!slot) active.spend(target, clock.now());
      const message = {
        target,
        text,
        format,
        ...(slot ? { anchor: slot.anchor, msgSeq: slot.msgSeq } : { msgSeq: 1 }),
      };
      const result = await api.sendText(message, leave.isLive);
      return 'fenced' in result ? 'fenced' : result;
    },
    leave,
    deps,
    options,
    // Where nothing makes a repeat harmless, what may have arrived is not repeated.
    (error) => ((slot !== null && knowsRepeats(target.scene)) || !leavesOpen(error)) && isWorthAnotherTry(error),
  );
};

/** Two parts in place of one message that was too long. What cannot be said now is parked with all that follows it. */
const sendHalves = async ({ text, splits, slot }: Omit<Part, 'mayHaveArrived'>, job: Job): Promise<Said> => {
  const { piece } = job;
  const maxChars = Math.max(PART_CHARS_MIN, Math.ceil(text.length / 2) + PART_CHARS_MIN / 2);
  // A first part of that length leaves no more than a second one can hold.
  const firstChars = Math.max(1, text.length - maxChars);
  const parts = cutAll(text, { firstChars, minChars: maxChars, maxChars });
  const said: string[] = [];
  const withSaid = <Some extends Said>(outcome: Some): Some =>
    said.length === 0 ? outcome : { ...outcome, said: said.join('\n') };
  let doubt: Extract<Said, { status: 'unknown' }> | null = null;
  let last: Said = { piece, status: 'refused', code: 'platform.contentRefused' };
  for (const [index, part] of parts.entries()) {
    last = await sendPart({ text: part, splits, slot: index === 0 ? slot : null, mayHaveArrived: false }, job);
    const heard = saidBy(last);
    if (heard !== null) said.push(heard);
    if (last.status === 'unknown') doubt = last;
    else if (last.status === 'parked' && doubt === null) {
      return withSaid({ ...last, text: [last.text, ...parts.slice(index + 1)].join('\n') });
    } else if (heard === null) break;
  }
  return withSaid(doubt ?? last);
};

const mayBeActive = ({ role, target, send }: Piece, { active, clock }: SendingDeps): boolean => {
  if (role === 'send') return send?.mode !== 'passive' && active.isAllowed(target, clock.now(), true);
  return role === 'answer' && active.isAllowed(target, clock.now());
};

/** An answer waits for the user's next message; a notice is of no use by then. */
const withoutSlot = (piece: Piece, text: string, error?: RouterError): Said => {
  if (piece.role === 'answer') return { piece, status: 'parked', text };
  return error ? refusal(piece, error) : { piece, status: 'refused', code: 'platform.windowClosed' };
};

const learn = (lesson: string | undefined, { target }: Piece, { active, rights, clock }: SendingDeps): void => {
  if (lesson === 'markdown') rights.loseMarkdown(target);
  if (lesson === 'typing') rights.loseTyping();
  if (lesson === 'active' || lesson === 'target') active.refuse(target, clock.now());
};

const outcomeOf = (piece: Piece, result: SendResult, said: string): Said => {
  if ('fenced' in result) return { piece, status: 'fenced' };
  return 'sentId' in result
    ? { piece, status: 'sent', sentId: result.sentId, said }
    : { piece, status: 'pending', auditId: result.auditId, said };
};

const unknown = (piece: Piece, maybe: string, error?: RouterError): Said => ({
  piece,
  status: 'unknown',
  code: error?.code ?? 'transport.lost',
  maybe,
});

const refusal = (piece: Piece, { code, more }: RouterError): Said => ({
  piece,
  status: 'refused',
  code,
  ...(more.platformCode !== undefined && { platformCode: more.platformCode }),
});

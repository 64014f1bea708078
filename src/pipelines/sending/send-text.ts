import { cutAll } from '../../domain/block-cutter.js';
import { mendUrls } from '../../domain/mend-urls.js';
import type { Anchor, Outcome, Piece } from '../../domain/reply.js';
import { remedyFor } from '../../domain/send-remedies.js';
import type { RouterError } from '../../errors/router-error.js';
import type { SendResult } from '../../ports/message-api.js';
import { type Attempted, type AttemptOptions, attempt, isUnknown } from './attempts.js';
import { type Leave, readiness } from './readiness.js';
import type { SendingDeps } from './sending-deps.js';

type Slot = { readonly anchor: Anchor; readonly msgSeq: number };

/** A message as it is tried; what a refusal teaches changes it, once for each lesson. */
type Form = { readonly text: string; readonly format: 'text' | 'markdown'; readonly isMended: boolean };

/** An active message waits this long at most; it has no window of its own. */
const ACTIVE_WAIT_MS = 5 * 60_000;
/** A message that is too long is halved this often. */
const SPLITS_MAX = 3;

type Said = Exclude<Outcome, { status: 'deferred' }>;

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
  splits = 0,
): Promise<Said> => {
  const { clock, ledger, rights } = deps;
  const { target, anchors } = piece;
  const wantsReply = piece.content.kind !== 'text' || piece.content.via === 'reply';
  let form: Form = { text, format: rights.mayMarkdown(target) ? 'markdown' : 'text', isMended: false };
  let slot: Slot | null = wantsReply ? ledger.reserveFirst(target.scene, anchors, clock.now()) : null;

  for (;;) {
    if (!leave.isLive()) return { piece, status: 'fenced' };
    if (!slot && !mayBeActive(piece, deps)) return withoutSlot(piece, text);
    const attempted = await trySend(piece, form, slot, leave, deps, options);
    if (attempted.is === 'done') return outcomeOf(piece, attempted.value, form.text);
    if (attempted.is !== 'failed') {
      if (attempted.mayHaveArrived) return unknown(piece, form.text);
      if (attempted.is === 'fenced') return { piece, status: 'fenced' };
      slot = slot && ledger.reserveFirst(target.scene, anchors, clock.now());
      continue;
    }

    const { error, mayHaveArrived } = attempted;
    const remedy = remedyFor(error);
    learn(remedy.forget, piece, deps);
    if (remedy.next === 'settled') return { piece, status: 'arrived', said: form.text };
    if (mayHaveArrived || isUnknown(error)) return unknown(piece, form.text, error);
    switch (remedy.next) {
      case 'plainText':
        if (form.format === 'text') return refusal(piece, error);
        form = { ...form, format: 'text' };
        break;
      case 'mendUrl':
        if (form.isMended) return refusal(piece, error);
        form = { ...form, text: mendUrls(form.text), isMended: true };
        break;
      case 'split':
        return splits < SPLITS_MAX
          ? sendHalves(piece, form.text, leave, deps, options, splits + 1)
          : refusal(piece, error);
      case 'active':
        if (!slot) return withoutSlot(piece, text);
        ledger.close(target.scene, slot.anchor);
        slot = ledger.reserveFirst(target.scene, anchors, clock.now());
        break;
      // Tried often enough for now; the next message of the user is another chance.
      case 'retryLater':
      case 'park':
        return withoutSlot(piece, text, error);
      default:
        return refusal(piece, error);
    }
  }
};

const trySend = async (
  { target }: Piece,
  form: Form,
  slot: Slot | null,
  leave: Leave,
  deps: SendingDeps,
  options: AttemptOptions,
): Promise<Attempted<SendResult>> => {
  const { clock, ledger, active, api } = deps;
  const untilMs = clock.now() + ACTIVE_WAIT_MS;
  const leftMs = (): number =>
    slot ? ledger.leftMs(target.scene, slot.anchor, clock.now()) : Math.max(0, untilMs - clock.now());
  const { text, format } = form;
  return attempt(
    () => readiness(target, leave, leftMs, deps),
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
    // Without an anchor nothing makes a repeat harmless, so what may have arrived is not repeated.
    (error) => (slot !== null || !isUnknown(error)) && (error.next === 'retry' || error.next === 'reconnect'),
  );
};

/** Two halves in place of one message that was too long; the first that fails decides. */
const sendHalves = async (
  piece: Piece,
  text: string,
  leave: Leave,
  deps: SendingDeps,
  options: AttemptOptions,
  splits: number,
): Promise<Said> => {
  const maxChars = Math.max(64, Math.ceil(text.length / 2) + 64);
  const parts = cutAll(text, { firstChars: maxChars / 2, minChars: maxChars / 2, maxChars });
  const said: string[] = [];
  let last: Said = { piece, status: 'full' };
  for (const part of parts) {
    last = await sendText(piece, part, leave, deps, options, splits);
    if (last.status !== 'sent' && last.status !== 'arrived' && last.status !== 'pending') {
      return said.length === 0 ? last : { piece, status: 'arrived', said: said.join('\n') };
    }
    said.push(last.said);
  }
  return last.status === 'sent' ? { ...last, said: said.join('\n') } : last;
};

const mayBeActive = (piece: Piece, { active, clock }: SendingDeps): boolean =>
  piece.role === 'answer' && active.isAllowed(piece.target, clock.now());

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

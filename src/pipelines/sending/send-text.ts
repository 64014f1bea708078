import { cutAll } from '../../domain/block-cutter.js';
import type { MediaRef, MessagePart } from '../../domain/message-parts.js';
import { type Outcome, type Piece, saidBy } from '../../domain/reply.js';
import { knowsRepeats } from '../../domain/reply-limits.js';
import { type Forgotten, remedyFor } from '../../domain/send-remedies.js';
import { asRouterError, RouterError } from '../../errors/router-error.js';
import type { MessageApi, OutgoingFile, OutgoingText, SendResult } from '../../ports/message-api.js';
import { type Attempted, type AttemptOptions, attempt, isWorthAnotherTry, leavesOpen } from './attempts.js';
import { type Form, firstForm, halfOf, heeding, isWords } from './form.js';
import { type Leave, readiness } from './readiness.js';
import { reserveFor, type SendingDeps, type Slot } from './sending-deps.js';

/** What stays the same for a piece and its parts. */
type Job = {
  readonly piece: Piece;
  readonly leave: Leave;
  readonly deps: SendingDeps;
  readonly options: AttemptOptions;
  /** Replies that were reserved for this piece, and when they were written down. */
  readonly written: Map<Slot, Promise<void>>;
  /** Keys of active messages that are written down for this piece. */
  readonly actives: string[];
  readonly earlier: EarlierActive | null;
};

/** `splits`: how often it has been halved. `slot`: a reply that was reserved for it and is not used. */
type Part = {
  readonly form: Form;
  readonly splits: number;
  readonly slot: Slot | null;
  readonly mayHaveArrived: boolean;
};

/** An active message waits this long at most; it has no window of its own. */
const ACTIVE_WAIT_MS = 5 * 60_000;
/** A message that is too long is halved this often. */
const SPLITS_MAX = 3;
const PART_CHARS_MIN = 64;

/** A target that cannot be reached is left alone for so long, or until it is heard from. */
const TARGET_GONE_MS = 24 * 60 * 60_000;

type Said = Exclude<Outcome, { status: 'deferred' }>;

/** A reply that was reserved and written down before the piece's turn on the line had come. */
export type Reserved = {
  readonly slot: Slot;
  /** Absent: it is written down once its file is uploaded. */
  readonly written?: Promise<void>;
  /** An earlier life may have sent it: it is said with this pair, or not at all. */
  readonly isRepeat?: boolean;
};

/** An active message that an earlier life had written down. */
export type EarlierActive = { readonly key: string; readonly isTried: boolean };

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
  earlier: EarlierActive | null = null,
): Promise<Said> => {
  const written = new Map<Slot, Promise<void>>();
  const actives: string[] = earlier ? [earlier.key] : [];
  if (reserved?.written) written.set(reserved.slot, reserved.written);
  const outcome = await sendPart(
    {
      form: firstForm(piece, text, deps.rights),
      splits: 0,
      slot: reserved?.slot ?? null,
      mayHaveArrived: reserved?.isRepeat ?? false,
    },
    { piece, leave, deps, options, written, actives, earlier },
  );
  for (const slot of written.keys()) deps.log?.end(slot, outcome);
  for (const key of actives) deps.log?.active.end(key, outcome);
  return outcome;
};

const sendPart = async (
  { form: first, splits, slot: given, mayHaveArrived: isRepeat }: Part,
  job: Job,
): Promise<Said> => {
  const { piece, leave, deps } = job;
  const { target } = piece;
  const { clock, ledger } = deps;
  const nextSlot = (): Slot | null => reserveFor(piece, ledger, clock.now());
  let form = first;
  let slot = given ?? (wantsReply(piece) ? nextSlot() : null);
  let mayHaveArrived = isRepeat;

  for (;;) {
    const said = form.part.plain;
    if (!leave.isLive()) return mayHaveArrived ? unknown(piece, said) : { piece, status: 'fenced' };
    if (!slot && !mayBeActive(piece, deps)) return withoutSlot(piece, said);
    const ready = await prepare(form, slot, job);
    if ('refused' in ready) {
      return mayHaveArrived ? unknown(piece, said, ready.refused) : refusal(piece, ready.refused);
    }
    const attempted = await trySend(form, ready, slot, job);
    if (attempted.is === 'done') return outcomeOf(piece, attempted.value, said);
    mayHaveArrived ||= attempted.mayHaveArrived;
    if (attempted.is !== 'failed') {
      if (mayHaveArrived) return unknown(piece, said);
      if (attempted.is === 'fenced') return { piece, status: 'fenced' };
      if (!slot) return withoutSlot(piece, said);
      slot = nextSlot();
      continue;
    }

    const { error } = attempted;
    const remedy = remedyFor(error);
    learn(remedy.forget, form, error, job);
    if (remedy.next === 'settled') return { piece, status: 'arrived', said };
    const givenUp = (): Said => (mayHaveArrived ? unknown(piece, said, error) : refusal(piece, error));
    const changed = heeding(remedy.next, form);
    // With the same `msg_seq` the platform knows again what had arrived; any other way would say it twice.
    const isSafe = !mayHaveArrived || (slot && knowsRepeats(target.scene) && changed);
    if (!isSafe) return givenUp();
    switch (remedy.next) {
      case 'split':
        return splits < SPLITS_MAX && isWords(form.part) && said.length > PART_CHARS_MIN
          ? sendHalves({ form, splits: splits + 1, slot }, job)
          : givenUp();
      case 'active':
        if (!slot) return withoutSlot(piece, said);
        ledger.close(target.scene, slot.anchor);
        slot = nextSlot();
        break;
      // Tried often enough for now; the next message of the user is another chance.
      case 'retryLater':
      case 'park':
        return withoutSlot(piece, said, error);
      default:
        if (!changed) return givenUp();
        form = changed;
    }
  }
};

const wantsReply = ({ content }: Piece): boolean =>
  content.kind === 'text' || content.kind === 'message' ? content.via === 'reply' : true;

/** The file is where the platform can take it from, and the send is written down. */
const prepare = async (form: Form, slot: Slot | null, job: Job): Promise<Ready | { readonly refused: RouterError }> => {
  const { leave } = job;
  const { media } = form.part;
  try {
    const file = media && (await readyFile(media, form.isFresh, job));
    const { plain } = form.part;
    if (slot && leave.isLive()) await writeDown(plain, file, slot, job);
    const activeKey = !slot && leave.isLive() ? await writeActive(plain, file, job) : null;
    return { ...(file && { file }), ...(activeKey !== null && { activeKey }) };
  } catch (error) {
    return { refused: asRouterError(error, media ? 'media.unreadable' : 'store.failed') };
  }
};

/** `activeKey`: under which an active message is written down. */
type Ready = { readonly file?: OutgoingFile; readonly activeKey?: string };

const writeActive = async (text: string, file: OutgoingFile | undefined, job: Job): Promise<string | null> => {
  const { piece, deps, actives, earlier } = job;
  if (!deps.log) return null;
  if (earlier && actives.length === 1) return earlier.key;
  const key = deps.log.active.keyOf(piece, actives.length);
  actives.push(key);
  await deps.log.active.begin(key, withUpload(piece, file), text);
  return key;
};

const readyFile = (media: MediaRef, isFresh: boolean, { piece, leave, deps }: Job): Promise<OutgoingFile> => {
  if (!deps.files) throw new RouterError('media.unreadable', 'this line sends no files');
  return deps.files.ready(media, piece.target, leave, isFresh);
};

/** Nothing is tried that is not written down: a restart would not know of it, and say it again. */
const writeDown = async (
  text: string,
  file: OutgoingFile | undefined,
  slot: Slot,
  { piece, deps, written }: Job,
): Promise<void> => {
  if (!deps.log) return;
  const writing = written.get(slot) ?? deps.log.begin(withUpload(piece, file), slot, text);
  written.set(slot, writing);
  await writing;
};

/** Bytes that are kept in this process are no more after it; their upload is. */
const withUpload = (piece: Piece, file: OutgoingFile | undefined): Piece => {
  const { content } = piece;
  if (content.kind !== 'message' || !content.part.media || !file || !('fileInfo' in file)) return piece;
  if (!('held' in content.part.media.source)) return piece;
  const media: MediaRef = { ...content.part.media, source: { uploaded: file.fileInfo } };
  return { ...piece, content: { ...content, part: { ...content.part, media } } };
};

const trySend = async (
  form: Form,
  { file, activeKey }: Ready,
  slot: Slot | null,
  { piece, leave, deps, options }: Job,
): Promise<Attempted<SendResult>> => {
  const { target, send } = piece;
  const { clock, ledger, active } = deps;
  // A stop that is confirmed, an error that is told: nobody waits for these behind an answer of another.
  const isUrgent = piece.role === 'notice';
  const untilMs = clock.now() + ACTIVE_WAIT_MS;
  const leftMs = (): number =>
    slot ? ledger.leftMs(target.scene, slot.anchor, clock.now()) : Math.max(0, untilMs - clock.now());
  const where = { target, ...(slot ? { anchor: slot.anchor, msgSeq: slot.msgSeq } : { msgSeq: 1 }) };
  return attempt(
    () => readiness(target, leave, leftMs, deps, { isActive: slot === null, isUrgent }),
    async () => {
      if (activeKey !== undefined) await deps.log?.active.tried(activeKey, withUpload(piece, file), form.part.plain);
      if (!slot && !send?.wakeUp) active.spend(target, clock.now());
      const result = await callFor(form.part, file, where, send?.wakeUp ?? false, leave, deps.api);
      return 'fenced' in result ? 'fenced' : result;
    },
    leave,
    deps,
    { isUrgent, ...options },
    // Where nothing makes a repeat harmless, what may have arrived is not repeated.
    (error) => ((slot !== null && knowsRepeats(target.scene)) || !leavesOpen(error)) && isWorthAnotherTry(error),
  );
};

const callFor = (
  part: MessagePart,
  media: OutgoingFile | undefined,
  where: Omit<OutgoingText, 'text' | 'format'>,
  wakeUp: boolean,
  { isLive }: Leave,
  api: MessageApi,
): Promise<SendResult> => {
  const { text, markdown, quote, mentions, inline } = part;
  if (isWords(part) && quote === undefined && !mentions && !inline && !wakeUp) {
    return typeof markdown === 'string'
      ? api.sendText({ text: markdown, format: 'markdown', ...where }, isLive)
      : api.sendText({ text: text ?? '', format: 'text', ...where }, isLive);
  }
  return api.sendPart({ part, ...where, ...(media && { media }), ...(wakeUp && { wakeUp }) }, isLive);
};

/** Two parts in place of one message that was too long. What cannot be said now is parked with all that follows it. */
const sendHalves = async ({ form, splits, slot }: Omit<Part, 'mayHaveArrived'>, job: Job): Promise<Said> => {
  const { piece } = job;
  const text = form.part.plain;
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
    const half = halfOf(form, part, index === 0);
    last = await sendPart({ form: half, splits, slot: index === 0 ? slot : null, mayHaveArrived: false }, job);
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
  if (role === 'send') return send?.mode !== 'passive' && (send?.wakeUp || active.isAllowed(target, clock.now(), true));
  return role === 'answer' && active.isAllowed(target, clock.now());
};

/** An answer's words wait for the user's next message; a file does not, and a notice is of no use by then. */
const withoutSlot = (piece: Piece, text: string, error?: RouterError): Said => {
  const { content } = piece;
  const isFile = content.kind === 'message' && content.part.media !== undefined;
  if (piece.role === 'answer' && !isFile) return { piece, status: 'parked', text };
  return error ? refusal(piece, error) : { piece, status: 'refused', code: 'platform.windowClosed' };
};

const learn = (lesson: Forgotten | undefined, { part }: Form, error: RouterError, { piece, deps }: Job): void => {
  const { active, rights, clock } = deps;
  const { target } = piece;
  if (lesson === 'markdown') rights.loseMarkdown(target);
  // A keyboard may also be refused for what it says.
  if (lesson === 'keyboard' && part.keyboard && error.code === 'platform.notPermitted') {
    rights.loseKeyboard(target, part.keyboard);
  }
  if (lesson === 'typing') rights.loseTyping();
  if (lesson === 'active') active.refuse(target, clock.now());
  if (lesson === 'target') active.refuse(target, clock.now(), { forMs: TARGET_GONE_MS, isUntilHeard: true });
};

const outcomeOf = (piece: Piece, result: SendResult, said: string): Said => {
  if ('fenced' in result) return { piece, status: 'fenced' };
  if ('auditId' in result) return { piece, status: 'pending', auditId: result.auditId, said };
  return { piece, status: 'sent', ...result, said };
};

const unknown = (piece: Piece, maybe: string, error?: RouterError): Said => ({
  piece,
  status: 'unknown',
  code: error?.code ?? 'transport.lost',
  ...(error?.more.traceId !== undefined && { traceId: error.more.traceId }),
  maybe,
});

const refusal = (piece: Piece, { code, more }: RouterError): Said => ({
  piece,
  status: 'refused',
  code,
  ...(more.platformCode !== undefined && { platformCode: more.platformCode }),
  ...(more.traceId !== undefined && { traceId: more.traceId }),
});

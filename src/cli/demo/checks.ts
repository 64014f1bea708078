import type { Receipt } from '../../domain/turn.js';
import type { RecordKinds } from '../../emulator/index.js';

type Sent = RecordKinds['sent'];

/** The message ids of what was asked, by its part in the script. */
export type Asked = {
  readonly first: string;
  readonly cutBubble: string;
  readonly instead: string;
  readonly cutBlocks: string;
  readonly help: string;
  readonly meanwhile: string;
};

/** What the emulator holds after the conversation, and the router's closing record of each turn by its message. */
export type Evidence = {
  readonly sends: readonly Sent[];
  readonly sessionLog: readonly RecordKinds['session'][];
  readonly refusals: readonly unknown[];
  readonly receipts: ReadonlyMap<string, Receipt>;
};

export type Claim =
  | 'answered'
  | 'grown'
  | 'bubbleCut'
  | 'blocksCut'
  | 'exact'
  | 'sameSession'
  | 'nothingLost'
  | 'noRefusal';

/** What a user sees of one send after the other: messages, and bubbles as they grew. */
type Shown = { readonly texts: readonly string[]; readonly seqs: ReadonlySet<number>; readonly state: number | null };

const shownIn = (sends: readonly Sent[]): Shown[] => {
  const shown = new Map<string, Sent[]>();
  for (const sent of sends) shown.set(sent.messageId, [...(shown.get(sent.messageId) ?? []), sent]);
  return [...shown.values()].map((frames) => ({
    texts: frames.map(({ text }) => text),
    seqs: new Set(frames.map(({ msgSeq }) => msgSeq)),
    state: frames.at(-1)?.stream?.state ?? null,
  }));
};

const last = ({ texts }: Shown): string => texts.at(-1) ?? '';

/** The state of a bubble's last frame. */
const ENDED = 10;
/** Frames from which a bubble has grown before one's eyes. */
const FRAMES_MIN = 3;

/** It never took anything back, cost one reply, and was ended. */
const isBubble = ({ texts, seqs, state }: Shown): boolean =>
  texts.every((text, index) => text.startsWith(texts[index - 1] ?? '')) && seqs.size === 1 && state === ENDED;

/** Whether each claim of the summary is true, by what the platform received. */
export const checkDemo = (
  asked: Asked,
  { sends, sessionLog, refusals, receipts }: Evidence,
): Readonly<Record<Claim, boolean>> => {
  const shownTo = (messageId: string): Shown[] =>
    shownIn(sends.filter(({ msgId, kind }) => msgId === messageId && kind !== 'typing'));
  const isAnsweredOnce = (messageId: string): boolean => {
    const texts = shownTo(messageId).map(last);
    return texts.length > 0 && texts.every((text) => text !== '') && new Set(texts).size === texts.length;
  };
  /** It was cut, and of all that it would have been one message or bubble is seen. */
  const isCutAfterOne = (messageId: string): boolean =>
    receipts.get(messageId)?.status === 'cancelled' && shownTo(messageId).length === 1;
  const changes = (wanted: string) => sessionLog.filter(({ change }) => change === wanted);
  const resumedAtMs = changes('resumed')[0]?.atMs ?? Number.POSITIVE_INFINITY;
  const bubbles = [asked.first, asked.cutBubble].map((messageId) => shownTo(messageId));
  return {
    answered: [asked.first, asked.instead, asked.help, asked.meanwhile].every(isAnsweredOnce),
    grown:
      bubbles.every((shown) => shown.length === 1 && shown.every(isBubble)) &&
      shownTo(asked.first).every(({ texts }) => texts.length >= FRAMES_MIN),
    bubbleCut:
      isCutAfterOne(asked.cutBubble) && shownTo(asked.cutBubble).every((one) => one.texts.at(-2) === last(one)),
    blocksCut: isCutAfterOne(asked.cutBlocks),
    exact: [...receipts].every(
      ([messageId, { delivered, certainty }]) =>
        certainty === 'exact' && delivered === shownTo(messageId).map(last).join('\n'),
    ),
    sameSession: changes('identified').length === 1 && changes('resumed').length === 1,
    nothingLost: sends.some(({ msgId, text, atMs }) => msgId === asked.meanwhile && text !== '' && atMs >= resumedAtMs),
    noRefusal: refusals.length === 0,
  };
};

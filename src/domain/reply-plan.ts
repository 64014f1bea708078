/**
 * What may still be said to one peer in answer to the messages of one turn.
 * `replies`: messages that their windows still take, `Infinity` without a count. `active`: what finds no place there may
 * go out without an anchor.
 */
export type Budget = { readonly replies: number; readonly active: boolean };

export type MessageLimits = {
  /** Characters a message should have at most, for the reader's sake. */
  readonly softMax: number;
  /** Characters a message can have at most. */
  readonly hardMax: number;
};

/** Characters of a message that a cut may cost: a fence closed and opened anew, a grapheme that did not fit. */
const CUT_LOSS_CHARS = 64;

export type BlockSituation = {
  readonly budget: Budget;
  /** Characters that wait to be sent. */
  readonly waitingChars: number;
  /** Characters of them that would go out now. */
  readonly blockChars: number;
  /** Characters the answer may still add, at most. */
  readonly outlookChars: number;
  readonly hardMax: number;
};

/**
 * Whether a block may go out while the answer is still being written.
 * Shape: true only where the longest answer that can still come would find a place in what is left; so the last reply is
 * never used up early, and no text is lost to a block that was sent too soon.
 * Source: turns §4.3; qq-bot-api §6.3.
 */
export const mayCutBlock = (situation: BlockSituation): boolean => {
  const { budget, waitingChars, blockChars, outlookChars, hardMax } = situation;
  if (budget.replies <= 1) return false;
  return waitingChars + outlookChars - blockChars <= (budget.replies - 1) * (hardMax - CUT_LOSS_CHARS);
};

/**
 * How many of the replies left a message may use that is complete, while others are to follow: the last one is kept, and
 * as many as the longest answer that can still come would need.
 */
export const repliesToSpare = (budget: Budget, outlookChars: number, hardMax: number): number =>
  budget.replies - Math.max(1, Math.ceil(outlookChars / (hardMax - CUT_LOSS_CHARS)));

export type EndPlan = {
  /** Messages that go out as replies, in order. */
  readonly replies: readonly string[];
  /** Behind them, messages that go out without an anchor. */
  readonly active: readonly string[];
  /** What no message may carry now: it waits for the user's next message. */
  readonly parked: string;
};

/** Messages of at most `maxChars`, and but for the last one, where the text allows it, of at least `minChars`. */
export type Cut = (text: string, maxChars: number, minChars: number) => readonly string[];

/** How full a message must be before it may end: the less, the better the place it ends at. */
const FILLINGS = [0.5, 0.75, 0.9, 1] as const;

/**
 * How the rest of an answer goes out once it is complete: in messages of `softMax` where there are replies enough, in
 * longer ones where there are not, up to `hardMax`; and where even those are too many, in full ones.
 * Shape: what is delivered and parked is the whole text.
 */
export const planEnd = (text: string, budget: Budget, limits: MessageLimits, cut: Cut): EndPlan => {
  if (text === '') return { replies: [], active: [], parked: '' };
  const messages = cutToFit(text, budget.replies, limits, cut);
  const replies = messages.slice(0, budget.replies);
  const rest = messages.slice(budget.replies);
  return budget.active ? { replies, active: rest, parked: '' } : { replies, active: [], parked: rest.join('\n') };
};

/** The shortest messages of which there are few enough; the longest ones where none are. */
const cutToFit = (text: string, replies: number, { softMax, hardMax }: MessageLimits, cut: Cut): readonly string[] => {
  const loose = (maxChars: number): readonly string[] => cut(text, maxChars, maxChars * FILLINGS[0]);
  const short = loose(Math.min(softMax, hardMax));
  if (short.length <= replies) return short;
  const long = loose(hardMax);
  if (long.length > replies) {
    const full = FILLINGS.map((filling) => cut(text, hardMax, hardMax * filling));
    return full.find((messages) => messages.length <= replies) ?? long;
  }
  let [tooShort, fits, best] = [softMax, hardMax, long];
  while (fits - tooShort > 100) {
    const middle = Math.floor((tooShort + fits) / 2);
    const messages = loose(middle);
    if (messages.length <= replies) [fits, best] = [middle, messages];
    else tooShort = middle;
  }
  return best;
};

import type { PlatformAction } from './platform-action.js';

/**
 * What becomes of a piece of text next.
 * `settled`: the user has it · `pending`: they will, once the review has passed · `retry`: the same call with the same
 * `msg_seq`, after a short wait · `retryLater`: likewise, but only once what stands in the way may be gone ·
 * `plainText`: its words without markdown or card · `noKeyboard` and `noMention`: the same without · `reupload`: with its file
 * uploaded anew; a message that has none of these loses its markdown · `mendUrl`: with links that are none · `split`: in several pieces ·
 * `active`: without its anchor where active messages are allowed, else as `park` · `park`: kept until the user writes
 * again · `refuse`: given up.
 * A piece that is plain, mended or short already cannot be helped that way once more, and is refused.
 */
export type SendNext =
  | 'settled'
  | 'pending'
  | 'retry'
  | 'retryLater'
  | 'plainText'
  | 'noKeyboard'
  | 'noMention'
  | 'reupload'
  | 'mendUrl'
  | 'split'
  | 'active'
  | 'park'
  | 'refuse';

/**
 * What is not to be tried again. `markdown`, `keyboard`: in this scene · `typing`: for this bot · `active`: to this target ·
 * `target`: nothing at all to it, until it is heard from again (a message, C2C_MSG_RECEIVE, GROUP_ADD_ROBOT).
 */
export type Forgotten = 'markdown' | 'keyboard' | 'typing' | 'active' | 'target';

export type SendRemedy = { readonly next: SendNext; readonly forget?: Forgotten };

/** For each action, what a refused piece of text does next. Source: qq-bot-api §8.2; §6.3 and §6.10 where named. */
export const SEND_REMEDIES = {
  /** 40054005: an earlier try got through. A new `msg_seq` would show it twice. */
  arrived: { next: 'settled' },
  /** 304023, 304024. */
  pending: { next: 'pending' },
  /** A passing fault; it may have taken effect, which the same `msg_seq` makes harmless. */
  retry: { next: 'retry' },
  /** A rate: 1, 2, 4 s, then behind the queue. */
  backOff: { next: 'retryLater' },
  /** A daily quota of active messages. An answer to the user's next message does not count into it. */
  nextDay: { next: 'park', forget: 'active' },
  /** The window or its count is over. The same call is never repeated, §6.3. */
  active: { next: 'active' },
  /** The anchor is wrong, foreign or no event to reply to; the text may do without. */
  dropAnchor: { next: 'active' },
  drop: { next: 'refuse' },
  /** The review would block it again; the user is told in neutral words. */
  blocked: { next: 'refuse' },
  dropTarget: { next: 'refuse', forget: 'target' },
  /** The user refuses messages or has closed the DM. What they ask for later, they want to read. */
  mute: { next: 'park', forget: 'target' },
  /** The bot or its group is muted, for a time nobody tells. */
  defer: { next: 'park', forget: 'target' },
  /** Active messages need a right that is missing; answers do not. */
  stopActive: { next: 'park', forget: 'active' },
  /** Sends are held while the gateway is away. */
  reconnect: { next: 'retryLater' },
  /** Once, §6.10. */
  mendUrl: { next: 'mendUrl' },
  split: { next: 'split' },
  /** Remembered, so that the scene's next pieces are plain from the start, §7.3. */
  noMarkdown: { next: 'plainText', forget: 'markdown' },
  /** This markdown is not accepted; another may be. */
  plainText: { next: 'plainText' },
  dropKeyboard: { next: 'noKeyboard', forget: 'keyboard' },
  /** The day's @everyone are used up. Taking one out of a text would change what the agent says. */
  dropMention: { next: 'noMention' },
  /** What was refused is the indication, and no text. */
  dropTyping: { next: 'refuse', forget: 'typing' },
  /** In a text it is an image of its markdown that could not be fetched. */
  reupload: { next: 'reupload' },
  /** A frame of a stream; whoever writes the stream reads the action itself. No ordinary text is answered with it. */
  endStream: { next: 'refuse' },
} as const satisfies Record<PlatformAction, SendRemedy>;

/** Where the platform named no action: the token, the transport, the bot itself. A result nobody knows is retried. */
const BY_STEP = {
  retry: { next: 'retry' },
  reconnect: { next: 'retry' },
  wait: { next: 'retryLater' },
  skip: { next: 'refuse' },
  stop: { next: 'refuse' },
} as const satisfies Record<string, SendRemedy>;

/** A RouterError, as far as it matters here. */
export type Refused = {
  readonly next: keyof typeof BY_STEP;
  readonly more: { readonly action?: PlatformAction };
};

/** What a piece of text does next after this error. Shape: total. */
export const remedyFor = ({ next, more }: Refused): SendRemedy =>
  more.action === undefined ? BY_STEP[next] : SEND_REMEDIES[more.action];

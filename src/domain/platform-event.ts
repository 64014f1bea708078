import type { ConversationId, Target } from './conversation.js';
import type { Sender } from './inbound.js';
import type { Anchor } from './reply.js';
import type { Emoji } from './send.js';

/** The anchor of a passive message that answers an event and not a message. */
export type EventAnchor = Extract<Anchor, { kind: 'event' }>;

/** What every event has, whatever it says. */
type EventBase = {
  /** The platform's name: `GROUP_ADD_ROBOT`. */
  readonly name: string;
  /** The envelope's id, prefix included: the same event, pushed again, carries it again. Not the id inside `d`. */
  readonly id: string;
  /** When it happened, epoch ms; where the platform does not say so, when it came in. */
  readonly atMs: number;
  /** Where a message about it would go. Absent where it concerns a guild as a whole, or nothing that can be written to. */
  readonly target?: Target;
  /** The conversation it belongs to. Absent without a target. */
  readonly conversation?: ConversationId;
  /** Who did it, or whom it is about where nobody else did it. */
  readonly actor?: Sender;
  /** Of the guild scenes. */
  readonly guildId?: string;
  /** There where the platform takes the event's id as what a passive message answers. Source: qq-bot-api §6.2, §6.5. */
  readonly anchor?: EventAnchor;
  /** `d` as it came: what is not modelled here is found there. It is handed to listeners and stored nowhere. */
  readonly raw: unknown;
};

export type ReactionEvent = EventBase & {
  readonly kind: 'reaction.added' | 'reaction.removed';
  readonly emoji: Emoji;
  readonly on: { readonly kind: 'message' | 'thread' | 'post' | 'reply'; readonly id: string };
};

/** What is common to a press of a button and to the other things a client tells the bot. */
type InteractionBase = EventBase & {
  /** `d.id`: what `PUT /interactions/{id}` takes. */
  readonly interaction: string;
};

/**
 * A button of a keyboard, or an entry of the quick menu in C2C. The client waits until it is acknowledged, which the
 * router does in time whatever a handler does.
 */
export type ButtonEvent = InteractionBase & {
  readonly kind: 'button';
  readonly from: 'keyboard' | 'menu';
  /** Of a keyboard's button. */
  readonly buttonId?: string;
  /** What the button's maker wrote into it; empty for a menu's entry. */
  readonly data: string;
  /** Of a menu's entry. */
  readonly featureId?: string;
  /** The message with the keyboard, where the platform names it (guilds). */
  readonly messageId?: string;
};

/** Everything else that comes as an interaction; nothing of it wants to be acknowledged. */
export type InteractionEvent = InteractionBase & {
  readonly kind: 'interaction';
  readonly about:
    | 'feedback'
    | 'clearSession'
    | 'story'
    | 'modelSwitch'
    | 'userAuthorisation'
    | 'groupAuthorisation'
    | 'groupAuthorisationState'
    | 'search'
    | 'other';
  /** The platform's number for it. */
  readonly type: number;
  readonly messageId?: string;
  readonly feedback?: 'like' | 'unlike';
  /** `ENTER_STORY`, `QUIT_STORY` … */
  readonly action?: string;
  readonly checked?: boolean;
};

/** A user added the bot as a friend, or removed it. `origin`: 1000 is the usual way. */
export type FriendEvent = EventBase & {
  readonly kind: 'friend.added' | 'friend.removed';
  readonly origin?: number;
  /** What the maker of a share link wrote into it. */
  readonly originData?: string;
};

/** A user or a group said whether the bot may write of its own accord. */
export type PushEvent = EventBase & { readonly kind: 'push.allowed' | 'push.refused' };

/** The bot came into a group, or was put out of it; the actor is who did so. */
export type RobotEvent = EventBase & { readonly kind: 'robot.joined' | 'robot.left' };

/** `actor` is who did it where the platform says so, `member` whom it is about. */
export type MemberEvent = EventBase & {
  readonly kind: 'member.joined' | 'member.updated' | 'member.left';
  readonly member: Sender;
};

/** Somebody wants to join a group whose administrator the bot is. */
export type JoinRequestEvent = EventBase & {
  readonly kind: 'join.requested';
  readonly request: string;
  readonly member: Sender;
  readonly invitedBy?: string;
  /** What the person wrote, or their answers to the group's questions. */
  readonly words?: string;
};

/** A deleted guild is described as it was before. */
export type GuildEvent = EventBase & {
  readonly kind: 'guild.created' | 'guild.updated' | 'guild.deleted';
  readonly guild: { readonly id: string; readonly name?: string; readonly ownerId?: string; readonly members?: number };
};

export type ChannelEvent = EventBase & {
  readonly kind: 'channel.created' | 'channel.updated' | 'channel.deleted';
  /** `type`: 0 text, 2 voice, 4 category, 10005 live, 10006 app, 10007 forum. */
  readonly place: { readonly id: string; readonly name?: string; readonly type?: number };
};

/** The review of a message of the bot's is over. Source: qq-bot-api §5.11. */
export type AuditEvent = EventBase & {
  readonly kind: 'audit.passed' | 'audit.rejected';
  readonly audit: string;
  /** The message it has become; only where it passed. */
  readonly messageId?: string;
  /** When the message was made, epoch ms. */
  readonly createdAtMs?: number;
};

/** What a user or a group decided about subscription messages, one entry per template. */
export type SubscriptionEvent = EventBase & {
  readonly kind: 'subscription.changed';
  readonly results: readonly {
    readonly template: string;
    readonly isAllowed: boolean;
    readonly subscription?: string;
  }[];
};

/** A message was taken back. Guilds only; the other scenes tell nobody. */
export type RecallEvent = EventBase & {
  readonly kind: 'message.recalled';
  readonly messageId: string;
  readonly author: Sender;
};

/** A thread, post or reply of a forum channel. */
export type ForumEvent = EventBase & {
  readonly kind: 'forum.created' | 'forum.updated' | 'forum.deleted' | 'forum.audited';
  readonly subject: 'thread' | 'post' | 'reply';
  /** Of the thread, the post or the reply. */
  readonly subjectId?: string;
};

/** Sound in a channel: somebody plays, or comes and goes. */
export type AudioEvent = EventBase & {
  readonly kind: 'audio.started' | 'audio.finished' | 'audio.onMic' | 'audio.offMic' | 'audio.entered' | 'audio.left';
};

/** A user opened the chat with the bot. */
export type ChatOpenedEvent = EventBase & { readonly kind: 'chat.opened'; readonly from?: string };

/** An event this version does not know, whole in `raw`: what the platform invents tomorrow reaches listeners today. */
export type UnknownEvent = EventBase & { readonly kind: 'unknown' };

/** Everything the platform pushes that is no message to answer. Plain JSON but for `raw`, which is what came. Source: qq-bot-api §5.6–5.11. */
export type PlatformEvent =
  | ReactionEvent
  | ButtonEvent
  | InteractionEvent
  | FriendEvent
  | PushEvent
  | RobotEvent
  | MemberEvent
  | JoinRequestEvent
  | GuildEvent
  | ChannelEvent
  | AuditEvent
  | SubscriptionEvent
  | RecallEvent
  | ForumEvent
  | AudioEvent
  | ChatOpenedEvent
  | UnknownEvent;

/** The names of the platform’s events. */
export type PlatformEventKind = PlatformEvent['kind'];

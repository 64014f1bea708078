import type { ConversationId, Target } from './conversation.js';
import type { Anchor } from './reply.js';

/** Who wrote. An `id` is one person for one bot in one kind of place, and means nothing elsewhere. */
export type Sender = {
  readonly id: string;
  readonly name?: string;
  readonly bot?: boolean;
  readonly role?: 'member' | 'admin' | 'owner';
};

/** A file that came with a message. */
export type Attachment = {
  readonly kind: 'image' | 'voice' | 'video' | 'file';
  readonly url: string;
  readonly name?: string;
  readonly bytes?: number;
  /** Where it was downloaded to, for as long as the spool keeps it. */
  readonly path?: string;
  /** The platform's speech recognition of a voice message. */
  readonly text?: string;
};

/** A user's message, whatever scene it came from. Plain JSON. */
export type Inbound = {
  /** The message id (`d.id`): dedupe key, and the anchor of every passive reply to it. */
  readonly id: string;
  /**
   * Where it is no message but the press of a button: `id` is the event's, which a passive reply may name (`button`) or may
   * not (`press`).
   */
  readonly origin?: 'button' | 'press';
  readonly conversation: ConversationId;
  readonly target: Target;
  readonly sender: Sender;
  /** The guild a channel belongs to. */
  readonly guildId?: string;
  /** Mention and surrounding blanks removed, faces decoded, entities unescaped. */
  readonly text: string;
  /** The bot was addressed. Always true in C2C and DM. */
  readonly mention: boolean;
  /** When the platform says it was written, epoch ms; the reply window runs from here. */
  readonly atMs: number;
  readonly attachments: readonly Attachment[];
  readonly quote?: { readonly id: string; readonly text?: string; readonly attachments?: readonly Attachment[] };
};

/** An event's id begins with the event's name. Source: qq-bot-api §3.1. */
const EVENT_ID = /^[A-Z][A-Z0-9_]*:/;

/** What a passive reply refers to, by its id alone. */
export const anchorNamed = (id: string, atMs: number): Anchor => ({
  kind: EVENT_ID.test(id) ? 'event' : 'message',
  id,
  atMs,
});

/** What a reply to these may name, in their order. */
export const anchorsOf = (messages: readonly Pick<Inbound, 'id' | 'atMs' | 'origin'>[]): readonly Anchor[] =>
  messages.flatMap(({ id, atMs, origin }): Anchor[] =>
    origin === 'press' ? [] : [{ kind: origin === 'button' ? 'event' : 'message', id, atMs }],
  );

/** The one an answer is to. */
export const newestOf = ({ inputs }: { readonly inputs: readonly Inbound[] }): Inbound =>
  inputs[inputs.length - 1] as Inbound;

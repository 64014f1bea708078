import { randomUUID } from 'node:crypto';
import type { Directory } from '../actors/directory.js';
import {
  type ConversationId,
  conversationWith,
  peerKeyOf,
  placeOf,
  type Scene,
  type Target,
} from '../domain/conversation.js';
import type { GuildMessage } from '../domain/guild-message.js';
import { type GuildPost, messageOfPost } from '../domain/guild-post.js';
import { anchorNamed, anchorsOf, type Inbound } from '../domain/inbound.js';
import type { OutgoingMessage } from '../domain/message.js';
import { type MessagePart, partsOf } from '../domain/message-parts.js';
import type { Lang } from '../domain/notices.js';
import type { PlatformEvent } from '../domain/platform-event.js';
import type { Anchor, Outcome, Piece, PieceContent } from '../domain/reply.js';
import type {
  OpenDmRequest,
  ReactRequest,
  RecallRequest,
  SendPlace,
  SendReport,
  SendRequest,
  UploadedFile,
  UploadRequest,
} from '../domain/send.js';
import { ERROR_CODES, type ErrorCode } from '../errors/codes.js';
import { refuseProblems } from '../errors/message-problems.js';
import { RouterError } from '../errors/router-error.js';
import type { ActiveLedger } from '../pipelines/active-ledger.js';
import type { FileDesk } from '../pipelines/files/file-desk.js';
import type { Reception } from '../pipelines/files/reception.js';
import type { OpenAnchors } from '../pipelines/open-anchors.js';
import type { ReplyLedger } from '../pipelines/reply-ledger.js';
import type { Rights } from '../pipelines/sending/sending-deps.js';
import type { Clock } from '../ports/clock.js';
import type { MessageActions, MessageApi } from '../ports/message-api.js';
import type { OutboxEntry } from '../ports/store.js';
import { keyOf, Once, type OnceDeps } from './once.js';
import { recallReplies } from './recalled-replies.js';
import { reportOf, worst } from './send-reports.js';
import { Typing } from './typing.js';

export type SendsDeps = {
  readonly appId: string;
  readonly lang: Lang;
  readonly clock: Clock;
  readonly directory: Pick<Directory, 'say'>;
  readonly anchors: OpenAnchors;
  readonly ledger: Pick<ReplyLedger, 'knows' | 'restore' | 'repliesLeft'>;
  readonly rights: Pick<Rights, 'mayType'>;
  readonly active: Pick<ActiveLedger, 'learnGuild' | 'heardFrom' | 'allow' | 'refuse'>;
  /** An event may be answered, also by a later life. */
  readonly keepAnchor: (peer: string, anchor: Anchor) => void;
  readonly repliesUsed: (anchorIds: readonly string[]) => Promise<ReadonlyMap<string, number>>;
  readonly reports: OnceDeps;
  readonly actions: MessageActions & Pick<MessageApi, 'react'>;
  readonly files: Pick<FileDesk, 'hold' | 'release' | 'upload'>;
  /** Fetches what users send. Absent: it stays where it is. */
  readonly reception?: Pick<Reception, 'begin'>;
};

/** A send nobody sets a time for is not begun after so long. Units: ms. */
const TTL_MS = 300_000;

/** Who has switched the bot's own messages off is left alone, or until they switch them on. Units: ms. */
const SWITCHED_OFF = { forMs: 30 * 24 * 60 * 60_000, isUntilHeard: false } as const;
/** Whom the bot was put away from, until they write again. Units: ms. */
const PUT_AWAY = { ...SWITCHED_OFF, isUntilHeard: true } as const;

/** What one bot says outside of its turns. */
export class Sends {
  /** The platform's indication that somebody is at it. */
  readonly typing: Typing;
  readonly #deps: SendsDeps;
  readonly #once: Once;

  constructor(deps: SendsDeps) {
    this.#deps = deps;
    this.typing = new Typing(deps);
    this.#once = new Once(deps.reports);
  }

  /** A user's message may be answered from now on. */
  noteHeard(message: Inbound): void {
    const { anchors, active, clock } = this.#deps;
    for (const anchor of anchorsOf([message])) anchors.note(message.target, anchor);
    active.heardFrom(message.target, clock.now());
    if (message.guildId !== undefined && message.target.scene === 'guild') {
      active.learnGuild(message.target.channelId, message.guildId);
    }
    this.#deps.reception?.begin(message);
  }

  /** An event may be answered from now on, where the platform takes its id; and some say whom the bot may write to. */
  noteEvent({ kind, target, anchor, guildId }: PlatformEvent): void {
    if (!target) return;
    const { active, anchors, clock, keepAnchor } = this.#deps;
    if (guildId !== undefined && target.scene === 'guild') active.learnGuild(target.channelId, guildId);
    if (kind === 'push.refused') active.refuse(target, clock.now(), SWITCHED_OFF);
    else if (kind === 'robot.left' || kind === 'friend.removed') active.refuse(target, clock.now(), PUT_AWAY);
    else if (kind === 'push.allowed' || kind === 'robot.joined' || kind === 'friend.added') {
      active.allow(target, clock.now());
    }
    if (!anchor) return;
    anchors.note(target, anchor);
    keepAnchor(peerKeyOf(target), anchor);
  }

  /**
   * Says a message, each of its parts in its conversation's line.
   * Shape: resolves once each has its outcome; never rejects for what the platform says.
   * Errors: `message.invalid`, before anything is sent.
   */
  async send(request: SendRequest): Promise<SendReport> {
    const reports = this.#piecesOf(request).map((piece) => {
      const key = piece.send?.key;
      return key === undefined ? this.#say(piece) : this.#once.say(key, () => this.#say(piece));
    });
    return worst(await Promise.all(reports));
  }

  /** A send of an earlier life is being repeated. */
  expect({ piece }: Pick<OutboxEntry, 'piece'>): void {
    if (piece.send?.key !== undefined) this.#once.expect(piece.send.key);
  }

  /** What became of any piece of the bot. */
  heard(outcome: Outcome): void {
    this.typing.heard(outcome);
    const message = outcome.status === 'sent' ? outcome.message : undefined;
    if (message && message.guild_id !== '') this.#deps.active.learnGuild(message.channel_id, message.guild_id);
    const key = keyOf(outcome);
    if (key !== undefined) this.#once.heard(key, reportOf(outcome, this.#deps));
  }

  /**
   * A guild's message as its API has it, through the channel's line like any other.
   * Errors: `message.invalid`; what the platform says, as `platform.*`; `transport.*` where nobody knows.
   */
  async postMessage(channelId: string, post: GuildPost): Promise<GuildMessage> {
    const request: SendRequest = {
      target: { scene: 'guild', channelId },
      message: messageOfPost(post),
      ...(post.msg_id === undefined ? { mode: 'proactive' } : { replyTo: post.msg_id }),
    };
    const [first] = await Promise.all(this.#piecesOf(request, true).map((piece) => this.#deps.directory.say(piece)));
    if (first?.status === 'sent' && first.message) return first.message;
    const {
      status,
      code = 'platform.refused',
      platformCode,
    } = first ? reportOf(first, this.#deps) : { status: 'rejected', code: 'message.invalid', platformCode: undefined };
    const known = (code in ERROR_CODES ? code : 'platform.refused') as ErrorCode;
    throw new RouterError(known, `post to a guild: ${status}`, platformCode === undefined ? {} : { platformCode });
  }

  /**
   * Uploads a file ahead of its message, to a private chat or a group.
   * Errors: `message.invalid`, `media.*`, `platform.*`, `transport.*`; `capacity.full` where `signal` aborts.
   */
  async upload({ media, onProgress = () => undefined, signal, ...place }: UploadRequest): Promise<UploadedFile> {
    const { target } = this.#placeOf(place);
    if (target.scene === 'guild' || target.scene === 'dm') {
      throw new RouterError('message.invalid', 'target: guilds know no uploads; send the image itself');
    }
    refuseProblems({ media }, target.scene);
    const { files, clock } = this.#deps;
    const ref = files.hold(media);
    try {
      const { fileInfo, ttlS } = await files.upload(ref, target, onProgress, () => signal?.aborted !== true);
      return { uploaded: fileInfo, ...(ttlS > 0 && { untilMs: clock.now() + ttlS * 1_000 }) };
    } finally {
      files.release(ref);
    }
  }

  recall({ messageId, hideTip, ...place }: RecallRequest): Promise<void> {
    return this.#deps.actions.recall(this.#placeOf(place).target, messageId, hideTip);
  }

  react({ channelId, messageId, emoji }: ReactRequest): Promise<void> {
    return this.#deps.actions.react(channelId, messageId, emoji);
  }

  unreact({ channelId, messageId, emoji }: ReactRequest): Promise<void> {
    return this.#deps.actions.unreact(channelId, messageId, emoji);
  }

  async openDm({ userId, guildId }: OpenDmRequest): Promise<Target> {
    const opened = await this.#deps.actions.openDm(userId, guildId);
    return { scene: 'dm', guildId: opened.guildId };
  }

  async #say(piece: Piece): Promise<SendReport> {
    await recallReplies(piece, this.#deps);
    return reportOf(await this.#deps.directory.say(piece), this.#deps);
  }

  /** A message's parts, to be handed to its line. `isInline`: its text is in the platform's own formats. */
  #piecesOf(request: SendRequest, isInline = false): readonly Piece[] {
    const { conversation, target } = this.#placeOf(request);
    const message = typeof request.message === 'string' ? { text: request.message } : request.message;
    checkSend(request, message, target.scene);
    const parts = partsOf(message, target.scene, (media) => this.#deps.files.hold(media));
    const turn = `${conversation}:s${randomUUID()}`;
    return parts.map((part, index) => {
      const inline = isInline ? { ...part, inline: true } : part;
      return this.#pieceOf(request, { conversation, target, turn, part: inline, index });
    });
  }

  #placeOf(request: SendPlace): { readonly conversation: ConversationId; readonly target: Target } {
    const { appId } = this.#deps;
    if ('target' in request) return { conversation: conversationWith(appId, request.target), target: request.target };
    const place = placeOf(request.conversation);
    if (!place) throw new RouterError('message.invalid', `conversation: "${request.conversation}" is no conversation`);
    return { conversation: request.conversation, target: place.target };
  }

  #pieceOf(
    { mode = 'auto', replyTo, key, ttlMs = TTL_MS, wakeUp }: SendRequest,
    where: Pick<Piece, 'conversation' | 'target' | 'turn' | 'index'> & { readonly part: MessagePart },
  ): Piece {
    const { clock } = this.#deps;
    const { part, ...place } = where;
    const isActive = mode === 'proactive' || wakeUp === true;
    const via = isActive ? 'active' : 'reply';
    return {
      ...place,
      epoch: 0,
      role: 'send',
      anchors: isActive ? [] : this.#anchorsFor(where.target, replyTo),
      content: contentOf(part, via),
      send: {
        mode: replyTo === undefined ? mode : 'passive',
        untilMs: clock.now() + ttlMs,
        ...(key !== undefined && { key: `${key}#${where.index}` }),
        ...(wakeUp && { wakeUp }),
      },
    };
  }

  /** One that is not known was heard in an earlier life; where its time is over, the platform says so. */
  #anchorsFor(target: Target, replyTo: string | undefined): readonly Anchor[] {
    const open = this.#deps.anchors.of(target);
    if (replyTo === undefined) return open;
    const known = open.find(({ id }) => id === replyTo);
    return [known ?? anchorNamed(replyTo, this.#deps.clock.now())];
  }
}

const contentOf = (part: MessagePart, via: 'reply' | 'active'): PieceContent => {
  const { text, plain, ...more } = part;
  const isTextAlone = text !== undefined && Object.keys(more).length === 0;
  return isTextAlone ? { kind: 'text', text, via } : { kind: 'message', part, text: plain, via };
};

const checkSend = (request: SendRequest, message: OutgoingMessage, scene: Scene): void => {
  const { mode = 'auto', replyTo, ttlMs = TTL_MS, key, wakeUp } = request;
  const problems: [string, string][] = [];
  if (wakeUp && scene !== 'c2c') problems.push(['wakeUp', 'exists in private chats only']);
  if (wakeUp && (replyTo !== undefined || mode === 'passive')) problems.push(['wakeUp', 'answers no message']);
  if (replyTo !== undefined && mode === 'proactive') problems.push(['replyTo', 'a proactive message answers none']);
  if (!(ttlMs > 0)) problems.push(['ttlMs', 'is no positive number of ms']);
  if (key === '') problems.push(['key', 'is empty']);
  refuseProblems(message, scene, problems);
};

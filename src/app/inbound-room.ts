import type { Subscription } from 'rxjs';
import type { Directory } from '../actors/directory.js';
import type { Shards } from '../actors/gateway-shards.js';
import { platformEventOf } from '../adapters/qq/inbound-events.js';
import { createInteractionApi } from '../adapters/qq/interaction-api.js';
import { normalise } from '../adapters/qq/normalise.js';
import type { Rest } from '../adapters/qq/rest.js';
import type { ChannelSettings } from '../config/resolved.js';
import { admit } from '../domain/access.js';
import type { ButtonHandler } from '../domain/button.js';
import { type ConversationId, sharedConversationOf } from '../domain/conversation.js';
import { type Lang, NOTICES } from '../domain/notices.js';
import type { Outcome, Piece } from '../domain/reply.js';
import { withoutText } from '../domain/transcript.js';
import type { Logger } from '../log/logger.js';
import { inbound, type Normalised } from '../pipelines/inbound.js';
import type { Clock } from '../ports/clock.js';
import type { DispatchFrame } from '../ports/gateway-codec.js';
import type { MessageApi } from '../ports/message-api.js';
import type { Lease, Review, Store } from '../ports/store.js';
import { AckReactions } from './ack-reactions.js';
import { AuditDesk } from './audit-desk.js';
import { ButtonDesk, byVerdict, type Judged } from './button-desk.js';
import { EventDesk } from './event-desk.js';
import type { RouterEvent } from './events.js';
import type { Intake } from './intake.js';
import type { Addressee } from './notify.js';
import { keyOf } from './once.js';
import type { PairingDesk } from './pairing-desk.js';
import { reportOf } from './send-reports.js';
import type { Sends } from './sends.js';

export type InboundRoomDeps = {
  readonly settings: ChannelSettings;
  readonly clock: Clock;
  readonly store: Store;
  readonly log: Logger;
  readonly emit: (event: RouterEvent) => void;
  readonly onButton: () => ButtonHandler | null;
  readonly lang: Lang;
  /** A write nobody waits for: its failure is said, never swallowed. */
  readonly own: (write: Promise<void>) => void;
};

/** What exists once a bot starts. */
export type InboundParts = {
  readonly gateway: Pick<Shards, 'dispatches$' | 'settle' | 'pause' | 'flow'>;
  readonly directory: Directory;
  readonly intake: Intake;
  readonly desk: PairingDesk;
  readonly sends: Pick<Sends, 'noteHeard' | 'noteEvent'>;
  readonly rest: Rest;
  readonly api: Pick<MessageApi, 'react'>;
  readonly lease: Lease;
  /** A word of the router's own; must not reject. */
  readonly say: (to: Addressee, text: string) => Promise<unknown>;
  /** As far as it is known. */
  readonly botId: () => string;
};

/** Everything of one bot that comes in: messages to their conversations, presses to their answer, events to listeners. */
export class InboundRoom {
  readonly #deps: InboundRoomDeps;
  readonly #events: EventDesk;
  readonly #audits: AuditDesk;
  #parts: InboundParts | null = null;
  #reactions: AckReactions | null = null;

  constructor(deps: InboundRoomDeps) {
    const { settings, store, emit, log, clock } = deps;
    this.#deps = deps;
    this.#events = new EventDesk({
      channel: settings.name,
      log: log.child({ room: 'events' }),
      emit,
      isShared: (scene) => settings.scenes[scene].conversationKey === 'group',
      recall: (conversation, messageId) => this.#recall(conversation, messageId),
    });
    this.#audits = new AuditDesk({
      channel: settings.name,
      now: () => clock.now(),
      emit,
      keep: (review) => this.#write(({ lease }) => store.saveReview(lease, review)),
      end: (review, outcome) => this.#endReview(review, outcome),
      apologise: (piece) => this.#apologise(piece),
    });
  }

  /** Events without a reader, or without the ids they are about. */
  get unknownEvents(): number {
    return this.#events.unknown;
  }

  /** Sees everything the router says of this bot. */
  watch(event: RouterEvent): void {
    this.#audits.watch(event);
    this.#reactions?.watch(event);
  }

  /** Reviews that were waited for when the last life ended. */
  restore(reviews: readonly Review[]): void {
    this.#audits.restore(reviews);
  }

  open(parts: InboundParts): Subscription {
    const { settings, store, emit } = this.#deps;
    const { gateway, intake, desk, sends, lease, api } = parts;
    const { name: channel, scenes } = settings;
    const log = this.#deps.log.child({ room: 'inbound' });
    this.#parts = parts;
    this.#reactions = new AckReactions({
      log: this.#deps.log.child({ room: 'reactions' }),
      api,
      isOn: (scene) => scenes[scene].ackReactions,
    });
    return inbound(this.#buttons(parts).judged(gateway.dispatches$), {
      normalise: (dispatch) => this.#read(dispatch, parts.botId()),
      accessOf: (scene) => scenes[scene],
      isPaired: (user) => desk.isPaired(user),
      onStranger: (message) => desk.ask(message),
      store,
      lease,
      deliver: (message, { d }) => {
        emit({ type: 'message.accepted', channel, message, raw: d });
        sends.noteHeard(message);
        intake.take(message);
      },
      hear: (event) => {
        sends.noteEvent(event);
        if (event.kind === 'audit.passed' || event.kind === 'audit.rejected') this.#audits.hear(event);
        this.#events.hear(event);
      },
      settle: (dispatch) => gateway.settle(dispatch),
      onPressure: (isFull) => {
        log.warn({ isFull }, isFull ? 'the inbound line is full; reading pauses' : 'the inbound line flows again');
        if (isFull) gateway.pause();
        else gateway.flow();
      },
      onSkipped: (dispatch, why, reason) => {
        log.debug({ event: dispatch.t, seq: dispatch.s, why, reason }, 'an event was skipped');
        emit({ type: 'message.skipped', channel, why });
      },
    }).subscribe({
      error: (error: unknown) => {
        log.fatal({ err: error }, 'the inbound line failed');
        gateway.pause();
      },
    });
  }

  #buttons({ rest, desk }: InboundParts): ButtonDesk {
    const { settings, clock, log, onButton } = this.#deps;
    const { name: channel, appId, scenes } = settings;
    return new ButtonDesk({
      channel,
      clock,
      log: log.child({ room: 'buttons' }),
      api: createInteractionApi(rest),
      handler: onButton,
      read: (dispatch) => this.#events.keyed(platformEventOf(dispatch, { appId, nowMs: clock.now() })),
      isAllowed: (message) =>
        admit(message, scenes[message.target.scene], (user) => desk.isPaired(user)) === 'admitted',
      modeOf: (scene) => scenes[scene].buttons,
    });
  }

  /** A message, an event or nothing, and which conversation it belongs to by the settings of its scene. */
  #read(dispatch: DispatchFrame & Judged, botId: string): Normalised {
    const { settings, clock } = this.#deps;
    const { appId, scenes } = settings;
    const read = normalise(dispatch, { appId, botId, nowMs: clock.now() });
    if (read.kind === 'event') return byVerdict(this.#events.keyed(read.event), dispatch.verdict);
    if (read.kind !== 'message' || scenes[read.message.target.scene].conversationKey === 'member') return read;
    const { message } = read;
    return { ...read, message: { ...message, conversation: sharedConversationOf(message.conversation) } };
  }

  #recall(conversation: ConversationId, messageId: string): void {
    if (!this.#parts) return;
    const { intake, directory } = this.#parts;
    if (!intake.recall(conversation, messageId)) directory.recall(conversation, messageId);
  }

  /** Under its key it is known from now on what became of it; what was not let pass was not said. */
  #endReview({ audit, piece, said, unheard }: Review, outcome: Outcome): void {
    const { store, lang, clock } = this.#deps;
    const key = keyOf(outcome);
    if (key !== undefined) this.#write(({ lease }) => store.saveReport(lease, key, reportOf(outcome, { lang, clock })));
    // What nobody knew to be said stands nowhere.
    const isGone = outcome.status === 'refused' && piece.role !== 'notice' && !unheard;
    this.#write(async ({ lease }) => {
      if (isGone) await this.#unsay(piece.conversation, said);
      await store.endReview(lease, audit);
    });
  }

  /** Nothing takes the place of its answer, so its user is told, as of one that is refused at once. */
  #apologise({ conversation, target, anchors }: Piece): void {
    const { settings, lang } = this.#deps;
    if (!settings.scenes[target.scene].notices.blocked) return;
    void this.#parts?.say({ conversation, target, anchors }, NOTICES[lang].blocked);
  }

  #write(write: (parts: InboundParts) => Promise<void>): void {
    if (this.#parts) this.#deps.own(write(this.#parts));
  }

  /** Words that a review has let go leave what the agent is told was said. */
  async #unsay(conversation: ConversationId, said: string): Promise<void> {
    if (!this.#parts) return;
    const { store } = this.#deps;
    const { directory, lease } = this.#parts;
    const living = directory.get(conversation)?.unsay(said);
    const known = living ?? (await store.loadConversation(lease, conversation));
    if (!known) return;
    await store.saveConversation(lease, living ?? { ...known, transcript: withoutText(known.transcript, said) });
  }
}

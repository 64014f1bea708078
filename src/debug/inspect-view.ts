import type { AnyEventObject, AnyMachineSnapshot } from 'xstate';
import type { ConversationContext, ConversationEvent } from '../../machines/conversation/conversation.types.js';
import type { Progress } from '../../machines/conversation/progress.js';
import type { GatewayContext } from '../../machines/gateway/gateway.setup.js';
import type { WebhookContext } from '../../machines/webhook/webhook.setup.js';
import type { ChannelStatus, RouterEvent } from '../app/events.js';
import type { Inbound } from '../domain/inbound.js';
import type { Outcome, Piece } from '../domain/reply.js';
import type { Interrupted, Receipt, TurnInfo } from '../domain/turn.js';
import type { Around } from '../log/scrub-part.js';
import { edgeIdsOf } from './chart-graph.js';
import { sourceName } from './chart-names.js';
import type {
  ActorFrame,
  ActorSummary,
  FactFrame,
  HistoryFrame,
  SnapshotView,
  StateValueView,
  StepFrame,
  TimerView,
  TrafficFrame,
  View,
} from './inspect-frames.js';
import { aroundEntry, NOWHERE } from './inspect-pieces.js';
import type { Entry, Step, Timer, Track } from './inspect-recorder.js';

/** `around`: the text is a part of one that comes in parts, or still grows. */
export type Scrub = (text: string, around?: Around) => string;

export type ViewOptions = {
  /** Whether texts of users and agents may be seen. */
  readonly texts: boolean;
  /** The last gate: takes known secrets out of any text. */
  readonly scrub: Scrub;
};

/** Characters of one text; what is longer is cut. */
const TEXT_MAX = 4_000;
/** Items of one list. */
const LIST_MAX = 50;

type Typed = View & { readonly type: string };

/**
 * What of the charts may be seen from outside. Every field is named here: what is not named is not shown, whoever adds it
 * to a context, an event or a router event later on. Addresses of attachments and of the gateway, which carry keys, are
 * not.
 */
export class Views {
  readonly #options: ViewOptions;

  constructor(options: ViewOptions) {
    this.#options = options;
  }

  get texts(): boolean {
    return this.#options.texts;
  }

  /** `n`: the number of the first frame that will be told of it. */
  actor(track: Track, n: number): ActorFrame {
    const { chart, channel, id } = track.source;
    return {
      v: 1,
      type: '@xstate.actor',
      actor: track.key,
      atMs: track.lastAtMs,
      chart,
      channel,
      name: id,
      sessionId: track.sessionId,
      n,
      snapshot: track.last && track.last.n < n ? this.snapshot(track, track.last) : null,
    };
  }

  summary(track: Track): ActorSummary {
    const { chart, channel } = track.source;
    const { snapshot } = track.last ?? {};
    return {
      actor: track.key,
      chart,
      channel,
      value: (snapshot?.value ?? '') as StateValueView,
      tags: snapshot ? [...snapshot.tags] : [],
      atMs: track.lastAtMs,
    };
  }

  history(track: Track, entry: Entry): HistoryFrame {
    switch (entry.kind) {
      case 'step':
        return this.#step(track, entry);
      case 'fact':
        return this.#factFrame(track, entry);
      case 'traffic':
        return this.#traffic(track, entry);
    }
  }

  snapshot(track: Track, { snapshot, timers }: Step): SnapshotView {
    return {
      status: snapshot.status,
      value: snapshot.value as StateValueView,
      tags: [...snapshot.tags],
      context: this.#context(track, snapshot),
      children: Object.entries(snapshot.children).flatMap(([id, child]) =>
        child ? [{ id, src: sourceName((child as { src?: unknown }).src) }] : [],
      ),
      timers: timers.map(timerView),
    };
  }

  channel(status: ChannelStatus): View {
    const { name, state, appId, transport, bot, session, watermark, reconnects, heartbeatLatencyMs, fault } = status;
    const { conversations, lagEvents, refusedIntents } = status;
    return {
      name,
      state,
      appId,
      transport,
      bot: bot && { id: bot.id, username: this.#clean(bot.username) },
      session: session && this.#clean(session),
      watermark,
      lagEvents,
      refusedIntents,
      reconnects,
      heartbeatLatencyMs,
      fault: fault && this.#fault(fault),
      nextTryInMs: fault?.nextTryInMs,
      conversations: { living: conversations.living, busy: conversations.busy },
    };
  }

  /** For text that the router wrote itself. */
  detail(text: string): string {
    return this.#clean(text);
  }

  #step(track: Track, step: Step): StepFrame {
    const ids = step.transitions.length === 0 ? null : edgeIdsOf(step.snapshot.machine);
    return {
      v: 1,
      type: '@xstate.snapshot',
      actor: track.key,
      n: step.n,
      atMs: step.atMs,
      event: this.#event(step.event, () => aroundEntry(track, step)),
      snapshot: this.snapshot(track, step),
      transitions: step.transitions.flatMap((transition) => ids?.get(transition) ?? []),
      sent: step.sent.map(({ to, event }) => ({ to, event: this.#event(event, () => NOWHERE) })),
    };
  }

  #factFrame(track: Track, entry: Extract<Entry, { kind: 'fact' }>): FactFrame {
    const { n, atMs, fact } = entry;
    const shown = this.#fact(fact, () => aroundEntry(track, entry));
    return { v: 1, type: 'rookery.fact', actor: track.key, n, atMs, fact: shown };
  }

  #traffic(track: Track, { n, atMs, accepted, skipped }: Extract<Entry, { kind: 'traffic' }>): TrafficFrame {
    return { v: 1, type: 'rookery.traffic', actor: track.key, n, atMs, accepted, skipped };
  }

  #context({ source }: Track, { context }: AnyMachineSnapshot): View {
    switch (source.chart) {
      case 'gateway':
        return this.#gateway(context);
      case 'webhook':
        return this.#webhook(context);
      case 'conversation':
        return this.#conversation(context);
      case 'agentSession':
        return { isRestored: context['isRestored'] };
      case 'agentLink':
        return {};
    }
  }

  #gateway(context: GatewayContext): View {
    const { session, intents, canReduceIntents, renewToken, failures, openFailures, quickDrops } = context;
    const { unconfirmedResumes, tokenRefusals, invalidSessions, pauseMs, verdict, fault } = context;
    const { heartbeatIntervalMs, isLinePaused, url } = context;
    return {
      session: session && { id: this.#clean(session.id) },
      knowsUrl: url !== null,
      intents,
      canReduceIntents,
      renewToken,
      failures,
      openFailures,
      quickDrops,
      unconfirmedResumes,
      tokenRefusals,
      invalidSessions,
      verdict,
      pauseMs,
      fault: fault && this.#fault(fault),
      heartbeatIntervalMs,
      isLinePaused,
    };
  }

  #webhook({ failures, verdict, pauseMs, fault }: WebhookContext): View {
    return { failures, verdict, pauseMs, fault: fault && this.#fault(fault) };
  }

  #conversation(context: ConversationContext): View {
    const { id, epoch, liveEpoch, policy, line, current, interrupted, parked, interruptsAtMs } = context;
    const { held, unsettled, hasNotified, draining } = context;
    return {
      id,
      epoch,
      liveEpoch,
      policy: { busy: policy.busy, interruptScope: policy.interruptScope, typing: policy.typing },
      line: {
        waiting: line.waiting.slice(0, LIST_MAX).map((message) => this.#message(message)),
        waitingSinceMs: line.waitingSinceMs,
        lastMessageMs: line.lastMessageMs,
        dropped: line.dropped?.count ?? 0,
      },
      current: current && this.#progress(current),
      interrupted: interrupted && this.#interrupted(interrupted),
      parked: this.#text(parked, NOWHERE),
      interruptsAtMs: interruptsAtMs.slice(-LIST_MAX),
      held: held && { reason: held.reason, atMs: held.atMs, by: held.by?.id ?? null },
      unsettled: unsettled.slice(0, LIST_MAX).map((one) => ({ epoch: one.epoch, index: one.index })),
      hasNotified,
      draining,
    };
  }

  #progress(progress: Progress): View {
    const { turn, pieces, open, delivered, generatedChars, messageIds, tools, carried, parked, maybe, ending } =
      progress;
    return {
      turn: this.#turn(turn),
      pieces,
      open: open.slice(0, LIST_MAX).map(({ index }) => index),
      delivered: this.#text(delivered, NOWHERE),
      messageIds: messageIds.slice(-LIST_MAX),
      generatedChars,
      tools: tools.map(({ id, label, state }) => ({ id, label: this.#text(label), state })),
      carried: this.#text(carried, NOWHERE),
      parked: this.#text(parked, NOWHERE),
      maybe: maybe === null ? null : this.#text(maybe, NOWHERE),
      ending: ending && { status: ending.status, reason: ending.reason, atMs: ending.atMs },
    };
  }

  #turn({ id, epoch, inputs, askedAtMs, dropped }: TurnInfo): View {
    return {
      id,
      epoch,
      inputs: inputs.slice(0, LIST_MAX).map((message) => this.#message(message)),
      askedAtMs,
      dropped: dropped?.count ?? 0,
    };
  }

  #message({ id, sender, text, mention, atMs, attachments, target, quote }: Inbound): View {
    return {
      id,
      scene: target.scene,
      sender: { id: sender.id, name: sender.name && this.#text(sender.name), bot: sender.bot, role: sender.role },
      text: this.#text(text),
      mention,
      atMs,
      attachments: attachments.slice(0, LIST_MAX).map(({ kind, bytes }) => ({ kind, bytes })),
      quote: quote?.id,
    };
  }

  #interrupted({ turn, epoch, reason, atMs, delivered, generatedChars, certainty, maybe, agent }: Interrupted): View {
    return {
      turn,
      epoch,
      reason,
      atMs,
      delivered: this.#text(delivered, NOWHERE),
      generatedChars,
      certainty,
      maybe: maybe === undefined ? undefined : this.#text(maybe, NOWHERE),
      agent,
    };
  }

  #receipt({ status, reason, delivered, generatedChars, certainty, messageIds }: Receipt): View {
    return { status, reason, delivered: this.#text(delivered, NOWHERE), generatedChars, certainty, messageIds };
  }

  #piece({ turn, epoch, role, index, content, target }: Piece, around: Around): View {
    const what =
      content.kind === 'typing'
        ? { seconds: content.seconds }
        : { text: this.#text(content.text, around), ...(content.kind === 'stream' && { isLast: content.isLast }) };
    return { turn, epoch, role, index, scene: target.scene, kind: content.kind, ...what };
  }

  #outcome(outcome: Outcome, around: Around): View {
    const { piece, status } = outcome;
    const textIn = (field: 'said' | 'maybe'): View =>
      field in outcome && typeof outcome[field as keyof Outcome] === 'string'
        ? { [field]: this.#text(outcome[field as keyof Outcome] as unknown as string, around) }
        : {};
    return {
      piece: this.#piece(piece, around),
      status,
      sentId: 'sentId' in outcome ? outcome.sentId : undefined,
      code: 'code' in outcome ? outcome.code : undefined,
      platformCode: 'platformCode' in outcome ? outcome.platformCode : undefined,
      ...textIn('said'),
      ...textIn('maybe'),
    };
  }

  #fault(fault: { readonly code: string; readonly platformCode?: number; readonly detail: string }): View {
    return { code: fault.code, platformCode: fault.platformCode, detail: this.#clean(fault.detail) };
  }

  /** `around`: what the words of a piece stand among. */
  #event(event: AnyEventObject, around: () => Around): Typed {
    const type = this.#clean(event.type);
    return { type, ...this.#eventFields(event, around) };
  }

  /** By the types the two charts know; of any other the type alone is shown. */
  #eventFields(given: AnyEventObject, around: () => Around): View {
    const event = given as ConversationEvent | { type: 'other' };
    switch (event.type) {
      case 'message.received':
        return { message: this.#message(event.message), atMs: event.atMs };
      case 'message.recalled':
        return { id: event.id, atMs: event.atMs };
      case 'message.expired':
        return { id: event.id };
      case 'piece.settled':
        return { outcome: this.#outcome(event.outcome, around()), atMs: event.atMs };
      case 'reply.piece':
        return {
          epoch: event.epoch,
          kind: event.content.kind,
          ...('text' in event.content && { text: this.#text(event.content.text, around()) }),
        };
      case 'agent.ended':
        return {
          epoch: event.epoch,
          pieces: event.last?.length ?? 0,
          generatedChars: event.generatedChars,
          failure: event.failure,
        };
      case 'agent.left':
        return { epoch: event.epoch, generatedChars: event.generatedChars };
      case 'policy.changed':
        return { busy: event.policy.busy };
      case 'stop':
        return {
          // The gateway's has no fields.
          ...('reason' in event && {
            reason: event.reason,
            all: event.all,
            atMs: event.atMs,
            by: event.by?.id ?? null,
          }),
        };
      default:
        return this.#plainFields(given);
    }
  }

  /** Numbers, flags and names that say how something went; never what an actor gave back. */
  #plainFields(event: AnyEventObject): View {
    const { epoch, id, atMs, code, openMs, heartbeatIntervalMs, sessionId, resumable, waitMs, intents } = event;
    const numbers = { epoch, atMs, code, openMs, heartbeatIntervalMs, waitMs };
    const names = { id, sessionId, intents };
    return {
      ...Object.fromEntries(Object.entries(numbers).filter(([, value]) => typeof value === 'number')),
      ...Object.fromEntries(
        Object.entries(names).flatMap(([name, value]) =>
          typeof value === 'string' && !event.type.startsWith('xstate.') ? [[name, this.#clean(value)]] : [],
        ),
      ),
      ...(typeof resumable === 'boolean' && { resumable }),
      ...(event.type.startsWith('xstate.error.') && { error: this.#error(event['error']) }),
    };
  }

  #error(error: unknown): string {
    return this.#clean(error instanceof Error ? error.message : String(error));
  }

  #fact(fact: RouterEvent, around: () => Around): Typed {
    switch (fact.type) {
      case 'turn.started':
        return { type: fact.type, turn: this.#turn(fact.turn) };
      case 'turn.cancelled':
        return { type: fact.type, turn: fact.turn.id, epoch: fact.turn.epoch, reason: fact.reason };
      case 'turn.closed':
        return { type: fact.type, turn: this.#turn(fact.turn), receipt: this.#receipt(fact.receipt) };
      case 'turn.settled':
        return { type: fact.type, turn: fact.turn, outcome: this.#outcome(fact.outcome, around()) };
      case 'piece':
        return { type: fact.type, outcome: this.#outcome(fact.outcome, around()) };
      case 'channel.lost':
      case 'channel.stopped':
        return { type: fact.type, fault: this.#fault(fact.fault), nextTryInMs: fact.fault.nextTryInMs };
      case 'channel.ready':
        return { type: fact.type, username: this.#clean(fact.username), resumed: fact.resumed };
      default:
        return { type: fact.type };
    }
  }

  /** Words of a user or an agent: as they are, or how many characters they were. */
  #text(text: string, around?: Around): string | { readonly chars: number } {
    if (!this.#options.texts) return { chars: [...text].length };
    return this.#clean(text, around);
  }

  #clean(text: string, around?: Around): string {
    const clean = this.#options.scrub(text, around);
    return clean.length > TEXT_MAX ? `${clean.slice(0, TEXT_MAX)}…` : clean;
  }
}

/** `xstate.after.grace.conversation.cancelled.agent.stopping`; a name or a number of milliseconds, then the state's id. */
const timerView = ({ event, sinceMs, delayMs }: Timer): TimerView => {
  const [, delay = '', state = ''] = /^xstate\.after\.([^.]+)\.(.+)$/.exec(event) ?? [];
  return { delay, state, sinceMs, dueMs: sinceMs + delayMs };
};

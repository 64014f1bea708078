import { randomBytes } from 'node:crypto';
import type { InspectorFor } from '../actors/inspect.js';
import { messageFromJson } from '../adapters/message-json.js';
import type { ResolvedConfig } from '../config/resolved.js';
import type { PlatformEvent, PlatformEventKind } from '../domain/platform-event.js';
import type { SendReport, SendRequest } from '../domain/send.js';
import type { CancelReason } from '../domain/turn.js';
import type { Logger } from '../log/logger.js';
import type { Clock } from '../ports/clock.js';
import { AgentDesk } from '../sidecar/agent-desk.js';
import type { SidecarCommands } from '../sidecar/session-commands.js';
import type { RouterEvent } from './events.js';

export type SidecarDeps = {
  readonly clock: Clock;
  readonly log: Logger;
  readonly send: (request: SendRequest) => Promise<SendReport>;
  readonly stopTurn: (conversation: string, reason: CancelReason) => boolean;
  readonly showTyping: SidecarCommands['showTyping'];
  /** @default unguessable ones */
  readonly name?: (length: number) => string;
  readonly inspectorFor?: InspectorFor;
};

export type Sidecar = {
  readonly desk: AgentDesk;
  readonly onEvent: (event: RouterEvent) => void;
};

/** How long an agent may take to accept a turn. Source: turns §3.4. */
const ACCEPT_MS = 5_000;

/** The words of the frames where they have one of their own. Source: sidecar §5.3. */
const KIND: Readonly<Partial<Record<PlatformEventKind, string>>> = {
  'robot.joined': 'joined',
  'robot.left': 'left',
  'message.recalled': 'recalled',
  'reaction.added': 'reaction',
  'reaction.removed': 'reaction',
  'friend.added': 'friend_add',
  'push.allowed': 'push_allowed',
  'push.refused': 'push_refused',
};

const HEX_PER_BYTE = 2;
const unguessable = (length: number): string =>
  randomBytes(Math.ceil(length / HEX_PER_BYTE))
    .toString('hex')
    .slice(0, length);

/** What agents dial in to; null where no channel is answered by one. */
export const sidecarOf = (config: ResolvedConfig, deps: SidecarDeps): Sidecar | null => {
  const channels = Object.values(config.channels).filter(({ enabled }) => enabled);
  if (!channels.some(({ agent = config.agent }) => agent?.driver === 'native')) return null;
  const { graceMs, silenceMaxMs, turnMaxMs } = config.conversation;
  const desk = new AgentDesk({
    clock: deps.clock,
    log: deps.log,
    name: deps.name ?? unguessable,
    ...(deps.inspectorFor && { inspectorFor: deps.inspectorFor }),
    times: { acceptMs: ACCEPT_MS, idleMs: silenceMaxMs, turnMs: turnMaxMs, graceMs },
    commands: {
      stopTurn: deps.stopTurn,
      showTyping: deps.showTyping,
      send: async ({ content, ...request }) =>
        deps.send({ ...request, message: messageFromJson(withoutExtras(content), 'remote') }),
    },
  });
  return { desk, onEvent: (event) => hand(event, desk) };
};

/** An agent's media carry what it was told of a received file; a message takes what can be sent. */
const withoutExtras = (content: Readonly<Record<string, unknown>>): unknown => {
  const one = (media: unknown): unknown => {
    if (typeof media !== 'object' || media === null) return media;
    const { bytes: _, text: __, ...rest } = media as Readonly<Record<string, unknown>>;
    return rest;
  };
  const { media } = content;
  if (media === undefined) return content;
  return { ...content, media: Array.isArray(media) ? media.map(one) : one(media) };
};

const hand = (event: RouterEvent, desk: AgentDesk): void => {
  switch (event.type) {
    case 'message.accepted':
      desk.onMessage(event.message);
      return;
    case 'piece':
      desk.onPiece(event.outcome);
      return;
    case 'turn.cancelled':
      desk.onCancelled(event.turn.id);
      return;
    case 'turn.closed':
      desk.onClosed(event.turn.id, event.receipt);
      return;
    case 'turn.settled':
      desk.onSettled(event.turn, event.outcome);
      return;
    case 'platform.event':
      handEvent(event.event, desk);
      return;
    default:
      return;
  }
};

/** What concerns no conversation has no place in the frames; what came as it came is kept nowhere. */
const handEvent = (event: PlatformEvent, desk: AgentDesk): void => {
  const { conversation, target, raw: _, kind, ...data } = event;
  if (!conversation || !target) return;
  desk.onEvent(conversation, target.scene, KIND[kind] ?? kind, kind in KIND ? { ...data, event: kind } : data);
};

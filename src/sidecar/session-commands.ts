import { BoundedMap } from '../domain/bounded-map.js';
import type { ConversationId, Scene } from '../domain/conversation.js';
import { placeOf } from '../domain/conversation.js';
import type { SendReport } from '../domain/send.js';
import type { CancelReason } from '../domain/turn.js';
import type { Logger } from '../log/logger.js';
import type { AgentSession } from './agent-session.js';
import { type Answer, ok, refused } from './answers.js';
import type { AgentFrame, AgentFrames } from './frames/from-agent.js';
import { readFrame, type Unreadable } from './frames/read-frame.js';
import { isWanted } from './wire-form.js';

/** What an agent may have the router do. */
export type SidecarCommands = {
  /** Cancels the turn under way; false where there is none. */
  readonly stopTurn: (conversation: ConversationId, reason: CancelReason) => boolean;
  /** The platform's indication, for a minute; null where it is shown. */
  readonly showTyping: (conversation: ConversationId) => 'unsupported' | 'window_closed' | null;
  /** Errors: `message.invalid`, synchronously for what can be seen at once. */
  readonly send: (request: {
    readonly conversation: ConversationId;
    readonly content: Readonly<Record<string, unknown>>;
    readonly mode: 'auto' | 'passive' | 'proactive';
    readonly key: string;
    readonly replyTo?: string;
    readonly ttlMs?: number;
  }) => Promise<SendReport>;
};

type Turned = Extract<AgentFrame, { turn: string }>;

/** Sends whose ids are known without asking the store. */
const SENDS_MAX = 10_000;
/** Sends of one agent that have no result yet. */
const SENDING_MAX = 256;

const NO_TYPING = {
  unsupported: 'the platform shows no typing there: it does in private chats, to bots that may',
  window_closed: 'the indication takes a reply, and no message of this user has one to spare',
} as const;

const isTurned = (frame: AgentFrame): frame is Turned => frame.t.startsWith('turn.');

/** What an agent says, as what is done about it. Shape: every frame gets one answer, in the order of the frames. */
export class SessionCommands {
  readonly #commands: SidecarCommands;
  readonly #log: Logger;
  readonly #sends = new BoundedMap<string, 'underWay' | SendReport>(SENDS_MAX);
  readonly #sending = new WeakMap<AgentSession, number>();

  constructor(commands: SidecarCommands, log: Logger) {
    this.#commands = commands;
    this.#log = log;
  }

  receive(session: AgentSession, text: string): Answer {
    const read = readFrame(text);
    if ('unreadable' in read) return this.#unreadable(session, read.unreadable);
    const { frame } = read;
    if (isTurned(frame)) return this.#turned(session, frame);
    switch (frame.t) {
      case 'hello':
        return refused('bad_frame', {}, { message: 'hello was said already' });
      case 'ack':
        session.ack(frame.seq);
        return ok();
      case 'pong':
        session.pong();
        return ok();
      case 'turns':
        session.addSlots(frame.add);
        return ok();
      case 'typing':
        return this.#typing(session, frame);
      case 'stop':
        return this.#stop(session, frame);
      case 'send':
        return this.#send(session, frame);
    }
  }

  /** The fence comes before anything else: a frame of an old turn is stale even where it cannot be read. */
  #unreadable(session: AgentSession, { code, message, re, turn }: Unreadable): Answer {
    const isStale = turn !== undefined && (session.isPast(turn) || session.turns.get(turn)?.isCancelled === true);
    return isStale ? refused('stale_turn', { id: re, turn }) : refused(code, { id: re, turn }, { message });
  }

  #turned(session: AgentSession, frame: Turned): Answer {
    const turn = session.turns.get(frame.turn);
    if (turn) return turn.receive(frame);
    const { turn: name } = frame;
    const id = 'id' in frame && frame.t !== 'turn.progress' ? frame.id : undefined;
    return refused(session.isPast(name) ? 'stale_turn' : 'unknown_turn', { id, turn: name });
  }

  /** In a turn it is a sign of life; the turn shows the platform's indication itself. Nothing takes that back. */
  #typing(session: AgentSession, { turn: name, conv, on }: AgentFrames['typing']): Answer {
    const turn = name === undefined ? undefined : session.turns.get(name);
    if (turn?.isWorking && !turn.isCancelled) {
      turn.touch();
      return ok({ turn: name });
    }
    if (name !== undefined)
      return refused(session.isPast(name) || turn ? 'stale_turn' : 'unknown_turn', { turn: name });
    if (conv === undefined) return refused('bad_frame', {}, { message: 'name a `turn` or a `conv`' });
    if (!mayReach(session, conv)) return refused('not_permitted');
    const refusal = on ? this.#commands.showTyping(conv) : null;
    return refusal ? refused(refusal, {}, { message: NO_TYPING[refusal] }) : ok();
  }

  #stop(session: AgentSession, frame: AgentFrames['stop']): Answer {
    const held = frame.turn === undefined ? undefined : session.turns.get(frame.turn);
    const conversation = held?.input.conversation.id ?? frame.conv;
    if (frame.turn !== undefined && !held) {
      return refused(session.isPast(frame.turn) ? 'stale_turn' : 'unknown_turn', frame);
    }
    if (conversation === undefined) return refused('bad_frame', frame, { message: 'name a `turn` or a `conv`' });
    if (!held && !mayReach(session, conversation)) return refused('not_permitted', frame);
    return this.#commands.stopTurn(conversation, frame.reason) ? ok(frame) : refused('unknown_turn', frame);
  }

  #send(session: AgentSession, frame: AgentFrames['send']): Answer {
    const { id, conv, content, mode, replyTo, ttlMs } = frame;
    if (!mayReach(session, conv)) return refused('not_permitted', { id });
    const key = `${session.profile.agent.name}:${id}`;
    const known = this.#sends.get(key);
    if (known !== undefined) {
      if (known !== 'underWay') session.record(resultOf(id, known));
      return ok({ id }, { dup: true });
    }
    const underWay = this.#sending.get(session) ?? 0;
    if (underWay >= SENDING_MAX) return refused('rate_limited', { id }, { retryAfterMs: 1_000 });
    this.#sends.set(key, 'underWay');
    this.#sending.set(session, underWay + 1);
    const more = { ...(replyTo !== undefined && { replyTo }), ...(ttlMs !== undefined && { ttlMs }) };
    this.#commands
      .send({ conversation: conv, content, mode, key, ...more })
      .catch((error: unknown): SendReport => {
        this.#log.warn({ agent: session.profile.agent.name, err: error }, 'a send of an agent failed');
        const code = (error as { readonly code?: unknown }).code;
        return { status: 'rejected', code: typeof code === 'string' ? code : 'agent.failed' };
      })
      .then((report) => {
        this.#sending.set(session, (this.#sending.get(session) ?? 1) - 1);
        this.#sends.set(key, report);
        session.record(resultOf(id, report));
      });
    return ok({ id });
  }
}

const resultOf = (id: string, { status, messageId, code }: SendReport) => ({
  t: 'send.result' as const,
  id,
  status,
  ...(messageId !== undefined && { messageId }),
  ...(code !== undefined && { code }),
});

/** Whether the agent's filter lets it reach this conversation. */
const mayReach = ({ profile }: AgentSession, id: ConversationId): boolean => {
  const scene: Scene | undefined = placeOf(id)?.target.scene;
  return scene !== undefined && isWanted(profile.filter, { id, scene });
};

import { BehaviorSubject } from 'rxjs';
import type { ConversationPolicy } from '../../machines/conversation/policy.js';
import type { SceneRuntime } from '../../src/actors/conversation-deps.js';
import { Directory, type DirectoryDeps, type DirectoryOptions } from '../../src/actors/directory.js';
import { rightsOf } from '../../src/app/rights.js';
import type { ConversationId } from '../../src/domain/conversation.js';
import type { Inbound } from '../../src/domain/inbound.js';
import type { Outcome } from '../../src/domain/reply.js';
import { MESSAGE_LIMITS, PACE_LIMITS, REPLY_WINDOWS } from '../../src/domain/reply-limits.js';
import type { Interrupted, Receipt, TurnInfo } from '../../src/domain/turn.js';
import { ActiveLedger } from '../../src/pipelines/active-ledger.js';
import { Pacer } from '../../src/pipelines/pacer.js';
import { wholeText } from '../../src/pipelines/pieces/whole-text.js';
import { ReplyLedger } from '../../src/pipelines/reply-ledger.js';
import type { ReplyOptions } from '../../src/pipelines/reply-pieces.js';
import { FramePace } from '../../src/pipelines/sending/frame-pace.js';
import { Lanes } from '../../src/pipelines/sending/lanes.js';
import type { SendingDeps } from '../../src/pipelines/sending/sending-deps.js';
import type { MessageApi } from '../../src/ports/message-api.js';
import type { ConversationRecord } from '../../src/ports/store.js';
import type { StreamApi } from '../../src/ports/stream-api.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';
import { messageOf, policyOf, START_MS } from './samples.js';
import { type Script, ScriptedAgent } from './scripted-agent.js';
import { HandApi } from './send-rig.js';

export type Closed = { readonly turn: TurnInfo; readonly receipt: Receipt; readonly atMs: number };

export type RigOptions = Partial<DirectoryOptions> & {
  readonly policy?: Partial<ConversationPolicy>;
  readonly reply?: Partial<ReplyOptions>;
  /** One per turn; the last one stays. */
  readonly scripts?: readonly Script[];
  readonly deps?: Partial<DirectoryDeps>;
  readonly scene?: Partial<SceneRuntime>;
  readonly sending?: Partial<SendingDeps>;
  /** Answers every send of itself after so long; by hand where it is absent. */
  readonly answersAfterMs?: number;
  /** Another platform than the one that is answered by hand. */
  readonly api?: (clock: VirtualClock) => MessageApi;
};

/** A bot's conversations on virtual time, between a scripted agent and a platform whose answers the test gives. */
export class ConversationRig {
  readonly clock = new VirtualClock(START_MS);
  readonly api = new HandApi(this.clock.now);
  readonly platform: MessageApi;
  readonly agent: ScriptedAgent;
  readonly directory: Directory;
  readonly started: { readonly turn: TurnInfo; readonly atMs: number }[] = [];
  readonly cancelled: { readonly turn: string; readonly reason: string; readonly atMs: number }[] = [];
  readonly closed: Closed[] = [];
  readonly outcomes: Outcome[] = [];
  readonly settled: { readonly turn: string; readonly status: string; readonly atMs: number }[] = [];
  readonly dropped: string[] = [];
  /** Messages that were written down before a running turn's agent saw them. */
  readonly claimed: string[] = [];
  /** Why each of them was. */
  readonly droppedWhy: string[] = [];
  readonly agentErrors: unknown[] = [];
  readonly failed: { readonly id: ConversationId; readonly error: unknown }[] = [];
  readonly records = new Map<ConversationId, ConversationRecord>();

  constructor(options: RigOptions = {}) {
    this.agent = new ScriptedAgent(this.clock, options.scripts ?? []);
    const policy = policyOf(options.policy);
    const reply = { mode: 'final', maxReplyChars: 18_000, cutNotice: '…', brokenNotice: '', ...options.reply } as const;
    const replyWindowMs = REPLY_WINDOWS.c2c.windowMs;
    const runtime: SceneRuntime = {
      policy,
      reply,
      concurrentMax: 4,
      admins: [],
      interruptedHistory: 'delivered',
      replyWindowMs,
      ...options.scene,
    };
    const { answersAfterMs } = options;
    this.platform =
      options.api?.(this.clock) ??
      (answersAfterMs === undefined ? this.api : answeringAfter(this.api, this.clock, answersAfterMs));
    this.directory = new Directory(
      {
        clock: this.clock,
        lease: { appId: 'app', epoch: 1, valid: () => true },
        driver: this.agent,
        sending: {
          api: this.platform,
          streams: NO_BUBBLES,
          clock: this.clock,
          random: () => 0,
          lanes: new Lanes(100),
          ledger: new ReplyLedger(),
          framePace: new FramePace(),
          pacer: new Pacer(PACE_LIMITS),
          online$: new BehaviorSubject(true),
          isOnline: () => true,
          active: new ActiveLedger(() => false),
          rights: rightsOf(() => false),
          messageLimits: MESSAGE_LIMITS,
          ...options.sending,
        },
        outbound: {},
        settingsFor: () => runtime,
        newStrategy: (_, port) => wholeText(port),
        transcriptMax: 40,
        silenceMaxMs: 120_000,
        load: async (id) => this.records.get(id) ?? null,
        admit: async () => undefined,
        claim: async ({ id }) => void this.claimed.push(id),
        onTurnStarted: (turn) => this.started.push({ turn, atMs: this.nowMs }),
        onTurnCancelled: (turn, reason) => this.cancelled.push({ turn: turn.id, reason, atMs: this.nowMs }),
        onTurnClosed: (_, turn, receipt, record) => {
          this.closed.push({ turn, receipt, atMs: this.nowMs });
          this.records.set(turn.conversation, record);
        },
        onOutcome: (outcome) => this.outcomes.push(outcome),
        onLateOutcome: (turn, { status }, record) => {
          this.settled.push({ turn, status, atMs: this.nowMs });
          this.records.set(record.conversation, record);
        },
        onDropped: ({ id }, why) => {
          this.dropped.push(id);
          this.droppedWhy.push(why);
        },
        onResumed: () => undefined,
        onAgentError: (_, error) => this.agentErrors.push(error),
        onFailed: (id, error) => this.failed.push({ id, error }),
        ...options.deps,
      },
      { retireAfterMs: 60_000, ...options },
    );
  }

  /** Units: ms since the start. */
  get nowMs(): number {
    return this.clock.now() - START_MS;
  }

  /** The inputs of each turn that was started. */
  get asked(): string[][] {
    return this.started.map(({ turn }) => turn.inputs.map(({ id }) => id));
  }

  get lastReceipt(): Receipt | undefined {
    return this.closed.at(-1)?.receipt;
  }

  get interrupted(): Interrupted | undefined {
    return this.agent.turns.at(-1)?.interrupted;
  }

  /** A user says something; it is handed on at once. */
  async say(id: string, changes: Partial<Inbound> = {}): Promise<void> {
    this.directory.deliver(messageOf(id, { atMs: this.clock.now(), ...changes }));
    await this.clock.advance(0);
  }

  /** Moves time; what falls due on the way happens. */
  async wait(ms: number): Promise<void> {
    await this.clock.advance(ms);
  }

  /** A user says something and is quiet until its turn has begun. */
  async ask(id: string, changes: Partial<Inbound> = {}): Promise<void> {
    await this.say(id, changes);
    await this.wait(600);
  }
}

const NO_BUBBLES: StreamApi = {
  seqPerFrame: false,
  sendFrame: () => Promise.reject(new Error('this rig has no bubbles')),
};

const answeringAfter = (api: HandApi, clock: VirtualClock, afterMs: number): MessageApi => {
  const answered =
    <Args extends unknown[], Result>(send: (...args: Args) => Promise<Result>) =>
    (...args: Args): Promise<Result> => {
      const before = api.calls.length;
      const result = send.apply(api, args);
      const call = api.calls[before];
      if (call) clock.setTimeout(() => call.accept(), afterMs);
      return result;
    };
  return {
    sendText: answered(api.sendText),
    sendPart: answered(api.sendPart),
    sendTyping: answered(api.sendTyping),
    react: () => api.react(),
    me: () => api.me(),
  };
};

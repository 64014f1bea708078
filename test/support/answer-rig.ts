import { BehaviorSubject } from 'rxjs';
import { ConversationLine } from '../../src/actors/conversation-line.js';
import { createMessageApi } from '../../src/adapters/qq/message-api.js';
import type { Rest, RestCall } from '../../src/adapters/qq/rest.js';
import { createStreamApi, type StreamGeneration } from '../../src/adapters/qq/stream-api.js';
import { rightsOf } from '../../src/app/rights.js';
import type { Scene, Target } from '../../src/domain/conversation.js';
import type { Inbound } from '../../src/domain/inbound.js';
import { type Outcome, type PieceContent, saidBy } from '../../src/domain/reply.js';
import { ACTIVE_QUOTAS, PACE_LIMITS, REPLY_WINDOWS } from '../../src/domain/reply-limits.js';
import type { MessageLimits } from '../../src/domain/reply-plan.js';
import type { Platform, TranscriptEntry } from '../../src/emulator/index.js';
import { ActiveLedger } from '../../src/pipelines/active-ledger.js';
import { Pacer } from '../../src/pipelines/pacer.js';
import type { PieceStrategy, Pieces, StrategyPort } from '../../src/pipelines/pieces/strategy.js';
import { ReplyLedger } from '../../src/pipelines/reply-ledger.js';
import { ReplyGatherer, type ReplyOptions } from '../../src/pipelines/reply-pieces.js';
import { FramePace } from '../../src/pipelines/sending/frame-pace.js';
import { Lanes } from '../../src/pipelines/sending/lanes.js';
import type { AgentEvent } from '../../src/ports/agent-driver.js';
import type { VirtualClock } from '../../src/testing/virtual-clock.js';
import { type PlatformHttp, platformRig } from '../adapters/platform-http.js';
import { messageOf } from './samples.js';

export type AnswerOptions = {
  readonly scene: Extract<Scene, 'c2c' | 'group'>;
  /** Messages of the user that the answer may refer to. */
  readonly questions: number;
  readonly repliesMax: number;
  /** Active messages are allowed, by the router's settings and by the platform's. */
  readonly active: boolean;
  readonly limits: MessageLimits;
  readonly reply: ReplyOptions;
  readonly strategy: (port: StrategyPort) => PieceStrategy;
  readonly generation?: StreamGeneration;
  /** Until an answer of the platform is heard, in ms. */
  readonly latencyMs?: number;
  /** Before a call, in the step in which it is made: what happens to it may be arranged here. */
  readonly onCall?: (call: RestCall, rig: AnswerRig) => void;
  /** Where bubbles may be longer than messages. @default limits.hardMax */
  readonly textChars?: number;
};

/** Pieces without an outcome beyond which the agent is not read on. */
const OPEN_MAX = 8;

/** One answer on its way from an agent to the emulator's platform, without the conversation around it. */
export class AnswerRig {
  readonly clock: VirtualClock;
  readonly platform: Platform;
  readonly http: PlatformHttp;
  readonly outcomes: Outcome[] = [];
  readonly contents: PieceContent[] = [];
  readonly #line: ConversationLine;
  readonly #inputs: readonly Inbound[];
  readonly #gatherer: ReplyGatherer;
  readonly #peer: string;
  #isLive = true;
  #open = 0;
  #index = 0;

  constructor(options: AnswerOptions) {
    const { scene, repliesMax, active, latencyMs = 0 } = options;
    const { clock, platform, http, rest } = platformRig({
      limits: {
        c2cReplies: repliesMax,
        groupReplies: repliesMax,
        textChars: options.textChars ?? options.limits.hardMax,
      },
      switches: { urlFilter: 'off' },
    });
    this.clock = clock;
    this.platform = platform;
    this.http = http;
    platform.rights().active[scene] = active;
    this.#peer = scene === 'c2c' ? 'U' : 'G';
    const target: Target = scene === 'c2c' ? { scene, openid: 'U' } : { scene, groupOpenid: 'G' };
    this.#inputs = Array.from({ length: options.questions }, (_, n) => {
      const said =
        scene === 'c2c'
          ? platform.sendC2c({ from: 'U', text: `q${n}` })
          : platform.sendGroup({ group: 'G', from: 'U', text: `q${n}` });
      return messageOf(said.messageId, { target, sender: { id: 'U' }, atMs: clock.now() });
    });
    const pause = (): Promise<void> => new Promise((done) => clock.setTimeout(() => done(), latencyMs));
    const slow: Rest = {
      call: (call) => {
        const mayStart = (): boolean => {
          if (call.mayStart && !call.mayStart()) return false;
          options.onCall?.(call, this);
          return true;
        };
        return rest.call({ ...call, mayStart }).finally(pause);
      },
    };
    const windows = { ...REPLY_WINDOWS, [scene]: { ...REPLY_WINDOWS[scene], repliesMax } };
    const framePace = new FramePace();
    this.#line = new ConversationLine({
      sending: {
        api: createMessageApi(slow),
        streams: createStreamApi(slow, options.generation ?? 'stream_messages'),
        clock,
        random: () => 0,
        lanes: new Lanes(64),
        ledger: new ReplyLedger(windows),
        active: new ActiveLedger(() => active, ACTIVE_QUOTAS),
        framePace,
        pacer: new Pacer(PACE_LIMITS),
        rights: rightsOf(() => false),
        messageLimits: options.limits,
        online$: new BehaviorSubject(true),
        isOnline: () => true,
      },
      outbound: {},
      isLive: () => this.#isLive,
      mayWrite: () => true,
      onOutcome: (outcome) => this.#onOutcome(outcome),
      onChange: () => undefined,
    });
    this.#gatherer = new ReplyGatherer(
      options.strategy({
        clock,
        limits: options.limits,
        budget: () => this.#line.budgetFor(this.#inputs),
        isClear: () => this.#open === 0,
        outlookChars: () => this.#gatherer.roomChars,
        slowness: () => framePace.slowness,
        say: (pieces) => {
          this.#gatherer.noteSaid();
          this.#hand(pieces);
        },
      }),
      options.reply,
    );
  }

  /** One event of the agent; `false` once it is not read on any more. */
  async take(event: AgentEvent): Promise<boolean> {
    if (!this.#isLive) return false;
    const { pieces, end } = this.#gatherer.take(event);
    this.#hand(pieces);
    await this.clock.advance(0);
    if (this.#open >= OPEN_MAX) await this.clock.advanceUntil(() => this.#open < OPEN_MAX, 24 * 3_600_000);
    return end === null;
  }

  type(): void {
    this.#send({ kind: 'typing', seconds: 60 });
  }

  /** The cancel point. */
  cancel(): void {
    this.#isLive = false;
    this.#gatherer.dispose();
    this.#line.cancel(1);
  }

  /** All that was handed on has come back. */
  async settle(): Promise<void> {
    await this.clock.advance(0);
    await this.clock.advanceUntil(() => this.#line.underWay === 0, 24 * 3_600_000);
  }

  /** What the user sees of the bot, indications left out, in order. */
  get shown(): TranscriptEntry[] {
    return this.platform.transcript(this.#peer).filter(({ by, kind }) => by === 'bot' && kind !== 'typing');
  }

  get said(): string[] {
    return this.outcomes.flatMap((outcome) => saidBy(outcome) ?? []);
  }

  get parked(): string {
    return this.outcomes.flatMap((outcome) => (outcome.status === 'parked' ? outcome.text : [])).join('\n');
  }

  #hand(pieces: Pieces): void {
    for (const content of pieces) {
      this.#open += 1;
      this.contents.push(content);
      this.#send(content);
    }
  }

  #send(content: PieceContent): void {
    const newest = this.#inputs[this.#inputs.length - 1] as Inbound;
    const isText = content.kind !== 'typing';
    this.#line.send({
      conversation: newest.conversation,
      turn: `${newest.conversation}:t1`,
      epoch: 1,
      role: 'answer',
      index: isText ? this.#index++ : 0,
      target: newest.target,
      anchors: this.#inputs.map(({ id, atMs }) => ({ kind: 'message' as const, id, atMs })).reverse(),
      content,
    });
  }

  #onOutcome(outcome: Outcome): void {
    if (outcome.piece.content.kind !== 'typing') this.#open -= 1;
    this.outcomes.push(outcome);
  }
}

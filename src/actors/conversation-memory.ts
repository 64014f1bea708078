import type { ConversationEmitted } from '../../machines/conversation/conversation.types.js';
import type { Scene } from '../domain/conversation.js';
import type { Outcome } from '../domain/reply.js';
import { withLateText, withoutText, withTurn } from '../domain/transcript.js';
import type { BusyPolicy, TurnInfo } from '../domain/turn.js';
import type { ConversationRecord } from '../ports/store.js';
import type { SceneRuntime } from './conversation-deps.js';

export type EndedTurn = Pick<
  Extract<ConversationEmitted, { type: 'turn.closed' }>,
  'turn' | 'receipt' | 'interrupted' | 'parked'
>;

export type MemoryDeps = {
  readonly transcriptMax: number;
  readonly settingsFor: (scene: Scene) => Pick<SceneRuntime, 'interruptedHistory'>;
};

/** What a driver may leave for the next turn. */
const MEMO_CHARS_MAX = 4_096;

/** What one conversation is remembered by, as it changes; each change gives the record that is to be saved. */
export class ConversationMemory {
  readonly #deps: MemoryDeps;
  #record: ConversationRecord;
  /** The turn that noted the memo; 0 in a life that has noted none. */
  #memoEpoch = 0;
  /** Turns that were taken back although the outcome of a call was not known. */
  #takenBack: readonly number[] = [];

  constructor(record: ConversationRecord, deps: MemoryDeps) {
    this.#record = record;
    this.#deps = deps;
  }

  get record(): ConversationRecord {
    return this.#record;
  }

  /** `null` goes back to the scene's setting. */
  choose(busy: BusyPolicy | null): ConversationRecord {
    const { busy: _, ...record } = this.#record;
    this.#record = busy ? { ...record, busy } : record;
    return this.#record;
  }

  /** What an agent notes that has outlived its turn takes the place of nothing newer. Errors: RangeError for one too long. */
  remember(memo: string, epoch: number): void {
    if (memo.length > MEMO_CHARS_MAX) throw new RangeError(`a memo holds ${MEMO_CHARS_MAX} characters`);
    if (epoch < this.#memoEpoch) return;
    this.#memoEpoch = epoch;
    this.#record = { ...this.#record, memo };
  }

  /** Said outside of a turn: the agent's next one knows what was said in its name. */
  said(text: string): ConversationRecord {
    const { transcriptMax } = this.#deps;
    const whole = [...this.#record.transcript, { role: 'assistant' as const, content: text }];
    this.#record = { ...this.#record, transcript: whole.slice(Math.max(0, whole.length - transcriptMax)) };
    return this.#record;
  }

  unsaid(text: string): ConversationRecord {
    this.#record = { ...this.#record, transcript: withoutText(this.#record.transcript, text) };
    return this.#record;
  }

  /** The record as it would be if the turn were closed so. */
  after(ended: EndedTurn): ConversationRecord {
    const { turn, receipt, interrupted, parked } = ended;
    const { transcript, conversation, busy, memo } = this.#record;
    const { transcriptMax } = this.#deps;
    return {
      conversation,
      epoch: turn.epoch,
      transcript: this.#isTakenBack(ended) ? transcript : withTurn(transcript, turn, receipt, transcriptMax),
      ...(interrupted && { interrupted }),
      ...(parked !== '' && { parked }),
      ...(busy && { busy }),
      ...(memo !== undefined && { memo }),
    };
  }

  closed(ended: EndedTurn): ConversationRecord {
    if (this.#isTakenBack(ended) && ended.receipt.certainty === 'maybe-more') {
      this.#takenBack = [...this.#takenBack, ended.turn.epoch];
    }
    this.#record = this.after(ended);
    return this.#record;
  }

  /** What arrived after all belongs into what the agent is told was said, unless its turn was taken back. */
  late(epoch: number, outcome: Outcome, parked: string): ConversationRecord {
    const { transcript } = this.#record;
    this.#record = {
      ...this.#record,
      transcript: this.#takenBack.includes(epoch) ? transcript : withLateText(transcript, outcome),
      ...(parked !== '' && { parked }),
    };
    this.#takenBack = this.#takenBack.filter((one) => one !== epoch);
    return this.#record;
  }

  #isTakenBack({ turn, receipt }: Pick<EndedTurn, 'turn' | 'receipt'>): boolean {
    if (receipt.reason !== 'superseded') return false;
    const { interruptedHistory } = this.#deps.settingsFor(sceneOf(turn));
    return interruptedHistory === 'rollback';
  }
}

const sceneOf = ({ inputs }: TurnInfo): Scene => inputs[inputs.length - 1]?.target.scene ?? 'c2c';

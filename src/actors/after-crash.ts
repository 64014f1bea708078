import { isWithdrawn } from '../../machines/conversation/progress.js';
import type { Inbound } from '../domain/inbound.js';
import { type Outcome, saidBy } from '../domain/reply.js';
import type { ConversationRecord, OutboxEntry, SendOutcome, SentPiece } from '../ports/store.js';
import { sentPieceOf } from '../ports/store.js';

/** What a later life finds of a turn that did not come to its end. */
export type Traces = {
  /** Sends without an outcome, in order of writing. */
  readonly sends: readonly OutboxEntry[];
  readonly settled: readonly SendOutcome[];
};

/** An outcome and whose it is. */
type Told = { readonly of: SentPiece; readonly outcome: Omit<SendOutcome, 'of'> };

/**
 * What is known of a turn that a crash cut, as one outcome after the other is learned.
 * Shape: a message is answered once words of its own turn reached the user, or may have; not by a refusal, by words that
 * wait, or by an earlier turn's text that its turn brought along.
 */
export class AfterCrash {
  /** The last turn that is over. */
  readonly #overEpoch: number;
  readonly #answered = new Set<string>();
  readonly #parked = new Map<number, string>();
  readonly #known: ConversationRecord;
  #said: readonly string[] = [];
  #carried: string;
  #epoch: number;

  constructor(record: ConversationRecord, { sends, settled }: Traces) {
    this.#known = record;
    this.#overEpoch = record.epoch;
    this.#epoch = Math.max(record.epoch, ...sends.map(({ piece }) => piece.epoch));
    this.#carried = record.parked ?? '';
    for (const { of, ...outcome } of settled) if (of) this.#learn({ of, outcome });
  }

  /** Its turn was closed or cancelled before the crash: nothing of it starts again. */
  isOver({ piece }: OutboxEntry): boolean {
    return piece.role === 'answer' && piece.epoch <= this.#overEpoch;
  }

  learn({ piece, ...outcome }: Outcome): void {
    this.#learn({ of: sentPieceOf(piece), outcome });
  }

  isAnswered({ id }: Inbound): boolean {
    return this.#answered.has(id);
  }

  get said(): string {
    return this.#said.join('\n');
  }

  /** What the conversation is remembered by; `keeps`: words of the turn itself may wait for the next one. */
  record(keeps: boolean, isCut: boolean): ConversationRecord {
    const { parked: _, ...known } = this.#known;
    const own = keeps ? [...this.#parked].sort(([one], [other]) => one - other).map(([, text]) => text) : [];
    const parked = [this.#carried, ...own].filter((text) => text !== '').join('\n');
    const epoch = Math.max(this.#epoch, isCut ? known.epoch + 1 : known.epoch);
    return { ...known, epoch, ...(parked !== '' && { parked }) };
  }

  #learn({ of, outcome }: Told): void {
    if (of.role !== 'answer' || of.epoch <= this.#overEpoch) return;
    this.#epoch = Math.max(this.#epoch, of.epoch);
    const told = outcome as Outcome;
    if (of.isCarried) {
      if (told.status === 'parked') this.#carried = told.text;
      else if (!isWithdrawn(told)) this.#carried = '';
      return;
    }
    const said = saidBy(told);
    if (said !== null && said !== '') this.#said = [...this.#said, said];
    if (told.status === 'parked') this.#parked.set(of.index, told.text);
    if ((said !== null && said !== '') || told.status === 'unknown') {
      for (const id of of.messages) this.#answered.add(id);
    }
  }
}

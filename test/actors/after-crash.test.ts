import { describe, expect, it } from 'vitest';
import { AfterCrash } from '../../src/actors/after-crash.js';
import type { Outcome, Piece } from '../../src/domain/reply.js';
import { type ConversationRecord, type OutboxEntry, type SendOutcome, sentPieceOf } from '../../src/ports/store.js';
import { messageOf, pieceOf, START_MS } from '../support/samples.js';

const record = (changes: Partial<ConversationRecord> = {}): ConversationRecord => ({
  conversation: 'qq:app:c2c:u1',
  epoch: 3,
  transcript: [],
  ...changes,
});
/** Of the turn that the crash cut. */
const piece = (index: number, changes: Partial<Piece> = {}): Piece =>
  pieceOf(index, { epoch: 4, anchors: [{ kind: 'message', id: 'm1', atMs: START_MS }], ...changes });
type Told = Outcome extends infer O ? (O extends Outcome ? Omit<O, 'piece'> : never) : never;
const settled = (told: Told, of: Piece = piece(0)): SendOutcome => ({ ...told, of: sentPieceOf(of) });
const entry = (of: Piece): OutboxEntry => ({ key: 'k', piece: of, anchor: null, msgSeq: 1, atMs: START_MS });
const m1 = messageOf('m1');

const sent = (said: string): Told => ({ status: 'sent', sentId: 'S', said });
const parked = (text: string): Told => ({ status: 'parked', text });
const refused: Told = { status: 'refused', code: 'platform.contentRefused' };
const unknown: Told = { status: 'unknown', code: 'transport.lost', maybe: 'x' };

describe('a message is answered', () => {
  it.each([
    ['by words that reached the user', sent('hello'), true],
    ['by words that may have', unknown, true],
    ['by a part of a piece that was refused as a whole', { ...refused, said: 'hel' }, true],
    ['not by a refusal', refused, false],
    ['not by words that wait', parked('later'), false],
    ['not by what was taken back', { status: 'fenced' } as const, false],
  ] satisfies [string, Told, boolean][])('%s', (_, told, isAnswered) => {
    expect(new AfterCrash(record(), { sends: [], settled: [settled(told)] }).isAnswered(m1)).toBe(isAnswered);
  });

  it('not by an earlier text that its turn brought along, nor by a notice', () => {
    const carried = settled(sent('of before'), piece(0, { isCarried: true }));
    const notice = settled(sent('sorry'), piece(0, { role: 'notice', epoch: 0 }));
    const crash = new AfterCrash(record({ parked: 'of before' }), { sends: [], settled: [carried, notice] });
    expect(crash.isAnswered(m1)).toBe(false);
    expect(crash.said).toBe('');
  });

  it('also by what is learned when a send is tried again', () => {
    const crash = new AfterCrash(record(), { sends: [entry(piece(0))], settled: [] });
    expect(crash.isAnswered(m1)).toBe(false);
    crash.learn({ piece: piece(0), status: 'arrived', said: 'hello' });
    expect([crash.isAnswered(m1), crash.said]).toEqual([true, 'hello']);
  });
});

describe('text that waits', () => {
  const waits = (parkedBefore: string | undefined, outcomes: SendOutcome[], keeps = true): string | undefined =>
    new AfterCrash(record(parkedBefore === undefined ? {} : { parked: parkedBefore }), {
      sends: [],
      settled: outcomes,
    }).record(keeps, true).parked;
  const carrying = piece(0, { isCarried: true });

  it('of the cut turn goes out with the next, in order, once', () => {
    const outcomes = [settled(sent('a')), settled(parked('c'), piece(2)), settled(parked('b'), piece(1))];
    expect(waits(undefined, [...outcomes, settled(parked('b'), piece(1))])).toBe('b\nc');
  });

  it('is left out where the turn begins anew', () => {
    expect(waits(undefined, [settled(parked('b'))], false)).toBeUndefined();
  });

  it.each([
    ['waits still where nothing was tried', [], 'of before'],
    ['is not said again once it was said', [settled(sent('of before'), carrying)], undefined],
    ['is not said again where it may have been', [settled(unknown, carrying)], undefined],
    ['is given up where it was refused', [settled(refused, carrying)], undefined],
    ['waits again, as far as it was not said', [settled(parked('rest'), carrying)], 'rest'],
    ['waits still where it was taken back', [settled({ status: 'fenced' }, carrying)], 'of before'],
  ] satisfies [string, SendOutcome[], string | undefined][])('of an earlier turn %s', (_, outcomes, still) => {
    expect(waits('of before', outcomes)).toBe(still);
  });
});

describe('a turn that was closed or cancelled before the crash', () => {
  it('has nothing said again; the router’s own words and other sends are not its own', () => {
    const crash = new AfterCrash(record(), { sends: [], settled: [] });
    expect(crash.isOver(entry(piece(0, { epoch: 3 })))).toBe(true);
    expect(crash.isOver(entry(piece(0)))).toBe(false);
    expect(crash.isOver(entry(piece(0, { epoch: 0, role: 'notice' })))).toBe(false);
    expect(crash.isOver(entry(piece(0, { epoch: 0, role: 'send' })))).toBe(false);
  });

  it('answers nobody who is asked anew', () => {
    const old = settled(sent('hello'), piece(0, { epoch: 3 }));
    expect(new AfterCrash(record(), { sends: [], settled: [old] }).isAnswered(m1)).toBe(false);
  });
});

describe('the epoch', () => {
  it('of the cut turn is used up, whether it spoke or not', () => {
    const epochAfter = (sends: OutboxEntry[], isCut: boolean): number =>
      new AfterCrash(record(), { sends, settled: [] }).record(true, isCut).epoch;
    expect([epochAfter([], true), epochAfter([entry(piece(0, { epoch: 6 }))], true), epochAfter([], false)]).toEqual([
      4, 6, 3,
    ]);
  });
});

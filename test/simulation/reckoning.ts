import { textOfPiece } from '../../src/domain/reply.js';
import { BLAME_MAX } from '../../src/domain/suspects.js';
import type { Platform } from '../../src/emulator/index.js';
import type { TurnReceipt } from '../../src/ports/store.js';
import { marksIn } from './agents.js';
import type { Written } from './crashable-store.js';
import type { Broken, Laws } from './laws.js';

/** How a message came to its end, and when by the router's clock. */
type Closing = { readonly atMs: number } & (
  | { readonly how: 'turn'; readonly receipt: TurnReceipt }
  | { readonly how: 'dropped' | 'buried' }
);

/** What waits for less is not given up for having waited too long. */
const PATIENCE_MS = 85_000;

export type Reckoned = {
  readonly laws: Laws;
  readonly platform: Platform;
  /** Messages and talks that may be dropped at any time. */
  readonly pardon: ReadonlySet<string>;
  /** What is safe on the disk. */
  readonly synced: readonly Written[];
  /** Marks of each message's whole answer, as the agent was asked for it; by the ids of the turn's inputs. */
  readonly asked: ReadonlyMap<string, readonly string[]>;
  /** How often each message was under way when the process was killed from outside. */
  readonly hits: ReadonlyMap<string, number>;
  /** Messages that bring the process down. */
  readonly poisons: ReadonlySet<string>;
  /** Marks for which the router gave a reason: refused, without room, or not known. */
  readonly excused: ReadonlySet<string>;
  /** Nothing went wrong but the process itself. */
  readonly isCalm: boolean;
};

const closingsIn = (synced: readonly Written[]): Map<string, Closing> => {
  const closings = new Map<string, Closing>();
  const unsettled = new Set<string>();
  const note = (ids: readonly string[], closing: Closing): void => {
    for (const id of ids) if (unsettled.delete(id)) closings.set(id, closing);
  };
  const known = new Set<string>();
  for (const write of synced) {
    const { atMs } = write;
    if (write.name === 'ingest') {
      for (const { id } of write.args[1]) {
        if (!known.has(id)) unsettled.add(id);
        known.add(id);
      }
    } else if (write.name === 'settle') note(write.args[1], { how: 'dropped', atMs });
    else if (write.name === 'bury') note(write.args[1], { how: 'buried', atMs });
    else if (write.name === 'closeTurn' || write.name === 'cancelTurn') {
      const { settledIds, receipt } = write.args[1];
      note(settledIds, { how: 'turn', receipt, atMs });
    }
  }
  return closings;
};

/** Marks whose sends ended otherwise than by being said, and were written down so. */
const givenUpIn = (synced: readonly Written[]): Set<string> => {
  const texts = new Map<string, string>();
  const marks = new Set<string>();
  for (const write of synced) {
    if (write.name === 'enqueueSend' || write.name === 'reviseSend') {
      const { key, piece } = write.args[1];
      texts.set(key, textOfPiece(piece));
    }
    if (write.name !== 'settleSend') continue;
    const [, key, { status }] = write.args;
    if (status === 'sent' || status === 'arrived' || status === 'pending') continue;
    for (const { text } of marksIn(texts.get(key) ?? '')) marks.add(text);
  }
  return marks;
};

const openBubblesIn = ({ bubbles, orphans }: Laws): Broken[] =>
  [...bubbles.keys()]
    .filter((id) => !orphans.has(id))
    .map((id) => ({ law: 'a bubble that was begun is ended', how: `${id} takes more` }));

/** What must hold once all is well again and nothing is under way. Gives what does not. */
export const reckon = (reckoned: Reckoned): Broken[] => {
  const { laws, platform, synced, asked, excused: told, pardon, hits, poisons, isCalm } = reckoned;
  const broken: Broken[] = isCalm ? openBubblesIn(laws) : [];
  const live = platform.sessions().flatMap(({ connected, id }) => (connected ? [id] : []));
  const closings = closingsIn(synced);
  const excused = new Set([...told, ...givenUpIn(synced)]);
  const isSpokenOf = (id: string): boolean =>
    [...laws.said.keys(), ...excused].some((mark) => marksIn(mark).some(({ ids }) => ids.includes(id)));

  for (const { id, talk, sessions, atMs, isOrder } of laws.messages.values()) {
    if (sessions.some((session) => live.includes(session)) && !laws.safe.has(id)) {
      broken.push({ law: 'nothing is lost', how: `${id} was owed by the session and never taken in` });
    }
    if (laws.safe.has(id) && !closings.has(id)) {
      broken.push({ law: 'every message is closed', how: `${id} was taken in and neither answered nor given up` });
    }
    const closing = closings.get(id);
    const mayBeDropped = isOrder || pardon.has(id) || pardon.has(talk);
    if (closing?.how === 'dropped' && !mayBeDropped && closing.atMs - atMs < PATIENCE_MS) {
      broken.push({ law: 'what is given up has a reason', how: `${id} was dropped after ${closing.atMs - atMs} ms` });
    }
    if (closing?.how === 'buried' && !poisons.has(id) && (hits.get(id) ?? 0) < BLAME_MAX) {
      broken.push({
        law: 'no innocent is buried',
        how: `${id}, which was hit from outside ${hits.get(id) ?? 0} times`,
      });
    }
    if (closing?.how === 'turn' && !isOrder && closing.receipt.turn.includes(':r') && !isSpokenOf(id)) {
      broken.push({ law: 'nothing is lost', how: `${id} was closed after a restart, and nothing was said about it` });
    }
  }

  const receipts = synced.flatMap((write) => (write.name === 'closeTurn' ? [write.args[1].receipt] : []));
  const turns = new Set<string>();
  for (const receipt of receipts) {
    if (turns.has(receipt.turn)) broken.push({ law: 'a turn is closed once', how: receipt.turn });
    turns.add(receipt.turn);
    for (const { text } of marksIn(receipt.delivered)) {
      if (!laws.said.has(text)) {
        broken.push({ law: 'a receipt tells what was said', how: `${receipt.turn}: ${text} never arrived` });
      }
    }
    const ids = receipt.inputIds.join('+');
    if (receipt.status !== 'completed') continue;
    for (const mark of asked.get(ids) ?? []) {
      if (laws.said.has(mark) || excused.has(mark)) continue;
      broken.push({ law: 'nothing is lost', how: `${receipt.turn} is completed, and ${mark} was never said` });
    }
  }
  return broken;
};

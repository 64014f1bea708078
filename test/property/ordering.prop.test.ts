import { test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { type Plan, plan, tokensIn } from '../support/chaos-plan.js';
import {
  AT_MOST_MS,
  isClosing,
  isOf,
  live,
  NOTICE,
  readBy,
  requestsOf,
  shownOf,
  toldTo,
  turnsOf,
  type World,
} from '../support/chaos-world.js';

/*
 * Two conversations of one bot live through random plans: users who write, interrupt and stop; policies; answers as one
 * message, in blocks and as bubbles of both generations; agents that are slow, rude, stuck or failing; a platform that
 * refuses, is busy, hangs, swallows and loses; retirement in between. Each test is a law that holds in all of them.
 *
 * Mutants these laws have caught, each restored: no live check at the hand-over; the live check made once before the
 * transport waits; a stale epoch's report accepted; the line closed without waiting for the call in flight; a lost answer
 * taken for a refusal; another msg_seq on the retry; the outbox last in, first out; the newest message first; two calls in
 * flight; a grace without end; retirement with a call in flight; a stop that drops what waits; a bubble left open by a
 * cancel; a closing frame with a new word in it.
 */

/** Interleavings a law; `PROP_RUNS=6000 npx vitest run test/property/ordering` is the long form. */
const numRuns = Number(process.env['PROP_RUNS'] ?? 150);

const USERS = ['u1', 'u2'] as const;

const law = (name: string, holds: (world: World) => void): void => {
  test.prop([plan], { numRuns })(name, async (one: Plan) => holds(await live(one)), 3_600_000);
};

describe('messages', () => {
  law('turns start in the order in which their messages were written', (world) => {
    for (const user of USERS) {
      const started = turnsOf(world, user).flatMap(({ turn }) => turn.inputs.map(({ id }) => id));
      expect(started).toEqual(world.written[user]?.filter((id) => started.includes(id)));
    }
  });

  law('every message is in exactly one turn, or reported dropped exactly once; an order is dropped', (world) => {
    const asked = world.turns.flatMap(({ inputs }) => inputs);
    const written = Object.values(world.written).flat();
    expect([...asked, ...world.rig.dropped].toSorted()).toEqual([...written, ...world.orders].toSorted());
    for (const order of world.orders) expect(world.rig.dropped).toContain(order);
  });

  law('only steering adds to a turn that has begun, and only rejecting refuses', (world) => {
    const { busy } = world.plan;
    if (busy !== 'reject') expect(world.rig.droppedWhy).not.toContain('rejected');
    if (busy === 'steer') return;
    for (const { turn, inputs } of world.turns) expect(inputs).toEqual(turn.inputs.map(({ id }) => id));
  });

  law('epochs grow by one a turn, also over retirement', (world) => {
    for (const user of USERS) {
      const epochs = turnsOf(world, user).map(({ turn }) => turn.epoch);
      expect(epochs).toEqual(epochs.map((_, index) => index + 1));
    }
  });
});

describe('replies', () => {
  law('leave in order, turn by turn; every number names one text, and a bubble keeps its own', (world) => {
    for (const user of USERS) {
      const turns = turnsOf(world, user);
      const seen = world.api.requests.filter(({ anchor, text }) => anchor.startsWith(user) && text !== NOTICE);
      const order = seen.map((request) => turns.findIndex((turn) => isOf(turn, request)));
      expect(order).toEqual(order.toSorted((a, b) => a - b));
      for (const { anchor, msgSeq, text, frame } of seen) {
        for (const other of seen) {
          if (other.anchor !== anchor || other.msgSeq !== msgSeq) continue;
          if (frame === null) expect(other.text).toBe(text);
          else expect(other.frame?.streamId).toBe(frame.streamId);
        }
      }
    }
  });

  law('use the numbers of a message in turn, and no more replies than it takes', (world) => {
    for (const { inputs } of world.turns) {
      for (const anchor of inputs) {
        const requests = world.api.requests.filter((request) => request.anchor === anchor);
        // What a bubble could not say takes its number when that is known, behind those that wait.
        const bubbles = new Set(requests.map(({ frame }) => frame?.streamId));
        for (const line of world.plan.mode === 'native' ? [...bubbles].filter(Boolean) : bubbles) {
          const numbers = requests.filter(({ frame }) => frame?.streamId === line).map(({ msgSeq }) => msgSeq);
          expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
        }
        expect(world.api.shown.filter((shown) => shown.anchor === anchor).length).toBeLessThanOrEqual(4);
      }
    }
  });

  law('show what an agent said in its order, each word once, whatever carries it', (world) => {
    for (const user of USERS) {
      const read = readBy(world, user).map(({ epoch, n }) => epoch * 1_000 + n);
      expect(read).toEqual([...new Set(read)].toSorted((a, b) => a - b));
    }
  });

  law('have at most one call in flight per conversation', (world) => {
    for (const user of USERS) {
      const requests = world.api.requests.filter(({ anchor }) => anchor.startsWith(user));
      for (const [index, { tick }] of requests.entries()) {
        expect(tick).toBeGreaterThan(requests[index - 1]?.endTick ?? 0);
      }
    }
  });

  law('of a cancelled turn do not start after its cancel point, but for the end of a bubble (G1, G3)', (world) => {
    for (const user of USERS) {
      const cancelledAt = new Map(turnsOf(world, user).map(({ turn, cancelled }) => [turn.epoch, cancelled?.tick]));
      const requests = world.api.requests.filter(({ anchor }) => anchor.startsWith(user));
      for (const request of requests.filter((one) => !isClosing(world, one))) {
        for (const { epoch } of tokensIn(request.text)) {
          expect(request.tick).toBeLessThan(cancelledAt.get(epoch) ?? Number.POSITIVE_INFINITY);
        }
      }
    }
  });
});

describe('a bubble', () => {
  law('never changes what it has shown', (world) => {
    for (const { past } of world.api.shown) {
      for (const [index, text] of past.entries()) expect(text.startsWith(past[index - 1] ?? '')).toBe(true);
    }
  });

  law('is closed, but where its id or the answer to its closing was lost or refused', (world) => {
    for (const { streamId } of world.api.shown.filter(({ isOpen }) => isOpen)) {
      const frames = world.api.requests.filter(({ frame }) => frame?.streamId === streamId);
      const isKnown = frames.some(({ frame }) => frame && !frame.opens);
      const isTried = frames.some(({ frame }) => frame?.isLast);
      const isOrphan = !isKnown && frames[0]?.isUnknown === true;
      expect(isOrphan || isTried).toBe(true);
    }
  });

  law('is closed wherever the platform takes what it is given', (world) => {
    if (world.plan.answers.some(({ kind }) => kind !== 'accepts')) return;
    expect(world.api.shown.filter(({ isOpen }) => isOpen)).toEqual([]);
  });
});

describe('a cancel', () => {
  law('comes in the very call that brings the message or the order which is its cause', (world) => {
    expect(world.notCutAtOnce).toEqual([]);
  });

  law('is over after the longer of grace and settling, whatever agent and platform do (G7)', (world) => {
    const { graceMs, settleMs } = world.plan;
    for (const { cancelled, closed } of world.turns) {
      if (cancelled)
        expect((closed[0]?.atMs ?? Infinity) - cancelled.atMs).toBeLessThanOrEqual(Math.max(graceMs, settleMs));
    }
  });

  law('lets the next turn start no later than that and its own debounce', (world) => {
    const { graceMs, settleMs } = world.plan;
    for (const user of USERS) {
      const turns = turnsOf(world, user);
      for (const [index, { turn, startedAtMs }] of turns.entries()) {
        const before = turns[index - 1];
        if (index > 0 && !before?.cancelled) continue;
        const freeAtMs = before?.cancelled ? before.cancelled.atMs + Math.max(graceMs, settleMs) : 0;
        const askedAtMs = world.arrivedAtMs.get(turn.inputs[0]?.id ?? '') ?? 0;
        expect(startedAtMs).toBeLessThanOrEqual(Math.max(freeAtMs, askedAtMs) + AT_MOST_MS);
      }
    }
  });
});

describe('the closing record', () => {
  law('is written exactly once a turn, and holds exactly what the platform took where it says so (G6)', (world) => {
    for (const seen of world.turns) {
      expect(seen.closed).toHaveLength(1);
      const receipt = seen.closed[0]?.receipt;
      const shown = shownOf(world, seen).map(({ text }) => text);
      if (receipt?.certainty === 'exact') expect(receipt.delivered).toBe(shown.join('\n'));
      else {
        const told = tokensIn(receipt?.delivered ?? '');
        expect(tokensIn(shown.join('\n'))).toEqual(expect.arrayContaining(told));
        expect(told).toEqual(told.toSorted((a, b) => a.epoch - b.epoch || a.n - b.n));
      }
    }
  });

  law('says maybe-more only where nobody could know: an answer got lost, or a call outlasted the settling', (world) => {
    for (const seen of world.turns) {
      const [closed] = seen.closed;
      if (closed?.receipt.certainty !== 'maybe-more') continue;
      const requests = requestsOf(world, seen);
      const isLost = requests.some(({ isUnknown, endTick }) => isUnknown && endTick < closed.tick);
      const waitedMs = closed.atMs - (seen.cancelled?.atMs ?? closed.atMs);
      expect(isLost || waitedMs >= world.plan.settleMs).toBe(true);
    }
  });

  law('that says maybe-more for a call under way is followed by its outcome', (world) => {
    for (const seen of world.turns) {
      const [closed] = seen.closed;
      const isUnderWay = requestsOf(world, seen).some(
        (request) => closed && request.endTick > closed.tick && !isClosing(world, request),
      );
      if (!isUnderWay) continue;
      expect(closed?.receipt.certainty).toBe('maybe-more');
      expect(world.rig.settled.map(({ turn }) => turn)).toContain(seen.turn.id);
    }
  });

  law('is what the next turn is told, and only after a cancel', (world) => {
    for (const user of USERS) {
      const turns = turnsOf(world, user);
      for (const [index, seen] of turns.entries()) {
        const told = toldTo(world, seen);
        const before = turns[index - 1];
        const receipt = before?.closed[0]?.receipt;
        if (!world.rig.agent.turns.some(({ id }) => id === seen.turn.id)) continue;
        if (!before?.cancelled) expect(told).toBeUndefined();
        else {
          const { delivered, certainty, generatedChars } = receipt ?? {};
          expect(told).toMatchObject({ turn: before.turn.id, delivered, certainty, generatedChars });
        }
      }
    }
  });
});

import { test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { type Plan, plan } from '../support/chaos.js';
import { AT_MOST_MS, anchorOf, live, requestsOf, toldTo, turnsOf, type World } from '../support/chaos-world.js';

/*
 * Two conversations of one bot live through random plans: users who write, interrupt and stop; agents that are slow, rude,
 * stuck or failing; a platform that refuses, is busy, hangs, swallows and loses; retirement in between. Each test is a law
 * that holds in all of them.
 *
 * Mutants these laws have caught, each restored: no live check at the hand-over; the live check made once before the
 * transport waits; a stale epoch's report accepted; the line closed without waiting for the call in flight; a lost answer
 * taken for a refusal; another msg_seq on the retry; the outbox last in, first out; the newest message first; two calls in
 * flight; a grace without end; retirement with a call in flight; a stop that drops what waits.
 */

/** Interleavings a law; `PROP_RUNS=20000 npx vitest run test/property/ordering` is the long form. */
const numRuns = Number(process.env['PROP_RUNS'] ?? 200);

const USERS = ['u1', 'u2'] as const;

const law = (name: string, holds: (world: World) => void): void => {
  test.prop([plan], { numRuns })(name, async (one: Plan) => holds(await live(one)), 3_600_000);
};

describe('messages', () => {
  law('turns start in the order in which their messages were written', (world) => {
    for (const user of USERS) {
      const dropped = new Set(world.rig.dropped);
      const asked = turnsOf(world, user).flatMap(({ turn }) => turn.inputs.map(({ id }) => id));
      expect(asked).toEqual(world.written[user]?.filter((id) => !dropped.has(id)));
    }
  });

  law('every message is in exactly one turn, or reported dropped exactly once; an order is dropped', (world) => {
    const asked = world.turns.flatMap(({ turn }) => turn.inputs.map(({ id }) => id));
    const written = Object.values(world.written).flat();
    expect([...asked, ...world.rig.dropped].toSorted()).toEqual([...written, ...world.orders].toSorted());
    for (const order of world.orders) expect(world.rig.dropped).toContain(order);
  });

  law('epochs grow by one a turn, also over retirement', (world) => {
    for (const user of USERS) {
      const epochs = turnsOf(world, user).map(({ turn }) => turn.epoch);
      expect(epochs).toEqual(epochs.map((_, index) => index + 1));
    }
  });
});

describe('replies', () => {
  law(
    'leave in order: turn by turn, piece by piece, each with the next number and every retry with its own',
    (world) => {
      for (const user of USERS) {
        const turns = turnsOf(world, user);
        const seen = world.api.requests.filter(({ anchor }) => anchor.startsWith(user));
        const order = seen.map(({ anchor }) => turns.findIndex((turn) => anchorOf(turn) === anchor));
        expect(order).toEqual(order.toSorted((a, b) => a - b));
        for (const turn of turns) {
          const requests = requestsOf(world, turn);
          const texts = new Map(requests.map(({ msgSeq, text }) => [msgSeq, text]));
          expect(requests.map(({ msgSeq }) => msgSeq)).toEqual(requests.map(({ msgSeq }) => msgSeq).toSorted());
          for (const { msgSeq, text } of requests) expect(texts.get(msgSeq)).toBe(text);
          const said = [...texts.values()].filter((text) => text !== 'sorry');
          expect(said).toEqual(said.toSorted());
          expect(new Set(said).size).toBe(said.length);
        }
      }
    },
  );

  law('have at most one call in flight per conversation', (world) => {
    for (const user of USERS) {
      const requests = world.api.requests.filter(({ anchor }) => anchor.startsWith(user));
      for (const [index, { tick }] of requests.entries()) {
        expect(tick).toBeGreaterThan(requests[index - 1]?.endTick ?? 0);
      }
    }
  });

  law('of a cancelled turn do not start after its cancel point (G1)', (world) => {
    for (const seen of world.turns) {
      for (const { tick } of requestsOf(world, seen)) {
        expect(tick).toBeLessThan(seen.cancelled?.tick ?? Number.POSITIVE_INFINITY);
      }
    }
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
      const accepted = world.api.accepted.get(anchorOf(seen)) ?? [];
      if (receipt?.certainty === 'exact') expect(receipt.delivered).toBe(accepted.join(''));
      else expect(accepted.filter((text) => receipt?.delivered.includes(text)).join('')).toBe(receipt?.delivered);
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
      const isUnderWay = requestsOf(world, seen).some(({ endTick }) => closed && endTick > closed.tick);
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

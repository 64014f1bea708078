import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  CODE_LIFE_MS,
  HAD_PLACE_MS,
  HOLDS_PLACE_MS,
  KEEPS_PLACE_MS,
  REQUESTS_MAX,
  WRONG_TRIES_MAX,
} from '../../src/domain/pairing.js';
import { PairingRig } from '../support/pairing-rig.js';

/** What a user's request is, as far as codes that were said and tried tell. */
type Waiting = { code: string; readonly sinceMs: number; wroteMs: number; wrong: number };
type Model = {
  readonly waiting: Map<string, Waiting>;
  readonly paired: Set<string>;
  readonly used: Set<string>;
  /** When users lost a place, in this life of the process. */
  readonly had: Map<string, number>;
};

const USERS = ['u1', 'u2', 'u3', 'u4', 'u5'];
const user = fc.constantFrom(...USERS);

type Step =
  | { readonly do: 'write' | 'revoke'; readonly user: string }
  /** The code said last to this user; an older one of anybody's; one that was never said. */
  | { readonly do: 'show'; readonly user: string }
  | { readonly do: 'showOld'; readonly pick: number }
  | { readonly do: 'guess' }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'restart' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: user.map((user): Step => ({ do: 'write', user })) },
  { weight: 3, arbitrary: user.map((user): Step => ({ do: 'show', user })) },
  { weight: 2, arbitrary: fc.nat(30).map((pick): Step => ({ do: 'showOld', pick })) },
  { weight: 4, arbitrary: fc.constant<Step>({ do: 'guess' }) },
  { weight: 1, arbitrary: user.map((user): Step => ({ do: 'revoke', user })) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: CODE_LIFE_MS / 2 }).map((ms): Step => ({ do: 'wait', ms })) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'restart' }) },
);

const isOver = ({ sinceMs }: Waiting, nowMs: number): boolean => nowMs - sinceMs >= CODE_LIFE_MS;

/** Takes what was said since `from` into the model: a code for one who waits takes the place of theirs. */
const hear = (rig: PairingRig, model: Model, from: number): void => {
  for (const { to, text } of rig.said.slice(from)) {
    const code = /code (\S{8})/.exec(text)?.[1];
    if (code === undefined) continue;
    const nowMs = rig.clock.now();
    const known = model.waiting.get(to);
    if (known && !isOver(known, nowMs)) known.code = code;
    else model.waiting.set(to, { code, sinceMs: nowMs, wroteMs: nowMs, wrong: place(model, to, nowMs) });
  }
};

/**
 * A place for a newcomer: a free one, or, for who has had none of late, the one of the longest waiting of those who are quiet
 * or have had it for long. Gives the tries made at it.
 */
const place = (model: Model, to: string, nowMs: number): number => {
  for (const [id, one] of model.waiting) if (isOver(one, nowMs)) model.had.set(id, one.sinceMs + CODE_LIFE_MS);
  const waiting = [...model.waiting].filter(([, one]) => !isOver(one, nowMs));
  if (waiting.length < REQUESTS_MAX) return 0;
  const [quiet] = waiting
    .filter(([, { wrong, wroteMs, sinceMs }]) => {
      const isLong = nowMs - wroteMs >= KEEPS_PLACE_MS || nowMs - sinceMs >= HOLDS_PLACE_MS;
      return wrong < WRONG_TRIES_MAX && isLong;
    })
    .sort(([id, one], [otherId, other]) => one.sinceMs - other.sinceMs || (id < otherId ? -1 : 1));
  if (!quiet) throw new Error('a code was given although every place was taken');
  const hadMs = model.had.get(to);
  if (hadMs !== undefined && nowMs - hadMs < HAD_PLACE_MS) throw new Error('who had a place took another’s');
  model.waiting.delete(quiet[0]);
  model.had.set(quiet[0], nowMs);
  return quiet[1].wrong;
};

const show = async (rig: PairingRig, model: Model, code: string): Promise<void> => {
  const nowMs = rig.clock.now();
  const owner = [...model.waiting].find(
    ([, one]) => one.code === code && !isOver(one, nowMs) && one.wrong < WRONG_TRIES_MAX,
  )?.[0];
  const answer = await rig.pairing.approve(code);
  if (owner === undefined) {
    expect(answer, `${code} is nobody's`).toEqual({ status: 'unknown' });
    for (const one of model.waiting.values()) one.wrong += 1;
    return;
  }
  expect(answer).toMatchObject({ status: 'approved', user: { user: owner } });
  expect(model.used.has(code), 'a code is good once').toBe(false);
  model.used.add(code);
  model.waiting.delete(owner);
  model.paired.add(owner);
};

const take = async (rig: PairingRig, model: Model, one: Step): Promise<void> => {
  switch (one.do) {
    case 'write': {
      const known = model.waiting.get(one.user);
      if (known && known.wrong < WRONG_TRIES_MAX && !isOver(known, rig.clock.now())) known.wroteMs = rig.clock.now();
      return rig.writes(one.user);
    }
    case 'show':
      return show(rig, model, rig.codesOf(one.user).at(-1) ?? 'ZZZZZZZ9');
    case 'showOld':
      return show(rig, model, rig.codes.drawn[one.pick % Math.max(1, rig.codes.drawn.length)] ?? 'ZZZZZZZ9');
    case 'guess':
      return show(rig, model, 'ZZZZZZZ9');
    case 'revoke':
      await rig.pairing.revoke(one.user);
      model.waiting.delete(one.user);
      model.paired.delete(one.user);
      return;
    case 'wait':
      return rig.clock.advance(one.ms);
    case 'restart':
      // When they wrote last is not written down.
      for (const waiting of model.waiting.values()) waiting.wroteMs = waiting.sinceMs;
      model.had.clear();
      return rig.restart();
  }
};

it('a user is in exactly if the code last told to them was shown once, in time, with fewer than five wrong ones at their place, which a newcomer takes only from who is quiet or has had it for long; three wait at most', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
      const rig = await PairingRig.make();
      const model: Model = { waiting: new Map(), paired: new Set(), used: new Set(), had: new Map() };
      for (const one of steps) {
        const from = rig.said.length;
        await take(rig, model, one);
        hear(rig, model, from);
        expect(rig.desk.requests().length).toBeLessThanOrEqual(REQUESTS_MAX);
        expect(USERS.filter((id) => rig.desk.isPaired(id))).toEqual(USERS.filter((id) => model.paired.has(id)));
      }
    }),
    { numRuns: 300 },
  );
});

import { setFlagsFromString } from 'node:v8';
import { runInThisContext } from 'node:vm';
import { expect, it } from 'vitest';
import type { Scene } from '../../src/domain/conversation.js';
import type { StreamMode } from '../../src/domain/turn.js';
import { RouterRig } from '../support/router-rig.js';

setFlagsFromString('--allow-natives-syntax');
const haveSameShape = runInThisContext('(one, other) => %HaveSameMap(one, other)') as (a: object, b: object) => boolean;

/** Enough for V8 to have learnt the shapes; what is made seldom takes a slower way, which shares them. */
const MESSAGES = 60;

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** Where two objects with the same keys in the same order have hidden classes of their own. */
const differences = (one: unknown, other: unknown, path: string): string[] => {
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.flatMap((item, at) => differences(item, other[at], `${path}[${at}]`));
  }
  if (!isPlain(one) || !isPlain(other)) return [];
  const keys = Object.keys(one);
  if (keys.join() !== Object.keys(other).join()) return [];
  const inside = keys.flatMap((key) => differences(one[key], other[key], `${path}.${key}`));
  return haveSameShape(one, other) ? inside : [path, ...inside];
};

/** What each method was called with, by its name. */
const watchCalls = (target: object, heard: Map<string, unknown[][]>): void => {
  const names = Object.getOwnPropertyNames(Object.getPrototypeOf(target)).filter((name) => name !== 'constructor');
  for (const name of names) {
    const inner: unknown = Reflect.get(target, name);
    if (typeof inner !== 'function') continue;
    Reflect.set(target, name, (...args: unknown[]) => {
      heard.set(name, [...(heard.get(name) ?? []), args]);
      return Reflect.apply(inner, target, args) as unknown;
    });
  }
};

/**
 * The law: what is made anew for each message has one shape. On Node 20 every object made by `{ ...known, added }` has a
 * hidden class of its own: it takes ten times as long to make, and whoever reads it looks its fields up anew each time.
 */
it.each<[Scene, StreamMode]>([
  ['c2c', 'final'],
  ['c2c', 'block'],
  ['c2c', 'native'],
  ['c2c', 'typing'],
  ['group', 'final'],
  ['guild', 'final'],
  ['dm', 'final'],
])('one shape for all messages: %s, %s', async (scene, streamMode) => {
  const rig = RouterRig.make({
    channel: { streamMode },
    handler: async (turn) => {
      await turn.reply('answer');
    },
  });
  const calls = new Map<string, unknown[][]>();
  watchCalls(rig.store, calls);
  const events = new Map<string, unknown[][]>();
  rig.router.on((event) => events.set(event.type, [...(events.get(event.type) ?? []), [event]]));
  await rig.start();
  for (let n = 0; n < MESSAGES; n += 1) {
    const from = `1${n % 2}`;
    if (scene === 'c2c') rig.platform.sendC2c({ from, text: 'hello' });
    if (scene === 'group') rig.platform.sendGroup({ from, group: 'G1', text: 'hello' });
    if (scene === 'guild') rig.platform.sendGuild({ from, channel: 'C1', text: 'hello' });
    if (scene === 'dm') rig.platform.sendDm({ from, guild: 'D1', text: 'hello' });
    await rig.wait(10);
  }
  const found = [...calls, ...events].flatMap(([name, all]) => differences(all.at(-1), all.at(-3), name));
  expect([...new Set(found)]).toEqual([]);
  expect(calls.get('closeTurn')).toHaveLength(MESSAGES);
});

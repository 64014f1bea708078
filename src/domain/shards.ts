/** [index, count]: guild events go to `(guild id >> 22) % count`; [0, 1] is one for all. Source: qq-bot-api §3.3. */
export type Shard = readonly [index: number, count: number];

/** `auto`: as many as the platform wants. `ids`: those that run here, of `count`. */
export type ShardPlan = 'auto' | { readonly ids: readonly number[]; readonly count: number };

/** Further apart than there can be shards. */
const SLOTS_PER_COUNT = 100_000;

/**
 * Where a shard's session is kept. A session belongs to its division: one of [0, 1] brings what [0, 2] and [1, 2] bring
 * together, and must not be resumed beside them.
 */
export const sessionSlot = ([index, count]: Shard): number => (count === 1 ? index : count * SLOTS_PER_COUNT + index);

import type { ShardStatus } from '../actors/gateway-shards.js';
import { intentNames } from '../domain/intents.js';
import type { ChannelStatus, ShardView } from './events.js';

type Connection = Pick<
  ChannelStatus,
  'gateway' | 'session' | 'watermark' | 'lagEvents' | 'reconnects' | 'heartbeatLatencyMs' | 'refusedIntents' | 'shards'
>;

const viewOf = ({ shard, state, sessionId, watermark, lagEvents, reconnects, heartbeatLatencyMs }: ShardStatus) =>
  ({
    shard,
    gateway: state,
    ...(sessionId !== null && { session: sessionId, watermark, lagEvents }),
    reconnects,
    ...(heartbeatLatencyMs !== null && { heartbeatLatencyMs }),
  }) satisfies ShardView;

/** The state that says most about what is wrong: of several shards the first that is not ready. */
const worst = (statuses: readonly ShardStatus[]): ShardStatus | undefined =>
  statuses.find(({ state }) => !state.startsWith('linked.ready')) ?? statuses[0];

/** What a channel's status says of its connection. Session and watermark are a shard's own where there are several. */
export const connectionOf = (statuses: readonly ShardStatus[]): Connection => {
  const refused = statuses.reduce((mask, { refusedIntents }) => mask | refusedIntents, 0);
  const refusedIntents = refused === 0 ? {} : { refusedIntents: intentNames(refused) };
  const [only] = statuses;
  if (!only) return { reconnects: 0 };
  if (statuses.length === 1 && only.shard[1] === 1) {
    const { shard: _, ...connection } = viewOf(only);
    return { ...connection, ...refusedIntents };
  }
  const latencies = statuses.flatMap(({ heartbeatLatencyMs }) => heartbeatLatencyMs ?? []);
  return {
    gateway: worst(statuses)?.state ?? only.state,
    lagEvents: statuses.reduce((sum, { lagEvents }) => sum + lagEvents, 0),
    reconnects: statuses.reduce((sum, { reconnects }) => sum + reconnects, 0),
    ...(latencies.length > 0 && { heartbeatLatencyMs: Math.max(...latencies) }),
    ...refusedIntents,
    shards: statuses.map(viewOf),
  };
};

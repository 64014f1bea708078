import type { ChannelState, ChannelStatus, ShardView } from '../app/events.js';
import { printable } from './printable.js';
import { table } from './table.js';
import type { Texts } from './texts.js';

const NONE = '–';

/** A shard's state by the top of its chart's path; whatever leads to READY is `connecting`. */
const SHARD_STATES: Readonly<Record<string, ChannelState>> = {
  lost: 'waiting',
  backingOff: 'waiting',
  coolingOff: 'waiting',
  pausing: 'waiting',
  stopped: 'stopped',
};

const stateOf = ({ gateway }: ShardView): ChannelState =>
  gateway.startsWith('linked.ready') ? 'ready' : (SHARD_STATES[gateway.split('.')[0] ?? ''] ?? 'connecting');

/** How many of the shards are ready; one connection that carries all is one of one. */
const shardCount = ({ shards, state }: ChannelStatus): string => {
  if (state === 'disabled') return NONE;
  if (!shards) return state === 'ready' ? '1/1' : '0/1';
  return `${shards.filter((shard) => stateOf(shard) === 'ready').length}/${shards.length}`;
};

const channelRow = (channel: ChannelStatus, say: Texts): string[] => {
  const { name, state, bot, session, transport, reconnects, conversations, refusedIntents = [], fault } = channel;
  const number = fault?.platformCode === undefined ? '' : ` (${fault.platformCode})`;
  return [
    name,
    say.channel.state[state] ?? state,
    bot?.username ?? NONE,
    session ?? NONE,
    transport === 'webhook' ? NONE : shardCount(channel),
    String(reconnects),
    String(conversations.busy),
    printable(refusedIntents.join(' ')) || NONE,
    fault ? `${fault.code}${number}` : NONE,
  ];
};

/** One of several shards, under its channel. */
const shardRow = (shard: ShardView, say: Texts): string[] => {
  const [index, count] = shard.shard;
  const state = stateOf(shard);
  const { session = NONE, reconnects } = shard;
  return [`  ${index}/${count}`, say.channel.state[state] ?? state, '', session, '', String(reconnects)];
};

const rows = (channel: ChannelStatus, say: Texts): string[][] => [
  channelRow(channel, say),
  ...(channel.shards ?? []).map((shard) => shardRow(shard, say)),
];

/** What `channel list` shows: a row for each channel, under it one for each of several shards, and what a word in it asks for. */
export const channelTable = (channels: readonly ChannelStatus[], say: Texts): readonly string[] => {
  const isRefused = channels.some(({ refusedIntents = [] }) => refusedIntents.length > 0);
  return [
    ...table(
      say.list.columns,
      channels.flatMap((channel) => rows(channel, say)),
    ),
    ...(isRefused ? [say.list.refused] : []),
  ];
};

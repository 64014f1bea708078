import { describe, expect, it } from 'vitest';
import type { ChannelStatus } from '../../src/app/events.js';
import { channelTable } from '../../src/cli/channel-table.js';
import { TEXTS } from '../../src/cli/texts.js';

const channel = (more: Partial<ChannelStatus>): ChannelStatus => ({
  name: 'qq',
  state: 'ready',
  appId: '102',
  transport: 'websocket',
  bot: { id: '1', username: 'router-bot' },
  session: 's1',
  reconnects: 0,
  conversations: { living: 0, busy: 0 },
  ...more,
});
const shard = (index: number, gateway: string, session?: string) => ({
  shard: [index, 3] as const,
  gateway,
  reconnects: index,
  ...(session && { session }),
});
const { session: _, ...divided } = channel({
  state: 'waiting',
  shards: [shard(0, 'linked.ready.acked', 'a'), shard(1, 'backingOff'), shard(2, 'linked.identifying')],
});

describe('the table of channels', () => {
  it('counts the shards that are ready, and shows each of several under its channel', () => {
    expect(channelTable([divided], TEXTS.en)).toEqual([
      'name   state       bot         session  shards  reconnects  busy  refused intents  fault',
      'qq     waiting     router-bot  –        1/3     0           0     –                –',
      '  0/3  ready                   a                0',
      '  1/3  waiting                 –                1',
      '  2/3  connecting              –                2',
    ]);
    expect(channelTable([divided], TEXTS.zh)[3]).toMatch(/^ {2}1\/3 +等待重试 +– +1$/);
  });

  it('names the intents the platform refused, and says what to do about them', () => {
    const refused = channel({ refusedIntents: ['interaction', 'message_audit'] });
    const [, row, remedy] = channelTable([refused], TEXTS.en);
    expect(row).toBe('qq    ready  router-bot  s1       1/1     0           0     interaction message_audit  –');
    expect(remedy).toContain('bot console');
    expect(channelTable([refused], TEXTS.zh).at(-1)).toContain('申请权限');
    expect(channelTable([channel({})], TEXTS.en)).toHaveLength(2);
  });

  it('a channel that is called back has no shards, and one that is off none either', () => {
    const [, called, off] = channelTable(
      [channel({ transport: 'webhook' }), channel({ name: 'spare', state: 'disabled' })],
      TEXTS.en,
    );
    expect(called).toMatch(/s1 +– +0 +0 +– +–$/);
    expect(off).toMatch(/^spare +disabled .* – +0 +0 +– +–$/);
    expect(channelTable([channel({ state: 'waiting' })], TEXTS.en)[1]).toContain(' 0/1 ');
  });
});

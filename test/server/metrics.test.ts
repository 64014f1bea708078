import { afterEach, describe, expect, it } from 'vitest';
import type { RouterEvent } from '../../src/app/events.js';
import type { Piece } from '../../src/domain/reply.js';
import type { Receipt, TurnInfo } from '../../src/domain/turn.js';
import { createLogger } from '../../src/log/logger.js';
import { createMetrics } from '../../src/server/metrics.js';
import { type RunningServer, startServer } from '../../src/server/server.js';
import { SidecarRig, type WiredAgent } from '../sidecar/sidecar-rig.js';

/* What Prometheus reads, after traffic of every kind with an agent that dials in: over HTTP, by the text format's rules. */

/** Every name that operators may rely on, by its type and its labels. Source: sidecar §5.4. */
const NAMES: Readonly<Record<string, readonly [type: string, ...labels: string[]]>> = {
  turns_total: ['counter', 'channel', 'status', 'reason'],
  turn_cancel_ack_seconds: ['histogram', 'channel'],
  turn_killed_total: ['counter', 'channel'],
  turn_wait_seconds: ['histogram', 'channel'],
  turn_seconds: ['histogram', 'channel', 'status'],
  first_visible_seconds: ['histogram', 'channel'],
  messages_total: ['counter', 'channel', 'scene'],
  messages_skipped_total: ['counter', 'channel', 'why'],
  dropped_inputs_total: ['counter', 'channel', 'policy'],
  sends_total: ['counter', 'channel', 'status'],
  refusals_total: ['counter', 'channel', 'code', 'platform_code'],
  uncertain_sends_total: ['counter', 'channel'],
  outbox_wait_seconds: ['histogram', 'channel'],
  replies_used: ['histogram', 'channel', 'scene'],
  reply_window_left_seconds: ['histogram', 'channel', 'scene'],
  access_decisions_total: ['counter', 'channel', 'what'],
  gateway_state: ['gauge', 'channel', 'state'],
  watermark_lag_events: ['gauge', 'channel'],
  heartbeat_latency_seconds: ['gauge', 'channel'],
  channel_losses_total: ['counter', 'channel', 'code'],
  channel_reconnects_total: ['counter', 'channel'],
  webhook_callbacks_total: ['counter', 'channel', 'result'],
  conversations: ['gauge', 'channel', 'state'],
  queue_depth: ['gauge', 'queue'],
  queue_age_seconds: ['gauge'],
  store_bytes: ['gauge'],
  store_sync_seconds: ['gauge'],
  store_degraded: ['gauge'],
  agents: ['gauge', 'state'],
  agent_turns_waiting: ['gauge'],
  replay_lag_frames: ['gauge'],
  stale_frames_total: ['counter'],
  dropped_frames_total: ['counter'],
  lost_frames_total: ['counter'],
  lost_agent_events_total: ['counter'],
};

type Family = { readonly type: string; readonly help: string; readonly series: Map<string, number> };

/** Source: prometheus.io/docs/instrumenting/exposition_formats. Errors: throws for a line that is none. */
const parsed = (text: string): Map<string, Family> => {
  const families = new Map<string, { type: string; help: string; series: Map<string, number> }>();
  const of = (name: string) => {
    const known = families.get(name) ?? { type: '', help: '', series: new Map<string, number>() };
    families.set(name, known);
    return known;
  };
  for (const line of text.split('\n').filter(Boolean)) {
    const [, word, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (word === 'HELP') of(name).help = rest;
    else if (word === 'TYPE') of(name).type = rest;
    else {
      const [, sample = '', labels = '', value = ''] = /^([a-z_:][\w:]*)(\{.*\})? (\S+)$/i.exec(line) ?? [];
      if (sample === '') throw new Error(`no sample: ${line}`);
      const base = [sample, sample.replace(/_(bucket|sum|count)$/, '')].find((one) => families.has(one)) ?? sample;
      of(base).series.set(sample + labels, Number(value));
    }
  }
  return families;
};

const labelsOf = ({ series }: Family): string[] =>
  [...new Set([...series.keys()].flatMap((one) => [...one.matchAll(/(\w+)="/g)].map(([, name = '']) => name)))].filter(
    (name) => name !== 'le',
  );

let running: RunningServer | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

const begin = async () => {
  const rig = new SidecarRig({ agent: { waitMs: 5_000 } });
  const { log } = createLogger({ level: 'silent', destination: null });
  const { router } = rig;
  running = await startServer({
    router,
    agents: router.agents,
    log,
    version: '1',
    settings: { host: '127.0.0.1', port: 0 },
    now: () => rig.clock.now(),
  });
  await rig.begin();
  const { url } = running;
  const scrape = async (): Promise<Map<string, Family>> => {
    const answer = await fetch(`${url}/metrics`);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    return parsed(await answer.text());
  };
  return { rig, scrape };
};

type Rig = Awaited<ReturnType<typeof begin>>['rig'];

/** One user's day: an answer, one that is cut, one whose agent does not stop, one that is refused, one that nobody sees. */
const day = async (rig: Rig, wired: WiredAgent, user: string): Promise<void> => {
  const { agent } = wired;
  const own = ({ conv }: { readonly conv: { readonly id: string } }): boolean => conv.id.endsWith(`:${user}`);
  const asked = async (text: string): Promise<string> => {
    rig.say(text, user);
    const { turn } = await rig.until(agent.next('turn.start', own));
    agent.accept(turn);
    return turn;
  };
  const said = async (turn: string, text: string): Promise<void> => {
    agent.delta(turn, text);
    agent.end(turn);
    await rig.until(agent.next('turn.closed', (frame) => frame.turn === turn));
  };
  await said(await asked(`a secret of ${user}`), 'an answer');
  const cut = await asked('one');
  rig.say('two', user);
  await rig.until(agent.next('turn.cancel', (frame) => frame.turn === cut));
  agent.say({ t: 'turn.cancelled', turn: cut });
  const { turn: rude } = await rig.until(agent.next('turn.start', own));
  agent.accept(rude);
  await rig.wait(5);
  rig.say('three', user);
  await rig.until(agent.next('turn.closed', (frame) => frame.turn === rude));
  agent.delta(rude, 'stale');
  const { turn: refused } = await rig.until(agent.next('turn.start', own));
  rig.platform.failNext({ match: 'sends', status: 400, code: 40_034_006 });
  await said(refused, 'refused');
  const unseen = await asked('four');
  rig.platform.delayNext(60_000, { match: 'sends' });
  agent.delta(unseen, 'unseen');
  agent.break(unseen);
  await rig.wait(1_000);
  rig.say('/stop', user);
  await rig.wait(90_000);
};

const USERS = ['canary-a', 'canary-b', 'canary-c', 'canary-d', 'canary-e', 'canary-f'];

describe('a scrape', () => {
  it('has every name with its type, its help and its labels, and the numbers of what happened', async () => {
    const { rig, scrape } = await begin();
    rig.platform.addFriend('stranger');
    await rig.wait(500);
    const wired = await rig.agent();
    await day(rig, wired, 'canary-a');
    rig.platform.closeAll(4009);
    await rig.wait(30_000);
    const families = await scrape();
    for (const [name, [type, ...labels]] of Object.entries(NAMES)) {
      const family = families.get(`rookery_${name}`);
      expect([name, family?.type, (family?.help ?? '').length > 10]).toEqual([name, type, true]);
      // What has happened to nobody has no series yet.
      if (family && labelsOf(family).length > 0) expect([name, labelsOf(family).sort()]).toEqual([name, labels.sort()]);
    }
    const own = [...families.keys()].filter((name) => !/^rookery_(process|nodejs)_/.test(name));
    expect(own.map((name) => name.replace('rookery_', '')).sort()).toEqual(Object.keys(NAMES).sort());
    const value = (name: string, labels = ''): number | undefined =>
      families.get(`rookery_${name}`)?.series.get(`rookery_${name}${labels}`);
    const count = (name: string, labels: string): number | undefined =>
      families.get(`rookery_${name}`)?.series.get(`rookery_${name}_count${labels}`);
    const qq = '{channel="qq"}';
    const c2c = '{channel="qq",scene="c2c"}';
    expect({
      completed: value('turns_total', '{channel="qq",status="completed",reason=""}'),
      cancelled: value('turns_total', '{channel="qq",status="cancelled",reason="superseded"}'),
      killed: value('turn_killed_total', qq),
      acks: count('turn_cancel_ack_seconds', qq),
      refused: value('refusals_total', '{channel="qq",code="platform.blocked",platform_code="40034006"}'),
      uncertain: value('uncertain_sends_total', qq),
      stale: value('stale_frames_total'),
      lostEvents: value('lost_agent_events_total'),
      replies: count('replies_used', c2c),
      windows: count('reply_window_left_seconds', c2c),
      ready: value('gateway_state', '{channel="qq",state="ready"}'),
      reconnects: value('channel_reconnects_total', qq),
      attached: value('agents', '{state="attached"}'),
      inbox: value('queue_depth', '{queue="inbox"}'),
      lag: value('watermark_lag_events', qq),
    }).toEqual({
      completed: 2,
      cancelled: 1,
      killed: 2,
      acks: 3,
      refused: 1,
      uncertain: 1,
      stale: 1,
      lostEvents: 1,
      replies: 5,
      windows: 5,
      ready: 1,
      reconnects: 1,
      attached: 1,
      inbox: 0,
      lag: 0,
    });
  });

  it('has as many series for six users as for one, and names none of them', async () => {
    const seriesOf = (families: Map<string, Family>): string[] =>
      [...families].flatMap(([name, { series }]) => (name.includes('nodejs') ? [] : [...series.keys()])).sort();
    const { rig, scrape } = await begin();
    const wired = await rig.agent();
    await day(rig, wired, USERS[0] as string);
    const first = seriesOf(await scrape());
    for (const user of USERS.slice(1)) await day(rig, wired, user);
    const all = seriesOf(await scrape());
    expect(all).toEqual(first);
    expect(all.join('\n')).not.toMatch(/canary/);
  });

  it('gives the platform’s numbers labels of their own only up to a bound', async () => {
    const rig = await SidecarRig.start();
    let tell: (event: RouterEvent) => void = () => undefined;
    const { registry } = createMetrics({
      ...rig.router,
      on: (listener) => {
        tell = listener;
        return () => undefined;
      },
    });
    const piece = { turn: 't', index: 1 } as Piece;
    for (let n = 0; n < 1_000; n += 1) {
      const outcome = { status: 'refused', code: 'platform.refused', platformCode: n, piece } as const;
      tell({ type: 'piece', channel: 'qq', outcome, tookMs: 1 });
    }
    const { series } = parsed(await registry.metrics()).get('rookery_refusals_total') as Family;
    expect(series.size).toBe(301);
    expect(series.get('rookery_refusals_total{channel="qq",code="platform.refused",platform_code="other"}')).toBe(700);
  });

  it('says what waits and for how long, and what an answer has used of its window', async () => {
    const rig = await SidecarRig.start();
    const [channel] = rig.router.channels();
    let tell: (event: RouterEvent) => void = () => undefined;
    const { registry } = createMetrics(
      {
        ...rig.router,
        on: (listener) => {
          tell = listener;
          return () => undefined;
        },
        channels: () => (channel ? [{ ...channel, lagEvents: 7 }] : []),
        storeHealth: () => ({ ...rig.router.storeHealth(), unsettled: 5, outbox: 3 }),
        oldestWaitingMs: () => 8_000,
      },
      () => 10_000,
    );
    const input = { target: { scene: 'group' }, atMs: 4_000 };
    const turn = { id: 't', inputs: [input] } as unknown as TurnInfo;
    const receipt = { status: 'completed', messageIds: ['a', 'b', 'c'] } as unknown as Receipt;
    tell({ type: 'turn.closed', channel: 'qq', turn, receipt });
    const lines = (await registry.metrics()).split('\n');
    for (const line of [
      'rookery_watermark_lag_events{channel="qq"} 7',
      'rookery_queue_depth{queue="inbox"} 5',
      'rookery_queue_depth{queue="outbox"} 3',
      'rookery_queue_age_seconds 2',
      'rookery_replies_used_sum{channel="qq",scene="group"} 3',
      // Five minutes, of which six seconds are gone.
      'rookery_reply_window_left_seconds_sum{channel="qq",scene="group"} 294',
    ]) {
      expect(lines).toContain(line);
    }
  });
});

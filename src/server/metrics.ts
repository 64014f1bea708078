import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { ChannelState, RouterEvent } from '../app/events.js';
import type { Router } from '../app/router.js';
import { saidBy } from '../domain/reply.js';
import { REPLY_WINDOWS } from '../domain/reply-limits.js';
import type { AgentDesk } from '../sidecar/agent-desk.js';
import type { App } from './app.js';

/** What the metrics are read from. */
export type Measured = Pick<Router, 'on' | 'channels' | 'storeHealth' | 'oldestWaitingMs'> & {
  readonly agents: Pick<AgentDesk, 'status'> | null;
};

export type Metrics = {
  readonly registry: Registry;
  /** Stops listening. */
  readonly close: () => void;
};

const PREFIX = 'rookery_';
const STATES: readonly ChannelState[] = ['starting', 'connecting', 'ready', 'waiting', 'stopped', 'disabled'];

/** Units: seconds. */
const FAST = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const SLOW = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];
const WINDOW = [0, 5, 15, 30, 60, 120, 240, 300, 900, 1800, 3600];
const REPLIES = [0, 1, 2, 3, 4, 5, 10];

type Tools = {
  readonly counter: <L extends string>(name: string, help: string, labelNames: readonly L[]) => Counter<L>;
  readonly histogram: <L extends string>(
    name: string,
    help: string,
    buckets: readonly number[],
    labelNames: readonly L[],
  ) => Histogram<L>;
  readonly gauge: <L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[],
    read: (gauge: Gauge<L>) => void,
  ) => void;
  /** Counts that somebody else keeps; `count` is told each of them. */
  readonly total: <L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[],
    read: (count: (value: number, labels?: Readonly<Record<L, string>>) => void) => void,
  ) => void;
};

/** Numbers of the platform that have a label of their own; it has some two hundred, and may say any. */
const PLATFORM_CODES_MAX = 300;

/** The first so many values as they are; whatever comes after them is `other`. */
const boundedLabel = (max: number): ((value: string) => string) => {
  const known = new Set<string>();
  return (value) => {
    if (known.size < max) known.add(value);
    return known.has(value) ? value : 'other';
  };
};

const toolsOf = (registry: Registry): Tools => {
  const registers = [registry];
  return {
    counter: (name, help, labelNames) => new Counter({ name: PREFIX + name, help, labelNames, registers }),
    histogram: (name, help, buckets, labelNames) =>
      new Histogram({ name: PREFIX + name, help, labelNames, registers, buckets: [...buckets] }),
    gauge: (name, help, labelNames, read) => {
      new Gauge({
        name: PREFIX + name,
        help,
        labelNames,
        registers,
        collect() {
          this.reset();
          read(this);
        },
      });
    },
    total: (name, help, labelNames, read) => {
      new Counter({
        name: PREFIX + name,
        help,
        labelNames,
        registers,
        collect() {
          this.reset();
          read((value, labels) => (labels ? this.inc(labels, value) : this.inc(value)));
        },
      });
    },
  };
};

/** What is counted as it happens. */
const countEvents = ({ counter, histogram }: Tools, now: () => number): ((event: RouterEvent) => void) => {
  const messages = counter('messages_total', 'Messages that were taken in', ['channel', 'scene']);
  const skipped = counter('messages_skipped_total', 'Events that became no message, by cause', ['channel', 'why']);
  const dropped = counter('dropped_inputs_total', 'Messages taken in that were in no turn, by cause', [
    'channel',
    'policy',
  ]);
  const turns = counter('turns_total', 'Turns that were closed', ['channel', 'status', 'reason']);
  const killed = counter('turn_killed_total', 'Turns whose agent did not stop within the grace', ['channel']);
  const cancelAck = histogram('turn_cancel_ack_seconds', 'From a cancel until its turn was closed', FAST, ['channel']);
  const wait = histogram('turn_wait_seconds', 'From a turn’s last message until it began', SLOW, ['channel']);
  const firstVisible = histogram(
    'first_visible_seconds',
    'From a turn’s last message until the user saw a word',
    SLOW,
    ['channel'],
  );
  const duration = histogram('turn_seconds', 'From a turn’s beginning until it was closed', SLOW, [
    'channel',
    'status',
  ]);
  const sends = counter('sends_total', 'Pieces by what became of them', ['channel', 'status']);
  const refusals = counter('refusals_total', 'Pieces that were refused, by code', ['channel', 'code', 'platform_code']);
  const uncertain = counter('uncertain_sends_total', 'Pieces of which nobody knows whether they arrived', ['channel']);
  const outbox = histogram('outbox_wait_seconds', 'From handing a piece on until its outcome', FAST, ['channel']);
  const replies = histogram('replies_used', 'Messages that a turn was answered with', REPLIES, ['channel', 'scene']);
  const windowLeft = histogram(
    'reply_window_left_seconds',
    'What was left of the platform’s reply window when a turn was closed',
    WINDOW,
    ['channel', 'scene'],
  );
  const reconnects = counter('channel_losses_total', 'Connections that were lost, by code', ['channel', 'code']);
  const decisions = counter('access_decisions_total', 'What was decided about who may write', ['channel', 'what']);
  /** Turns under way. */
  const startedAtMs = new Map<string, number>();
  const cancelledAtMs = new Map<string, number>();
  const unseen = new Map<string, number>();
  const platformCode = boundedLabel(PLATFORM_CODES_MAX);
  const seconds = (sinceMs: number): number => Math.max(0, now() - sinceMs) / 1_000;

  return (event) => {
    switch (event.type) {
      case 'message.accepted':
        messages.inc({ channel: event.channel, scene: event.message.target.scene });
        break;
      case 'message.skipped':
        skipped.inc({ channel: event.channel, why: event.why });
        break;
      case 'message.dropped':
        dropped.inc({ channel: event.channel, policy: event.why });
        break;
      case 'access.decided':
        decisions.inc({ channel: event.channel, what: event.decision.what });
        break;
      case 'channel.lost':
        reconnects.inc({ channel: event.channel, code: event.fault.code });
        break;
      case 'turn.started': {
        const { id, askedAtMs } = event.turn;
        startedAtMs.set(id, now());
        unseen.set(id, askedAtMs);
        wait.observe({ channel: event.channel }, seconds(askedAtMs));
        break;
      }
      case 'turn.cancelled':
        cancelledAtMs.set(event.turn.id, now());
        break;
      case 'piece': {
        const { channel, outcome, tookMs } = event;
        sends.inc({ channel, status: outcome.status });
        outbox.observe({ channel }, tookMs / 1_000);
        if (outcome.status === 'unknown') uncertain.inc({ channel });
        if (outcome.status === 'refused') {
          refusals.inc({
            channel,
            code: outcome.code,
            platform_code: platformCode(String(outcome.platformCode ?? '')),
          });
        }
        const askedAtMs = unseen.get(outcome.piece.turn);
        if (askedAtMs !== undefined && saidBy(outcome)) {
          unseen.delete(outcome.piece.turn);
          firstVisible.observe({ channel }, seconds(askedAtMs));
        }
        break;
      }
      case 'turn.closed': {
        const { channel, turn, receipt } = event;
        const { status, reason = '' } = receipt;
        turns.inc({ channel, status, reason });
        if (status === 'killed') killed.inc({ channel });
        const cancelled = cancelledAtMs.get(turn.id);
        if (cancelled !== undefined) cancelAck.observe({ channel }, seconds(cancelled));
        const started = startedAtMs.get(turn.id);
        if (started !== undefined) duration.observe({ channel, status }, seconds(started));
        for (const open of [startedAtMs, cancelledAtMs, unseen]) open.delete(turn.id);
        const newest = turn.inputs[turn.inputs.length - 1];
        if (!newest) break;
        const { scene } = newest.target;
        replies.observe({ channel, scene }, receipt.messageIds.length);
        windowLeft.observe(
          { channel, scene },
          Math.max(0, newest.atMs + REPLY_WINDOWS[scene].windowMs - now()) / 1_000,
        );
        break;
      }
    }
  };
};

/** What is looked up when it is asked for. */
const readGauges = ({ gauge, total }: Tools, router: Measured, now: () => number): void => {
  gauge('gateway_state', '1 for the state a channel is in', ['channel', 'state'], (one) => {
    for (const { name, state } of router.channels()) {
      for (const known of STATES) one.set({ channel: name, state: known }, known === state ? 1 : 0);
    }
  });
  gauge('watermark_lag_events', 'Events that came in and are not safe yet', ['channel'], (one) => {
    for (const { name, lagEvents = 0 } of router.channels()) one.set({ channel: name }, lagEvents);
  });
  gauge('heartbeat_latency_seconds', 'How long the last heartbeat took', ['channel'], (one) => {
    for (const { name, heartbeatLatencyMs } of router.channels()) {
      if (heartbeatLatencyMs !== undefined) one.set({ channel: name }, heartbeatLatencyMs / 1_000);
    }
  });
  total('channel_reconnects_total', 'Connections after the first', ['channel'], (count) => {
    for (const { name, reconnects } of router.channels()) count(reconnects, { channel: name });
  });
  total('webhook_callbacks_total', 'Callbacks by what became of them', ['channel', 'result'], (count) => {
    for (const { name, webhook } of router.channels()) {
      if (!webhook) continue;
      const { events, busy, unreadable, refused } = webhook;
      for (const [result, times] of Object.entries({ taken: events - busy, busy, unreadable, ...refused })) {
        count(times, { channel: name, result });
      }
    }
  });
  gauge('conversations', 'Conversations in memory; `busy` ones have a turn under way', ['channel', 'state'], (one) => {
    for (const { name, conversations } of router.channels()) {
      one.set({ channel: name, state: 'living' }, conversations.living);
      one.set({ channel: name, state: 'busy' }, conversations.busy);
    }
  });
  gauge('queue_depth', 'Messages that are not settled, sends without an outcome', ['queue'], (one) => {
    const { unsettled, outbox } = router.storeHealth();
    one.set({ queue: 'inbox' }, unsettled);
    one.set({ queue: 'outbox' }, outbox);
  });
  gauge('queue_age_seconds', 'For how long the oldest message has waited for its turn', [], (one) => {
    const oldest = router.oldestWaitingMs();
    one.set(oldest === null ? 0 : Math.max(0, now() - oldest) / 1_000);
  });
  gauge('store_bytes', 'What the store takes up on disk', [], (one) => one.set(router.storeHealth().bytes));
  gauge('store_sync_seconds', 'How long the last commit took with its sync', [], (one) =>
    one.set((router.storeHealth().lastSyncMs ?? 0) / 1_000),
  );
  gauge('store_degraded', '1 while the store cannot be written', [], (one) =>
    one.set(router.storeHealth().degraded ? 1 : 0),
  );
};

/** What the desk of the agents that dial in counts itself. */
const readAgents = ({ gauge, total }: Tools, agents: Pick<AgentDesk, 'status'>): void => {
  gauge('agents', 'Agents that have dialled in', ['state'], (one) => {
    const known = agents.status().agents;
    const attached = known.filter(({ isAttached }) => isAttached).length;
    one.set({ state: 'attached' }, attached);
    one.set({ state: 'lost' }, known.length - attached);
  });
  gauge('agent_turns_waiting', 'Turns that no agent has taken yet', [], (one) => one.set(agents.status().waiting));
  gauge('replay_lag_frames', 'Frames that an agent has not acknowledged, of the one furthest behind', [], (one) =>
    one.set(Math.max(0, ...agents.status().agents.map(({ unackedFrames }) => unackedFrames))),
  );
  total('stale_frames_total', 'Frames of turns that were over', [], (count) => count(agents.status().staleFrames));
  total('dropped_frames_total', 'Frames without a number that slow agents did not get', [], (count) =>
    count(agents.status().droppedFrames),
  );
  total('lost_frames_total', 'Frames with a number that were given up before they were acknowledged', [], (count) =>
    count(agents.status().lostFrames),
  );
  total('lost_agent_events_total', 'Events of conversations that no agent was there for', [], (count) =>
    count(agents.status().lostEvents),
  );
};

/** Everything `/metrics` says. Labels never hold ids or texts of users. */
export const createMetrics = (router: Measured, now: () => number = Date.now): Metrics => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: PREFIX });
  const tools = toolsOf(registry);
  const leave = router.on(countEvents(tools, now));
  readGauges(tools, router, now);
  if (router.agents) readAgents(tools, router.agents);
  return { registry, close: leave };
};

export const serveMetrics = (app: App, { registry }: Metrics): void => {
  app.get(
    '/metrics',
    { schema: { summary: 'All that is measured, in the text format of Prometheus' } },
    async (_, reply) => {
      const text = await registry.metrics();
      return reply.type(registry.contentType).send(text);
    },
  );
};

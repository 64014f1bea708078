import { describe, expect, it } from 'vitest';
import { type GatewayChartEvent, type GatewayState, WAY_TO, walkTo } from '../support/gateway-chart.js';

type EventType = GatewayChartEvent['type'];
type Row = Record<EventType, GatewayState>;

/** Nothing is known of a socket here: what one says is not heard, and only the operator moves the chart. */
const unmoved = (state: GatewayState): Row => ({
  'socket.opened': state,
  'socket.closed': state,
  'frame.hello': state,
  'frame.ready': state,
  'frame.resumed': state,
  'frame.heartbeatAck': state,
  'frame.heartbeat': state,
  'frame.reconnect': state,
  'frame.invalidSession': state,
  'link.silent': state,
  'link.eventless': state,
  'beat.due': state,
  'sessionStart.permitted': state,
  'sessionStart.delayed': state,
  'sessionStart.outdated': state,
  'line.paused': state,
  'line.flowing': state,
  stop: 'stopped',
  reconnect: 'obtainingToken',
});

/** There is a socket, and its end, whoever asks for it, leads out. */
const linked = (state: GatewayState): Row => ({
  ...unmoved(state),
  'socket.closed': 'backingOff',
  'frame.reconnect': 'obtainingToken',
  'frame.invalidSession': 'coolingOff',
  stop: 'linked.closing',
});

/** A session is under way: silence is judged, and the line may be paused. */
const ready = (state: GatewayState): Row => ({
  ...linked(state),
  'frame.heartbeatAck': 'linked.ready.acked',
  'link.silent': 'backingOff',
  'link.eventless': 'obtainingToken',
  'line.paused': 'linked.ready.paused',
});

const NEXT = {
  obtainingToken: unmoved('obtainingToken'),
  locating: unmoved('locating'),
  awaitingSessionStart: {
    ...unmoved('awaitingSessionStart'),
    'sessionStart.permitted': 'linked.connecting',
    'sessionStart.outdated': 'locating',
  },
  'linked.connecting': { ...linked('linked.connecting'), 'socket.opened': 'linked.awaitingHello' },
  'linked.awaitingHello': { ...linked('linked.awaitingHello'), 'frame.hello': 'linked.identifying' },
  'linked.identifying': { ...linked('linked.identifying'), 'frame.ready': 'linked.ready.awaitingAck' },
  'linked.resuming': {
    ...linked('linked.resuming'),
    'frame.resumed': 'linked.ready.awaitingAck',
    'frame.ready': 'linked.ready.awaitingAck',
    'link.silent': 'backingOff',
  },
  'linked.ready.awaitingAck': { ...ready('linked.ready.awaitingAck'), 'beat.due': 'linked.ready.missedOne' },
  'linked.ready.acked': { ...ready('linked.ready.acked'), 'beat.due': 'linked.ready.awaitingAck' },
  'linked.ready.missedOne': { ...ready('linked.ready.missedOne'), 'beat.due': 'backingOff' },
  'linked.ready.paused': {
    ...linked('linked.ready.paused'),
    'line.flowing': 'linked.ready.acked',
  },
  'linked.closing': {
    ...unmoved('linked.closing'),
    'socket.closed': 'stopped',
    stop: 'linked.closing',
  },
  backingOff: unmoved('backingOff'),
  coolingOff: unmoved('coolingOff'),
  pausing: unmoved('pausing'),
  stopped: unmoved('stopped'),
} satisfies Record<GatewayState, Row>;

const SAMPLE: { [Type in EventType]: Extract<GatewayChartEvent, { type: Type }> } = {
  'socket.opened': { type: 'socket.opened' },
  'socket.closed': { type: 'socket.closed', code: 4009, openMs: 60_000 },
  'frame.hello': { type: 'frame.hello', heartbeatIntervalMs: 45_000 },
  'frame.ready': { type: 'frame.ready', sessionId: 's2', bot: { id: '9001', username: 'router-bot' } },
  'frame.resumed': { type: 'frame.resumed' },
  'frame.heartbeatAck': { type: 'frame.heartbeatAck' },
  'frame.heartbeat': { type: 'frame.heartbeat' },
  'frame.reconnect': { type: 'frame.reconnect', openMs: 60_000 },
  'frame.invalidSession': { type: 'frame.invalidSession', resumable: false, openMs: 60_000 },
  'link.silent': { type: 'link.silent' },
  'link.eventless': { type: 'link.eventless' },
  'beat.due': { type: 'beat.due' },
  'sessionStart.permitted': { type: 'sessionStart.permitted' },
  'sessionStart.delayed': { type: 'sessionStart.delayed', waitMs: 60_000 },
  'sessionStart.outdated': { type: 'sessionStart.outdated' },
  'line.paused': { type: 'line.paused' },
  'line.flowing': { type: 'line.flowing' },
  stop: { type: 'stop' },
  reconnect: { type: 'reconnect' },
};

const TAGS = {
  obtainingToken: ['connecting'],
  locating: ['connecting'],
  awaitingSessionStart: ['connecting'],
  'linked.connecting': ['connecting'],
  'linked.awaitingHello': ['connecting'],
  'linked.identifying': ['connecting'],
  'linked.resuming': ['connecting'],
  'linked.ready.awaitingAck': ['online'],
  'linked.ready.acked': ['online'],
  'linked.ready.missedOne': ['online'],
  'linked.ready.paused': ['online'],
  'linked.closing': [],
  backingOff: ['waiting'],
  coolingOff: ['waiting'],
  pausing: ['waiting'],
  stopped: ['stopped'],
} satisfies Record<GatewayState, readonly string[]>;

describe.each(Object.entries(NEXT) as [GatewayState, Row][])('%s', (state, row) => {
  it('is reached, and shows its tags to other rooms', () => {
    const walk = walkTo(state);
    expect(walk.state).toBe(state);
    expect([...walk.snapshot.tags]).toEqual(TAGS[state]);
  });

  it.each(Object.entries(row) as [EventType, GatewayState][])('on %s goes to %s', (type, target) => {
    expect(walkTo(state).take(SAMPLE[type]).state).toBe(target);
  });
});

it('keeps its context plain: what a debugger sees is all there is, and no token is among it', () => {
  for (const state of Object.keys(WAY_TO) as GatewayState[]) {
    const { context } = walkTo(state);
    expect(JSON.parse(JSON.stringify(context))).toEqual(context);
    expect(Object.keys(context)).not.toContain('token');
  }
});

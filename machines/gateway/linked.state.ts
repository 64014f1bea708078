import { gatewaySetup } from './gateway.setup.js';
import { ready } from './ready.state.js';

/**
 * One socket. Leaving this state ends it for good: nothing it says later is heard.
 * `connecting`: no handshake yet. `awaitingHello`: open, and the platform speaks first. `identifying`: a new session is
 * asked for. `resuming`: the old one is, and missed events are being replayed; any frame shows that it goes on.
 * `ready`: see there. `closing`: the router has said goodbye with 1000 and waits for the answer.
 * Source: qq-bot-api §3.3–3.7.
 */
export const linked = gatewaySetup.createStateConfig({
  invoke: {
    id: 'socket',
    src: 'openSocket',
    input: ({ context }) => ({ url: context.url ?? '' }),
    onError: {
      target: 'lost',
      actions: { type: 'noteOpenFailure', params: ({ event }) => ({ detail: String(event.error) }) },
    },
  },
  initial: 'connecting',
  on: {
    'socket.closed': { target: 'lost', actions: { type: 'noteClose', params: ({ event }) => event } },
    'frame.reconnect': { target: 'lost', actions: { type: 'noteReconnectRequest', params: ({ event }) => event } },
    'frame.invalidSession': { target: 'lost', actions: { type: 'noteInvalidSession', params: ({ event }) => event } },
    'frame.heartbeat': { actions: 'sendHeartbeat' },
    stop: { target: '.closing', actions: 'noteShutdown' },
  },
  states: {
    connecting: {
      tags: 'connecting',
      on: {
        'socket.opened': { target: 'awaitingHello', actions: 'forgiveOpening' },
        'socket.closed': {
          target: '#gateway.lost',
          actions: { type: 'noteOpenFailure', params: { detail: 'the gateway did not accept the connection' } },
        },
      },
      after: {
        connectTimeout: {
          target: '#gateway.lost',
          actions: { type: 'noteOpenFailure', params: { detail: 'the gateway did not answer the connection' } },
        },
      },
    },
    awaitingHello: {
      tags: 'connecting',
      on: {
        'frame.hello': [
          {
            guard: 'hasSession',
            target: 'resuming',
            actions: { type: 'keepInterval', params: ({ event }) => event },
          },
          { target: 'identifying', actions: { type: 'keepInterval', params: ({ event }) => event } },
        ],
      },
      after: {
        helloTimeout: {
          target: '#gateway.lost',
          actions: { type: 'noteSilence', params: { detail: 'the platform did not say hello' } },
        },
      },
    },
    identifying: {
      tags: 'connecting',
      entry: 'sendIdentify',
      on: {
        'frame.ready': {
          target: 'ready',
          actions: [
            { type: 'keepSession', params: ({ event }) => event },
            'forgive',
            { type: 'reportReady', params: ({ event }) => event },
          ],
        },
        'frame.invalidSession': {
          target: '#gateway.lost',
          actions: { type: 'noteIdentifyRefusal', params: ({ event }) => event },
        },
      },
      after: {
        readyTimeout: {
          target: '#gateway.lost',
          actions: { type: 'noteSilence', params: { detail: 'READY did not come' } },
        },
      },
    },
    resuming: {
      tags: 'connecting',
      entry: ['sendResume', 'countResume'],
      invoke: [
        { id: 'watch', src: 'watchLink', input: { silenceMs: 15_000 } },
        { id: 'beat', src: 'keepBeat', input: ({ context }) => ({ intervalMs: context.heartbeatIntervalMs }) },
      ],
      on: {
        'frame.resumed': { target: 'ready', actions: ['forgive', 'reportResumed'] },
        // The platform may answer with a session of its own choosing.
        'frame.ready': {
          target: 'ready',
          actions: [
            { type: 'keepSession', params: ({ event }) => event },
            'forgive',
            { type: 'reportReady', params: ({ event }) => event },
          ],
        },
        'beat.due': { actions: 'sendHeartbeat' },
        'link.silent': {
          target: '#gateway.lost',
          actions: { type: 'noteSilence', params: { detail: 'the resume was not answered' } },
        },
      },
    },
    ready,
    closing: {
      entry: 'sendClose',
      on: {
        'socket.closed': '#gateway.stopped',
        'frame.reconnect': {},
        'frame.invalidSession': {},
        'frame.heartbeat': {},
        stop: {},
      },
      after: { closeTimeout: '#gateway.stopped' },
    },
  },
});

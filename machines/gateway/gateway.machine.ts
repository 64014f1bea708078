import { gatewaySetup } from './gateway.setup.js';
import { linked } from './linked.state.js';
import { FRESH } from './losses.js';

/**
 * One bot's connection to the platform, for one shard.
 * `obtainingToken`: a token that is valid now. `locating`: the gateway's address, once; it is asked for again only where
 * the known one does not answer. `awaitingSessionStart`: the platform counts session starts, and this one is not due
 * yet; once a day's count is over, the new one comes with the address. `linked`: one socket is there; see its own page. `lost`: passed through in one step; what is known of the loss
 * decides. `backingOff`: 1 s doubling to 60 s. `coolingOff`: 1 to 5 s after op 9. `pausing`: a minute or more, because
 * trying sooner would do harm. `stopped`: trying again cannot help, or was not wanted; only `reconnect` leads out.
 * There is no state without a way back and none that waits without having said so.
 * Source: qq-bot-api §3.
 */
export const gatewayMachine = gatewaySetup.createMachine({
  id: 'gateway',
  context: ({ input }) => ({
    ...FRESH,
    session: input.session,
    canReduceIntents: input.canReduceIntents,
    renewToken: false,
    url: null,
    heartbeatIntervalMs: 0,
    isLinePaused: false,
  }),
  initial: 'obtainingToken',
  on: {
    'line.paused': { actions: 'pauseLine' },
    'line.flowing': { actions: 'letLineFlow' },
    reconnect: { target: '.obtainingToken', actions: 'startAfresh' },
    stop: { target: '.stopped', actions: 'noteShutdown' },
  },
  states: {
    obtainingToken: {
      tags: 'connecting',
      invoke: {
        src: 'getToken',
        input: ({ context }) => ({ renew: context.renewToken }),
        onDone: [
          { guard: 'knowsUrl', target: 'starting', actions: 'takeFreshToken' },
          { target: 'locating', actions: 'takeFreshToken' },
        ],
        onError: { target: 'lost', actions: { type: 'noteFailure', params: ({ event }) => event } },
      },
      after: {
        requestTimeout: {
          target: 'lost',
          actions: { type: 'noteTimeout', params: { detail: 'the token service did not answer' } },
        },
      },
    },
    locating: {
      tags: 'connecting',
      invoke: {
        src: 'locateGateway',
        onDone: { target: 'starting', actions: { type: 'keepUrl', params: ({ event }) => event.output } },
        onError: { target: 'lost', actions: { type: 'noteFailure', params: ({ event }) => event } },
      },
      after: {
        requestTimeout: {
          target: 'lost',
          actions: { type: 'noteTimeout', params: { detail: 'the gateway’s address was not answered' } },
        },
      },
    },
    starting: {
      always: [{ guard: 'hasSession', target: 'linked' }, { target: 'awaitingSessionStart' }],
    },
    awaitingSessionStart: {
      tags: 'connecting',
      invoke: { src: 'awaitSessionStart' },
      on: {
        'sessionStart.permitted': 'linked',
        'sessionStart.outdated': 'locating',
        'sessionStart.delayed': { actions: { type: 'reportDelay', params: ({ event }) => event } },
      },
    },
    linked,
    lost: {
      always: [
        { guard: { type: 'verdictIs', params: 'stop' }, target: 'stopped' },
        { guard: { type: 'verdictIs', params: 'pause' }, target: 'pausing' },
        { guard: { type: 'verdictIs', params: 'coolOff' }, target: 'coolingOff' },
        { guard: { type: 'verdictIs', params: 'atOnce' }, target: 'obtainingToken' },
        { target: 'backingOff' },
      ],
    },
    backingOff: {
      tags: 'waiting',
      entry: 'reportFault',
      after: { reconnectBackoff: 'obtainingToken' },
    },
    coolingOff: {
      tags: 'waiting',
      entry: 'reportFault',
      after: { coolOff: 'obtainingToken' },
    },
    pausing: {
      tags: 'waiting',
      entry: 'reportFault',
      after: { pause: 'obtainingToken' },
    },
    stopped: {
      tags: 'stopped',
      entry: 'reportStopped',
      on: { stop: {} },
    },
  },
});

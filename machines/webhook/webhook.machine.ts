import { FRESH, webhookSetup } from './webhook.setup.js';

/**
 * A bot that is called back instead of holding a connection. Callbacks flow past the chart; it knows whether the bot
 * could answer them.
 * `introducing`: a token is had, and the platform says who the bot is. `listening`: callbacks are answered. `failed`:
 * passed through in one step. `backingOff`: 1 s doubling to 60 s. `pausing`: a minute or more, because trying sooner
 * would do harm. `stopped`: trying again cannot help, or was not wanted; only `reconnect` leads out.
 * Source: qq-bot-api §1.3, §10.
 */
export const webhookMachine = webhookSetup.createMachine({
  id: 'webhook',
  context: FRESH,
  initial: 'introducing',
  on: {
    reconnect: { target: '.introducing', actions: 'startAfresh' },
    stop: { target: '.stopped', actions: 'noteShutdown' },
  },
  states: {
    introducing: {
      tags: 'connecting',
      invoke: {
        src: 'introduce',
        onDone: {
          target: 'listening',
          actions: ['startAfresh', { type: 'reportReady', params: ({ event }) => ({ bot: event.output }) }],
        },
        onError: { target: 'failed', actions: { type: 'noteFailure', params: ({ event }) => event } },
      },
      after: { requestTimeout: { target: 'failed', actions: 'noteTimeout' } },
    },
    listening: { tags: 'online' },
    failed: {
      always: [
        { guard: { type: 'verdictIs', params: 'stop' }, target: 'stopped' },
        { guard: { type: 'verdictIs', params: 'pause' }, target: 'pausing' },
        { target: 'backingOff' },
      ],
    },
    backingOff: {
      tags: 'waiting',
      entry: 'reportFault',
      after: { checkBackoff: 'introducing' },
    },
    pausing: {
      tags: 'waiting',
      entry: 'reportFault',
      after: { pause: 'introducing' },
    },
    stopped: {
      tags: 'stopped',
      entry: 'reportStopped',
      on: { stop: {} },
    },
  },
});

import { gatewaySetup } from './gateway.setup.js';

const UNANSWERED = {
  target: '#gateway.lost',
  actions: { type: 'noteSilence', params: { detail: 'two heartbeats in a row were not answered' } },
} as const;

/**
 * A link whose heartbeats are answered may yet be one that no events come by; whoever is written to seldom cannot tell the
 * two apart, and a resume costs nothing and loses nothing. Source: tencent-connect/bot-docs#191.
 */
const EVENTLESS_MS = 6 * 3_600_000;

/**
 * A session is under way and events flow. The first beat goes out at once, the others once an interval whatever the
 * state. `acked`: the last beat was answered. `awaitingAck`: one beat is out. `missedOne`: one went unanswered and a
 * second is out; when that one is due for an answer too, the link is dead. `paused`: the router itself reads no
 * further, so an answer cannot arrive and silence proves nothing; beats go on, for the platform must not cut the link.
 * Source: qq-bot-api §3.4.
 */
export const ready = gatewaySetup.createStateConfig({
  tags: 'online',
  invoke: [
    { id: 'watch', src: 'watchLink', input: ({ context }) => ({ silenceMs: context.heartbeatIntervalMs * 1.5 }) },
    { id: 'events', src: 'watchEvents', input: { eventlessMs: EVENTLESS_MS } },
    { id: 'beat', src: 'keepBeat', input: ({ context }) => ({ intervalMs: context.heartbeatIntervalMs }) },
  ],
  initial: 'awaitingAck',
  on: {
    'frame.ready': { actions: { type: 'keepSession', params: ({ event }) => event } },
    'link.silent': {
      target: '#gateway.lost',
      actions: { type: 'noteSilence', params: { detail: 'no frame arrived for one and a half heartbeats' } },
    },
    'link.eventless': { target: '#gateway.obtainingToken', actions: 'noteEventless' },
  },
  states: {
    awaitingAck: {
      entry: 'sendHeartbeat',
      always: { guard: 'isLinePaused', target: 'paused' },
      on: { 'frame.heartbeatAck': 'acked', 'beat.due': 'missedOne' },
    },
    acked: {
      always: { guard: 'isLinePaused', target: 'paused' },
      on: { 'beat.due': 'awaitingAck' },
    },
    missedOne: {
      entry: 'sendHeartbeat',
      always: { guard: 'isLinePaused', target: 'paused' },
      on: { 'frame.heartbeatAck': 'acked', 'beat.due': UNANSWERED },
    },
    paused: {
      always: { guard: 'isLineFlowing', target: 'acked' },
      on: { 'beat.due': { actions: 'sendHeartbeat' }, 'link.silent': {}, 'link.eventless': {} },
    },
  },
});

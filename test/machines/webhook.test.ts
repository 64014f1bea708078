import { describe, expect, it } from 'vitest';
import { initialTransition, type SnapshotFrom, transition } from 'xstate';
import type { GatewayEmitted } from '../../machines/gateway/gateway.setup.js';
import { webhookMachine } from '../../machines/webhook/webhook.machine.js';

type State = Exclude<SnapshotFrom<typeof webhookMachine>['value'], 'failed'>;

const refusal = (next: string) => ({ code: 'auth.x', next, message: 'no', more: { retryAfterMs: 90_000 } });
const EVENTS = {
  introduced: { type: 'xstate.done.actor.0.webhook.introducing', output: { id: 'b', username: 'bot' } },
  failed: { type: 'xstate.error.actor.0.webhook.introducing', error: refusal('retry') },
  mustWait: { type: 'xstate.error.actor.0.webhook.introducing', error: refusal('wait') },
  hopeless: { type: 'xstate.error.actor.0.webhook.introducing', error: refusal('stop') },
  timeOut: { type: 'xstate.after.requestTimeout.webhook.introducing' },
  backedOff: { type: 'xstate.after.checkBackoff.webhook.backingOff' },
  paused: { type: 'xstate.after.pause.webhook.pausing' },
  stop: { type: 'stop' },
  reconnect: { type: 'reconnect' },
} as const;
type EventName = keyof typeof EVENTS;

const unmoved = (state: State): Record<EventName, State> => ({
  introduced: state,
  failed: state,
  mustWait: state,
  hopeless: state,
  timeOut: state,
  backedOff: state,
  paused: state,
  stop: 'stopped',
  reconnect: 'introducing',
});
/** A new state fails to compile until its row is written. */
const NEXT = {
  introducing: {
    ...unmoved('introducing'),
    introduced: 'listening',
    failed: 'backingOff',
    mustWait: 'pausing',
    hopeless: 'stopped',
    timeOut: 'backingOff',
  },
  listening: unmoved('listening'),
  backingOff: { ...unmoved('backingOff'), backedOff: 'introducing' },
  pausing: { ...unmoved('pausing'), paused: 'introducing' },
  stopped: unmoved('stopped'),
} satisfies Record<State, Record<EventName, State>>;

const WAY_TO: Record<State, readonly EventName[]> = {
  introducing: [],
  listening: ['introduced'],
  backingOff: ['failed'],
  pausing: ['mustWait'],
  stopped: ['hopeless'],
};

const walk = (...names: readonly EventName[]) => {
  const emitted: GatewayEmitted[] = [];
  const note = (actions: readonly { readonly params?: unknown; readonly type: string }[]): void => {
    for (const { type, params } of actions) {
      if (type === 'xstate.emit') emitted.push((params as { event: GatewayEmitted }).event);
    }
  };
  let [snapshot, actions] = initialTransition(webhookMachine);
  note(actions);
  for (const name of names) {
    [snapshot, actions] = transition(webhookMachine, snapshot, EVENTS[name] as never);
    note(actions);
  }
  return { snapshot, emitted };
};

describe.each(Object.entries(NEXT))('%s', (state, row) => {
  it.each(Object.entries(row))('on %s goes to %s', (name, next) => {
    expect(walk(...WAY_TO[state as State], name as EventName).snapshot.value).toBe(next);
  });
});

it('says who it is once it listens, and forgets what had failed', () => {
  const { snapshot, emitted } = walk('failed', 'backedOff', 'introduced');
  expect(emitted.at(-1)).toEqual({ type: 'ready', sessionId: '', bot: { id: 'b', username: 'bot' } });
  expect(snapshot.context).toMatchObject({ failures: 0, fault: null });
});

it('says what failed and when it is tried again: doubling, or after what the platform wants', () => {
  const { emitted } = walk('failed', 'backedOff', 'failed', 'backedOff', 'mustWait');
  const waits = emitted.map((one) => (one.type === 'fault' ? one.nextTryInMs : one.type));
  expect(waits).toEqual([1_000, 2_000, 90_000]);
});

it('stopped says why, once', () => {
  expect(walk('hopeless', 'stop').emitted).toMatchObject([{ type: 'stopped', reason: { code: 'auth.x' } }]);
  expect(walk('introduced', 'stop').emitted.at(-1)).toMatchObject({ type: 'stopped', reason: { code: 'shutdown' } });
});

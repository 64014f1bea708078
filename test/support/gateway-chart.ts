import { type EventFromLogic, initialTransition, type SnapshotFrom, type StateValueFrom, transition } from 'xstate';
import { gatewayMachine } from '../../machines/gateway/gateway.machine.js';
import type { GatewayEmitted, GatewayInput } from '../../machines/gateway/gateway.setup.js';

export type GatewayChartEvent = EventFromLogic<typeof gatewayMachine>;
export type GatewaySnapshot = SnapshotFrom<typeof gatewayMachine>;

type Leaf<Value> = Value extends string
  ? Value
  : { [Key in keyof Value & string]: `${Key}.${Leaf<NonNullable<Value[Key]>>}` }[keyof Value & string];

/** The states one can rest in: `starting` and `lost` are passed through within one step, and parents have children. */
export type GatewayState = Exclude<
  Leaf<StateValueFrom<typeof gatewayMachine>>,
  'starting' | 'lost' | 'linked' | 'linked.ready'
>;

/** What the verbs' endings and the timers say to the chart. */
const INTERNAL = {
  token: { type: 'xstate.done.actor.0.gateway.obtainingToken', output: undefined },
  located: { type: 'xstate.done.actor.0.gateway.locating', output: { url: 'wss://gateway.test' } },
} as const;

export const tokenFailed = (error: unknown) => ({ type: 'xstate.error.actor.0.gateway.obtainingToken', error });
export const locatingFailed = (error: unknown) => ({ type: 'xstate.error.actor.0.gateway.locating', error });
export const timeIsUp = (delay: string, state: string) => ({ type: `xstate.after.${delay}.gateway.${state}` });

type Step = GatewayChartEvent | 'token' | 'located' | { readonly type: string };

const leafOf = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : Object.entries(value as object)
        .map(([key, below]) => `${key}.${leafOf(below)}`)
        .join(' ');

/** The chart taken step by step, with nothing run: what it would be, and what it would say. */
export class GatewayWalk {
  snapshot: GatewaySnapshot;
  readonly emitted: GatewayEmitted[] = [];
  readonly commands: unknown[] = [];

  constructor(input: Partial<GatewayInput> = {}) {
    const [snapshot, actions] = initialTransition(gatewayMachine, { session: null, canReduceIntents: true, ...input });
    this.snapshot = snapshot;
    this.#note(actions);
  }

  get state(): GatewayState {
    return leafOf(this.snapshot.value) as GatewayState;
  }

  get context(): GatewaySnapshot['context'] {
    return this.snapshot.context;
  }

  take(...steps: readonly Step[]): this {
    for (const step of steps) {
      const event = typeof step === 'string' ? INTERNAL[step] : step;
      const [snapshot, actions] = transition(gatewayMachine, this.snapshot, event as GatewayChartEvent);
      this.snapshot = snapshot;
      this.#note(actions);
    }
    return this;
  }

  #note(actions: readonly { readonly type: string; readonly params?: unknown }[]): void {
    for (const { type, params } of actions) {
      const said = params as { event?: unknown } | undefined;
      if (type === 'xstate.emit') this.emitted.push(said?.event as GatewayEmitted);
      if (type === 'xstate.sendTo') this.commands.push(said?.event);
    }
  }
}

export const OPENED = { type: 'socket.opened' } as const;
export const HELLO = { type: 'frame.hello', heartbeatIntervalMs: 45_000 } as const;
export const READY = { type: 'frame.ready', sessionId: 's1', bot: { id: '9001', username: 'router-bot' } } as const;
export const ACK = { type: 'frame.heartbeatAck' } as const;
export const BEAT = { type: 'beat.due' } as const;
export const PERMITTED = { type: 'sessionStart.permitted' } as const;
export const RESUMED = { type: 'frame.resumed' } as const;
export const closed = (code: number, openMs = 60_000) => ({ type: 'socket.closed', code, openMs }) as const;
export const invalidSession = (resumable: boolean, openMs = 60_000) =>
  ({ type: 'frame.invalidSession', resumable, openMs }) as const;

/** The shortest way into every state. */
export const WAY_TO = {
  obtainingToken: [],
  locating: ['token'],
  awaitingSessionStart: ['token', 'located'],
  'linked.connecting': ['token', 'located', PERMITTED],
  'linked.awaitingHello': ['token', 'located', PERMITTED, OPENED],
  'linked.identifying': ['token', 'located', PERMITTED, OPENED, HELLO],
  'linked.resuming': [
    ...(['token', 'located', PERMITTED, OPENED, HELLO, READY, closed(4009)] as const),
    ...([{ type: 'reconnect' }, 'token', OPENED, HELLO] as const),
  ],
  'linked.ready.awaitingAck': ['token', 'located', PERMITTED, OPENED, HELLO, READY],
  'linked.ready.acked': ['token', 'located', PERMITTED, OPENED, HELLO, READY, ACK],
  'linked.ready.missedOne': ['token', 'located', PERMITTED, OPENED, HELLO, READY, BEAT],
  'linked.ready.paused': ['token', 'located', PERMITTED, OPENED, HELLO, READY, { type: 'line.paused' }],
  'linked.closing': ['token', 'located', PERMITTED, OPENED, HELLO, READY, { type: 'stop' }],
  backingOff: ['token', 'located', PERMITTED, OPENED, closed(1006)],
  coolingOff: ['token', 'located', PERMITTED, OPENED, HELLO, READY, invalidSession(false)],
  pausing: ['token', 'located', PERMITTED, OPENED, closed(4008)],
  stopped: ['token', 'located', PERMITTED, OPENED, closed(4915)],
} as const satisfies Record<GatewayState, readonly Step[]>;

export const walkTo = (state: GatewayState, input: Partial<GatewayInput> = {}): GatewayWalk =>
  new GatewayWalk(input).take(...WAY_TO[state]);

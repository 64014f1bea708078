import { Subject } from 'rxjs';
import { type ActorRefFrom, createActor, fromPromise } from 'xstate';
import { backoffMs } from '../../machines/gateway/backoff.js';
import { webhookMachine } from '../../machines/webhook/webhook.machine.js';
import type { Clock } from '../ports/clock.js';
import type { BotUser } from '../ports/gateway-codec.js';
import type { Shards } from './gateway-shards.js';
import type { GatewayDispatch, GatewayNotice, GatewayStatus } from './gateway-types.js';
import { type Inspector, inspectOption, tellingSteps } from './inspect.js';
import { onlineOf } from './online.js';

export type WebhookActor = ActorRefFrom<typeof webhookMachine>;

export type WebhookDeps = {
  readonly clock: Clock;
  /** Shape: 0 ≤ n < 1. */
  readonly random: () => number;
  /** A token that is valid now, and who the bot is. */
  readonly introduce: () => Promise<BotUser>;
  readonly inspect?: Inspector;
};

export type WebhookOptions = {
  /** Events handed on and not settled; beyond, callers are sent away to come again. @default 1_000 */
  readonly pendingMax?: number;
  /** How long a caller waits for its event to be safe. Shorter than the platform waits. Units: ms. @default 2_500 */
  readonly safeWithinMs?: number;
};

const DEFAULTS = { pendingMax: 1_000, safeWithinMs: 2_500 } as const satisfies Required<WebhookOptions>;

/** `safe`: it need not come again. `busy`: it must, for nobody answers for it yet. */
export type Taken = 'safe' | 'busy';

/** To all behind it a connection like that of a bot with one socket. */
export type WebhookConnection = Shards & {
  /** Hands an event on. Never rejects. */
  readonly take: (event: Pick<GatewayDispatch, 't' | 'id' | 'd'>) => Promise<Taken>;
};

/** Numbers of callbacks are our own: the platform's begin anew whenever it likes, and nothing is resumed by them. */
const SESSION = 'webhook';

/**
 * One bot that is called back: a connection like a gateway's, as far as all behind it can tell. Callbacks flow past the
 * chart, and are taken whatever its state but the last: what is safe is answered once it can be.
 */
export const createWebhook = (deps: WebhookDeps, given: WebhookOptions = {}): WebhookConnection => {
  const { clock, random } = deps;
  const { pendingMax, safeWithinMs } = { ...DEFAULTS, ...given };
  const dispatches$ = new Subject<GatewayDispatch>();
  const notices$ = new Subject<GatewayNotice>();
  const pending = new Map<number, () => void>();
  let seq = 0;
  let isPaused = false;
  let lastFault: GatewayStatus['lastFault'] = null;
  let life: 'new' | 'started' | 'over' = 'new';

  const actor: WebhookActor = createActor(
    tellingSteps(
      webhookMachine.provide({
        actors: { introduce: fromPromise<BotUser, void>(() => deps.introduce()) },
        delays: { checkBackoff: ({ context }) => Math.round(random() * backoffMs(context.failures)) },
      }),
      deps.inspect,
    ),
    { clock, ...inspectOption(deps.inspect) },
  );
  // A dead chart would be a bot that is deaf in silence: the stream's error ends the process instead.
  actor.subscribe({ error: (error) => notices$.error(error) });
  actor.on('*', (notice) => {
    const fault = notice.type === 'fault' ? notice.fault : notice.type === 'stopped' ? notice.reason : null;
    if (fault && life !== 'over') lastFault = { ...fault, atMs: clock.now() };
    notices$.next(notice);
  });

  const online$ = onlineOf(actor);

  const isOpen = (): boolean =>
    life === 'started' && !isPaused && pending.size < pendingMax && !actor.getSnapshot().hasTag('stopped');

  return {
    take: ({ t, id, d }) => {
      if (!isOpen()) return Promise.resolve('busy');
      seq += 1;
      const s = seq;
      return new Promise((resolve) => {
        const late = clock.setTimeout(() => {
          pending.delete(s);
          resolve('busy');
        }, safeWithinMs);
        pending.set(s, () => {
          clock.clearTimeout(late);
          resolve('safe');
        });
        dispatches$.next({ kind: 'dispatch', s, t, ...(id !== undefined && { id }), d, session: SESSION });
      });
    },
    dispatches$: dispatches$.asObservable(),
    notices$: notices$.asObservable(),
    online$,
    settle: ({ s }) => {
      pending.get(s)?.();
      pending.delete(s);
    },
    start: () => {
      life = 'started';
      actor.start();
    },
    stop: async () => {
      if (life === 'over') return;
      const wasStarted = life === 'started';
      life = 'over';
      if (wasStarted) actor.send({ type: 'stop' });
      actor.stop();
      dispatches$.complete();
      notices$.complete();
    },
    reconnect: () => {
      if (life === 'started') actor.send({ type: 'reconnect' });
    },
    pause: () => {
      isPaused = true;
    },
    flow: () => {
      isPaused = false;
    },
    isResuming: false,
    statuses: () => [
      {
        shard: [0, 1],
        state: String(actor.getSnapshot().value),
        sessionId: null,
        watermark: 0,
        lagEvents: pending.size,
        reconnects: 0,
        heartbeatLatencyMs: null,
        lastFault,
        isLinePaused: isPaused,
        unreadable: 0,
        repeated: 0,
        skipped: 0,
        refusedIntents: 0,
      },
    ],
  };
};

import { Subject } from 'rxjs';
import { createActor } from 'xstate';
import { reducedIntents } from '../domain/intents.js';
import { SessionStarts } from '../domain/session-starts.js';
import { statePath } from '../domain/state-path.js';
import type { DispatchFrame } from '../ports/gateway-codec.js';
import { GatewayLink } from './gateway-link.js';
import { type GatewayWires, gatewayLogic } from './gateway-logic.js';
import { type EventPlace, SessionLedger } from './gateway-session.js';
import type {
  Gateway,
  GatewayActor,
  GatewayDeps,
  GatewayDispatch,
  GatewayNotice,
  GatewayOptions,
  GatewayStatus,
} from './gateway-types.js';
import { inspectOption, tellingSteps } from './inspect.js';
import { onlineOf } from './online.js';

export type {
  Gateway,
  GatewayActor,
  GatewayDeps,
  GatewayDispatch,
  GatewayLog,
  GatewayNotice,
  GatewayOptions,
  GatewayStatus,
} from './gateway-types.js';

const PENDING_MAX = 10_000;
/** Of the frames that cannot be read, the first and every hundredth go to the log. */
const SAMPLE_EVERY = 100;

/** One bot's connection, for one shard: the chart, the one socket, and the stream of events that flows past the chart. */
export const createGateway = (deps: GatewayDeps, options: GatewayOptions): Gateway => {
  const { clock, codec, log } = deps;
  const pendingMax = options.pendingMax ?? PENDING_MAX;
  const intents = { full: options.intents, reduced: reducedIntents(options.intents) };
  const ledger = new SessionLedger(clock, options.session ?? null, deps.saveSession);
  const dispatches$ = new Subject<GatewayDispatch>();
  const notices$ = new Subject<GatewayNotice>();
  const pausedBy = new Set<'caller' | 'backlog'>();
  const counted = { links: 0, unreadable: 0, repeated: 0, skipped: 0 };
  let heartbeatLatencyMs: number | null = null;
  let lastFault: GatewayStatus['lastFault'] = null;
  let isStarted = false;
  let isStopping = false;
  let ending: Promise<void> | null = null;

  const holdLine = (reason: 'caller' | 'backlog'): void => {
    if (pausedBy.size === 0) {
      wires.link?.pauseLine();
      actor.send({ type: 'line.paused' });
    }
    pausedBy.add(reason);
  };

  const releaseLine = (reason: 'caller' | 'backlog'): void => {
    if (!pausedBy.delete(reason) || pausedBy.size > 0) return;
    actor.send({ type: 'line.flowing' });
    wires.link?.letLineFlow();
  };

  const settle = (event: EventPlace): void => {
    ledger.settle(event);
    if ((ledger.watermark?.pending ?? 0) <= pendingMax / 2) releaseLine('backlog');
  };

  const hear = (frame: DispatchFrame): void => {
    const { id, watermark } = ledger;
    // What is not begun is not lost: after a goodbye, or outside a session, the platform still owes it.
    if (isStopping || id === null || !watermark) return;
    if (!watermark.begin(frame.s)) {
      counted.repeated += 1;
      return;
    }
    if (watermark.pending >= pendingMax) {
      log?.warn({ pending: watermark.pending }, 'the backlog of unsettled events is full; reading pauses');
      holdLine('backlog');
    }
    dispatches$.next({ session: id, ...frame });
  };

  const noteUnreadable = (reason: string, seq: number | null): void => {
    if (counted.unreadable % SAMPLE_EVERY === 0) {
      log?.warn(
        { code: 'protocol.unreadable', reason, seq, unreadable: counted.unreadable + 1 },
        'a frame was skipped',
      );
    }
    counted.unreadable += 1;
    const { id, watermark } = ledger;
    if (seq !== null && id !== null && watermark?.begin(seq)) ledger.settle({ session: id, s: seq });
  };

  const noteSkipped = (skipped: number): void => {
    if (skipped === 0) return;
    counted.skipped += skipped;
    log?.warn({ skipped }, 'the platform left numbers out of a replay');
  };

  const wires: GatewayWires = {
    clock,
    random: deps.random,
    tokens: deps.tokens,
    locator: deps.locator,
    starts: deps.starts ?? new SessionStarts(),
    holder: `${deps.appId}/${deps.shard[0]}`,
    token: '',
    link: null,
    openLink: (url, report) => {
      counted.links += 1;
      return new GatewayLink(url, pausedBy.size > 0, {
        sockets: deps.sockets,
        codec,
        clock,
        report,
        identify: (mode) => {
          wires.starts.use(wires.holder, clock.now());
          return codec.identify({ token: wires.token, intents: intents[mode], shard: deps.shard });
        },
        resume: (sessionId) => codec.resume({ token: wires.token, sessionId, seq: ledger.watermark?.value ?? 0 }),
        heartbeat: () => codec.heartbeat(ledger.watermark?.highest ?? null),
        ready: (sessionId, seq) => {
          ledger.start(sessionId, seq);
          releaseLine('backlog');
        },
        // After the goodbye what was replayed is not begun, so that nothing may be taken for left out.
        resumed: (seq) => {
          if (!isStopping) noteSkipped(ledger.resumed(seq));
        },
        dispatch: hear,
        unreadable: noteUnreadable,
        acked: (latencyMs) => {
          heartbeatLatencyMs = latencyMs;
        },
      });
    },
  };

  const actor: GatewayActor = createActor(tellingSteps(gatewayLogic(wires), deps.inspect), {
    clock,
    input: {
      session: ledger.id === null ? null : { id: ledger.id },
      canReduceIntents: intents.reduced !== intents.full && intents.reduced !== 0,
    },
    ...inspectOption(deps.inspect),
  });

  let hasSession = ledger.id !== null;
  actor.subscribe({
    next: ({ context }) => {
      const hadSession = hasSession;
      hasSession = context.session !== null;
      if (!hadSession || hasSession) return;
      ledger.drop();
      releaseLine('backlog');
    },
    // A dead chart would be a bot that is offline in silence: the stream's error ends the process instead.
    error: (error) => notices$.error(error),
  });

  actor.on('*', (notice) => {
    const fault = notice.type === 'fault' ? notice.fault : notice.type === 'stopped' ? notice.reason : null;
    if (fault && !isStopping) lastFault = { ...fault, atMs: clock.now() };
    notices$.next(notice);
  });

  const online$ = onlineOf(actor);

  const whenStopped = (): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (actor.getSnapshot().hasTag('stopped')) resolve();
      };
      actor.subscribe({ next: look, error: () => resolve(), complete: resolve });
      actor.send({ type: 'stop' });
      look();
    });

  const shutDown = async (): Promise<void> => {
    isStopping = true;
    if (isStarted) await whenStopped();
    actor.stop();
    dispatches$.complete();
    notices$.complete();
  };

  return {
    actor,
    dispatches$: dispatches$.asObservable(),
    notices$: notices$.asObservable(),
    online$,
    settle,
    start: () => {
      isStarted = true;
      actor.start();
    },
    stop: () => {
      ending ??= shutDown();
      return ending;
    },
    reconnect: () => {
      if (!isStopping) actor.send({ type: 'reconnect' });
    },
    pause: () => holdLine('caller'),
    flow: () => releaseLine('caller'),
    snapshotStatus: () => {
      const { watermark } = ledger;
      return {
        state: statePath(actor.getSnapshot().value),
        sessionId: ledger.id,
        watermark: watermark?.value ?? 0,
        lagEvents: watermark?.pending ?? 0,
        reconnects: Math.max(0, counted.links - 1),
        refusedIntents: actor.getSnapshot().context.intents === 'reduced' ? intents.full & ~intents.reduced : 0,
        heartbeatLatencyMs,
        lastFault,
        isLinePaused: pausedBy.size > 0,
        unreadable: counted.unreadable,
        repeated: counted.repeated,
        skipped: counted.skipped,
      };
    },
  };
};

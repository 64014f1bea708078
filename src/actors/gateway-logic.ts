import { fromCallback, fromPromise } from 'xstate';
import { backoffMs } from '../../machines/gateway/backoff.js';
import { gatewayMachine } from '../../machines/gateway/gateway.machine.js';
import type { GatewayEvent, LinkEvent, SocketCommand } from '../../machines/gateway/gateway.setup.js';
import type { SessionStarts } from '../domain/session-starts.js';
import type { Clock } from '../ports/clock.js';
import type { GatewayLocator } from '../ports/gateway-locator.js';
import type { TokenSource } from '../ports/token-source.js';
import type { GatewayLink } from './gateway-link.js';

/** What the chart's verbs work with. */
export type GatewayWires = {
  readonly clock: Clock;
  /** Shape: 0 ≤ n < 1. */
  readonly random: () => number;
  readonly tokens: TokenSource;
  readonly locator: GatewayLocator;
  readonly starts: SessionStarts;
  /** Who asks for session starts: one shard of one bot. */
  readonly holder: string;
  /** The token of the next Identify or Resume. */
  token: string;
  /** The one socket there is. */
  link: GatewayLink | null;
  readonly openLink: (url: string, report: (event: LinkEvent) => void) => GatewayLink;
};

const getToken = (wires: GatewayWires) =>
  fromPromise<void, { renew: boolean }>(async ({ input }) => {
    if (input.renew) wires.tokens.invalidate(wires.token);
    wires.token = await wires.tokens.get();
  });

const locateGateway = (wires: GatewayWires) =>
  fromPromise<{ url: string }, void>(async () => {
    const { url, limit } = await wires.locator.locate();
    wires.starts.learn(limit, wires.clock.now());
    return { url };
  });

/** A wait for the next day is said, and ends with new numbers; one for the pace, at most 5 s, is part of connecting. */
const awaitSessionStart = (wires: GatewayWires) =>
  fromCallback<SocketCommand, void, GatewayEvent>(({ sendBack }) => {
    const { clock, starts, holder } = wires;
    let handle: unknown;
    const sayOutdated = (): void => sendBack({ type: 'sessionStart.outdated' });
    const ask = (): void => {
      const answer = starts.ask(holder, clock.now());
      if (answer.permitted) sendBack({ type: 'sessionStart.permitted' });
      else if (answer.why === 'pace') handle = clock.setTimeout(ask, answer.waitMs);
      else if (answer.waitMs === 0) sayOutdated();
      else {
        handle = clock.setTimeout(sayOutdated, answer.waitMs);
        sendBack({ type: 'sessionStart.delayed', waitMs: answer.waitMs });
      }
    };
    ask();
    return () => clock.clearTimeout(handle);
  });

/** Leaving `linked` detaches the socket, so a late word of the old one reaches nobody (qq-bot-api §12, trap 12). */
const openSocket = (wires: GatewayWires) =>
  fromCallback<SocketCommand, { url: string }, LinkEvent>(({ input, receive, sendBack }) => {
    const link = wires.openLink(input.url, sendBack);
    wires.link = link;
    receive((command) => link.obey(command));
    return () => {
      link.detach();
      wires.starts.giveBack(wires.holder);
      if (wires.link === link) wires.link = null;
    };
  });

/** Looks again when the silence would be long enough, rather than setting a timer anew for every frame. */
const watch = (clock: Clock, heardAtMs: () => number, silenceMs: number, isOver: () => void): (() => void) => {
  const startedAtMs = clock.now();
  let handle: unknown;
  const look = (): void => {
    const leftMs = Math.max(startedAtMs, heardAtMs()) + silenceMs - clock.now();
    if (leftMs <= 0) isOver();
    else handle = clock.setTimeout(look, leftMs);
  };
  look();
  return () => clock.clearTimeout(handle);
};

const watchLink = (wires: GatewayWires) =>
  fromCallback<SocketCommand, { silenceMs: number }, LinkEvent>(({ input, sendBack }) =>
    watch(
      wires.clock,
      () => wires.link?.lastFrameAtMs ?? 0,
      input.silenceMs,
      () => sendBack({ type: 'link.silent' }),
    ),
  );

const watchEvents = (wires: GatewayWires) =>
  fromCallback<SocketCommand, { eventlessMs: number }, LinkEvent>(({ input, sendBack }) =>
    watch(
      wires.clock,
      () => wires.link?.lastEventAtMs ?? 0,
      input.eventlessMs,
      () => sendBack({ type: 'link.eventless' }),
    ),
  );

const keepBeat = (wires: GatewayWires) =>
  fromCallback<SocketCommand, { intervalMs: number }, LinkEvent>(({ input, sendBack }) => {
    const beat = (): void => {
      handle = wires.clock.setTimeout(beat, input.intervalMs);
      sendBack({ type: 'beat.due' });
    };
    let handle = wires.clock.setTimeout(beat, input.intervalMs);
    return () => wires.clock.clearTimeout(handle);
  });

/** The gateway's chart with its verbs and its chance provided. */
export const gatewayLogic = (wires: GatewayWires) =>
  gatewayMachine.provide({
    actors: {
      getToken: getToken(wires),
      locateGateway: locateGateway(wires),
      awaitSessionStart: awaitSessionStart(wires),
      openSocket: openSocket(wires),
      watchLink: watchLink(wires),
      watchEvents: watchEvents(wires),
      keepBeat: keepBeat(wires),
    },
    delays: {
      // Full jitter: bots that lost their links together do not come back together.
      reconnectBackoff: ({ context }) => Math.round(wires.random() * backoffMs(context.failures)),
      coolOff: () => Math.round(1_000 + wires.random() * 4_000),
    },
  });

import { gatewayCodec } from '../adapters/qq/frames.js';
import { createGatewayLocator } from '../adapters/qq/gateway-locator.js';
import { createRest } from '../adapters/qq/rest.js';
import { createTokenSource } from '../adapters/qq/token-source.js';
import { examinePlace } from '../adapters/store/embedded/place.js';
import type { ChannelSettings, StoreSettings } from '../config/resolved.js';
import { type IntentName, intentNames, OPTIONAL_INTENTS } from '../domain/intents.js';
import type { ErrorCode } from '../errors/codes.js';
import { asRouterError, RouterError } from '../errors/router-error.js';
import type { AgentDriver } from '../ports/agent-driver.js';
import type { Clock } from '../ports/clock.js';
import type { GatewayLocation } from '../ports/gateway-locator.js';
import type { HttpTransport } from '../ports/http.js';
import type { SocketTransport } from '../ports/socket.js';
import { watchSkew } from './clock-skew.js';
import { runningFindings } from './doctor-running.js';
import { type CallbackCheck, checkCallback } from './doctor-webhook.js';
import type { ChannelStatus } from './events.js';
import { handshake } from './handshake.js';

export type DoctorDeps = {
  readonly http: HttpTransport;
  readonly sockets: SocketTransport;
  readonly clock: Clock;
  /** Shape: null where a handler is registered in code. */
  readonly agent: () => Promise<Pick<AgentDriver, 'name' | 'check' | 'close'> | null>;
  /** What the running router says of this channel. Shape: null where none runs, or it cannot be asked. */
  readonly running: () => Promise<ChannelStatus | null>;
  /** Where the channel is called back. Shape: null where nobody knows, for its router takes any port. */
  readonly callback: CallbackCheck | null;
};

export type DoctorStep =
  | 'store'
  | 'token'
  | 'gateway'
  | 'sessions'
  | 'handshake'
  | 'intents'
  | 'callback'
  | 'running'
  | 'clock'
  | 'agent';

/** What a step that is well has seen. */
type Seen =
  | { readonly step: 'store'; readonly path: string; readonly isThere: boolean }
  | { readonly step: 'token' }
  | { readonly step: 'gateway'; readonly url: string; readonly shards: number }
  | { readonly step: 'sessions'; readonly remaining: number; readonly total: number; readonly resetAfterMs: number }
  | { readonly step: 'handshake'; readonly bot: string; readonly tookMs: number }
  | { readonly step: 'intents'; readonly names: readonly IntentName[] }
  | { readonly step: 'callback'; readonly url: string; readonly tookMs: number; readonly isPublic: boolean }
  | { readonly step: 'running'; readonly state: ChannelStatus['state']; readonly lastCalledMs?: number }
  | { readonly step: 'clock'; readonly skewMs: number | null }
  | { readonly step: 'agent'; readonly driver: string | null };

/** One step's result. `skipped`: it needs what another step did not find. */
export type Check =
  | ({ readonly status: 'ok' } & Seen)
  | { readonly status: 'finding'; readonly step: DoctorStep; readonly error: RouterError }
  | { readonly status: 'finding'; readonly step: 'sessions'; readonly few: Extract<Seen, { step: 'sessions' }> }
  | { readonly status: 'finding'; readonly step: 'clock'; readonly skewMs: number }
  | { readonly status: 'skipped'; readonly step: DoctorStep; readonly because: DoctorStep | 'webhook' | 'router' };

/** Beyond this, reply windows of five minutes are reckoned badly. Units: ms. */
const SKEW_MAX_MS = 30_000;
/** Below this share of the day's session starts something restarts too often. */
const FEW_STARTS = 0.05;

/** Whoever is not reached by a check is reached by no router either: there is more to do than to wait for a reconnect. */
const findingOf = (error: unknown, unreached: ErrorCode): RouterError => {
  const known = asRouterError(error, unreached);
  if (!known.code.startsWith('transport.') || unreached.startsWith('transport.')) return known;
  return new RouterError(unreached, known.message.replace(/^[\w.]+: /, ''), { ...known.more, cause: known });
};

/** A step that can fail, as its value or its finding; `unreached` is the code where nobody answers. */
const attempt = async <T>(
  step: DoctorStep,
  unreached: ErrorCode,
  work: () => Promise<T>,
): Promise<{ readonly value: T } | { readonly finding: Check }> => {
  try {
    return { value: await work() };
  } catch (error) {
    return { finding: { status: 'finding', step, error: findingOf(error, unreached) } };
  }
};

/** Whether the store could be opened, looked at from outside: a router may hold it. */
export const examineStore = ({ path }: StoreSettings): Check => {
  try {
    return { status: 'ok', step: 'store', path, isThere: examinePlace(path) };
  } catch (error) {
    return { status: 'finding', step: 'store', error: asRouterError(error, 'store.failed') };
  }
};

const sessionsCheck = ({ limit }: GatewayLocation): Check => {
  const { remaining, total, resetAfterMs } = limit;
  const seen = { step: 'sessions', remaining, total, resetAfterMs } as const;
  if (remaining <= 0) {
    const error = new RouterError('gateway.sessionLimit', `0 of ${total} session starts are left`);
    return { status: 'finding', step: 'sessions', error };
  }
  return remaining < total * FEW_STARTS
    ? { status: 'finding', step: 'sessions', few: seen }
    : { status: 'ok', ...seen };
};

const skip = (because: Extract<Check, { status: 'skipped' }>['because'], ...steps: readonly DoctorStep[]): Check[] =>
  steps.map((step) => ({ status: 'skipped', step, because }));

/** The link up to READY, and what it says of the intents: one that is not granted makes the whole Identify fail. */
const linkChecks = async (
  { intents, shards }: ChannelSettings,
  { url }: GatewayLocation,
  token: string,
  { sockets, clock }: DoctorDeps,
): Promise<Check[]> => {
  const startedMs = clock.now();
  const shard: readonly [number, number] = shards === 'auto' ? [0, 1] : [shards.ids[0] ?? 0, shards.count];
  const linked = await attempt('handshake', 'transport.lost', () =>
    handshake({ url, token, intents, shard }, { sockets, codec: gatewayCodec, clock }),
  );
  if ('value' in linked) {
    return [
      { status: 'ok', step: 'handshake', bot: linked.value.username, tookMs: clock.now() - startedMs },
      { status: 'ok', step: 'intents', names: intentNames(intents) },
    ];
  }
  const { finding } = linked;
  if (!('error' in finding) || finding.error.code !== 'gateway.intentsRefused') {
    return [finding, ...skip('handshake', 'intents')];
  }
  const suspects = intentNames(intents & OPTIONAL_INTENTS).join(', ');
  const detail = `${finding.error.message.replace(/^[\w.]+: /, '')}; to be granted are ${suspects}`;
  const error = new RouterError('gateway.intentsRefused', detail, finding.error.more);
  return [...skip('intents', 'handshake'), { status: 'finding', step: 'intents', error }];
};

/** The way the platform takes to a bot that is called back. */
const callbackChecks = async (
  channel: ChannelSettings,
  running: ChannelStatus | null,
  { http, clock, callback }: Pick<DoctorDeps, 'http' | 'clock' | 'callback'>,
): Promise<Check[]> => {
  if (channel.transport !== 'webhook') return [];
  if (!callback || (!running && !callback.isPublic)) return skip('router', 'callback');
  const { url, isPublic } = callback;
  const startedMs = clock.now();
  const called = await attempt('callback', 'webhook.unreachable', () =>
    checkCallback(channel, callback, { http, clock }),
  );
  if ('finding' in called) return [called.finding];
  return [{ status: 'ok', step: 'callback', url, isPublic, tookMs: clock.now() - startedMs }];
};

/** What only the router that runs has met. */
const runningChecks = (running: ChannelStatus | null, nowMs: number): Check[] => {
  if (!running) return skip('router', 'running');
  const findings = runningFindings(running).map((error): Check => ({ status: 'finding', step: 'running', error }));
  const lastMs = running.webhook?.lastVerifiedAtMs ?? null;
  const { state } = running;
  return findings.length > 0
    ? findings
    : [{ status: 'ok', step: 'running', state, ...(lastMs !== null && { lastCalledMs: nowMs - lastMs }) }];
};

/**
 * Checks a channel step by step, as each is done; a running router is asked what it has met, and left alone.
 * Shape: every step once, in the order of `DoctorStep` (`callback` for webhooks alone; `running` once per finding);
 * never throws. The handshake uses one session start.
 */
export async function* examine(channel: ChannelSettings, deps: DoctorDeps): AsyncGenerator<Check> {
  const { clock } = deps;
  const { appId, appSecret: secret, endpoints, transport } = channel;
  const { http, skewMs } = watchSkew(deps.http, clock);
  const tokens = createTokenSource({ http, clock, endpoint: endpoints.token, appId, secret });

  const token = await attempt('token', 'auth.unavailable', () => tokens.get());
  yield 'value' in token ? { status: 'ok', step: 'token' } : token.finding;
  if ('finding' in token) {
    yield* skip('token', 'gateway', 'sessions', 'handshake', 'intents');
  } else {
    const locator = createGatewayLocator(createRest({ http, tokens, endpoint: endpoints.api, appId }));
    const located = await attempt('gateway', 'gateway.unreachable', () => locator.locate());
    if ('finding' in located) {
      yield located.finding;
      yield* skip('gateway', 'sessions', 'handshake', 'intents');
    } else {
      const { url, shards } = located.value;
      yield { status: 'ok', step: 'gateway', url, shards };
      const sessions = sessionsCheck(located.value);
      yield sessions;
      if (transport === 'webhook') yield* skip('webhook', 'handshake', 'intents');
      else if ('error' in sessions) yield* skip('sessions', 'handshake', 'intents');
      else yield* await linkChecks(channel, located.value, token.value, deps);
    }
  }

  const running = await deps.running().catch(() => null);
  yield* await callbackChecks(channel, running, { http: deps.http, clock, callback: deps.callback });
  yield* runningChecks(running, clock.now());

  const skew = skewMs();
  if (skew !== null && Math.abs(skew) > SKEW_MAX_MS) yield { status: 'finding', step: 'clock', skewMs: skew };
  else if (skew === null && 'finding' in token) yield* skip('token', 'clock');
  else yield { status: 'ok', step: 'clock', skewMs: skew };

  const agent = await attempt('agent', 'agent.unreachable', async () => {
    const driver = await deps.agent();
    try {
      await driver?.check?.();
    } finally {
      await driver?.close?.();
    }
    return driver?.name ?? null;
  });
  yield 'value' in agent ? { status: 'ok', step: 'agent', driver: agent.value } : agent.finding;
}

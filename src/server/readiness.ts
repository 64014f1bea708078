import type { ChannelStatus } from '../app/events.js';
import type { Router } from '../app/router.js';
import { ERROR_CODES } from '../errors/codes.js';
import { asRouterError } from '../errors/router-error.js';
import type { StoreHealth } from '../ports/store.js';

/** One thing that keeps the router from answering. */
export type Missing = { readonly what: string; readonly why: string };

/** What the server needs of a router. */
export type Watched = Pick<Router, 'channels' | 'checkAgents' | 'storeHealth'>;

/** Shorter than the time-outs usual among supervisors. */
const AGENT_CHECK_MS = 3_000;

const channelMissing = ({ name, state, fault }: ChannelStatus): Missing[] => {
  if (state === 'ready' || state === 'disabled') return [];
  const number = fault?.platformCode === undefined ? '' : ` (${fault.platformCode})`;
  const why = fault ? `${state}: ${fault.code}${number}: ${fault.detail}` : state;
  return [{ what: `channels.${name}`, why }];
};

const storeMissing = ({ degraded }: StoreHealth): Missing[] =>
  degraded ? [{ what: 'store', why: `${degraded}: ${ERROR_CODES[degraded].remedy.en}` }] : [];

const within = async (work: Promise<void>, limitMs: number): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${limitMs} ms`)), limitMs);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};

/**
 * What is missing for an answer, freshly looked up; empty if nothing is.
 * Shape: however many ask at once, the agent is asked once.
 */
export const readinessOf = (router: Watched, limitMs = AGENT_CHECK_MS): (() => Promise<Missing[]>) => {
  let checking: Promise<Missing[]> | undefined;

  const checkAgent = async (): Promise<Missing[]> => {
    try {
      await within(router.checkAgents(), limitMs);
      return [];
    } catch (error) {
      return [{ what: 'agent', why: asRouterError(error, 'agent.unreachable').message }];
    } finally {
      checking = undefined;
    }
  };

  return async () => {
    const channels = router.channels();
    if (channels.length === 0) return [{ what: 'channels', why: 'starting' }];
    checking ??= checkAgent();
    return [...channels.flatMap(channelMissing), ...storeMissing(router.storeHealth()), ...(await checking)];
  };
};

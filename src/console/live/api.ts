import type { ConversationListed, ConversationView } from '../../app/conversation-view.js';
import type { ChartLayout } from '../../debug/chart-layout.js';
import type { ActorFrame } from '../../debug/inspect-frames.js';
import type { DeadLetter } from '../../ports/store.js';
import type { ConsoleInfo } from '../../server/console.js';
import { token } from './settings.js';

/** The router did not do it; `code` is the one of its answer, or says why there was none. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

const REQUEST_MS = 15_000;

const headers = (): Record<string, string> => {
  const held = token.get();
  return held === null ? {} : { authorization: `Bearer ${held}` };
};

/** An answer that streams; the caller ends it by its signal. Errors: `ApiError`. */
export const open = async (path: string, signal: AbortSignal, init: RequestInit = {}): Promise<Response> => {
  const response = await fetch(`.${path}`, {
    ...init,
    headers: { ...headers(), ...init.headers },
    cache: 'no-store',
    credentials: 'omit',
    signal,
  }).catch((error: unknown) => {
    throw new ApiError(0, signal.aborted ? 'aborted' : 'unreachable', String(error));
  });
  if (response.ok) return response;
  const body = (await response.json().catch(() => ({}))) as { error?: { code?: string; message?: string } };
  throw new ApiError(response.status, body.error?.code ?? 'unknown', body.error?.message ?? response.statusText);
};

export const get = async <T>(path: string, signal = AbortSignal.timeout(REQUEST_MS)): Promise<T> =>
  (await open(path, signal)).json() as Promise<T>;

export const post = async <T>(path: string, body: unknown = {}): Promise<T> =>
  (
    await open(path, AbortSignal.timeout(REQUEST_MS), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  ).json() as Promise<T>;

export type Layouts = Readonly<Record<ActorFrame['chart'], ChartLayout>>;
export type Page = {
  readonly conversations: readonly ConversationListed[];
  readonly next: string | null;
  readonly total: number;
};
export type PageQuery = {
  readonly after?: string;
  readonly scene?: string;
  readonly text?: string;
  readonly limit: number;
};

export type PairingView = {
  readonly requests: readonly {
    readonly channel: string;
    readonly user: string;
    readonly name?: string;
    readonly state: 'pending' | 'locked';
  }[];
};

const queryText = (query: Readonly<Record<string, string | number | undefined>>): string =>
  new URLSearchParams(
    Object.entries(query).flatMap(([key, value]) =>
      value === undefined || value === '' ? [] : [[key, String(value)]],
    ),
  ).toString();

const at = (id: string): string => encodeURIComponent(id);

/** What the page asks of the router. */
export const api = {
  info: () => get<ConsoleInfo>('/v1/console'),
  layouts: () => get<Layouts>('/charts.json'),
  conversations: (query: PageQuery) => get<Page>(`/v1/conversations?${queryText(query)}`),
  conversation: (id: string) => get<ConversationView>(`/v1/conversations/${at(id)}`),
  stop: (id: string) => post<{ stopped: boolean }>(`/v1/conversations/${at(id)}/stop`),
  retire: (id: string) => post<{ retired: boolean }>(`/v1/conversations/${at(id)}/retire`),
  reconnect: (channel: string) => post(`/v1/channels/${at(channel)}/reconnect`),
  deadLetters: () => get<{ deadLetters: readonly DeadLetter[] }>('/v1/dead-letters'),
  retry: (id: string) => post(`/v1/dead-letters/${at(id)}/retry`),
  drop: (id: string) => post(`/v1/dead-letters/${at(id)}/drop`),
  pairing: () => get<PairingView>('/v1/pairing'),
  approve: (code: string) => post<{ approved: { user: string; name?: string } }>('/v1/pairing/approve', { code }),
  replay: () => get<unknown>('/v1/replay'),
} as const;

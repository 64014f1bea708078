import { defaultIfEmpty, filter, firstValueFrom, merge, type Observable, take, takeUntil } from 'rxjs';
import type { Target } from '../../domain/conversation.js';
import type { Clock } from '../../ports/clock.js';
import { timerOn } from '../operators/timer-on.js';
import type { Pacer, SendKind } from '../pacer.js';

export type ReadinessDeps = {
  readonly clock: Clock;
  readonly pacer: Pacer;
  /** Replays its present value: sends are held while the gateway is between sessions. */
  readonly online$: Observable<boolean>;
  readonly isOnline: () => boolean;
};

/** What a send must not outlive. */
export type Leave = {
  /** The fence, asked in the same synchronous step that hands a send to the transport. Source: turns §3.4, G1. */
  readonly isLive: () => boolean;
  /** Emits when it falls, so that what waits is let go at once. */
  readonly revoked$: Observable<unknown>;
};

/**
 * `now` once the gateway is up and the pace allows it; else what came before that: the fence fell, or the time was over.
 * `leftMs` answers how long the send may still wait.
 */
export const readiness = async (
  target: Target,
  leave: Leave,
  leftMs: () => number,
  deps: ReadinessDeps,
  kind: SendKind = {},
): Promise<'now' | 'fenced' | 'closed'> => {
  const { clock, pacer } = deps;
  while (leave.isLive()) {
    const remainingMs = leftMs();
    if (remainingMs === 0) return 'closed';
    if (!deps.isOnline()) {
      await unlessRevoked(leave, merge(deps.online$.pipe(filter(Boolean)), timerOn(clock, remainingMs)));
      continue;
    }
    const waitMs = pacer.book(target, clock.now(), kind);
    if (waitMs === 0) return 'now';
    await unlessRevoked(leave, timerOn(clock, waitMs));
  }
  return 'fenced';
};

/** Waits for the first of: `until$` emits, the fence falls. */
export const unlessRevoked = async (leave: Leave, until$: Observable<unknown>): Promise<void> => {
  if (!leave.isLive()) return;
  await firstValueFrom(until$.pipe(take(1), takeUntil(leave.revoked$), defaultIfEmpty(undefined)));
};

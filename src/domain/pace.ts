/**
 * The times of the last sends under one limit, as a ring. However the platform cuts its seconds, no second of it holds
 * more than the limit, which a bucket that refills while it empties cannot promise.
 */
export type Pace = { readonly bookedMs: Float64Array; next: number };

export const newPace = (perSecond: number): Pace => ({
  bookedMs: new Float64Array(Math.max(1, Math.floor(perSecond))).fill(Number.NEGATIVE_INFINITY),
  next: 0,
});

/** A send is kept this much further from the one a whole limit before it, for the jitter of the way. Units: ms. */
const MARGIN_MS = 20;

/** The earliest time a send may start that is asked for now. Units: epoch ms. */
export const earliestMs = ({ bookedMs, next }: Pace, nowMs: number): number =>
  Math.max(nowMs, (bookedMs[next] as number) + 1000 + MARGIN_MS);

export const book = (pace: Pace, atMs: number): void => {
  pace.bookedMs[pace.next] = atMs;
  pace.next = (pace.next + 1) % pace.bookedMs.length;
};

/**
 * The times of the last sends under one limit, as a ring. However the platform cuts its time, no such stretch of it holds
 * more than the limit, which a bucket that refills while it empties cannot promise.
 */
export type Pace = { readonly bookedMs: Float64Array; readonly perMs: number; next: number };

export const newPace = (count: number, perMs = 1_000): Pace => ({
  bookedMs: new Float64Array(Math.max(1, Math.floor(count))).fill(Number.NEGATIVE_INFINITY),
  perMs,
  next: 0,
});

/** A send is kept this much further from the one a whole limit before it, for the jitter of the way. Units: ms. */
const MARGIN_MS = 20;

/** The earliest time a send may start that is asked for now and leaves `spare` of the limit to others. Units: epoch ms. */
export const earliestMs = ({ bookedMs, perMs, next }: Pace, nowMs: number, spare = 0): number =>
  Math.max(nowMs, (bookedMs[(next + spare) % bookedMs.length] as number) + perMs + MARGIN_MS);

export const book = (pace: Pace, atMs: number): void => {
  pace.bookedMs[pace.next] = atMs;
  pace.next = (pace.next + 1) % pace.bookedMs.length;
};

/** Sends that count against the limit now. */
export const usedOf = ({ bookedMs, perMs }: Pace, nowMs: number): number =>
  bookedMs.reduce((used, atMs) => (nowMs - atMs < perMs ? used + 1 : used), 0);

import type { Clock } from '../ports/clock.js';
import type { HttpTransport } from '../ports/http.js';

/** Dates in HTTP are cut to whole seconds; half a second is the likeliest rest. */
const CUT_MS = 500;

/** A transport that learns from each answer how far this machine's clock is from the one that answers. */
export type SkewWatch = {
  readonly http: HttpTransport;
  /** Positive where this machine is behind. Shape: null before an answer with a date. Units: ms. */
  readonly skewMs: () => number | null;
};

/** Of several answers the quickest counts: the longer one was under way, the less its date says. */
export const watchSkew = (http: HttpTransport, clock: Clock): SkewWatch => {
  let best: { readonly skewMs: number; readonly tripMs: number } | null = null;
  return {
    http: {
      request: async (request) => {
        const sentMs = clock.now();
        const answer = await http.request(request);
        const tripMs = clock.now() - sentMs;
        const dateMs = Date.parse(answer.headers['date'] ?? '');
        if (!Number.isNaN(dateMs) && (best === null || tripMs < best.tripMs)) {
          best = { skewMs: dateMs + CUT_MS - (sentMs + tripMs / 2), tripMs };
        }
        return answer;
      },
    },
    skewMs: () => best && Math.round(best.skewMs),
  };
};

import { numberOf } from '../json.js';

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)$/;
/** Go's default print form, `2024-10-15 16:33:15.12 +0800 CST m=+0.1`, which old webhook deliveries carried. */
const GO_PRINT = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d{1,9})?) ([+-]\d\d)(\d\d)(?: |$)/;
/** A number below this counts seconds: as milliseconds it would lie in 1973. */
const SECONDS_BELOW = 1e11;

const isoOf = (timestamp: string): string | undefined => {
  if (ISO.test(timestamp)) return timestamp;
  const go = GO_PRINT.exec(timestamp);
  return go === null ? undefined : `${go[1]}T${go[2]}${go[3]}:${go[4]}`;
};

/**
 * When a message was written.
 * Shape: total; what cannot be read is `fallbackMs`, the time of receipt.
 * Units: epoch ms.
 * Source: qq-bot-api §5.3.
 */
export const timeOf = (timestamp: unknown, fallbackMs: number): number => {
  const iso = typeof timestamp === 'string' ? isoOf(timestamp) : undefined;
  if (iso !== undefined) {
    const ms = Date.parse(iso);
    return Number.isFinite(ms) ? ms : fallbackMs;
  }
  const number = numberOf(timestamp);
  if (number === undefined || number <= 0 || number > Number.MAX_SAFE_INTEGER) return fallbackMs;
  return number < SECONDS_BELOW ? Math.round(number * 1_000) : Math.round(number);
};

const FLOOR_MS = 1_000;
const CEILING_MS = 60_000;

/**
 * The longest wait before the next try: 1 s after the first failure in a row, doubling, never above 60 s.
 * Units: ms. Source: qq-bot-api §3.9.
 */
export const backoffMs = (failures: number): number =>
  Math.min(CEILING_MS, FLOOR_MS * 2 ** Math.min(Math.max(0, failures - 1), 30));

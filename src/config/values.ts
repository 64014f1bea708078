import { z } from 'zod';

/** Timers take 32-bit delays; a longer one would fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

export const count = (least: number) => z.int().min(least).max(1_000_000);
export const ms = (least: number) => z.int().min(least).max(LONGEST_MS);
export const text = () => z.string().min(1);
export const webUrl = () => z.url({ protocol: /^https?$/ });

import { numberOf, objectOf } from '../json.js';

/** The numbers of a usage object, under the server's own names; null where there are none. */
export const usageOf = (usage: unknown): Record<string, number> | null => {
  const numbers = Object.entries(objectOf(usage) ?? {}).flatMap(([name, value]) => {
    const number = numberOf(value);
    return number === undefined ? [] : [[name, number] as const];
  });
  return numbers.length === 0 ? null : Object.fromEntries(numbers.slice(0, USAGE_MAX));
};

const USAGE_MAX = 32;

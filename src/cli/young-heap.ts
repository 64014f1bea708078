import { setFlagsFromString } from 'node:v8';

/**
 * Objects are born young in this process, always. V8 would let what it takes for long-lived be born in the old generation,
 * and under load it takes turns for that; what is born old keeps all it refers to until a major collection, so that minor
 * ones have more to copy and pause for milliseconds on every turn's path. Measured in bench/RESULTS.md.
 * Call it once, before the first turn. A program that embeds the router decides for itself: the flag is the process's.
 */
export const keepHeapYoung = (): void => setFlagsFromString('--no-allocation-site-pretenuring');

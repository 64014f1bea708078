import type { Lang } from '../config/lang.js';
import { en } from './texts-en.js';
import { zh } from './texts-zh.js';

/** Everything the command line says, in one language. */
export type Texts = typeof en;

/** Shape: the same keys in each; the type checker says which one is missing. */
export const TEXTS: Readonly<Record<Lang, Texts>> = { en, zh };

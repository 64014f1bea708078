import { lang } from '../live/settings.js';
import { useStore } from '../live/store.js';
import { en, type Texts } from './en.js';
import { zh } from './zh.js';

export type { Texts } from './en.js';

const TEXTS = { en, zh } as const;

/** What the page says, in the language that was chosen. */
export const useTexts = (): Texts => TEXTS[useStore(lang)];

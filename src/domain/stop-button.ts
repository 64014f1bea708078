import type { Keyboard } from './message.js';
import { type Lang, NOTICES } from './notices.js';

/** What the press comes back as: a command, whoever listens for presses. */
export const STOP_DATA = '/stop';

export const stopKeyboard = (lang: Lang): Keyboard => ({
  rows: [[{ id: 'stop', label: NOTICES[lang].stop, style: 'grey', action: { callback: STOP_DATA } }]],
});

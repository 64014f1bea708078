import { Store } from './store.js';

export type Lang = 'en' | 'zh';
export type Theme = 'system' | 'light' | 'dark';

const TOKEN = 'rookery.token';
const LANG = 'rookery.lang';
const THEME = 'rookery.theme';

/** A browser that keeps nothing is no reason to show nothing. */
const kept = (storage: () => Storage, key: string): string | null => {
  try {
    return storage().getItem(key);
  } catch {
    return null;
  }
};

const keep = (storage: () => Storage, key: string, value: string | null): void => {
  try {
    if (value === null) storage().removeItem(key);
    else storage().setItem(key, value);
  } catch {
    // It is asked for again next time.
  }
};

const session = (): Storage => sessionStorage;
const local = (): Storage => localStorage;

const langOf = (known: string | null): Lang =>
  known === 'en' || known === 'zh' ? known : navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';

export const lang = new Store<Lang>(langOf(kept(local, LANG)));
export const theme = new Store<Theme>((kept(local, THEME) as Theme | null) ?? 'system');
/** Forgotten with the tab: whoever opens the browser tomorrow is asked again. */
export const token = new Store<string | null>(kept(session, TOKEN));

const showTheme = (value: Theme): void => {
  if (value === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = value;
};

export const chooseLang = (value: Lang): void => {
  keep(local, LANG, value);
  document.documentElement.lang = value === 'zh' ? 'zh-CN' : 'en';
  lang.set(value);
};

export const chooseTheme = (value: Theme): void => {
  keep(local, THEME, value);
  showTheme(value);
  theme.set(value);
};

export const keepToken = (value: string | null): void => {
  keep(session, TOKEN, value);
  token.set(value);
};

export const applySettings = (): void => {
  showTheme(theme.get());
  document.documentElement.lang = lang.get() === 'zh' ? 'zh-CN' : 'en';
};

import { expect, it } from 'vitest';
import { pickLang } from '../../src/config/lang.js';

it.each<[Parameters<typeof pickLang>[0], 'en' | 'zh']>([
  [{ env: {} }, 'en'],
  [{ env: { LANG: 'zh_CN.UTF-8' } }, 'zh'],
  [{ env: { LANG: 'C.UTF-8' } }, 'en'],
  [{ env: { LC_MESSAGES: 'zh_TW', LANG: 'en_US' } }, 'zh'],
  [{ env: { LC_ALL: 'en_US', LC_MESSAGES: 'zh_CN', LANG: 'zh_CN' } }, 'en'],
  [{ env: { LC_ALL: '', LANG: 'zh' } }, 'zh'],
  [{ flag: 'en', env: { LANG: 'zh_CN' } }, 'en'],
  [{ flag: 'zh', env: {} }, 'zh'],
  [{ flag: 'ZH-Hans', env: {} }, 'zh'],
])('%j speaks %s', (given, lang) => {
  expect(pickLang(given)).toBe(lang);
});

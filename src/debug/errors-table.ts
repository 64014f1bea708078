import { ERROR_CODES } from '../errors/codes.js';

const HEAD = {
  en: '| code | next step | remedy |\n|---|---|---|\n',
  zh: '| 错误码 | 下一步 | 处理办法 |\n|---|---|---|\n',
} as const;

/** The table of errors as Markdown, for `docs/errors.md`. */
export const errorsTable = (lang: 'en' | 'zh'): string =>
  HEAD[lang] +
  Object.entries(ERROR_CODES)
    .map(([code, { next, remedy }]) => `| \`${code}\` | ${next} | ${remedy[lang]} |`)
    .join('\n');

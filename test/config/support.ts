import { type ConfigProblem, problemsOf, renderProblems } from '../../src/config/problems.js';
import { type Resolved, resolveConfig } from '../../src/config/resolve.js';
import type { ChannelSettings } from '../../src/config/resolved.js';

export const QQ = { appId: '102012345', appSecret: 'canary-secret-9c1d' };

/** `${NAME}` as a file writes it. */
export const ref = (name: string): string => `\${${name}}`;

export const resolve = (written: unknown, env?: Record<string, string>): Resolved =>
  resolveConfig(written, { baseDir: '/base', ...(env ? { env } : {}) });

/** A configuration whose one channel has these settings more. */
export const channel = (more: object): ChannelSettings => {
  const found = resolve({ channels: { qq: { ...QQ, ...more } } }).config.channels['qq'];
  if (!found) throw new Error('no channel qq');
  return found;
};

export const problems = (written: unknown, env?: Record<string, string>): readonly ConfigProblem[] => {
  try {
    resolve(written, env);
    return [];
  } catch (error) {
    const found = problemsOf(error);
    if (found.length === 0) throw error;
    return found;
  }
};

export const said = (written: unknown, lang: 'en' | 'zh' = 'en', env?: Record<string, string>): string =>
  renderProblems(problems(written, env), lang);

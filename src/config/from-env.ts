import { type ConfigProblem, configError } from './problems.js';
import { type Resolved, resolveConfig } from './resolve.js';
import type { Env } from './substitute.js';

const OPENAI_URL = 'https://api.openai.com/v1';

/** An empty variable is one that is not set. */
const given = (env: Env, name: string): string | undefined => env[name] || undefined;

const SWITCH: Readonly<Record<string, boolean>> = { true: true, '1': true, false: false, '0': false };

/** Whether the environment alone names a bot. */
export const envNamesBot = (env: Env): boolean => given(env, 'QQ_BOT_APP_ID') !== undefined;

/**
 * A configuration without a file: one channel `qq` from QQ_BOT_APP_ID, QQ_BOT_APP_SECRET and QQ_BOT_SANDBOX; the agent
 * from OPENAI_BASE_URL, OPENAI_API_KEY and OPENAI_MODEL, else `echo`; the server's token from ROOKERY_TOKEN.
 * Errors: `config.invalid`, naming the variable that is missing.
 */
export const configFromEnv = (env: Env, baseDir: string): Resolved => {
  const problems: ConfigProblem[] = [];
  const need = (variable: string, path: string): string => {
    const value = given(env, variable);
    if (value === undefined) problems.push({ kind: 'missingVariable', path, variable });
    return value ?? '';
  };
  const sandboxText = given(env, 'QQ_BOT_SANDBOX') ?? 'false';
  const sandbox = SWITCH[sandboxText.toLowerCase()];
  if (sandbox === undefined) {
    problems.push({
      kind: 'notAllowed',
      path: 'QQ_BOT_SANDBOX',
      found: { type: 'text' },
      allowed: Object.keys(SWITCH),
    });
  }
  const apiKey = given(env, 'OPENAI_API_KEY');
  const baseUrl = given(env, 'OPENAI_BASE_URL');
  const openai = apiKey !== undefined || baseUrl !== undefined;
  const token = given(env, 'ROOKERY_TOKEN');
  const written = {
    channels: {
      qq: {
        appId: need('QQ_BOT_APP_ID', 'channels.qq.appId'),
        appSecret: need('QQ_BOT_APP_SECRET', 'channels.qq.appSecret'),
        sandbox: sandbox ?? false,
      },
    },
    agent: openai
      ? {
          driver: 'openai',
          baseUrl: baseUrl ?? OPENAI_URL,
          model: need('OPENAI_MODEL', 'agent.model'),
          ...(apiKey === undefined ? {} : { apiKey }),
        }
      : { driver: 'echo' },
    server: token === undefined ? {} : { token },
  };
  if (problems.length > 0) throw configError('config.invalid', problems);
  return resolveConfig(written, { baseDir });
};

import type { AGENT_DRIVERS } from '../config/agent-schema.js';

/** An agent that is asked from here, as a command line names it. */
export type AskedAgent = { readonly url: string; readonly model?: string; readonly env: NodeJS.ProcessEnv };

type Written = { readonly driver: (typeof AGENT_DRIVERS)[number] } & Readonly<Record<string, unknown>>;

const keyIn = (env: NodeJS.ProcessEnv, name: string, field = 'apiKey'): Readonly<Record<string, string>> => {
  const key = env[name];
  return key ? { [field]: key } : {};
};

/**
 * The configuration by which it is asked, by its driver; null where what is to be named is not.
 * Shape: keys are read from the environment alone, for a command line is seen by everybody on the machine.
 */
const WRITTEN = {
  openai: ({ url, model, env }) =>
    model === undefined ? null : { driver: 'openai', baseUrl: url, model, ...keyIn(env, 'OPENAI_API_KEY') },
  webhook: ({ url, env }) => ({
    driver: 'webhook',
    url,
    ...keyIn(env, 'AGENT_API_KEY'),
    ...keyIn(env, 'WEBHOOK_SECRET', 'secret'),
  }),
  'ag-ui': ({ url, env }) => ({ driver: 'ag-ui', url, ...keyIn(env, 'AGENT_API_KEY') }),
  langgraph: ({ url, model, env }) => ({
    driver: 'langgraph',
    baseUrl: url,
    ...(model !== undefined && { assistantId: model }),
    ...keyIn(env, 'AGENT_API_KEY'),
  }),
  dify: ({ url, env }) =>
    env['DIFY_API_KEY'] ? { driver: 'dify', baseUrl: url, ...keyIn(env, 'DIFY_API_KEY') } : null,
} as const satisfies Record<string, (asked: AskedAgent) => Written | null>;

export type AskedDriver = keyof typeof WRITTEN;
export const ASKED_DRIVERS = Object.keys(WRITTEN) as readonly AskedDriver[];

export const isAskedDriver = (name: string): name is AskedDriver => Object.hasOwn(WRITTEN, name);

export const writtenAgent = (driver: AskedDriver, asked: AskedAgent): Written | null => WRITTEN[driver](asked);

import { resolve as resolvePath } from 'node:path';
import type { CheckedAgent } from './agent-schema.js';
import { Secret } from './secret.js';

/** Wrapped, so that they do not print. */
type SecretKey = 'apiKey' | 'secret';

type Settled<Agent> = Agent extends unknown
  ? {
      readonly [K in keyof Agent]: K extends SecretKey
        ? Secret
        : K extends 'env'
          ? Readonly<Record<string, Secret>>
          : Exclude<Agent[K], undefined>;
    }
  : never;

/**
 * An agent's configuration as its driver reads it: addresses without a trailing slash, paths absolute. What each key
 * means stands in the schema.
 */
export type AgentSettings = Settled<CheckedAgent>;

export type SettingsOf<Driver extends AgentSettings['driver']> = Extract<AgentSettings, { readonly driver: Driver }>;

export const withoutSlash = (url: string): string => url.replace(/\/+$/, '');

const settled = (key: string, value: unknown, baseDir: string): unknown => {
  if (key === 'env') {
    const given = Object.entries(value as Readonly<Record<string, string>>);
    return Object.fromEntries(given.map(([name, text]) => [name, new Secret(text)]));
  }
  if (typeof value !== 'string') return value;
  if (key === 'apiKey' || key === 'secret') return new Secret(value);
  if (key === 'baseUrl') return withoutSlash(value);
  return key === 'path' || key === 'cwd' ? resolvePath(baseDir, value) : value;
};

/** Shape: keys that are not set are absent. */
export const agentSettings = (agent: CheckedAgent, baseDir: string): AgentSettings =>
  Object.fromEntries(
    Object.entries(agent)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, settled(key, value, baseDir)]),
  ) as AgentSettings;

const SECRET_NAME = /auth|key|token|secret|cookie|password/i;

/** `Bearer abc` is a secret as a whole, and `abc` alone is one too. */
const namedSecrets = (values: Readonly<Record<string, string>>): Secret[] =>
  Object.entries(values)
    .filter(([name]) => SECRET_NAME.test(name))
    .flatMap(([, value]) => [...new Set([value, value.split(' ').at(-1) ?? value])])
    .map((value) => new Secret(value));

const secretVariables = (env: Readonly<Record<string, Secret>>): Secret[] =>
  Object.entries(env).flatMap(([name, value]) => (SECRET_NAME.test(name) ? [value] : []));

/** Every secret of an agent's settings, for the scrubber of the log. */
export const agentSecrets = (agent: AgentSettings | undefined): Secret[] =>
  Object.entries(agent ?? {}).flatMap(([key, value]) => {
    if (value instanceof Secret) return [value];
    if (key === 'headers') return namedSecrets(value as Readonly<Record<string, string>>);
    return key === 'env' ? secretVariables(value as Readonly<Record<string, Secret>>) : [];
  });

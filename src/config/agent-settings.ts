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

/** Settings that hold whatever an agent wants, at any depth. */
const FREE_FORM: ReadonlySet<string> = new Set(['body', 'inputs', 'state', 'forwardedProps', 'input', 'config']);

/** Stricter than for headers and variables: what is named `keywords` or `author` is an agent's everyday text. */
const SECRET_FIELD = /(?:auth|authorization|key|token|secret|cookie|password|credential)s?$/i;

const textsIn = (value: unknown): string[] => {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
};

const secretsWithin = (value: unknown): string[] => {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) =>
    SECRET_FIELD.test(name) && !Array.isArray(value) ? textsIn(item) : secretsWithin(item),
  );
};

/** `--token=abc` and `--token abc`. */
const secretArguments = (args: readonly string[]): string[] =>
  args.flatMap((arg, index) => {
    const [, name = '', value] = /^--?([\w-]+)(?:=(.*))?$/s.exec(arg) ?? [];
    const secret = value ?? args[index + 1];
    return SECRET_FIELD.test(name) && secret !== undefined ? [secret] : [];
  });

const secretsInUrl = (url: string): string[] => {
  const { password, searchParams } = new URL(url);
  const named = [...searchParams].flatMap(([name, value]) => (SECRET_FIELD.test(name) ? [value] : []));
  return password === '' ? named : [decodeURIComponent(password), ...named];
};

const secretTexts = (key: string, value: unknown): string[] => {
  if (FREE_FORM.has(key)) return secretsWithin(value);
  if (key === 'args') return secretArguments(value as readonly string[]);
  return key === 'url' || key === 'baseUrl' ? secretsInUrl(value as string) : [];
};

/** Every secret of an agent's settings, for the scrubber of the log and of the charts' feed. */
export const agentSecrets = (agent: AgentSettings | undefined): Secret[] =>
  Object.entries(agent ?? {}).flatMap(([key, value]) => {
    if (value instanceof Secret) return [value];
    if (key === 'headers') return namedSecrets(value as Readonly<Record<string, string>>);
    if (key === 'env') return secretVariables(value as Readonly<Record<string, Secret>>);
    return secretTexts(key, value).map((text) => new Secret(text));
  });

import type { z } from 'zod';
import { INTENT_SPELLINGS } from '../domain/intents.js';
import { AGENT_DRIVERS, LATER_DRIVERS } from './agent-schema.js';
import { nearest } from './nearest.js';
import { asPlain, isPlain, isSecretPath, type KeyPath, type Plain, pathText, valueAt } from './paths.js';
import type { ConfigProblem, Found, ValueType } from './problems.js';
import { configJsonSchema } from './schema.js';

type Issue = z.core.$ZodIssue;

/** What the checks know about the values they look at. */
export type Seen = { readonly value: unknown; readonly fromEnv: ReadonlySet<string> };

const LONGEST_SHOWN = 60;

const typeOf = (value: unknown): ValueType => {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'list';
  if (value instanceof Date) return 'date';
  const types = { string: 'text', number: 'number', boolean: 'true or false', bigint: 'number' } as const;
  return types[typeof value as keyof typeof types] ?? 'object';
};

/** The value at `path` for a message. Errors: none; a secret, the environment's or an address with a password is left out. */
export const foundAt = (seen: Seen, path: KeyPath): Found => {
  const value = valueAt(seen.value, path);
  const type = typeOf(value);
  const scalar = ['text', 'number', 'true or false'].includes(type);
  if (!scalar || isSecretPath(path) || seen.fromEnv.has(pathText(path))) return { type };
  const text = JSON.stringify(value);
  return text.length > LONGEST_SHOWN || text.includes('@') ? { type } : { type, text };
};

/** Made at the first unknown key: most starts never need it. */
let jsonSchema: Plain | undefined;

/** The keys an object may have at `path`. `agent` has those of its driver. */
const knownKeys = (path: KeyPath, root: unknown): string[] => {
  jsonSchema ??= configJsonSchema();
  let node = jsonSchema;
  path.forEach((key, index) => {
    const properties = asPlain(node['properties']);
    const next = typeof key === 'number' ? node['items'] : (properties[String(key)] ?? node['additionalProperties']);
    node = pickBranch(asPlain(next), valueAt(root, path.slice(0, index + 1)));
  });
  return Object.keys(asPlain(node['properties']));
};

const pickBranch = (node: Plain, value: unknown): Plain => {
  const branches = (node['oneOf'] ?? node['anyOf']) as readonly Plain[] | undefined;
  const driver = asPlain(value)['driver'];
  return (
    branches?.find((branch) => asPlain(asPlain(branch['properties'])['driver'])['const'] === driver) ??
    branches?.find((branch) => branch['type'] === 'object') ??
    node
  );
};

const EXPECTED: Readonly<Record<string, ValueType>> = {
  string: 'text',
  number: 'number',
  int: 'whole number',
  boolean: 'true or false',
  array: 'list',
};

/** Keys that take one of two shapes; a value that fits neither is told both. */
const TWO_SHAPES: Readonly<Record<string, ValueType>> = { intents: 'intents', shards: 'shards' };

/** The branch whose shape fits and only whose inside does not, if there is one. */
const closestBranch = (branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined =>
  branches.find((issues) =>
    issues.every((issue) => issue.path.length > 0 || !['invalid_type', 'invalid_value'].includes(issue.code)),
  );

const driverProblem = (seen: Seen, path: KeyPath): ConfigProblem => {
  const driver = valueAt(seen.value, path);
  const at = pathText(path);
  if (driver === undefined) return { kind: 'missing', path: at };
  if (typeof driver === 'string' && LATER_DRIVERS.includes(driver)) {
    return { kind: 'laterDriver', path: at, driver, drivers: AGENT_DRIVERS };
  }
  return { kind: 'notAllowed', path: at, found: foundAt(seen, path), allowed: AGENT_DRIVERS.map(quoted) };
};

const quoted = (word: unknown): string => JSON.stringify(word);

const invalidValue = (seen: Seen, path: KeyPath, values: readonly unknown[]): ConfigProblem => {
  const value = valueAt(seen.value, path);
  const common = { path: pathText(path), found: foundAt(seen, path) };
  if (value === undefined) return { kind: 'missing', path: common.path };
  if (!path.includes('intents')) return { kind: 'notAllowed', ...common, allowed: values.map(quoted) };
  // Sixteen names are too many to read through; the nearest comes first.
  const near =
    typeof value === 'string' && common.found.text !== undefined ? nearest(value.toLowerCase(), INTENT_SPELLINGS) : [];
  return {
    kind: 'notAllowed',
    ...common,
    allowed: INTENT_SPELLINGS.map(quoted),
    ...(near.length === 0 ? {} : { nearest: near.map(quoted) }),
  };
};

const toProblems = (issue: Issue, seen: Seen, base: KeyPath): ConfigProblem[] => {
  const path = [...base, ...issue.path];
  const at = pathText(path);
  const value = valueAt(seen.value, path);
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = knownKeys(path, seen.value);
      return issue.keys.map((key) => ({
        kind: 'unknownKey',
        path: pathText([...path, key]),
        key,
        nearest: nearest(key, known),
      }));
    }
    case 'invalid_union': {
      if ('discriminator' in issue) return [driverProblem(seen, path)];
      const branch = closestBranch(issue.errors);
      if (branch) return branch.flatMap((inner) => toProblems(inner, seen, path));
      const expected = TWO_SHAPES[String(path.at(-1))] ?? 'object';
      return [{ kind: 'wrongType', path: at, expected, found: foundAt(seen, path) }];
    }
    case 'invalid_value':
      return [invalidValue(seen, path, issue.values)];
    case 'invalid_type':
      if (value === undefined) return [{ kind: 'missing', path: at }];
      return [
        { kind: 'wrongType', path: at, expected: EXPECTED[issue.expected] ?? 'object', found: foundAt(seen, path) },
      ];
    case 'invalid_format':
      return [{ kind: 'notUrl', path: at, found: foundAt(seen, path) }];
    case 'too_small':
      return issue.origin === 'string' || issue.origin === 'array'
        ? [{ kind: 'empty', path: at }]
        : [{ kind: 'outOfRange', path: at, found: foundAt(seen, path), least: Number(issue.minimum) }];
    case 'too_big':
      return [{ kind: 'outOfRange', path: at, found: foundAt(seen, path), most: Number(issue.maximum) }];
    default:
      return [{ kind: 'other', path: at, reason: issue.message }];
  }
};

/** The schema's findings as problems. Shape: in the schema's order, at least one per issue. */
export const problemsFrom = (error: z.ZodError, seen: Seen): ConfigProblem[] =>
  error.issues.flatMap((issue) => toProblems(issue, seen, []));

/**
 * What a text from the environment means where a number or true/false is asked for: a variable is always text.
 * Shape: undefined where it means neither.
 */
export const fromEnvText = (issue: Issue, seen: Seen): { path: KeyPath; value: number | boolean } | undefined => {
  if (issue.code !== 'invalid_type' || !seen.fromEnv.has(pathText(issue.path))) return undefined;
  const text = valueAt(seen.value, issue.path);
  if (typeof text !== 'string') return undefined;
  if (issue.expected === 'boolean') {
    return text === 'true' || text === 'false' ? { path: issue.path, value: text === 'true' } : undefined;
  }
  const number = text.trim() === '' ? Number.NaN : Number(text);
  const wanted = issue.expected === 'number' || issue.expected === 'int';
  return wanted && Number.isFinite(number) ? { path: issue.path, value: number } : undefined;
};

/** The top level must be an object. */
export const topLevelProblem = (value: unknown, name: string): ConfigProblem | undefined =>
  isPlain(value) ? undefined : { kind: 'wrongType', path: name, expected: 'object', found: { type: typeOf(value) } };

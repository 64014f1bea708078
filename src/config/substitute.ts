import { isPlain, type KeyPath, pathText } from './paths.js';
import type { ConfigProblem } from './problems.js';

export type Env = Readonly<Record<string, string | undefined>>;

export type Substituted = {
  readonly value: unknown;
  readonly problems: readonly ConfigProblem[];
  /** The paths whose value holds something of the environment: it is never shown. */
  readonly fromEnv: ReadonlySet<string>;
};

const REFERENCE = /\$\$\{|\$\{([^}]*)\}|\$\{/g;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Puts the environment's values in place of `${NAME}`, in every string. Shape: `$${` stands for `${` itself. */
export const substitute = (root: unknown, env: Env): Substituted => {
  const problems: ConfigProblem[] = [];
  const fromEnv = new Set<string>();

  const inText = (text: string, path: string): string =>
    text.replace(REFERENCE, (match: string, name: string | undefined) => {
      if (match === '$${') return '${';
      if (name === undefined || !NAME.test(name)) {
        problems.push({ kind: 'badReference', path });
        return match;
      }
      fromEnv.add(path);
      const value = Object.hasOwn(env, name) ? env[name] : undefined;
      if (value === undefined) problems.push({ kind: 'missingVariable', path, variable: name });
      return value ?? '';
    });

  const inValue = (value: unknown, path: KeyPath): unknown => {
    if (typeof value === 'string') return inText(value, pathText(path));
    if (Array.isArray(value)) return value.map((item, index) => inValue(item, [...path, index]));
    if (!isPlain(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, inValue(item, [...path, key])]));
  };

  return { value: inValue(root, []), problems, fromEnv };
};

/** A key's place in the configuration. */
export type KeyPath = readonly PropertyKey[];

/** As a person would write it: `channels.qq.allowedUsers[0]`; a name with a dot or a blank goes into brackets. */
export const pathText = (path: KeyPath): string =>
  path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    const name = String(key);
    if (!/^[\p{L}\p{N}_$-]+$/u.test(name)) return `${text}[${JSON.stringify(name)}]`;
    return text === '' ? name : `${text}.${name}`;
  }, '');

export type Plain = Readonly<Record<string, unknown>>;

export const isPlain = (value: unknown): value is Plain =>
  typeof value === 'object' &&
  value !== null &&
  (Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null);

/** Shape: an empty object for anything that is none. */
export const asPlain = (value: unknown): Plain => (isPlain(value) ? value : {});

/** Shape: undefined where the path leads nowhere. */
export const valueAt = (root: unknown, path: KeyPath): unknown =>
  path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, key)
        ? (value as Record<PropertyKey, unknown>)[key]
        : undefined,
    root,
  );

/** A copy of `root` in which the value at `path` is another. Shape: `root` itself where the path leads nowhere. */
export const withValueAt = (root: unknown, path: KeyPath, value: unknown): unknown => {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (Array.isArray(root)) {
    return root.map((item: unknown, index) => (index === key ? withValueAt(item, rest, value) : item));
  }
  if (!isPlain(root)) return root;
  return Object.fromEntries(
    Object.entries(root).map(([name, item]) => [name, name === key ? withValueAt(item, rest, value) : item]),
  );
};

/** Whether a value there must never be shown. Some objects often carry keys of their own naming. */
export const isSecretPath = (path: KeyPath): boolean => {
  const last = path.at(-1);
  if (last === 'appSecret' || last === 'apiKey' || last === 'secret') return true;
  if (last === 'token') return path.at(-2) !== 'endpoints';
  return ['headers', 'body', 'env'].some((name) => path.includes(name));
};

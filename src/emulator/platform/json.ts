/** A JSON object as it came over the wire. */
export type JsonObject = { [key: string]: unknown };

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The field if it is a string with something in it. */
export const textOf = (object: JsonObject, key: string): string | undefined => {
  const value = object[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

/** The field if it is a whole number. */
export const integerOf = (object: JsonObject, key: string): number | undefined => {
  const value = object[key];
  return Number.isSafeInteger(value) ? (value as number) : undefined;
};

export const objectOf = (object: JsonObject, key: string): JsonObject | undefined => {
  const value = object[key];
  return isObject(value) ? value : undefined;
};

/** The value, or undefined for text that is no JSON, or nests so deep that it could not be written again. */
export const parseJson = (text: string): unknown => {
  try {
    const value: unknown = JSON.parse(text);
    return isTooDeep(value) ? undefined : value;
  } catch {
    return undefined;
  }
};

/** JSON as the platform writes it: a bigint is a bare number, however many digits it has, §5.10. */
export const wireJson = (value: unknown): string => {
  let hasBig = false;
  const text = JSON.stringify(value, (_, part: unknown) => {
    if (typeof part !== 'bigint') return part;
    hasBig = true;
    return `${BIG}${part}`;
  });
  return hasBig ? text.replace(BIG_TEXT, '$1') : text;
};

/** A private-use character, which no message has by chance. */
const BIG = '\uf8ff';
const BIG_TEXT = /"\uf8ff(-?\d+)"/gu;

/** JSON is parsed without a stack and written with one: some thousand levels end a process. Nobody means more than this. */
const DEPTH_MAX = 100;

const isNest = (value: unknown): value is object => typeof value === 'object' && value !== null;

const isTooDeep = (value: unknown): boolean => {
  let level: object[] = [value].filter(isNest);
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > DEPTH_MAX) return true;
    const next: object[] = [];
    for (const one of level) for (const part of Object.values(one)) if (isNest(part)) next.push(part);
    level = next;
  }
  return false;
};

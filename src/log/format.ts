import pc from 'picocolors';

type Colors = ReturnType<typeof pc.createColors>;

const plain = pc.createColors(false);
const coloured = pc.createColors(true);

const LEVEL_COLOR: Readonly<Record<string, (colors: Colors) => (text: string) => string>> = {
  fatal: (colors) => colors.red,
  error: (colors) => colors.red,
  warn: (colors) => colors.yellow,
  info: (colors) => colors.green,
  debug: (colors) => colors.cyan,
  trace: (colors) => colors.gray,
};

/** Users write into the log: a control character of theirs must not reach the reader's terminal. */
const printable = (text: string): string =>
  text.replace(/[\p{Cc}\u2028\u2029]/gu, (char) =>
    char === '\t' ? ' ' : `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

const two = (value: number): string => String(value).padStart(2, '0');

/** Local time, as the reader's watch shows it. */
const timeText = (value: unknown): string => {
  const at = new Date(String(value));
  if (Number.isNaN(at.getTime())) return printable(String(value ?? ''));
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const ms = String(at.getMilliseconds()).padStart(3, '0');
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${ms}`;
};

const valueText = (value: unknown): string => {
  if (typeof value === 'string' && /^[^\s"=\p{Cc}]+$/u.test(value)) return value;
  return printable(JSON.stringify(value) ?? 'undefined');
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

type Told = { readonly pairs: (readonly [string, string])[]; readonly stack: readonly string[] };

/** An error as its message, its numbers, and its cause in the same way; the innermost stack goes on lines of its own. */
const errorText = (key: string, error: Record<string, unknown>): Told => {
  const { type, code, message, next, stack, cause, ...numbers } = error;
  const text = String(message ?? '');
  const label = typeof code === 'string' ? code : type === 'Error' ? undefined : type;
  const prefix = typeof label === 'string' && !text.startsWith(label) ? `${label}: ` : '';
  const inner: Told = isObject(cause) ? errorText('cause', cause) : { pairs: [], stack: [] };
  const own = typeof stack === 'string' ? stack.split('\n').slice(1) : [];
  return {
    pairs: [
      [key, valueText(`${prefix}${text}`)],
      ...Object.entries(numbers).map(([name, value]) => [printable(name), valueText(value)] as const),
      ...(cause === undefined || isObject(cause) ? [] : [['cause', valueText(cause)] as const]),
      ...inner.pairs,
    ],
    stack: inner.stack.length > 0 ? inner.stack : own.map((line) => printable(line.trim())),
  };
};

const parsed = (json: string): Record<string, unknown> | undefined => {
  try {
    const value: unknown = JSON.parse(json);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

/**
 * One log line for a person: `time level room message key=value…`, without a newline at its end.
 * Shape: total; a line that is not of the log is given back, made printable.
 */
export const formatLogLine = (json: string, { color }: { color: boolean }): string => {
  const line = parsed(json);
  if (line === undefined) return printable(json.trimEnd());
  const colors = color ? coloured : plain;
  const { time, level, room, msg, ...fields } = line;
  const stacks: string[] = [];
  const pairs = Object.entries(fields).flatMap(([key, value]) => {
    if ((key !== 'error' && key !== 'err') || !isObject(value)) return [[printable(key), valueText(value)] as const];
    const told = errorText(key, value);
    stacks.push(...told.stack);
    return told.pairs;
  });
  const name = String(level ?? '');
  const paint = LEVEL_COLOR[name]?.(colors) ?? ((text: string) => text);
  const words = [
    colors.dim(timeText(time)),
    paint(printable(name).toUpperCase().padEnd(5)),
    ...(room === undefined ? [] : [colors.bold(valueText(room))]),
    printable(String(msg ?? '')),
    ...pairs.map(([key, value]) => `${colors.dim(`${key}=`)}${value}`),
  ];
  return [words.join(' '), ...stacks.map((frame) => `    ${colors.dim(frame)}`)].join('\n');
};

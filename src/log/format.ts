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

/** An error as its message; the stack, which only an unexpected one has, follows on lines of its own. */
const errorText = (error: Record<string, unknown>): { field: string; stack: string[] } => {
  const message = String(error['message'] ?? '');
  const code = typeof error['code'] === 'string' && !message.startsWith(error['code']) ? `${error['code']}: ` : '';
  const stack = typeof error['stack'] === 'string' ? error['stack'].split('\n').slice(1) : [];
  return { field: valueText(`${code}${message}`), stack: stack.map((line) => printable(line.trim())) };
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

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
  const pairs = Object.entries(fields).map(([key, value]) => {
    if ((key === 'error' || key === 'err') && isObject(value)) {
      const { field, stack } = errorText(value);
      stacks.push(...stack);
      return `${colors.dim(`${key}=`)}${field}`;
    }
    return `${colors.dim(`${printable(key)}=`)}${valueText(value)}`;
  });
  const name = String(level ?? '');
  const paint = LEVEL_COLOR[name]?.(colors) ?? ((text: string) => text);
  const words = [
    colors.dim(timeText(time)),
    paint(printable(name).toUpperCase().padEnd(5)),
    ...(room === undefined ? [] : [colors.bold(valueText(room))]),
    printable(String(msg ?? '')),
    ...pairs,
  ];
  return [words.join(' '), ...stacks.map((frame) => `    ${colors.dim(frame)}`)].join('\n');
};

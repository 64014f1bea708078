import { describe, expect, it } from 'vitest';
import { formatLogLine } from '../../src/log/format.js';

const plain = (line: unknown): string => formatLogLine(JSON.stringify(line), { color: false });
const time = new Date(2026, 0, 2, 3, 4, 5, 6).toISOString();
const AT = '2026-01-02 03:04:05.006';

describe('formatLogLine', () => {
  it.each([
    [{ level: 'info', time, room: 'gateway', msg: 'ready', seq: 3 }, `${AT} INFO  gateway ready seq=3`],
    [{ level: 'warn', time, msg: 'no room' }, `${AT} WARN  no room`],
    [
      {
        level: 'info',
        time,
        room: 'app',
        text: 'two words',
        flag: true,
        state: { online: 'acked' },
        none: null,
        msg: 'm',
      },
      `${AT} INFO  app m text="two words" flag=true state={"online":"acked"} none=null`,
    ],
    [
      {
        level: 'error',
        time,
        room: 'qq',
        error: { type: 'RouterError', code: 'auth.rejected', message: 'auth.rejected: no' },
        msg: 'm',
      },
      `${AT} ERROR qq m error="auth.rejected: no"`,
    ],
    [
      {
        level: 'error',
        time,
        error: { type: 'Error', code: 'EODD', message: 'x', stack: 'Error: x\n    at a (b:1:2)\n    at c' },
        msg: 'm',
      },
      `${AT} ERROR m error="EODD: x"\n    at a (b:1:2)\n    at c`,
    ],
    [
      {
        level: 'error',
        time,
        error: {
          ...{ type: 'RouterError', code: 'platform.refused', message: 'platform.refused: no', next: 'skip' },
          ...{ platformCode: 11_255, traceId: 't 1', cause: { type: 'TypeError', message: 'inner', cause: 'core' } },
        },
        msg: 'm',
      },
      `${AT} ERROR m error="platform.refused: no" platformCode=11255 traceId="t 1" cause="TypeError: inner" cause=core`,
    ],
    [{ level: 'info', time: 'soon', msg: 'm' }, 'soon INFO  m'],
  ])('%j', (line, text) => {
    expect(plain(line)).toBe(text);
  });

  it('gives back what is no line of the log', () => {
    expect(formatLogLine('{"broken', { color: false })).toBe('{"broken');
    expect(formatLogLine('[1]\n', { color: false })).toBe('[1]');
  });

  it('lets no control character of a user reach the terminal', () => {
    const evil = '\u001b[2J\r\n\u0007\u009b1m';
    const line = {
      level: evil,
      time: evil,
      room: evil,
      msg: evil,
      [evil]: evil,
      error: { message: evil, stack: `x\n${evil}` },
    };
    expect(plain(line).replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    expect(formatLogLine(`nope ${evil}`, { color: false })).not.toMatch(/\p{Cc}/u);
  });

  it('colours the level only where colour is asked for', () => {
    expect(formatLogLine(JSON.stringify({ level: 'error', time, msg: 'm' }), { color: true })).toContain(
      '\u001b[31mERROR',
    );
    expect(plain({ level: 'error', time, msg: 'm' })).not.toContain('\u001b');
  });
});

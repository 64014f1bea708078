import { describe, expect, it } from 'vitest';
import { createActor, createMachine } from 'xstate';
import { Secret } from '../../src/config/secret.js';
import { RouterError } from '../../src/errors/router-error.js';
import { createLogger, type LogOptions, type RootLogger } from '../../src/log/logger.js';
import { logTransitions } from '../../src/log/transitions.js';

const CANARY = 'canary-5b1f';

type Line = Record<string, unknown>;

const rig = (options: Partial<LogOptions> = {}): { root: RootLogger; text: () => string; lines: () => Line[] } => {
  let text = '';
  const destination = {
    write: (more: string) => {
      text += more;
    },
  };
  return {
    root: createLogger({ level: 'trace', destination, ...options }),
    text: () => text,
    lines: () =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Line),
  };
};

describe('a line', () => {
  it('has time, level, bindings, fields and message, and neither process nor host', () => {
    const { root, lines } = rig();
    root.log.child({ room: 'gateway', bot: 'qq' }).info({ seq: 3 }, 'ready');
    expect(lines()).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        room: 'gateway',
        bot: 'qq',
        seq: 3,
        msg: 'ready',
      },
    ]);
  });

  it('is left out below the level', () => {
    const { root, text } = rig({ level: 'warn' });
    root.log.info('quiet');
    expect(text()).toBe('');
  });

  it('tells an error of the table without a stack, any other with it, and none of a library’s own fields', () => {
    const { root, lines } = rig();
    const inner = Object.assign(new TypeError('odd'), { code: 'EODD', request: { headers: { cookie: CANARY } } });
    root.log.error({ error: new RouterError('platform.busy', 'slow', { cause: inner, traceId: 't1' }) }, 'failed');
    expect(lines()[0]?.['error']).toEqual({
      type: 'RouterError',
      code: 'platform.busy',
      message: 'platform.busy: slow',
      next: 'retry',
      traceId: 't1',
      cause: { type: 'TypeError', code: 'EODD', message: 'odd', stack: expect.stringContaining('TypeError: odd') },
    });
  });
});

describe('a secret', () => {
  const cases: [string, (root: RootLogger) => void][] = [
    ['in a Secret', ({ log }) => log.info({ value: new Secret(CANARY) }, 'm')],
    ['under its key', ({ log }) => log.info({ token: CANARY }, 'm')],
    ['under its key, deep', ({ log }) => log.info({ a: { b: [{ c: { appSecret: CANARY } }] } }, 'm')],
    ['in a header', ({ log }) => log.info({ request: { headers: { authorization: `QQBot ${CANARY}` } } }, 'm')],
    ['in a child’s bindings', ({ log }) => log.child({ api: { apiKey: CANARY } }).info('m')],
    ['in a message', ({ log }) => log.info(`got ${CANARY}`)],
    ['in an error’s text', ({ log }) => log.error({ error: new Error(`401 for ${CANARY}`) }, 'm')],
    ['in an error’s cause', ({ log }) => log.error(new RouterError('auth.rejected', 'no', { cause: CANARY }), 'm')],
    ['in a key', ({ log }) => log.info({ [CANARY]: 1 }, 'm')],
  ];
  it.each(cases)('%s does not get out', (_, say) => {
    for (const pretty of [false, true]) {
      const { root, text } = rig({ pretty });
      root.registerSecret(new Secret(CANARY));
      say(root);
      expect(text()).toContain('[secret]');
      expect(text()).not.toContain(CANARY);
    }
  });
});

describe('the destination', () => {
  it('gets lines for a person if it is a terminal', () => {
    const { root, text } = rig({ pretty: true });
    root.log.info({ room: 'app', port: 1 }, 'listening');
    expect(text()).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} INFO {2}app listening port=1\n$/);
  });

  it('may break without ending the router', () => {
    let fail: ((error: Error) => void) | undefined;
    let writes = 0;
    const { root } = rig({
      destination: {
        write: () => {
          writes += 1;
        },
        on: (_, listener) => {
          fail = listener;
        },
      },
    });
    root.log.info('one');
    fail?.(new Error('EPIPE'));
    root.log.info('two');
    expect(writes).toBe(1);
  });
});

describe('logTransitions', () => {
  const machine = createMachine({
    id: 'door',
    context: { note: CANARY },
    initial: 'shut',
    states: { shut: { on: { push: 'open' } }, open: {} },
  });

  it('tells event and state of a chart, not its context', () => {
    const { root, lines, text } = rig();
    const actor = createActor(machine, { inspect: logTransitions(root.log) }).start();
    actor.send({ type: 'push' });
    expect(lines().map(({ event, state, msg }) => [event, state, msg])).toEqual([
      ['xstate.init', 'shut', 'transition'],
      ['push', 'open', 'transition'],
    ]);
    expect(text()).not.toContain(CANARY);
  });

  it('says nothing above debug', () => {
    const { root, text } = rig({ level: 'info' });
    createActor(machine, { inspect: logTransitions(root.log) }).start();
    expect(text()).toBe('');
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDriver } from '../../src/adapters/agents/create.js';
import { systemClock } from '../../src/adapters/clock/system-clock.js';
import { agentSchema } from '../../src/config/agent-schema.js';
import { agentSettings } from '../../src/config/agent-settings.js';
import { checkDialled } from '../../src/conformance/dialled.js';
import type { Finding } from '../../src/conformance/promises.js';
import type { Clock } from '../../src/ports/clock.js';
import { type OpenAiExchange, OpenAiServer, type Script } from '../support/openai-server.js';
import { conformanceTyped, type Verdict } from './typed.js';

/* A router's part, played to a Chat Completions endpoint over real HTTP. */

let server: OpenAiServer;
beforeEach(async () => {
  server = await OpenAiServer.start();
});
afterEach(() => server.stop());

/** A minute without an answer is a second and a half; what is to be quick has the time it has. */
const HASTY: Clock = {
  ...systemClock,
  setTimeout: (run, delayMs) => systemClock.setTimeout(run, delayMs >= 60_000 ? delayMs / 40 : delayMs),
};

const COUNT_MAX = 500;

const isAsked = ({ body }: OpenAiExchange, what: string): boolean => JSON.stringify(body?.['messages']).includes(what);

/** Counts as far as it is let, a number every few milliseconds; says anything else at once. */
const counts: Script = async (exchange) => {
  let isGone = false;
  void exchange.closedByClient.then(() => {
    isGone = true;
  });
  for (let n = 1; isAsked(exchange, 'Count') && n <= COUNT_MAX && !isGone; n += 1) {
    exchange.say(`${n}\n`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  if (isGone) return;
  exchange.say('well');
  exchange.finish();
  exchange.close();
};

const findings = async (): Promise<Map<string, Finding>> => {
  const written = { driver: 'openai', baseUrl: server.baseUrl, model: 'fake' };
  const settings = agentSettings(agentSchema.parse(written), '.');
  if (settings.driver === 'native') throw new Error('not reached from here');
  const driver = await createDriver(settings, { clock: systemClock, baseDir: '.' });
  const found = new Map<string, Finding>();
  try {
    for await (const finding of checkDialled(driver, HASTY)) found.set(finding.promise, finding);
  } finally {
    await driver.close?.();
  }
  return found;
};

const having = (found: ReadonlyMap<string, Finding>, holds: Finding['holds']): string[] =>
  [...found.values()].filter((finding) => finding.holds === holds).map(({ promise }) => promise);

const typed = (...args: readonly string[]): Promise<Verdict> =>
  conformanceTyped(args, { OPENAI_API_KEY: 'sk-conformance' });

describe('an endpoint that is asked', () => {
  it('keeps every promise, and sees the cancelled requests closed', async () => {
    const closed: unknown[] = [];
    server.script = (exchange) => {
      void exchange.closedByClient.then(() => closed.push(exchange));
      return counts(exchange);
    };
    const found = await findings();
    expect(having(found, 'yes')).toEqual(['attaches', 'answers', 'works at once', 'stops', 'goes on']);
    expect(found.size).toBe(5);
    await expect.poll(() => closed.length).toBe(2);
  });

  it('is asked nothing where it cannot be reached or does not let in', async () => {
    server.models = (exchange) => exchange.answer(401, { error: { message: 'no such key' } });
    const found = await findings();
    expect([...found.keys()]).toEqual(['attaches']);
    expect(having(found, 'no')).toEqual(['attaches']);
    expect(server.exchanges.filter(({ path }) => path.endsWith('/completions'))).toEqual([]);
  });

  const onlyOneEver = (): Script => {
    let isBusy = false;
    return async (exchange) => {
      if (isBusy) return exchange.open();
      isBusy = isAsked(exchange, 'Count');
      await counts(exchange);
    };
  };
  const outOfOrder: Script = (exchange) =>
    isAsked(exchange, 'and now') ? exchange.answer(500, { error: { message: 'out of order' } }) : counts(exchange);

  it.each<[string, () => Script, readonly string[]]>([
    [
      'refuses',
      () => (exchange) => exchange.answer(500, { error: { message: 'no' } }),
      ['answers', 'works at once', 'goes on'],
    ],
    ['says nothing', () => (exchange) => exchange.open(), ['answers', 'works at once', 'goes on']],
    ['counts for one, and then is stuck', onlyOneEver, ['works at once', 'goes on']],
    ['does not recover from a cancel', () => outOfOrder, ['goes on']],
  ])('that %s is told what is broken', async (_, script, broken) => {
    server.script = script();
    expect(having(await findings(), 'no')).toEqual(broken);
  });
});

describe('`rookery conformance http://…`', () => {
  it('says that every promise holds, and exits with 0', async () => {
    server.script = counts;
    const { code, out } = await typed(server.baseUrl, '--model', 'fake');
    expect({ code, out }).toMatchObject({
      code: 0,
      out: expect.stringContaining('every promise that was tried holds'),
    });
    expect(server.exchanges.at(-1)?.headers['authorization']).toBe('Bearer sk-conformance');
  });

  it('names what is broken, keeps the key to itself, and exits with 1', async () => {
    server.script = (exchange) => exchange.answer(500, { error: { message: 'no' } });
    const { code, out } = await typed(server.baseUrl, '--model', 'fake');
    expect(code).toBe(1);
    expect(out).toMatch(/answers[^\n]*\bbroken\b/i);
    expect(out).not.toContain('sk-conformance');
  });

  it('wants to know the model', async () => {
    expect((await typed(server.baseUrl)).code).toBe(2);
  });
});

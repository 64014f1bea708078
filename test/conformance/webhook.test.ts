import { createHmac, timingSafeEqual } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Exchange } from '../support/agent-server.js';
import { WebhookServer } from '../support/webhook-server.js';
import { conformanceTyped, type Verdict } from './typed.js';

/* A router's part, played to webhooks over real HTTP, by the command as somebody types it. */

let server: WebhookServer;
beforeEach(async () => {
  server = await WebhookServer.start();
});
afterEach(() => server.stop());

const SECRET = 'between-the-two-of-us';

/** Counts as far as it is let, where that is asked for; says anything else at once. */
const counts = (exchange: Exchange, type: string, line: (text: string) => string): void => {
  exchange.open(type);
  exchange.write(line('1'));
  if (!exchange.raw.includes('Count')) {
    exchange.end();
    return;
  }
  let n = 1;
  const timer = setInterval(() => {
    n += 1;
    exchange.write(line(`${n}`));
  }, 5);
  void exchange.closedByClient.then(() => clearInterval(timer));
};

const isSigned = ({ headers, raw }: Exchange): boolean => {
  const made = createHmac('sha256', SECRET).update(`${headers['x-rookery-timestamp']}.${raw}`).digest('hex');
  const given = Buffer.from(String(headers['x-rookery-signature']));
  return given.length === made.length + 3 && timingSafeEqual(given, Buffer.from(`v1=${made}`));
};

const played = (env: NodeJS.ProcessEnv = {}): Promise<Verdict> =>
  conformanceTyped([server.url, '--driver', 'webhook'], env);

const ALL = ['attaches', 'answers', 'works at once', 'stops', 'goes on'];

describe('`rookery conformance http://… --driver webhook`', () => {
  it.each<[string, string, (text: string) => string]>([
    ['plain text', 'text/plain', (text) => `${text}\n`],
    ['NDJSON', 'application/x-ndjson', (text) => `${JSON.stringify({ text })}\n`],
    ['server-sent events', 'text/event-stream', (text) => `data: ${JSON.stringify({ type: 'text', delta: text })}\n\n`],
  ])('finds nothing wrong with one that answers in %s as it goes', async (_, type, line) => {
    server.script = (exchange) => counts(exchange, type, line);
    const { code, holding, broken } = await played();
    expect({ code, holding, broken }).toEqual({ code: 0, holding: ALL, broken: [] });
  });

  it('nor with one that gives its answers whole, in JSON, of which no cancel can be tried', async () => {
    server.script = (exchange) => exchange.answer(200, { text: 'all of it' });
    const { code, holding, untried } = await played();
    expect({ code, holding, untried }).toEqual({
      code: 0,
      holding: ['attaches', 'answers', 'works at once', 'goes on'],
      untried: ['stops'],
    });
  });

  it.each<[string, (exchange: Exchange) => void, readonly string[]]>([
    ['says no', (exchange) => exchange.answer(500, { error: 'out of order' }), ['answers', 'works at once', 'goes on']],
    [
      'answers with a web page',
      (exchange) => exchange.answer(200, '<html>', 'text/html'),
      ['answers', 'works at once', 'goes on'],
    ],
    ['gives what is no JSON', (exchange) => exchange.answer(200, 'oops'), ['answers', 'works at once', 'goes on']],
    [
      'does not recover from a cancel',
      (exchange) =>
        exchange.raw.includes('and now') ? exchange.answer(503, {}) : counts(exchange, 'text/plain', (text) => text),
      ['goes on'],
    ],
  ])('names what is broken of one that %s', async (_, script, expected) => {
    server.script = script;
    const { code, broken } = await played();
    expect({ code, broken }).toEqual({ code: 1, broken: expected });
  });

  it('tries whether a signature is looked at, where there is a secret', async () => {
    server.script = (exchange) =>
      isSigned(exchange) ? exchange.answer(200, { text: 'ok' }) : exchange.answer(401, {});
    const careful = await played({ WEBHOOK_SECRET: SECRET });
    expect(careful).toMatchObject({ code: 0, broken: [] });
    expect(careful.holding).toContain('refuses forgeries');
    server.script = (exchange) => exchange.answer(200, { text: 'whoever you are' });
    const careless = await played({ WEBHOOK_SECRET: SECRET });
    expect(careless).toMatchObject({ code: 1, broken: ['refuses forgeries'] });
    expect(careless.out).not.toContain(SECRET);
  });

  it('is told which drivers there are', async () => {
    const { code, err } = await conformanceTyped([server.url, '--driver', 'pigeon']);
    expect(code).toBe(2);
    expect(err).toContain('openai, webhook, ag-ui, langgraph, dify');
  });
});

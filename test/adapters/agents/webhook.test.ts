import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type WebhookSettings, webhookDriver } from '../../../src/adapters/agents/webhook.js';
import { Secret } from '../../../src/config/secret.js';
import { turnAbort } from '../../../src/domain/turn-abort.js';
import type { AgentDriver, AgentEvent } from '../../../src/ports/agent-driver.js';
import { VirtualClock } from '../../../src/testing/virtual-clock.js';
import { type WebhookScript, WebhookServer } from '../../support/webhook-server.js';
import { collect, never, textIn, turnInput } from './turn-input.js';

const END = { type: 'end', reason: 'stop' };

let server: WebhookServer;
let clock: VirtualClock;
let driver: AgentDriver;

const withSettings = (given: Partial<WebhookSettings> = {}): void => {
  driver = webhookDriver(
    { driver: 'webhook', url: server.url, headers: {}, onDisconnect: 'stops', idleMs: 30_000, ...given },
    clock,
  );
};

beforeEach(async () => {
  server = await WebhookServer.start();
  clock = new VirtualClock();
  withSettings();
});
afterEach(async () => {
  await driver.close?.();
  await server.stop();
});

const ask = (script: WebhookScript): Promise<AgentEvent[]> => {
  server.script = script;
  return collect(driver.run(turnInput('hi'), never));
};

describe('the request', () => {
  it('is the turn in JSON', async () => {
    await ask((exchange) => exchange.answer(204, ''));
    expect((await server.arrived()).body).toEqual({
      version: 1,
      turn: 'turn-1',
      epoch: 1,
      conversation: { id: 'qq:app:c2c:user-1', scene: 'c2c', sender: { id: 'user-1' } },
      text: 'hi',
      inputs: [{ id: 'message-1', text: 'hi', atMs: 0, sender: { id: 'user-1' }, attachments: [] }],
      messages: [
        { role: 'user', content: 'before' },
        { role: 'assistant', content: 'then' },
        { role: 'user', content: 'hi' },
      ],
    });
  });

  it('is signed over its time and its bytes', async () => {
    withSettings({ secret: new Secret('shared-secret'), apiKey: new Secret('bearer-token') });
    await ask((exchange) => exchange.answer(204, ''));
    const { headers, raw } = await server.arrived();
    const timestamp = headers['x-rookery-timestamp'];
    expect(timestamp).toBe(`${clock.now() / 1_000}`);
    const hmac = createHmac('sha256', 'shared-secret').update(`${timestamp}.${raw}`).digest('hex');
    expect(headers).toMatchObject({ 'x-rookery-signature': `v1=${hmac}`, authorization: 'Bearer bearer-token' });
  });
});

describe('an answer in JSON', () => {
  it.each([
    [{ text: 'a' }, 'a'],
    [{ reply: 'b' }, 'b'],
    [[{ output: 'c' }], 'c'],
    ['d', 'd'],
    [{ message: 'e', output: '' }, 'e'],
  ])('%j says %j', async (body, text) => {
    const answered = JSON.stringify(body);
    expect(await ask((exchange) => exchange.answer(200, answered))).toEqual([{ type: 'text', delta: text }, END]);
  });

  it('shows files', async () => {
    const media = [
      { kind: 'image', url: 'https://a.b/c.png' },
      { kind: 'image', url: 'javascript:alert(1)' },
      { kind: 'spell', url: 'https://a.b/c' },
    ];
    expect(await ask((exchange) => exchange.answer(200, { media }))).toEqual([
      { type: 'media', media: { kind: 'image', url: 'https://a.b/c.png' } },
      END,
    ]);
  });

  it.each([
    [200, {}],
    [200, { text: '' }],
    [204, ''],
    [200, ''],
  ])('of HTTP %i and %j is silent', async (status, body) => {
    expect(await ask((exchange) => exchange.answer(status, body))).toEqual([{ type: 'end', reason: 'silent' }]);
  });

  it.each([
    [200, { error: { message: 'no luck' } }, 'agent.failed'],
    [200, '{"text":', 'agent.failed'],
    [500, {}, 'agent.unreachable'],
    [404, {}, 'agent.refused'],
  ])('of HTTP %i and %j is an error', async (status, body, code) => {
    expect(await ask((exchange) => exchange.answer(status, body))).toMatchObject([{ type: 'error', code }]);
  });
});

describe('a streamed answer', () => {
  const lines = [
    { type: 'progress', id: 's', label: '搜索', state: 'running' },
    { type: 'text', delta: '你' },
    { text: '好' },
    { type: 'progress', id: 's', state: 'done' },
    { type: 'begin', metadata: { nodeName: 'AI' } },
    { type: 'item', content: '!', metadata: { nodeName: 'AI' } },
    { type: 'end', metadata: { nodeName: 'AI' } },
    { type: 'break' },
    { type: 'media', media: { kind: 'file', url: 'https://a.b/c.pdf', name: 'c.pdf' } },
    { type: 'usage', usage: { tokens: 3 } },
    { type: 'something', else: 1 },
    { type: 'end', reason: 'length' },
    { type: 'text', delta: 'never' },
  ];
  const events = [
    { type: 'progress', id: 's', label: '搜索', state: 'running' },
    { type: 'text', delta: '你' },
    { type: 'text', delta: '好' },
    { type: 'progress', id: 's', label: '搜索', state: 'done' },
    { type: 'text', delta: '!' },
    { type: 'break' },
    { type: 'media', media: { kind: 'file', url: 'https://a.b/c.pdf', name: 'c.pdf' } },
    { type: 'usage', usage: { tokens: 3 } },
    { type: 'end', reason: 'length' },
  ];

  it('may be NDJSON', async () => {
    const body = lines.map((line) => JSON.stringify(line)).join('\r\n');
    expect(await ask((exchange) => exchange.answer(200, body, 'application/x-ndjson; charset=utf-8'))).toEqual(events);
  });

  it('may be server-sent events', async () => {
    expect(
      await ask((exchange) => {
        for (const line of lines) exchange.event(line);
      }),
    ).toEqual(events);
  });

  it('may be events of plain words, which [DONE] ends', async () => {
    const said = await ask((exchange) => {
      exchange.event('plain');
      exchange.event('" words\\n"');
      exchange.event('[DONE]');
    });
    expect([textIn(said), said.at(-1)]).toEqual(['plain words\n', END]);
  });

  it('may be plain text, cut anywhere', async () => {
    const said = await ask(async (exchange) => {
      exchange.open('text/plain; charset=utf-8');
      for (const byte of Buffer.from('早上好👩‍👩‍👧')) {
        exchange.write(Buffer.of(byte));
        await new Promise((resolve) => setImmediate(resolve));
      }
      exchange.end();
    });
    expect([textIn(said), said.at(-1)]).toEqual(['早上好👩‍👩‍👧', END]);
  });

  it('that breaks is agent.truncated', async () => {
    const iterator = driver.run(turnInput('hi'), never)[Symbol.asyncIterator]();
    server.script = (exchange) => exchange.event({ text: 'half' });
    expect((await iterator.next()).value).toEqual({ type: 'text', delta: 'half' });
    (await server.arrived()).reset();
    expect((await iterator.next()).value).toMatchObject({ type: 'error', code: 'agent.truncated' });
  });

  it('that is longer than any answer is cut', async () => {
    const said = await ask((exchange) => {
      exchange.open('text/plain');
      for (let i = 0; i < 11; i += 1) exchange.write('字'.repeat(100_000));
    });
    expect(textIn(said)).toHaveLength(1_000_000);
    expect(said.at(-1)).toEqual({ type: 'end', reason: 'length' });
    await (await server.arrived()).closedByClient;
  });
});

describe('what an answer says beside its text', () => {
  it.each([[{ type: 'reasoning', delta: '想'.repeat(100_000) }], [{ type: 'replace', text: '字'.repeat(100_000) }]])(
    'counts, too: without end it is cut (%#)',
    async (line) => {
      const said = await ask((exchange) => {
        exchange.open('application/x-ndjson');
        for (let i = 0; i < 11; i += 1) exchange.write(`${JSON.stringify(line)}\n`);
      });
      expect(said).toHaveLength(12);
      expect(said.at(-1)).toEqual({ type: 'end', reason: 'length' });
      await (await server.arrived()).closedByClient;
    },
  );
});

describe('the cancel', () => {
  it('closes the connection, and the run says that it is over', async () => {
    const controller = new AbortController();
    server.script = (exchange) => exchange.event({ text: 'one' });
    const reading = collect(driver.run(turnInput('hi'), controller.signal));
    const asked = await server.arrived();
    controller.abort(turnAbort('superseded'));
    await asked.closedByClient;
    expect((await reading).at(-1)).toEqual({ type: 'end', reason: 'cancelled' });
    expect(clock.pending).toBe(0);
  });
});

describe('check', () => {
  it('is content with a webhook that takes no GET', async () => {
    await expect(driver.check?.()).resolves.toBeUndefined();
  });
});

import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../../src/adapters/store/memory-store.js';
import { routerFrom } from '../../src/app/router.js';
import { resolveRouterOptions } from '../../src/config/resolve.js';
import { createPlatform, DEFAULT_APP_ID, DEFAULT_APP_SECRET } from '../../src/emulator/index.js';
import { InMemoryNet } from '../../src/testing/in-memory-net.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';

const USER = 'canary-user';

const begin = async (handler: Parameters<ReturnType<typeof routerFrom>['onTurn']>[0]) => {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const clock = new VirtualClock();
  const platform = createPlatform({ clock });
  const net = new InMemoryNet(clock, platform);
  const router = routerFrom(
    resolveRouterOptions({ channels: { qq: { appId: DEFAULT_APP_ID, appSecret: DEFAULT_APP_SECRET } } }),
    { clock, http: net, sockets: net, store: new MemoryStore(clock), tracer: provider.getTracer('test') },
  );
  router.onTurn(handler);
  const starting = router.start();
  await clock.advance(10_000);
  await starting;
  const spans = () => exporter.getFinishedSpans();
  return { clock, platform, spans, say: (text: string) => platform.sendC2c({ from: USER, text }) };
};

describe('a trace', () => {
  it('runs from the message to the platform’s answer, and says no word and no id of a user', async () => {
    const { clock, spans, say } = await begin(async (turn) => {
      await turn.reply('canary answer');
    });
    say('canary question');
    await clock.advance(3_000);
    const named = Object.fromEntries(spans().map((span) => [span.name, span]));
    expect(Object.keys(named).sort()).toEqual(['agent', 'send', 'turn']);
    const { turn, agent, send } = named;
    for (const child of [agent, send]) {
      expect(child?.spanContext().traceId).toBe(turn?.spanContext().traceId);
      expect(child?.parentSpanContext?.spanId).toBe(turn?.spanContext().spanId);
    }
    expect(turn?.attributes).toMatchObject({
      'rookery.status': 'completed',
      'rookery.turn': 't1',
      'rookery.scene': 'c2c',
    });
    expect(send?.attributes).toMatchObject({ 'rookery.status': 'sent', 'rookery.kind': 'text' });
    const told = JSON.stringify(spans().map(({ name, attributes, events }) => ({ name, attributes, events })));
    expect(told).not.toMatch(/canary/);
  });

  it('of a turn that was cancelled says why, and ends', async () => {
    const { clock, spans, say } = await begin(async (turn) => {
      await new Promise((resolve) => turn.signal.addEventListener('abort', resolve, { once: true }));
    });
    say('one');
    await clock.advance(2_000);
    say('two');
    await clock.advance(2_000);
    const turns = spans().filter(({ name }) => name === 'turn');
    expect(turns).toHaveLength(1);
    expect(turns[0]?.attributes).toMatchObject({ 'rookery.status': 'cancelled', 'rookery.reason': 'superseded' });
    expect(turns[0]?.events.map(({ name }) => name)).toEqual(['cancelled']);
  });
});

import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { describe, expect, it } from 'vitest';
import type { RouterFrames } from '../../src/sidecar/frames/to-agent.js';
import { SidecarRig } from './sidecar-rig.js';

const begin = async () => {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const rig = await SidecarRig.start({ tracer: provider.getTracer('test') });
  const wired = await rig.agent();
  return { rig, wired, spans: () => exporter.getFinishedSpans() };
};

const traceOf = ({ trace = '' }: RouterFrames['turn.start']) => {
  const [, traceId, spanId, flags] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(trace) ?? [];
  return { traceId, spanId, flags };
};

describe('a turn’s trace', () => {
  it('goes through the agent: from the message over the frame it is offered by to the platform’s answer', async () => {
    const { rig, wired, spans } = await begin();
    const start = await rig.ask(wired, 'hi');
    wired.agent.accept(start.turn);
    wired.agent.delta(start.turn, 'one');
    wired.agent.break(start.turn);
    wired.agent.delta(start.turn, 'two');
    wired.agent.end(start.turn);
    await rig.until(wired.agent.next('turn.closed'));
    const { traceId, spanId, flags } = traceOf(start);
    const named = (name: string) => spans().filter((span) => span.name === name);
    const [turn] = named('turn');
    const [agent] = named('agent');
    // What the agent records goes below the span of its own part.
    expect({ traceId, spanId, flags }).toEqual({
      traceId: turn?.spanContext().traceId,
      spanId: agent?.spanContext().spanId,
      flags: '01',
    });
    expect(named('send')).toHaveLength(2);
    expect(new Set(spans().map((span) => span.spanContext().traceId)).size).toBe(1);
  });

  it('is the same for every agent it is offered to, and another for the turn that replaces it', async () => {
    const { rig, wired, spans } = await begin();
    const start = await rig.ask(wired, 'one');
    wired.agent.say({ t: 'turn.decline', turn: start.turn, retryAfterMs: 100 });
    const again = await rig.until(wired.agent.next('turn.start'));
    expect(again.trace).toBe(start.trace);
    wired.agent.accept(again.turn);
    await rig.wait(10);
    rig.say('two');
    await rig.until(wired.agent.next('turn.cancel'));
    wired.agent.say({ t: 'turn.cancelled', turn: again.turn });
    const next = await rig.until(wired.agent.next('turn.start'));
    expect(traceOf(next).traceId).not.toBe(traceOf(start).traceId);
    const [cancelled] = spans().filter(({ name }) => name === 'turn');
    expect(cancelled?.attributes).toMatchObject({ 'rookery.status': 'cancelled', 'rookery.reason': 'superseded' });
  });

  it('is named to nobody where nothing records', async () => {
    const rig = await SidecarRig.start();
    expect(await rig.ask(await rig.agent(), 'hi')).not.toHaveProperty('trace');
  });
});

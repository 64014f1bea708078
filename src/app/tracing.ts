import {
  type Context,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { Outcome } from '../domain/reply.js';
import type { Receipt, TurnInfo } from '../domain/turn.js';
import type { Clock } from '../ports/clock.js';
import type { RouterEvent } from './events.js';

/**
 * One trace per turn, from the message's arrival to the last answer of the platform: `turn` around `agent` and one `send`
 * per piece. Spans hold ids of turns, never a word or an id of a user.
 */
export type Tracing = {
  readonly onEvent: (event: RouterEvent) => void;
  /** What the agent of a turn under way is told, as W3C writes it; null where nothing records. */
  readonly traceparentOf: (turn: string) => string | null;
};

type Traced = { readonly turn: Span; readonly agent: Span; readonly context: Context };

/** Turns under way that are traced; of more, nothing is recorded. */
const TRACED_MAX = 20_000;

const FAILED: ReadonlySet<Outcome['status']> = new Set(['refused', 'unknown', 'full']);

export const createTracing = (tracer: Tracer, clock: Clock): Tracing => {
  const traced = new Map<string, Traced>();

  const begin = (channel: string, { id, epoch, inputs, askedAtMs }: TurnInfo): void => {
    if (traced.size >= TRACED_MAX) return;
    const attributes = {
      'rookery.channel': channel,
      'rookery.turn': id.slice(id.lastIndexOf(':') + 1),
      'rookery.epoch': epoch,
      'rookery.inputs': inputs.length,
      'rookery.scene': inputs[0]?.target.scene ?? '',
    };
    const turn = tracer.startSpan('turn', { kind: SpanKind.CONSUMER, startTime: askedAtMs, attributes }, ROOT_CONTEXT);
    if (!isSpanContextValid(turn.spanContext())) return;
    const context = trace.setSpan(ROOT_CONTEXT, turn);
    const agent = tracer.startSpan('agent', { kind: SpanKind.CLIENT, startTime: clock.now() }, context);
    traced.set(id, { turn, agent, context });
  };

  const noteSend = (outcome: Outcome, tookMs: number): void => {
    const known = traced.get(outcome.piece.turn);
    if (!known) return;
    const nowMs = clock.now();
    const { index, content } = outcome.piece;
    const attributes = { 'rookery.piece': index, 'rookery.kind': content.kind, 'rookery.status': outcome.status };
    const send = tracer.startSpan(
      'send',
      { kind: SpanKind.PRODUCER, startTime: nowMs - tookMs, attributes },
      known.context,
    );
    if (FAILED.has(outcome.status)) {
      send.setStatus({ code: SpanStatusCode.ERROR, ...('code' in outcome && { message: outcome.code }) });
    }
    send.end(nowMs);
  };

  const end = ({ id }: TurnInfo, { status, reason, certainty }: Receipt): void => {
    const known = traced.get(id);
    if (!known) return;
    traced.delete(id);
    known.turn.setAttributes({
      'rookery.status': status,
      'rookery.certainty': certainty,
      ...(reason && { 'rookery.reason': reason }),
    });
    if (status === 'failed' || status === 'timed_out') known.turn.setStatus({ code: SpanStatusCode.ERROR });
    const nowMs = clock.now();
    known.agent.end(nowMs);
    known.turn.end(nowMs);
  };

  return {
    onEvent: (event) => {
      switch (event.type) {
        case 'turn.started':
          begin(event.channel, event.turn);
          break;
        case 'turn.cancelled':
          traced.get(event.turn.id)?.turn.addEvent('cancelled', { 'rookery.reason': event.reason }, clock.now());
          break;
        case 'piece':
          noteSend(event.outcome, event.tookMs);
          break;
        case 'turn.closed':
          end(event.turn, event.receipt);
          break;
      }
    },
    traceparentOf: (turn) => {
      const known = traced.get(turn);
      if (!known) return null;
      const { traceId, spanId, traceFlags } = known.agent.spanContext();
      return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
    },
  };
};

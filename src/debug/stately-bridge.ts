import type { ActorFrame, Frame, StepFrame } from './inspect-frames.js';

/** The protocol of `@statelyai/inspect`, as its WebSocket receiver takes it. */
export type StatelyEvent = {
  readonly type: '@xstate.actor' | '@xstate.event' | '@xstate.snapshot';
  readonly sessionId: string;
  readonly rootId: string;
  /** Epoch ms, as text. */
  readonly createdAt: string;
  readonly id: string;
  readonly _version: string;
  readonly [more: string]: unknown;
};

const VERSION = '0.4.0';

const common = ({ actor, atMs }: ActorFrame | StepFrame, id: string) => ({
  sessionId: actor,
  rootId: actor,
  createdAt: String(atMs),
  id,
  _version: VERSION,
});

/**
 * A frame in the words of Stately's inspector; frames it knows nothing of give nothing.
 * `definitionOf`: a chart's definition as JSON, told once per actor.
 */
export const toStately = (
  frame: Frame,
  definitionOf: (chart: ActorFrame['chart']) => string,
): readonly StatelyEvent[] => {
  if (frame.type === '@xstate.actor') {
    return [
      {
        type: '@xstate.actor',
        ...common(frame, `${frame.actor}@`),
        name: frame.name,
        parentId: undefined,
        definition: definitionOf(frame.chart),
        snapshot: frame.snapshot ?? { status: 'active' },
      },
    ];
  }
  if (frame.type !== '@xstate.snapshot') return [];
  const { actor, n, event, snapshot } = frame;
  return [
    { type: '@xstate.event', ...common(frame, `${actor}#${n}e`), event, sourceId: undefined },
    { type: '@xstate.snapshot', ...common(frame, `${actor}#${n}s`), event, snapshot },
  ];
};

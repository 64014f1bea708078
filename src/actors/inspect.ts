import type { InspectionEvent } from 'xstate';

/** Which chart is looked at. `id`: the channel's name, or the conversation's id. */
export type ChartSource = {
  readonly chart: 'gateway' | 'webhook' | 'conversation';
  readonly channel: string;
  readonly id: string;
};

export type Inspector = (event: InspectionEvent) => void;

/** Makes the inspector of one chart (`createActor(logic, { inspect })`); asked once per actor, not once per event. */
export type InspectorFor = (source: ChartSource) => Inspector;

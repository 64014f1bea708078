import type {
  AnyActorRef,
  AnyActorScope,
  AnyEventObject,
  AnyMachineSnapshot,
  AnyStateMachine,
  AnyTransitionDefinition,
  InspectionEvent,
} from 'xstate';

export type ChartKind = 'gateway' | 'webhook' | 'conversation' | 'agentLink' | 'agentSession';

/** Which chart is looked at. `id`: the channel's name, the conversation's id, or what an agent or its connection is called. */
export type ChartSource = {
  readonly chart: ChartKind;
  /** Empty for what belongs to no channel. */
  readonly channel: string;
  readonly id: string;
};

/** A message that was sent, a timer that was set, or one that was cancelled. */
export type Effect =
  | { readonly type: 'xstate.sendTo'; readonly params: { readonly to: AnyActorRef; readonly event: AnyEventObject } }
  | { readonly type: 'xstate.raise'; readonly params: { readonly event: AnyEventObject; readonly delay?: number } }
  | { readonly type: 'xstate.cancel'; readonly params: { readonly sendId: string } };

/** Is told of every step of one chart, by references to what xstate made and never changes. */
export type StepListener = {
  /** A life of the chart begins. */
  readonly begun: (actor: AnyActorRef) => void;
  readonly step: (
    event: AnyEventObject,
    snapshot: AnyMachineSnapshot,
    transitions: readonly AnyTransitionDefinition[],
    effects: readonly Effect[],
  ) => void;
};

/** Who looks at one chart. `events`: xstate's own inspection, which costs as much as the step it tells of. */
export type Inspector = {
  readonly events?: (event: InspectionEvent) => void;
  readonly steps?: StepListener;
};

/** Makes the inspector of one chart; asked once per actor, not once per event. */
export type InspectorFor = (source: ChartSource) => Inspector;

/** For the options of `createActor`. */
export const inspectOption = (inspector: Inspector | undefined): { inspect?: (event: InspectionEvent) => void } =>
  inspector?.events ? { inspect: inspector.events } : {};

const NONE: readonly never[] = [];
const EFFECTS: ReadonlySet<string> = new Set<Effect['type']>(['xstate.sendTo', 'xstate.raise', 'xstate.cancel']);

type System = AnyActorScope['system'];

/** Where xstate says which transitions it takes: the one thing of a step that its result does not tell. */
type Reporting = System & {
  _sendInspectionEvent(event: { type: string; _transitions?: readonly AnyTransitionDefinition[] }): void;
};

/**
 * The logic of one actor, its steps told to the inspector. It stands in the way of each step instead of inspecting the
 * system, because that makes and hands round an object for every event, action and microstep.
 * Shape: the logic itself where nobody wants its steps. For one actor only.
 */
export const tellingSteps = <Logic extends AnyStateMachine>(logic: Logic, inspector: Inspector | undefined): Logic => {
  const listener = inspector?.steps;
  if (!listener) return logic;
  let transitions: AnyTransitionDefinition[] = [];
  let effects: Effect[] = [];
  let own: AnyActorScope | null = null;
  const overheard = (scope: AnyActorScope): AnyActorScope => {
    const system = scope.system as Reporting;
    const hearing: Pick<Reporting, '_sendInspectionEvent'> = {
      _sendInspectionEvent: (event) => {
        if (event._transitions && event._transitions.length > 0) transitions.push(...event._transitions);
        system._sendInspectionEvent(event);
      },
    };
    return {
      ...scope,
      system: Object.assign(Object.create(system), hearing) as System,
      actionExecutor: (action: Parameters<AnyActorScope['actionExecutor']>[0]) => {
        if (EFFECTS.has(action.type)) effects.push(action as unknown as Effect);
        scope.actionExecutor(action);
      },
    };
  };
  const scopeFor = (scope: AnyActorScope): AnyActorScope => {
    own ??= overheard(scope);
    return own;
  };
  const tell = (event: AnyEventObject, snapshot: AnyMachineSnapshot): void => {
    const taken = transitions.length === 0 ? NONE : transitions;
    const done = effects.length === 0 ? NONE : effects;
    if (transitions.length > 0) transitions = [];
    if (effects.length > 0) effects = [];
    listener.step(event, snapshot, taken, done);
  };
  const telling: Pick<AnyStateMachine, 'getInitialSnapshot' | 'start' | 'transition'> = {
    getInitialSnapshot: (scope, input) => logic.getInitialSnapshot(scopeFor(scope), input),
    start: (snapshot: AnyMachineSnapshot) => {
      listener.begun(own?.self as AnyActorRef);
      tell({ type: 'xstate.init' }, snapshot);
      logic.start(snapshot);
    },
    transition: (snapshot, event, scope) => {
      const next = logic.transition(snapshot, event, scopeFor(scope));
      tell(event, next);
      return next;
    },
  };
  return Object.assign(Object.create(logic), telling) as Logic;
};

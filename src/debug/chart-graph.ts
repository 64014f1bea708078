import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';
import { actionName, delayName, eventName, guardName, sourceName } from './chart-names.js';

export type ChartNodeType = 'atomic' | 'compound' | 'parallel' | 'final' | 'history';

export type ChartNode = {
  readonly id: string;
  readonly key: string;
  /** Keys from the root down; empty for the root. */
  readonly path: readonly string[];
  readonly type: ChartNodeType;
  readonly parent: string | null;
  /** The id of the child that is entered first. */
  readonly initial: string | null;
  /** Set on a history state. */
  readonly history?: 'shallow' | 'deep';
  readonly entry: readonly string[];
  readonly exit: readonly string[];
  readonly tags: readonly string[];
  readonly invokes: readonly { readonly id: string; readonly src: string }[];
  readonly description?: string;
};

/** `history`: where a history state leads as long as there is nothing to recall. */
export type ChartEdgeKind = 'event' | 'always' | 'after' | 'done' | 'error' | 'history';

export type ChartEdge = {
  readonly id: string;
  /** Edges of one transition share it: one with several targets is as many edges. */
  readonly transition: string;
  readonly from: string;
  /** `null`: nothing is left or entered; the actions run, and without actions the event is ignored here. */
  readonly to: string | null;
  readonly event: string;
  readonly guard?: string;
  readonly actions: readonly string[];
  readonly kind: ChartEdgeKind;
  /** The delay's name, or milliseconds. */
  readonly delay?: string | number;
  /** The source itself is not left. */
  readonly internal: boolean;
  readonly description?: string;
};

/** A statechart as plain JSON: names only. Order is the document's, so that two prints of one machine are the same. */
export type ChartGraph = {
  readonly version: 1;
  readonly id: string;
  readonly description?: string;
  readonly nodes: readonly ChartNode[];
  readonly edges: readonly ChartEdge[];
};

const withDescription = (description: string | undefined) => (description === undefined ? {} : { description });

const listOf = (value: unknown): readonly unknown[] => {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
};

const nodeOf = (node: AnyStateNode): ChartNode => ({
  id: node.id,
  key: node.key,
  path: node.path,
  type: node.type,
  parent: node.parent?.id ?? null,
  initial: (node.type === 'compound' && node.initial.target[0]?.id) || null,
  ...(node.type === 'history' && { history: node.history || 'shallow' }),
  // From the config: to the node's own lists xstate has added what starts and cancels the timers of `after`.
  entry: listOf(node.config.entry).map(actionName),
  exit: listOf(node.config.exit).map(actionName),
  tags: node.tags,
  invokes: node.invoke.map(({ id, src }) => ({ id, src: sourceName(src) })),
  ...withDescription(node.description),
});

const isWithin = (node: AnyStateNode, ancestor: AnyStateNode): boolean =>
  node === ancestor || (node.parent !== undefined && isWithin(node.parent, ancestor));

const isInternal = ({ source, target, reenter }: AnyTransitionDefinition): boolean =>
  target === undefined || (!reenter && target.every((state: AnyStateNode) => isWithin(state, source)));

const delayed = (delay: string | number) => ({
  event: `after ${typeof delay === 'number' ? `${delay}ms` : delay}`,
  kind: 'after' as const,
  delay,
});

type Trigger = Pick<ChartEdge, 'event' | 'kind' | 'delay'>;

/** Every transition of a state with what sets it off, in the order xstate looks at them. */
const transitionsOf = (node: AnyStateNode): readonly (readonly [AnyTransitionDefinition, Trigger])[] => {
  const delays = new Map<AnyTransitionDefinition, string | number>(
    node.after.map((transition) => [transition, delayName(transition.delay)]),
  );
  const triggerOf = (transition: AnyTransitionDefinition): Trigger => {
    const delay = delays.get(transition);
    return delay === undefined ? eventName(node, transition.eventType) : delayed(delay);
  };
  return [
    ...[...node.transitions.values()].flat().map((transition) => [transition, triggerOf(transition)] as const),
    ...(node.always ?? []).map((transition) => [transition, { event: 'always', kind: 'always' }] as const),
  ];
};

const transitionId = (node: AnyStateNode, index: number): string => `${node.id}#${index}`;

const edgesOf = (node: AnyStateNode): readonly ChartEdge[] =>
  transitionsOf(node).flatMap(([transition, trigger], index) => {
    const { guard, target, description } = transition;
    const id = transitionId(node, index);
    const targets: readonly (AnyStateNode | null)[] = target ?? [null];
    return targets.map(
      (state, branch): ChartEdge => ({
        id: branch === 0 ? id : `${id}.${branch}`,
        transition: id,
        from: node.id,
        to: state?.id ?? null,
        ...trigger,
        ...(guard !== undefined && { guard: guardName(guard) }),
        actions: transition.actions.map(actionName),
        internal: isInternal(transition),
        ...withDescription(description),
      }),
    );
  });

/** Where a history state leads at first; without a target of its own, where its parent would. */
const defaultOf = (node: AnyStateNode, parent: AnyStateNode): AnyStateNode | undefined => {
  const { target } = node.config;
  if (typeof target !== 'string') return parent.type === 'compound' ? parent.initial.target[0] : undefined;
  if (target.startsWith('#')) return node.machine.getStateNodeById(target);
  return target.split('.').reduce<AnyStateNode | undefined>((state, key) => state?.states[key], parent);
};

/** A history state's default is no transition to xstate, and would be missed by whoever reads the picture. */
const historyEdges = (node: AnyStateNode): readonly ChartEdge[] => {
  const to = node.type === 'history' && node.parent ? defaultOf(node, node.parent)?.id : undefined;
  if (to === undefined) return [];
  const id = `${node.id}#0`;
  return [{ id, transition: id, from: node.id, to, event: 'default', kind: 'history', actions: [], internal: false }];
};

const withChildren = (node: AnyStateNode): readonly AnyStateNode[] => [
  node,
  ...Object.values(node.states).flatMap((child) => withChildren(child as AnyStateNode)),
];

/** The chart of any xstate machine, provided or not. Shape: the root is the first node. */
export const chartGraph = (machine: AnyStateMachine): ChartGraph => {
  const states = withChildren(machine.root);
  return {
    version: 1,
    id: machine.id,
    ...withDescription(machine.root.description),
    nodes: states.map(nodeOf),
    edges: states.flatMap((state) => [...edgesOf(state), ...historyEdges(state)]),
  };
};

const idsOfMachines = new WeakMap<AnyStateMachine, ReadonlyMap<AnyTransitionDefinition, string>>();

/** The `transition` of the edges that stand for each of a machine's transitions, provided or not. */
export const edgeIdsOf = (machine: AnyStateMachine): ReadonlyMap<AnyTransitionDefinition, string> => {
  const known = idsOfMachines.get(machine);
  if (known) return known;
  const ids = new Map(
    withChildren(machine.root).flatMap((node) =>
      transitionsOf(node).map(([transition], index): [AnyTransitionDefinition, string] => [
        transition,
        transitionId(node, index),
      ]),
    ),
  );
  idsOfMachines.set(machine, ids);
  return ids;
};

import type { ChartGraph } from './chart-graph.js';
import type { StateValueView } from './inspect-frames.js';

type Value = StateValueView | undefined;

/**
 * The states that a chart is in, the root first; what the machine itself would say of this value.
 * Shape: a key that the chart does not have is passed over, for a recording may be older than the chart.
 */
export const activeStates = (graph: ChartGraph, value: Value): ReadonlySet<string> => {
  const children = new Map<string, ReadonlyMap<string, string>>();
  for (const { id } of graph.nodes) {
    children.set(
      id,
      new Map(graph.nodes.filter(({ parent }) => parent === id).map((child) => [child.key, child.id] as const)),
    );
  }
  const active = new Set<string>();
  const enter = (id: string, below: Value): void => {
    active.add(id);
    if (below === undefined) return;
    const entries = typeof below === 'string' ? ([[below, undefined]] as const) : Object.entries(below);
    for (const [key, deeper] of entries) {
      const child = children.get(id)?.get(key);
      if (child !== undefined) enter(child, deeper);
    }
  };
  const root = graph.nodes[0]?.id;
  if (root !== undefined) enter(root, value);
  return active;
};

import type { ChartEdge, ChartGraph } from './chart-graph.js';

/** One arrow of a picture: all transitions from one state to another. */
export type ChartArrow = {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** One `event [guard]` each. */
  readonly lines: readonly string[];
  /** The edges it stands for. */
  readonly edges: readonly ChartEdge[];
};

export type ChartArrows = {
  readonly arrows: readonly ChartArrow[];
  /** By state: what it hears without leaving, as `event [guard] / action, action`. */
  readonly staying: ReadonlyMap<string, readonly string[]>;
};

/** A longer label hides what lies behind it; the rest becomes an arrow of its own. */
const LINES_MAX = 6;

/** A branch without a guard after one with a guard is the rest; unsaid, it reads as if it were always taken. */
const labelsOf = (edges: readonly ChartEdge[]): ReadonlyMap<ChartEdge, string> => {
  const guarded = new Set<string>();
  return new Map(
    edges.map((edge) => {
      const { from, event, guard } = edge;
      const branch = `${from} ${event}`;
      if (guard !== undefined) guarded.add(branch);
      const condition = guard ?? (guarded.has(branch) ? 'else' : undefined);
      return [edge, condition === undefined ? event : `${event} [${condition}]`];
    }),
  );
};

const stayingLine = (label: string, { actions }: ChartEdge): string =>
  actions.length === 0 ? `${label} (ignored)` : `${label} / ${actions.join(', ')}`;

/**
 * What is drawn as an arrow and what is written into the state, the same for every kind of picture.
 * Shape: arrows in the order of their first edge, lines in the order of the chart.
 */
export const chartArrows = ({ edges }: ChartGraph): ChartArrows => {
  const labels = labelsOf(edges);
  const arrows: { id: string; from: string; to: string; lines: string[]; edges: ChartEdge[] }[] = [];
  const staying = new Map<string, string[]>();
  for (const edge of edges) {
    const { id, from, to } = edge;
    const label = labels.get(edge) ?? edge.event;
    if (to === null) {
      staying.set(from, [...(staying.get(from) ?? []), stayingLine(label, edge)]);
      continue;
    }
    const open = arrows.findLast((arrow) => arrow.from === from && arrow.to === to);
    if (!open || open.lines.length === LINES_MAX) {
      arrows.push({ id, from, to, lines: [label], edges: [edge] });
      continue;
    }
    if (!open.lines.includes(label)) open.lines.push(label);
    open.edges.push(edge);
  }
  return { arrows, staying };
};

/** Who stands above and below whom. */
export class ChartTree {
  private readonly parents: ReadonlyMap<string, string | null>;

  constructor(private readonly graph: ChartGraph) {
    this.parents = new Map(graph.nodes.map(({ id, parent }) => [id, parent]));
  }

  childrenOf(id: string | null): ChartGraph['nodes'] {
    return this.graph.nodes.filter(({ parent }) => parent === id);
  }

  /** From the state itself up to the root. */
  lineOf(id: string): readonly string[] {
    const parent = this.parents.get(id) ?? null;
    return parent === null ? [id] : [id, ...this.lineOf(parent)];
  }

  isBelow(id: string, ancestor: string): boolean {
    return id !== ancestor && this.lineOf(id).includes(ancestor);
  }
}

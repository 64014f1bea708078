import type { ElkExtendedEdge, ElkNode, LayoutOptions } from 'elkjs/lib/elk-api.js';
import { type ChartArrow, ChartTree, chartArrows } from './chart-arrows.js';
import { type BoxRow, boxRows, rowsSize, SMALL, textWidth } from './chart-boxes.js';
import type { ChartGraph, ChartNode } from './chart-graph.js';

const PADDING = { acrossPx: 12, alongPx: 8, boxPx: 18, dotPx: 10, tipPx: 14 } as const;

/**
 * Asked of every box, for elk hands none of it down. Arrows against the order of the document point upwards, so the
 * initial state comes out on top.
 */
const OPTIONS: LayoutOptions = {
  'elk.direction': 'DOWN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.layered.cycleBreaking.strategy': 'DFS_NODE_ORDER',
  'elk.layered.spacing.nodeNodeBetweenLayers': '28',
  'elk.layered.spacing.edgeNodeBetweenLayers': '16',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '12',
  'elk.spacing.nodeNode': '28',
  'elk.spacing.edgeNode': '18',
  'elk.spacing.edgeEdge': '14',
  'elk.spacing.edgeLabel': '6',
  'elk.spacing.nodeSelfLoop': '16',
};

const PICTURE: LayoutOptions = {
  ...OPTIONS,
  'elk.algorithm': 'layered',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.json.shapeCoords': 'ROOT',
  'elk.json.edgeCoords': 'ROOT',
  'elk.padding': '[top=12,left=12,bottom=12,right=12]',
};

/** A label lies on its line: beside it, among many lines, it could be another's. */
const INLINE: LayoutOptions = { 'elk.edgeLabels.inline': 'true' };

export const dotId = (state: string): string => `${state} initial`;

const labelSize = (lines: readonly string[]): { width: number; height: number } => ({
  width: Math.max(...lines.map((line) => textWidth(line, SMALL.fontPx))) + 8,
  height: lines.length * SMALL.linePx + 4,
});

/** What elk is asked to place, and what stands in each state. */
export class ChartDrawing {
  readonly tree: ChartTree;
  readonly arrows: readonly ChartArrow[];
  readonly rows: ReadonlyMap<string, readonly BoxRow[]>;

  constructor(readonly graph: ChartGraph) {
    const { arrows, staying } = chartArrows(graph);
    this.tree = new ChartTree(graph);
    this.arrows = arrows;
    this.rows = new Map(graph.nodes.map((node) => [node.id, boxRows(graph, node, staying.get(node.id) ?? [])]));
  }

  elkGraph(): ElkNode {
    const initials = this.graph.nodes.flatMap(({ id, initial }): ElkExtendedEdge[] =>
      initial === null ? [] : [{ id: dotId(id), sources: [dotId(id)], targets: [initial] }],
    );
    return {
      id: 'chart',
      layoutOptions: PICTURE,
      children: this.tree.childrenOf(null).map((root) => this.elkNode(root)),
      edges: [...initials, ...this.arrows.map((arrow) => this.elkEdge(arrow))],
    };
  }

  headPx(id: string): number {
    return rowsSize(this.rows.get(id) ?? []).height + 2 * PADDING.alongPx;
  }

  /** At the busier of its two sides: a state is wide enough for the tips to be told apart. */
  private arrowsAt(state: string): number {
    const leaving = this.arrows.filter(({ from }) => from === state).length;
    const entering = this.arrows.filter(({ to }) => to === state).length;
    return Math.max(leaving, entering);
  }

  private elkNode(node: ChartNode): ElkNode {
    const { id, initial } = node;
    const { acrossPx, boxPx, dotPx, tipPx } = PADDING;
    const text = rowsSize(this.rows.get(id) ?? []);
    const width = Math.max(text.width + 2 * acrossPx, this.arrowsAt(id) * tipPx);
    const height = this.headPx(id);
    const children = this.tree.childrenOf(id).map((child) => this.elkNode(child));
    if (children.length === 0) return { id, width, height };
    return {
      id,
      layoutOptions: {
        ...OPTIONS,
        'elk.padding': `[top=${height + boxPx},left=${boxPx},bottom=${boxPx},right=${boxPx}]`,
        'elk.nodeSize.constraints': 'MINIMUM_SIZE',
        'elk.nodeSize.minimum': `(${width},${height})`,
      },
      children: [...(initial === null ? [] : [{ id: dotId(id), width: dotPx, height: dotPx }]), ...children],
    };
  }

  private elkEdge({ id, from, to, lines }: ChartArrow): ElkExtendedEdge {
    return {
      id,
      sources: [from],
      targets: [to],
      labels: [{ id: `${id} label`, text: lines.join(' '), layoutOptions: INLINE, ...labelSize(lines) }],
    };
  }
}

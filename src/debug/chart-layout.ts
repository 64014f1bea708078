import type { ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js';
import type { ChartArrow } from './chart-arrows.js';
import type { BoxRow } from './chart-boxes.js';
import { ChartDrawing, dotId } from './chart-elk.js';
import type { ChartGraph, ChartNode } from './chart-graph.js';

export type Point = { readonly x: number; readonly y: number };
export type Rect = Point & { readonly width: number; readonly height: number };

export type PlacedState = Rect & {
  readonly node: ChartNode;
  readonly rows: readonly BoxRow[];
  readonly isBox: boolean;
  /** How much of the top its own text takes. */
  readonly headPx: number;
  /** One of the regions of a parallel state. */
  readonly isRegion: boolean;
};

export type PlacedArrow = {
  readonly arrow: ChartArrow;
  /** A line of straight pieces, each across or along. */
  readonly points: readonly Point[];
  readonly label: Rect | null;
};

/** Where everything of a chart lies, from the top left corner. Units: px. Shape: boxes come before what is inside them. */
export type ChartLayout = {
  readonly graph: ChartGraph;
  readonly width: number;
  readonly height: number;
  readonly states: readonly PlacedState[];
  readonly arrows: readonly PlacedArrow[];
  readonly initials: readonly { readonly dot: Rect; readonly points: readonly Point[] }[];
};

const rectOf = (placed: { x?: number; y?: number; width?: number; height?: number }): Rect => ({
  x: placed.x ?? 0,
  y: placed.y ?? 0,
  width: placed.width ?? 0,
  height: placed.height ?? 0,
});

const pointsOf = (edge: ElkExtendedEdge | undefined): readonly Point[] =>
  (edge?.sections ?? []).flatMap(({ startPoint, bendPoints, endPoint }) => [
    startPoint,
    ...(bendPoints ?? []),
    endPoint,
  ]);

const allOf = (node: ElkNode): readonly ElkNode[] => [node, ...(node.children ?? []).flatMap(allOf)];

/** An arrow from a box to what is inside it begins below the box's own text, and does not run through it. */
const belowHead = (points: readonly Point[], box: PlacedState): readonly Point[] => {
  const [first, second, ...rest] = points;
  const y = box.y + box.headPx;
  return first && second && first.x === second.x && first.y < y && second.y > y
    ? [{ x: first.x, y }, second, ...rest]
    : points;
};

const placed = (drawing: ChartDrawing, laid: ElkNode): ChartLayout => {
  const { graph, tree, rows, arrows } = drawing;
  const nodes = new Map(allOf(laid).map((node) => [node.id, rectOf(node)]));
  const edges = new Map((laid.edges ?? []).map((edge) => [edge.id, edge]));
  const rectAt = (id: string): Rect => nodes.get(id) ?? rectOf({});
  const types = new Map(graph.nodes.map(({ id, type }) => [id, type]));
  const states = new Map(
    graph.nodes.map((node): [string, PlacedState] => [
      node.id,
      {
        ...rectAt(node.id),
        node,
        rows: rows.get(node.id) ?? [],
        headPx: drawing.headPx(node.id),
        isBox: tree.childrenOf(node.id).length > 0,
        isRegion: node.parent !== null && types.get(node.parent) === 'parallel',
      },
    ]),
  );
  const arrowAt = (arrow: ChartArrow): PlacedArrow => {
    const { from, to } = arrow;
    const edge = edges.get(arrow.id);
    const label = edge?.labels?.[0];
    const box = tree.isBelow(to, from) ? states.get(from) : undefined;
    const points = pointsOf(edge);
    return { arrow, points: box ? belowHead(points, box) : points, label: label ? rectOf(label) : null };
  };
  return {
    graph,
    width: Math.ceil(laid.width ?? 0),
    height: Math.ceil(laid.height ?? 0),
    states: [...states.values()],
    arrows: arrows.map(arrowAt),
    initials: graph.nodes
      .filter(({ initial }) => initial !== null)
      .map(({ id }) => ({ dot: rectAt(dotId(id)), points: pointsOf(edges.get(dotId(id))) })),
  };
};

/** Lays a chart out with elk, which is large and therefore loaded only here. */
export const layoutChart = async (graph: ChartGraph): Promise<ChartLayout> => {
  const { default: elk } = await import('elkjs/lib/elk.bundled.js');
  const drawing = new ChartDrawing(graph);
  return placed(drawing, await new elk.default().layout(drawing.elkGraph()));
};

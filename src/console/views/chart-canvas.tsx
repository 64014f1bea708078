import {
  Background,
  BackgroundVariant,
  type Edge,
  MiniMap,
  type Node,
  type NodeProps,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  ViewportPortal,
} from '@xyflow/react';
import { memo, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { ChartLayout, PlacedArrow, PlacedState, Point } from '../../debug/chart-layout.js';
import { useTexts } from '../texts/index.js';

export type CanvasProps = {
  readonly layout: ChartLayout;
  readonly active: ReadonlySet<string>;
  /** Edges that the shown step took. */
  readonly taken: ReadonlySet<string>;
  /** Changes with every step that took one, so that it is animated anew. */
  readonly pulse: string;
  readonly chosen: string | null;
  readonly onChoose: (state: string | null) => void;
};

type StateData = { readonly state: PlacedState; readonly isActive: boolean; readonly isLeaf: boolean };
type StateNode = Node<StateData, 'state'>;

const ROW_PX = { title: 18, small: 15 } as const;

const StateBox = memo(({ data: { state, isActive, isLeaf }, selected }: NodeProps<StateNode>) => {
  const { node, isBox, isRegion, rows, headPx } = state;
  const kind = isBox ? `box${isRegion ? ' region' : ''}` : 'leaf';
  const marks = `${isActive ? ' active' : ''}${isLeaf ? ' here' : ''}${selected ? ' chosen' : ''} ${node.type}`;
  return (
    <div className={`state ${kind}${marks}`} data-state={node.id} data-active={isActive}>
      <div className="head" style={isBox ? { height: headPx } : undefined}>
        {rows.map((row) => (
          <div
            key={row.text}
            className={`row ${row.kind}`}
            style={{ lineHeight: `${row.kind === 'title' ? ROW_PX.title : ROW_PX.small}px` }}
          >
            {row.text}
          </div>
        ))}
      </div>
    </div>
  );
});

const NODE_TYPES = { state: StateBox };
/** Arrows are drawn as elk has routed them. */
const NO_EDGES: Edge[] = [];
const MAP_SIZE = { width: 110, height: 150 } as const;
const BEND_PX = 6;

const towards = (from: Point, to: Point): Point => {
  const distance = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const part = Math.min(BEND_PX / distance, 0.5);
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
};

const pathOf = (points: readonly Point[]): string =>
  points
    .map((point, index) => {
      const before = points[index - 1];
      const after = points[index + 1];
      if (!before) return `M${point.x} ${point.y}`;
      if (!after) return `L${point.x} ${point.y}`;
      const [near, far] = [towards(point, before), towards(point, after)];
      return `L${near.x} ${near.y}Q${point.x} ${point.y} ${far.x} ${far.y}`;
    })
    .join('');

const Arrow = ({ placed, isTaken, pulse }: { placed: PlacedArrow; isTaken: boolean; pulse: string }) => {
  const { arrow, points, label } = placed;
  const path = pathOf(points);
  return (
    <g className={`arrow${isTaken ? ' taken' : ''}`} data-edge={arrow.id} data-taken={isTaken}>
      <path d={path} markerEnd={`url(#tip${isTaken ? '-taken' : ''})`} />
      {isTaken && <path key={pulse} className="pulse" d={path} pathLength={1} />}
      {label && (
        <g className="label">
          <rect x={label.x} y={label.y} width={label.width} height={label.height} rx={3} />
          {arrow.lines.map((line, index) => (
            <text key={line} x={label.x + label.width / 2} y={label.y + 13 + index * ROW_PX.small}>
              {line}
            </text>
          ))}
        </g>
      )}
    </g>
  );
};

const Arrows = memo(({ layout, taken, pulse }: Pick<CanvasProps, 'layout' | 'taken' | 'pulse'>) => (
  <svg className="arrows" width={layout.width} height={layout.height} aria-hidden="true">
    <defs>
      {['tip', 'tip-taken'].map((id) => (
        <marker
          key={id}
          id={id}
          className={id}
          viewBox="0 0 8 8"
          refX="7"
          refY="4"
          markerWidth="8"
          markerHeight="8"
          orient="auto"
        >
          <path d="M0 0L8 4L0 8z" />
        </marker>
      ))}
    </defs>
    {layout.initials.map(({ dot, points }) => (
      <g key={`${dot.x} ${dot.y}`} className="arrow">
        <circle cx={dot.x + dot.width / 2} cy={dot.y + dot.height / 2} r={dot.width / 2} />
        <path d={pathOf(points)} markerEnd="url(#tip)" />
      </g>
    ))}
    {layout.arrows.map((placed) => (
      <Arrow
        key={placed.arrow.id}
        placed={placed}
        isTaken={placed.arrow.edges.some(({ transition }) => taken.has(transition))}
        pulse={pulse}
      />
    ))}
  </svg>
));

/** The deepest of the states a chart is in: where the eye should go. */
const leavesOf = (layout: ChartLayout, active: ReadonlySet<string>): ReadonlySet<string> => {
  const parents = new Set(
    layout.graph.nodes.flatMap(({ id, parent }) => (active.has(id) && parent !== null ? [parent] : [])),
  );
  return new Set([...active].filter((id) => !parents.has(id)));
};

const FIT = { padding: 0.06, duration: 0 } as const;
/** Small enough to see where one comes from, large enough to read. */
const READABLE = { least: 0.72, most: 1 } as const;
const MOVE_MS = 260;
const EDGE_PX = 16;

/** The middle of what the chart is in. */
const middleOf = (layout: ChartLayout, leaves: ReadonlySet<string>): Point | null => {
  const boxes = layout.states.filter(({ node }) => leaves.has(node.id));
  if (boxes.length === 0) return null;
  const sum = boxes.reduce(
    (total, { x, y, width, height }) => ({ x: total.x + x + width / 2, y: total.y + y + height / 2 }),
    { x: 0, y: 0 },
  );
  return { x: sum.x / boxes.length, y: sum.y / boxes.length };
};

/** Where to look so that no more than needed of what is shown lies beyond the chart's edges. */
const within = (wanted: number, whole: number, shown: number): number => {
  const half = shown / 2 - EDGE_PX;
  return half * 2 >= whole ? whole / 2 : Math.min(whole - half, Math.max(half, wanted));
};

const Canvas = ({ layout, active, taken, pulse, chosen, onChoose }: CanvasProps) => {
  const { charts } = useTexts();
  const { fitView, zoomIn, zoomOut, setCenter } = useReactFlow();
  const frame = useRef<HTMLElement>(null);
  const [isFollowing, setFollowing] = useState(true);
  const leaves = useMemo(() => leavesOf(layout, active), [layout, active]);
  const nodes = useMemo(
    (): StateNode[] =>
      layout.states.map((state) => ({
        id: state.node.id,
        type: 'state',
        position: { x: state.x, y: state.y },
        width: state.width,
        height: state.height,
        selected: state.node.id === chosen,
        data: { state, isActive: active.has(state.node.id), isLeaf: leaves.has(state.node.id) },
        ariaLabel: `${state.node.path.join('.') || state.node.id}${active.has(state.node.id) ? `, ${charts.active}` : ''}`,
      })),
    [layout, active, leaves, chosen, charts.active],
  );
  const look = useCallback(
    (duration: number): void => {
      const { current } = frame;
      if (!current) return;
      const middle = middleOf(layout, leaves);
      if (!isFollowing || !middle) {
        if (isFollowing) void fitView(FIT);
        return;
      }
      const zoom = Math.min(READABLE.most, Math.max(READABLE.least, current.clientWidth / (layout.width + 40)));
      const x = within(middle.x, layout.width, current.clientWidth / zoom);
      const y = within(middle.y, layout.height, current.clientHeight / zoom);
      void setCenter(x, y, { zoom, duration });
    },
    [layout, leaves, isFollowing, fitView, setCenter],
  );
  useEffect(() => {
    const isCalm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    look(isCalm ? 0 : MOVE_MS);
  }, [look]);
  // Whenever there is more or less room for it.
  useEffect(() => {
    const { current } = frame;
    if (!current) return;
    const observer = new ResizeObserver(() => look(0));
    observer.observe(current);
    return () => observer.disconnect();
  }, [look]);
  const byHand = (act: () => unknown) => () => {
    setFollowing(false);
    act();
  };
  return (
    <section className="canvas" ref={frame} aria-label={charts.label(layout.graph.id)}>
      <ReactFlow
        nodes={nodes}
        edges={NO_EDGES}
        nodeTypes={NODE_TYPES}
        onNodeClick={(_, { id }) => onChoose(id)}
        onPaneClick={() => onChoose(null)}
        onMove={(event) => {
          if (event) setFollowing(false);
        }}
        nodesDraggable={false}
        nodesConnectable={false}
        elementsSelectable
        deleteKeyCode={null}
        multiSelectionKeyCode={null}
        selectionKeyCode={null}
        minZoom={0.08}
        maxZoom={2.5}
        proOptions={{ hideAttribution: true }}
      >
        <Background variant={BackgroundVariant.Dots} gap={24} size={1} />
        <ViewportPortal>
          <Arrows layout={layout} taken={taken} pulse={pulse} />
        </ViewportPortal>
        <MiniMap
          ariaLabel={charts.map}
          pannable
          zoomable
          style={MAP_SIZE}
          nodeClassName={({ data }) =>
            (data as StateData).isLeaf ? 'here' : (data as StateData).isActive ? 'active' : ''
          }
          nodeStrokeWidth={8}
        />
      </ReactFlow>
      <div className="zoom">
        <button type="button" onClick={byHand(zoomIn)} aria-label={charts.zoomIn} title={charts.zoomIn}>
          +
        </button>
        <button type="button" onClick={byHand(zoomOut)} aria-label={charts.zoomOut} title={charts.zoomOut}>
          −
        </button>
        <button type="button" onClick={byHand(() => fitView(FIT))}>
          {charts.fit}
        </button>
        <button type="button" aria-pressed={isFollowing} onClick={() => setFollowing(true)}>
          {charts.follow}
        </button>
      </div>
    </section>
  );
};

/** A chart as elk has laid it out, with the states it is in and the transition it took last. */
export const ChartCanvas = (props: CanvasProps) => (
  <ReactFlowProvider key={props.layout.graph.id}>
    <Canvas {...props} />
  </ReactFlowProvider>
);

import { fc, test } from '@fast-check/vitest';
import { describe, expect, it, vi } from 'vitest';
import { type AnyStateMachine, createMachine } from 'xstate';
import { conversationMachine, gatewayMachine } from '../../machines/index.js';
import { textWidth } from '../../src/debug/chart-boxes.js';
import { chartGraph } from '../../src/debug/chart-graph.js';
import { type ChartLayout, layoutChart, type Point, type Rect } from '../../src/debug/chart-layout.js';
import { chartSvg } from '../../src/debug/chart-svg.js';
import { randomMachine } from './random-machine.js';

// The first layout of a process also compiles elk, which takes seconds where the machine is busy.
vi.setConfig({ testTimeout: 30_000 });

const layoutOf = (machine: AnyStateMachine): Promise<ChartLayout> => layoutChart(chartGraph(machine));
const svgOf = async (machine: AnyStateMachine): Promise<string> => chartSvg(await layoutOf(machine));

const overlap = (a: Rect, b: Rect): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
const holds = (outer: Rect, inner: Rect): boolean =>
  inner.x >= outer.x &&
  inner.y >= outer.y &&
  inner.x + inner.width <= outer.x + outer.width &&
  inner.y + inner.height <= outer.y + outer.height;
const pairs = <T>(all: readonly T[]): readonly (readonly [T, T])[] =>
  all.flatMap((one, index) => all.slice(index + 1).map((other) => [one, other] as const));

/** The straight pieces of a line as rectangles, without their very ends, which touch the states they join. */
const piecesOf = (points: readonly Point[]): readonly Rect[] =>
  points.slice(1).map((to, index) => {
    const from = points[index] ?? to;
    const [x, y] = [Math.min(from.x, to.x), Math.min(from.y, to.y)];
    const [width, height] = [Math.abs(from.x - to.x), Math.abs(from.y - to.y)];
    return { x: x + 0.5, y: y + 0.5, width: Math.max(width - 1, 0.1), height: Math.max(height - 1, 0.1) };
  });

const isOrthogonal = (points: readonly Point[]): boolean =>
  points.length >= 2 &&
  points
    .slice(1)
    .every(
      ({ x, y }, index) => Math.abs(x - (points[index]?.x ?? x)) < 0.01 || Math.abs(y - (points[index]?.y ?? y)) < 0.01,
    );

const nest = ({ states, width, height }: ChartLayout): void => {
  for (const state of states) {
    const parent = states.find(({ node }) => node.id === state.node.parent) ?? { x: 0, y: 0, width, height };
    expect(holds(parent, state)).toBe(true);
    expect(state.height).toBeGreaterThanOrEqual(state.headPx);
  }
  for (const [one, other] of pairs(states)) {
    if (one.node.parent === other.node.parent) expect(overlap(one, other)).toBe(false);
  }
};

describe.each([gatewayMachine, conversationMachine])('the layout of $id', (machine) => {
  const laid = layoutOf(machine);

  it('keeps states apart, and inside their boxes', async () => {
    nest(await laid);
  });

  it('lays no label over another, over a state or over the text of a box', async () => {
    const { arrows, states } = await laid;
    const labels = arrows.flatMap(({ label }) => label ?? []);
    const texts = states.map((state): Rect => (state.isBox ? { ...state, height: state.headPx } : state));
    expect(labels).toHaveLength(arrows.length);
    expect(pairs(labels).filter(([one, other]) => overlap(one, other))).toEqual([]);
    expect(labels.filter((label) => texts.some((text) => overlap(label, text)))).toEqual([]);
  });

  it('leads every arrow by straight pieces past the states it does not join', async () => {
    const { arrows, states } = await laid;
    for (const { arrow, points } of arrows) {
      expect(isOrthogonal(points)).toBe(true);
      const others = states.filter(({ isBox, node }) => !isBox && node.id !== arrow.from && node.id !== arrow.to);
      for (const piece of piecesOf(points)) expect(others.filter((state) => overlap(piece, state))).toEqual([]);
    }
  });

  it('has its first state on top', async () => {
    const { states } = await laid;
    const initial = states.find(({ node }) => node.id === chartGraph(machine).nodes[0]?.initial);
    const rest = states.filter(({ node }) => node.path.length === 1).map(({ y }) => y);
    expect(initial?.y).toBe(Math.min(...rest));
  });
});

describe('an SVG picture', () => {
  const machine = createMachine({
    id: '消息 <路由>',
    description: 'a & b',
    initial: 'one',
    states: {
      one: { tags: ['busy'], invoke: { src: 'work' }, on: { 'say "no"': { guard: 'x<y', target: 'sides' } } },
      sides: {
        type: 'parallel',
        states: { left: { initial: 'p', states: { p: {} } }, right: { initial: 'q', states: { q: {} } } },
      },
      end: { type: 'final', description: 'it is\u0007 over' },
      back: { type: 'history', history: 'deep' },
    },
  });

  it('stands alone: no script, nothing from elsewhere', async () => {
    const svg = await svgOf(machine);
    expect(svg).not.toMatch(/<script|<image|<foreignObject|href|@import|\son\w+=/i);
    expect(svg.match(/url\([^)]*\)/g)?.every((url) => url.startsWith('url(#'))).toBe(true);
    expect(svg.match(/https?:[^"]*/g)).toEqual(['http://www.w3.org/2000/svg']);
    expect(svg).toContain('prefers-color-scheme:dark');
  });

  it('says what it shows, with every text escaped', async () => {
    const svg = await svgOf(machine);
    expect(svg).toMatch(/<title id="title--">消息 &lt;路由&gt;<\/title>\n<desc id="desc--">a &amp; b<\/desc>/);
    for (const text of ['say &quot;no&quot; [x&lt;y]', '#busy', 'runs work', '>H*<', 'it is  over'])
      expect(svg).toContain(text);
    expect(svg).not.toMatch(/消息 <|x<y|"no"/);
    expect(svg).not.toContain('\u0007');
  });

  it('draws regions dashed, and a state of its own for each', async () => {
    const svg = await svgOf(machine);
    expect(svg.match(/class="box region"/g)).toHaveLength(2);
    expect(svg.match(/data-state=/g)).toHaveLength(chartGraph(machine).nodes.length);
    expect(svg.match(/class="dot"/g)).toHaveLength(3);
  });

  it('takes a chart of one state', async () => {
    expect(await svgOf(createMachine({ id: 'one' }))).toContain('>one</text>');
  });

  test.prop([randomMachine], { numRuns: 10 })(
    'of any machine nests its states and draws straight lines',
    async ({ machine }) => {
      const layout = await layoutOf(machine);
      nest(layout);
      for (const { points } of [...layout.arrows, ...layout.initials]) expect(isOrthogonal(points)).toBe(true);
    },
  );
});

describe('textWidth', () => {
  it('gives square scripts their whole square', () => {
    expect(textWidth('断线重连', 10)).toBe(40);
    expect(textWidth('im', 10)).toBeLessThan(textWidth('mm', 10));
  });

  test.prop([fc.string(), fc.string()])('grows with the text', (one, other) => {
    expect(textWidth(one + other, 11)).toBeGreaterThanOrEqual(textWidth(one, 11));
  });
});

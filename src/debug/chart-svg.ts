import { rowFont, SMALL } from './chart-boxes.js';
import type { ChartEdge } from './chart-graph.js';
import type { ChartLayout, PlacedArrow, PlacedState, Point, Rect } from './chart-layout.js';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** XML takes no control characters at all, not even as entities. */
const escapeXml = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  text.replaceAll(/[&<>"']/g, (sign) => ENTITIES[sign] ?? '').replaceAll(/[\u0000-\u001f\ufffe\uffff]/g, ' ');

/** Both colourings are written out: not every viewer knows CSS variables. */
const coloured = (ink: string, soft: string, paper: string, box: string, line: string, hue: string): string =>
  `.paper,.label{fill:${paper}}.head text{stroke:${paper}}.state{fill:${box};stroke:${line}}` +
  `.box,.rule{fill:none;stroke:${line}}.title,.text{fill:${ink}}` +
  `.tag,.invoke{fill:${hue}}.action,.staying{fill:${soft}}.arrow{stroke:${soft}}.tip,.dot{fill:${soft}}`;

const STYLE =
  `text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}` +
  '.head text{stroke-width:4px;stroke-linejoin:round;paint-order:stroke}.title{font-weight:600}' +
  '.state,.box,.rule,.arrow{stroke-width:1.2}.rule{opacity:.4}.region{stroke-dasharray:6 4}.arrow{fill:none}' +
  `${coloured('#1c2330', '#5a6475', '#ffffff', '#f3f6fb', '#9aa7bd', '#1f5fbf')}` +
  `@media (prefers-color-scheme:dark){${coloured('#e6eaf2', '#9aa5b8', '#12161d', '#1d2430', '#56627a', '#7db0ff')}}`;

const px = (value: number): string => String(Math.round(value * 10) / 10);

const rect = (name: string, { x, y, width, height }: Rect, radius: number, more = ''): string =>
  `<rect class="${name}" x="${px(x)}" y="${px(y)}" width="${px(width)}" height="${px(height)}" rx="${radius}"${more}/>`;

const text = (
  name: string,
  fontPx: number,
  x: number,
  y: number,
  content: string,
  anchor: 'start' | 'middle',
): string =>
  `<text class="${name}" font-size="${fontPx}" x="${px(x)}" y="${px(y)}" text-anchor="${anchor}">${escapeXml(content)}</text>`;

const rowTexts = ({ x, y, width, rows, isBox }: PlacedState): readonly string[] => {
  let top = y + 8;
  return rows.map((row) => {
    const { fontPx, linePx } = rowFont(row);
    top += linePx;
    const baseline = top - (linePx - fontPx) / 2 - 2;
    return isBox
      ? text(row.kind, fontPx, x + 12, baseline, row.text, 'start')
      : text(row.kind, fontPx, x + width / 2, baseline, row.text, 'middle');
  });
};

const RADIUS = { state: 8, final: 3, bend: 6 } as const;

const stateShape = (state: PlacedState): string => {
  const { node, isBox, isRegion, headPx, x, y, width, height } = state;
  const data = ` data-state="${escapeXml(node.id)}"`;
  const name = isBox ? `box${isRegion ? ' region' : ''}` : 'state';
  const radius = node.type === 'history' ? height / 2 : RADIUS.state;
  const inner = { x: x + 3, y: y + 3, width: width - 6, height: height - 6 };
  const shapes = [
    rect(name, state, radius, data),
    ...(node.type === 'final' ? [rect('box', inner, radius - 3)] : []),
    ...(isBox ? [`<path class="rule" d="M${px(x)} ${px(y + headPx)}h${px(width)}"/>`] : []),
    ...(node.description === undefined ? [] : [`<title>${escapeXml(node.description)}</title>`]),
  ];
  return `<g>${[...shapes, ...(isBox ? [] : rowTexts(state))].join('')}</g>`;
};

const towards = (from: Point, to: Point, length: number): Point => {
  const distance = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const part = Math.min(length / distance, 0.5);
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
};

const at = ({ x, y }: Point): string => `${px(x)} ${px(y)}`;

/** Round at the bends, so that the eye can follow where lines cross. */
const pathOf = (points: readonly Point[]): string =>
  points
    .map((point, index) => {
      const before = points[index - 1];
      const after = points[index + 1];
      if (!before) return `M${at(point)}`;
      if (!after) return `L${at(point)}`;
      return `L${at(towards(point, before, RADIUS.bend))}Q${at(point)} ${at(towards(point, after, RADIUS.bend))}`;
    })
    .join('');

const tooltip = ({ from, to, event, guard, actions }: ChartEdge): string =>
  `${from} → ${to}: ${event}${guard === undefined ? '' : ` [${guard}]`}${actions.length > 0 ? ` / ${actions.join(', ')}` : ''}`;

const arrowShape = ({ arrow, points }: PlacedArrow, marker: string): string => {
  const { from, to, edges } = arrow;
  const title = `<title>${escapeXml(edges.map(tooltip).join('\n'))}</title>`;
  const data = `data-from="${escapeXml(from)}" data-to="${escapeXml(to)}"`;
  return `<g ${data}>${title}<path class="arrow" d="${pathOf(points)}" marker-end="url(#${marker})"/></g>`;
};

const labelShape = ({ arrow, label }: PlacedArrow): string => {
  if (!label) return '';
  const lines = arrow.lines.map((line, index) =>
    text('text', SMALL.fontPx, label.x + label.width / 2, label.y + 13 + index * SMALL.linePx, line, 'middle'),
  );
  return `<g>${rect('label', label, 3)}${lines.join('')}</g>`;
};

/** The laid-out chart as one file: no script, nothing from elsewhere, light or dark as the reader has it. */
export const chartSvg = (layout: ChartLayout): string => {
  const { graph, width, height, states, arrows, initials } = layout;
  const name = graph.id.replaceAll(/[^A-Za-z0-9]+/g, '-');
  const marker = `tip-${name}`;
  const dots = initials.map(({ dot, points }) => {
    const radius = dot.width / 2;
    const circle = `<circle class="dot" cx="${px(dot.x + radius)}" cy="${px(dot.y + radius)}" r="${px(radius)}"/>`;
    return `${circle}<path class="arrow" d="${pathOf(points)}" marker-end="url(#${marker})"/>`;
  });
  const summary = `${graph.nodes.length} states, ${graph.edges.length} transitions`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"` +
      ` role="img" aria-labelledby="title-${name} desc-${name}">`,
    `<title id="title-${name}">${escapeXml(graph.id)}</title>`,
    `<desc id="desc-${name}">${escapeXml(graph.description ?? `Statechart: ${summary}`)}</desc>`,
    `<style>${STYLE}</style>`,
    `<defs><marker id="${marker}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">` +
      '<path class="tip" d="M0 0L8 4L0 8z"/></marker></defs>',
    `<rect class="paper" width="${width}" height="${height}"/>`,
    ...states.map(stateShape),
    ...arrows.map((arrow) => arrowShape(arrow, marker)),
    ...dots,
    // Over the arrows, and with a rim of its own: an arrow from outside may have to run through a box's text.
    ...states.filter(({ isBox }) => isBox).map((box) => `<g class="head">${rowTexts(box).join('')}</g>`),
    ...arrows.map(labelShape),
    '</svg>',
    '',
  ].join('\n');
};

/** Several drawings in one, below each other. Shape: each is whole in itself, and keeps its own ids. */
export const stackedSvg = (layouts: readonly ChartLayout[]): string => {
  const width = Math.max(...layouts.map((one) => one.width));
  const height = layouts.reduce((sum, one) => sum + one.height, 0);
  let y = 0;
  const drawings = layouts.map((layout) => {
    const drawing = chartSvg(layout).replace('<svg ', `<svg y="${y}" `);
    y += layout.height;
    return drawing;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    ...drawings.map((drawing) => drawing.trimEnd()),
    '</svg>',
    '',
  ].join('\n');
};

import { type ChartArrow, ChartTree, chartArrows } from './chart-arrows.js';
import type { ChartGraph, ChartNode } from './chart-graph.js';

/**
 * Everything but letters, digits and harmless signs becomes a character code: `:`, `;`, `#`, `{` and `"` end a Mermaid
 * token, `%%` and `<<fork>>` are commands, `*` and `_` are set in italics, and older Mermaids take no colon in a label.
 */
const escapeText = (text: string): string =>
  text
    .replaceAll(/[^\p{L}\p{N} .,()[\]/|!?+=-]/gu, (sign) => `#${sign.codePointAt(0)};`)
    // Mermaid takes these two words for a command wherever they stand in a line.
    .replaceAll(/(direction)\s+(?=TB|BT|LR|RL)/gi, '$1#160;');

/** In a title `[[fork]]` is a command too. */
const escapeTitle = (text: string): string => escapeText(text).replaceAll('[', '#91;').replaceAll(']', '#93;');

/** One underscore at a time: two set a port apart from every state. */
const plainId = (text: string): string => {
  const plain = text.replaceAll(/[^A-Za-z0-9]+/g, '_');
  return /^[A-Za-z]/.test(plain) ? plain : `s_${plain}`.replace('__', '_');
};

/**
 * A name of letters for each state: flat, for an arrow may cross any border, and unlike every other.
 * Shape: begins with the chart's own name, which keeps `note` and `state` from being read as keywords.
 */
const flatIds = ({ id: chart, nodes }: ChartGraph): ReadonlyMap<string, string> => {
  const ids = new Map<string, string>();
  const taken = new Set<string>();
  for (const { id, path } of nodes) {
    const wanted = [chart, ...(path.length === 0 ? ['root'] : path)].join('_');
    let free = plainId(wanted);
    for (let count = 2; taken.has(free); count += 1) free = plainId(`${wanted}_${count}`);
    taken.add(free);
    ids.set(id, free);
  }
  return ids;
};

/** Mermaid cannot draw an arrow between a box and what is inside it; a small state in the box stands for the box. */
type Port = 'any' | 'into';
const PORT_TITLES: Readonly<Record<Port, string>> = { any: 'any of', into: 'back into' };

/** The home of arrows around a root that is itself drawn as one state. */
const OUTSIDE = '';
const HISTORY = { shallow: 'H', deep: 'H*' } as const;
const indent = (line: string): string => `  ${line}`;

class MermaidWriter {
  private readonly tree: ChartTree;
  private readonly ids: ReadonlyMap<string, string>;
  private readonly staying: ReadonlyMap<string, readonly string[]>;
  private readonly ports = new Map<string, Set<Port>>();
  private readonly arrowsIn = new Map<string, string[]>();

  constructor(private readonly graph: ChartGraph) {
    this.tree = new ChartTree(graph);
    this.ids = flatIds(graph);
    const { arrows, staying } = chartArrows(graph);
    this.staying = staying;
    for (const node of graph.nodes) if (staying.has(node.id) && this.isBox(node.id)) this.port(node.id, 'any');
    for (const arrow of arrows) this.place(arrow);
  }

  write(): string {
    const [root] = this.graph.nodes;
    if (!root) return 'stateDiagram-v2\n';
    const lines =
      root.type === 'compound' ? this.body(root) : [...(this.arrowsIn.get(OUTSIDE) ?? []), ...this.state(root)];
    return ['stateDiagram-v2', ...lines.map(indent), ''].join('\n');
  }

  private isBox(id: string): boolean {
    return this.tree.childrenOf(id).length > 0;
  }

  private id(node: string): string {
    return this.ids.get(node) ?? plainId(node);
  }

  private port(box: string, port: Port): string {
    this.ports.set(box, (this.ports.get(box) ?? new Set()).add(port));
    return `${this.id(box)}__${port}`;
  }

  /** An arrow is written in the innermost box around both ends that is no set of regions. */
  private place({ from, to, lines }: ChartArrow): void {
    const isRootLoop = from === to && this.isBox(from) && this.tree.lineOf(from).length === 1;
    const leavesBox = isRootLoop || this.tree.isBelow(to, from);
    const entersBox = isRootLoop || this.tree.isBelow(from, to);
    const source = leavesBox ? this.port(from, 'any') : this.id(from);
    const target = entersBox ? this.port(to, 'into') : this.id(to);
    const around = this.tree.lineOf(from).slice(leavesBox ? 0 : 1);
    const within = new Set(this.tree.lineOf(to).slice(entersBox ? 0 : 1));
    const home = around.find((id) => within.has(id) && this.typeOf(id) === 'compound') ?? OUTSIDE;
    const text = lines.map(escapeText).join('<br/>');
    this.arrowsIn.set(home, [...(this.arrowsIn.get(home) ?? []), `${source} --> ${target} : ${text}`]);
  }

  private typeOf(id: string): ChartNode['type'] | undefined {
    return this.graph.nodes.find((node) => node.id === id)?.type;
  }

  private portLines({ id, key, path }: ChartNode): readonly string[] {
    const title = path.length === 0 ? this.graph.id : key;
    return [...(this.ports.get(id) ?? [])].flatMap((port) => {
      const name = `${this.id(id)}__${port}`;
      const heard = port === 'any' ? (this.staying.get(id) ?? []) : [];
      return [`state "${escapeTitle(`${PORT_TITLES[port]} ${title}`)}" as ${name}`, ...this.heardLines(name, heard)];
    });
  }

  private heardLines(name: string, heard: readonly string[]): readonly string[] {
    return heard.map((line) => `${name} : ${escapeText(line)}`);
  }

  /** Arrows come before boxes: a state belongs to the box it is named in last. */
  private body(node: ChartNode): readonly string[] {
    const parts = this.tree.childrenOf(node.id).map((child) => this.state(child));
    if (node.type === 'parallel') {
      const regions = [this.portLines(node), ...parts].filter((lines) => lines.length > 0);
      return regions.flatMap((lines, index) => (index === 0 ? lines : ['--', ...lines]));
    }
    return [
      ...(node.initial === null ? [] : [`[*] --> ${this.id(node.initial)}`]),
      ...(this.arrowsIn.get(node.id) ?? []),
      ...this.portLines(node),
      ...parts.flat(),
    ];
  }

  private state(node: ChartNode): readonly string[] {
    const name = this.id(node.id);
    const title =
      node.history === undefined ? (node.path.length === 0 ? this.graph.id : node.key) : HISTORY[node.history];
    const head = `state "${escapeTitle(title)}" as ${name}`;
    if (this.isBox(node.id)) return [`${head} {`, ...this.body(node).map(indent), '}'];
    return [
      head,
      ...this.heardLines(name, this.staying.get(node.id) ?? []),
      ...(node.type === 'final' ? [`${name} --> [*]`] : []),
    ];
  }
}

/** The chart as a Mermaid `stateDiagram-v2`. Shape: ends with a line break; the same graph gives the same text. */
export const chartMermaid = (graph: ChartGraph): string => new MermaidWriter(graph).write();

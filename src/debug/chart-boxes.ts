import type { ChartGraph, ChartNode } from './chart-graph.js';

export type BoxRowKind = 'title' | 'tag' | 'invoke' | 'action' | 'staying';
export type BoxRow = { readonly kind: BoxRowKind; readonly text: string };

/** Units: px. The font is the reader's, so widths are estimates, and rather too wide than too narrow. `boldness`: of the width. */
export const TITLE = { fontPx: 13, linePx: 18, boldness: 1.12 } as const;
export const SMALL = { fontPx: 11, linePx: 15, boldness: 1 } as const;

/** From Hangul on, scripts whose letters fill a square. */
const SQUARE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6\u{1f000}-\u{3fffd}]/u;

/** Parts of the font's height, by the widest of the usual sans-serif fonts. */
const emOf = (letter: string): number => {
  if (SQUARE.test(letter)) return 1;
  if (/[ijl.,:;'|![\]()]/.test(letter)) return 0.36;
  if (/[ftr/ -]/.test(letter)) return 0.42;
  if (/[mwMW@%&#+=<>]/.test(letter)) return 0.95;
  return /[A-Z]/.test(letter) ? 0.74 : 0.62;
};

export const textWidth = (text: string, fontPx: number): number =>
  Math.ceil([...text].reduce((sum, letter) => sum + emOf(letter), 0) * fontPx);

const HISTORY = { shallow: 'H', deep: 'H*' } as const;

/** What is written into a state: its name, then in small letters what it is, runs, does and hears. */
export const boxRows = (graph: ChartGraph, node: ChartNode, staying: readonly string[]): readonly BoxRow[] => {
  const title = node.path.length === 0 ? graph.id : node.key;
  const actions = (word: string, names: readonly string[]): readonly BoxRow[] =>
    names.length === 0 ? [] : [{ kind: 'action', text: `${word} / ${names.join(', ')}` }];
  return [
    { kind: 'title', text: node.history ? HISTORY[node.history] : title },
    ...(node.tags.length === 0 ? [] : [{ kind: 'tag' as const, text: node.tags.map((tag) => `#${tag}`).join(' ') }]),
    ...node.invokes.map(({ src }) => ({ kind: 'invoke' as const, text: `runs ${src}` })),
    ...actions('entry', node.entry),
    ...actions('exit', node.exit),
    ...staying.map((text) => ({ kind: 'staying' as const, text })),
  ];
};

export const rowFont = ({ kind }: BoxRow): typeof TITLE | typeof SMALL => (kind === 'title' ? TITLE : SMALL);

/** Units: px, without any room around the rows. */
export const rowsSize = (rows: readonly BoxRow[]): { width: number; height: number } => ({
  width: Math.max(
    ...rows.map((row) => {
      const { fontPx, boldness } = rowFont(row);
      return textWidth(row.text, fontPx * boldness);
    }),
  ),
  height: rows.reduce((sum, row) => sum + rowFont(row).linePx, 0),
});

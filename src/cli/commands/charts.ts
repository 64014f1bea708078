import { type ChartFormat, chartFormats, chartNames, chartText } from '../../debug/charts.js';
import { type Cli, EXIT } from '../cli.js';
import { UsageError } from '../failures.js';

export type ChartsOptions = { readonly format?: string };

/** Every chart at once, as far as a format has room for more than one. */
const allCharts = async (format: 'mermaid' | 'json'): Promise<string> => {
  const texts = await Promise.all(chartNames.map((name) => chartText(name, format)));
  if (format === 'mermaid') return chartNames.map((name, index) => `%% ${name}\n${texts[index]}`).join('\n');
  const graphs = chartNames.map((name, index): [string, unknown] => [name, JSON.parse(texts[index] ?? 'null')]);
  return JSON.stringify(Object.fromEntries(graphs), null, 2);
};

/** `rookery charts`. */
export const charts = async (
  name: string | undefined,
  { format = 'mermaid' }: ChartsOptions,
  { output, say }: Cli,
): Promise<number> => {
  const known = chartFormats.find((one) => one === format);
  if (known === undefined) throw new UsageError(say.error.badValue('--format', format, chartFormats.join(', ')));
  const isKnownName = (chartNames as readonly string[]).includes(name ?? '');
  if (name !== undefined && !isKnownName) throw new UsageError(say.error.unknownName(name, chartNames.join(', ')));
  if (name === undefined && known === 'svg') throw new UsageError(say.charts.oneByOne(chartNames.join(', ')));
  const text =
    name === undefined ? await allCharts(known as Exclude<ChartFormat, 'svg'>) : await chartText(name, known);
  output.out(text.trimEnd());
  return EXIT.ok;
};

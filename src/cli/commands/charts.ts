import { allChartsText, chartFormats, chartNames, chartText } from '../../debug/charts.js';
import { type Cli, EXIT } from '../cli.js';
import { UsageError } from '../failures.js';

export type ChartsOptions = { readonly format?: string };

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
  const text = await (name === undefined ? allChartsText(known) : chartText(name, known));
  output.out(text.trimEnd());
  return EXIT.ok;
};

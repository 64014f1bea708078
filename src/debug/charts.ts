import type { AnyStateMachine } from 'xstate';
import {
  agentLinkMachine,
  agentSessionMachine,
  conversationMachine,
  gatewayMachine,
  webhookMachine,
} from '../../machines/index.js';
import { RouterError } from '../errors/router-error.js';
import { chartGraph } from './chart-graph.js';
import { layoutChart } from './chart-layout.js';
import { chartMermaid } from './chart-mermaid.js';
import { chartSvg, stackedSvg } from './chart-svg.js';

/** The charts that can be asked for. A picture needs the machines only, with none of their actors wired. */
export const CHARTS = {
  gateway: gatewayMachine,
  webhook: webhookMachine,
  conversation: conversationMachine,
  agentLink: agentLinkMachine,
  agentSession: agentSessionMachine,
} as const satisfies Record<string, AnyStateMachine>;

export type ChartName = keyof typeof CHARTS;
export type ChartFormat = 'mermaid' | 'svg' | 'json';

export const chartNames: readonly ChartName[] = Object.keys(CHARTS) as ChartName[];
export const chartFormats: readonly ChartFormat[] = ['mermaid', 'svg', 'json'];

const isChartName = (name: string): name is ChartName => Object.hasOwn(CHARTS, name);

/**
 * One chart as text. Shape: ends with a line break; the same machine gives the same text.
 * Errors: `config.invalid` for a name that is none of `chartNames`.
 */
export const chartText = async (name: string, format: ChartFormat): Promise<string> => {
  if (!isChartName(name)) {
    throw new RouterError(
      'config.invalid',
      `no chart is called ${JSON.stringify(name)}; there are: ${chartNames.join(', ')}`,
    );
  }
  const graph = chartGraph(CHARTS[name]);
  if (format === 'svg') return chartSvg(await layoutChart(graph));
  return format === 'json' ? `${JSON.stringify(graph, null, 2)}\n` : chartMermaid(graph);
};

/** Every chart in one text: a diagram below the other, or an object by name. Shape: ends with a line break. */
export const allChartsText = async (format: ChartFormat): Promise<string> => {
  const graphs = chartNames.map((name) => [name, chartGraph(CHARTS[name])] as const);
  if (format === 'svg') return stackedSvg(await Promise.all(graphs.map(([, graph]) => layoutChart(graph))));
  if (format === 'json') return `${JSON.stringify(Object.fromEntries(graphs), null, 2)}\n`;
  return graphs.map(([name, graph]) => `%% ${name}\n${chartMermaid(graph)}`).join('\n');
};

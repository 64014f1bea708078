import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { chartGraph } from './chart-graph.js';
import { layoutChart } from './chart-layout.js';
import { CHARTS, chartNames } from './charts.js';

/** A part of the build: the charts as the console draws them, laid out once instead of at every look. */
const [, , file = 'dist/console/charts.json'] = process.argv;
const layouts = await Promise.all(chartNames.map(async (name) => [name, await layoutChart(chartGraph(CHARTS[name]))]));
await mkdir(dirname(file), { recursive: true });
await writeFile(file, JSON.stringify(Object.fromEntries(layouts)));

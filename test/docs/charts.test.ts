import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { updateChartsInMarkdown } from '../../src/debug/chart-markdown.js';
import { chartNames } from '../../src/debug/charts.js';

/** When a chart has changed: `npx vitest run test/docs/charts.test.ts -u` draws them anew. */
describe.each(['docs/charts.md', 'docs/zh/charts.md'])('%s', (name) => {
  const file = new URL(`../../${name}`, import.meta.url);

  it.each(chartNames)('has a place for the chart %s', async (chart) => {
    expect(await readFile(file, 'utf8')).toContain(`<!-- chart:${chart} -->`);
  });

  it('shows the charts as the machines have them', async () => {
    await expect(await updateChartsInMarkdown(await readFile(file, 'utf8'))).toMatchFileSnapshot(file.pathname);
  });
});

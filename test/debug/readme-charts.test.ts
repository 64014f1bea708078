import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { updateChartsInMarkdown } from '../../src/debug/chart-markdown.js';
import { chartNames } from '../../src/debug/charts.js';

/** When a chart has changed: `npx vitest run test/debug/readme-charts.test.ts -u` draws the READMEs anew. */
describe.each(['README.md', 'README.zh-CN.md'])('%s', (name) => {
  const file = new URL(`../../${name}`, import.meta.url);

  it.each(chartNames)('has a place for the chart %s', async (chart) => {
    expect(await readFile(file, 'utf8')).toContain(`<!-- chart:${chart} -->`);
  });

  it('shows the charts as the machines have them', async () => {
    await expect(await updateChartsInMarkdown(await readFile(file, 'utf8'))).toMatchFileSnapshot(file.pathname);
  });
});

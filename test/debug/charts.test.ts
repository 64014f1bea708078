import { describe, expect, it, vi } from 'vitest';
import { updateChartsInMarkdown } from '../../src/debug/chart-markdown.js';
import { CHARTS, chartFormats, chartNames, chartText } from '../../src/debug/charts.js';
import { RouterError } from '../../src/errors/router-error.js';

// The first layout of a process also compiles elk, which takes seconds where the machine is busy.
vi.setConfig({ testTimeout: 30_000 });

describe('chartText', () => {
  it('knows a name for each machine', () => {
    expect(chartNames).toEqual(['gateway', 'webhook', 'conversation', 'agentLink', 'agentSession']);
    for (const name of chartNames) expect(CHARTS[name].id).toBe(name);
  });

  it.each(chartNames)('prints %s in every format', async (name) => {
    expect(await chartText(name, 'mermaid')).toMatch(/^stateDiagram-v2\n[\s\S]*[^\n]\n$/);
    expect(await chartText(name, 'svg')).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
    expect(await chartText(name, 'json')).toMatch(/^\{\n[\s\S]*\}\n$/);
  });

  it.each(chartFormats)('prints a chart as %s the same each time', async (format) => {
    expect(await chartText('conversation', format)).toBe(await chartText('conversation', format));
  });

  it('prints JSON that says its version', async () => {
    expect(JSON.parse(await chartText('gateway', 'json'))).toMatchObject({ version: 1, id: 'gateway' });
  });

  it.each(['nothing', 'toString', ''])('refuses the name %j and says which there are', async (name) => {
    const refusal = await chartText(name, 'mermaid').catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(RouterError);
    expect(refusal).toMatchObject({
      code: 'config.invalid',
      message: expect.stringContaining('gateway, webhook, conversation, agentLink, agentSession'),
    });
  });
});

describe('updateChartsInMarkdown', () => {
  const block = async (name: string): Promise<string> =>
    `<!-- chart:${name} -->\n\n\`\`\`mermaid\n${await chartText(name, 'mermaid')}\`\`\`\n\n<!-- /chart -->`;

  it('draws every marked chart and leaves the rest as it is', async () => {
    const before =
      '# A $& title\n<!-- chart:gateway --><!-- /chart -->\ntext\n<!-- chart:conversation -->\nold\n<!-- /chart -->\nend';
    const after = await updateChartsInMarkdown(before);
    expect(after).toBe(`# A $& title\n${await block('gateway')}\ntext\n${await block('conversation')}\nend`);
    expect(await updateChartsInMarkdown(after)).toBe(after);
  });

  it('leaves a document without charts alone', async () => {
    expect(await updateChartsInMarkdown('no charts <!-- /chart -->')).toBe('no charts <!-- /chart -->');
  });

  it.each([
    ['a mark without an end', '<!-- chart:gateway -->\nlost text\n<!-- chart:conversation --><!-- /chart -->'],
    ['an unknown chart', '<!-- chart:nothing --><!-- /chart -->'],
  ])('refuses %s', async (_, markdown) => {
    await expect(updateChartsInMarkdown(markdown)).rejects.toMatchObject({ code: 'config.invalid' });
  });
});

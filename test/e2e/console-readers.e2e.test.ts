import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { ALICE, look, worldWith } from './support/console-rig.js';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

describe('whoever reads', () => {
  const TABS = ['overview', 'charts', 'conversations', 'platform'] as const;
  /** What a tab shows once it has what it shows. */
  const SHOWN = {
    overview: '[data-channel="qq"]',
    charts: '[data-active="true"]',
    conversations: '.transcript .said.bot',
    platform: '.chat .said.bot',
  } as const;

  it.each([
    ['light', 'en-US'],
    ['dark', 'zh-CN'],
  ] as const)('finds every tab accessible, %s, %s', async (colorScheme, locale) => {
    const { world, url } = await worldWith();
    world.emulator.sendC2c({ from: 'ALICE', text: 'hello' });
    const looker = await look(url, { colorScheme, locale, bypassCSP: true });
    const { page } = looker;
    const axe = await readFile(AXE, 'utf8');
    for (const tab of TABS) {
      const id = tab === 'conversations' ? `/${encodeURIComponent(ALICE)}` : '';
      await page.goto(`${url}/#/${tab}${id}`);
      await page.locator(SHOWN[tab]).first().waitFor();
      await looker.picture(`${tab}-${colorScheme}-${locale}`);
      await page.evaluate(axe);
      const violations = await page.evaluate(async () => {
        const { axe: check } = globalThis as unknown as {
          axe: { run(): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }> };
        };
        const found = await check.run();
        return found.violations.flatMap(({ id: rule, nodes }) =>
          nodes.map(({ html, failureSummary }) => `${rule}: ${html.slice(0, 160)} ${failureSummary}`),
        );
      });
      expect(violations, tab).toEqual([]);
    }
  });

  it('can use every tab on a telephone, and by the keyboard', async () => {
    const { world, url } = await worldWith();
    world.emulator.sendC2c({ from: 'ALICE', text: 'hello' });
    const looker = await look(url, { viewport: { width: 360, height: 740 } });
    const { page } = looker;
    for (const tab of TABS) {
      await page.goto(`${url}/#/${tab}`);
      await page.locator('main').waitFor();
      await page.getByText('Rookery').first().waitFor();
      await looker.picture(`narrow-${tab}`);
      const width = await page.evaluate('document.documentElement.scrollWidth');
      expect([tab, width]).toEqual([tab, 360]);
    }
    await page.goto(`${url}/#/overview`);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    const reached: string[] = [];
    for (let count = 0; count < 8; count += 1) {
      reached.push(String(await page.evaluate('document.activeElement.textContent')));
      await page.keyboard.press('Tab');
    }
    for (const name of ['Charts', 'Conversations', 'Platform']) expect(reached.join('|')).toContain(name);
  });

  it('finds it in Chinese, and in the dark', async () => {
    const { url } = await worldWith();
    const looker = await look(url);
    const { page } = looker;
    await page.getByRole('button', { name: '中文' }).click();
    await page.getByText('一切正常').waitFor();
    expect(await page.evaluate('document.documentElement.lang')).toBe('zh-CN');
    await page.getByLabel('主题').selectOption('dark');
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(16, 20, 26)');
    await page.reload();
    await page.getByText('一切正常').waitFor();
  });
});

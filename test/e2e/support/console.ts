import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const PROGRAM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const ARTEFACTS = fileURLToPath(new URL('../../../artefacts/console/', import.meta.url));

let browser: Promise<Browser> | undefined;

const launch = async (): Promise<Browser> => {
  if (!existsSync(PROGRAM)) {
    throw new Error(`the console is tested in Chromium: install Debian's package chromium, or name one in CHROMIUM`);
  }
  await mkdir(ARTEFACTS, { recursive: true });
  return chromium.launch({
    executablePath: PROGRAM,
    args: [
      ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ],
  });
};

/** One window on a console; whatever it complains of, and whatever it asks of others than the router, is kept. */
export class Looker {
  readonly complaints: string[] = [];
  readonly outside: string[] = [];

  private constructor(
    readonly page: Page,
    readonly url: string,
  ) {}

  static async at(url: string, options: BrowserContextOptions = {}): Promise<Looker> {
    browser ??= launch();
    const context = await (await browser).newContext({
      viewport: { width: 1360, height: 860 },
      locale: 'en-US',
      colorScheme: 'light',
      acceptDownloads: true,
      ...options,
    });
    const page = await context.newPage();
    const looker = new Looker(page, url);
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') looker.complaints.push(message.text());
    });
    page.on('pageerror', (error) => looker.complaints.push(String(error)));
    page.on('request', (request) => {
      const { origin, protocol } = new URL(request.url());
      if (origin !== new URL(url).origin && protocol !== 'blob:') looker.outside.push(request.url());
    });
    await page.goto(url);
    return looker;
  }

  async open(tab: 'Overview' | 'Charts' | 'Conversations' | 'Platform'): Promise<void> {
    await this.page.getByRole('navigation').getByRole('link', { name: tab }).click();
  }

  /** Kept for whoever wants to see what a test saw. */
  async picture(name: string): Promise<void> {
    await this.page.screenshot({ path: `${ARTEFACTS}${name}.png` });
  }

  /** Ids of the states that are highlighted. */
  active(): Promise<string[]> {
    return this.page
      .locator('[data-active="true"]')
      .evaluateAll((states) => states.map((state) => state.getAttribute('data-state') ?? '').sort());
  }

  /** The number of the frame that is shown. */
  async moment(): Promise<number> {
    return Number(await this.page.locator('[data-moment]').getAttribute('data-moment'));
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}

export const closeBrowser = async (): Promise<void> => {
  await (await browser)?.close();
  browser = undefined;
};

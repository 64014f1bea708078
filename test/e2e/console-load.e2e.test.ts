import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/adapters/clock/system-clock.js';
import { EmbeddedStore } from '../../src/adapters/store/embedded/embedded-store.js';
import { closeBrowser, Looker } from './support/console.js';
import { APP_ID, ask, World } from './support/world.js';

/*
 * What is measured is printed, and stands in bench/RESULTS.md as a quiet machine had it. What is expected here is coarse,
 * for other tests may run beside these: that a list of any length is drawn a screen at a time, and that nothing hangs.
 */

afterAll(closeBrowser);

/** Units: ms. */
const percentile = (values: readonly number[], share: number): number =>
  [...values].sort((one, other) => one - other)[Math.floor(values.length * share)] ?? Number.NaN;
const figures = (values: readonly number[]): string =>
  `p50 ${percentile(values, 0.5).toFixed(0)} ms, p95 ${percentile(values, 0.95).toFixed(0)} ms of ${values.length}`;
const print = (line: string): void => void process.stdout.write(`${line}\n`);

const KNOWN = 100_000;
/** The last of them was touched now, the first two days ago. */
const SPREAD_MS = 2 * 86_400_000;

const idOf = (n: number): string =>
  n % 10 === 0 ? `qq:${APP_ID}:group:GROUP-${n}:USER-${n}` : `qq:${APP_ID}:c2c:USER-${n}`;

/** As if so many had been talked with before the router began. */
const fillStore = async (path: string): Promise<void> => {
  let nowMs = 0;
  const store = new EmbeddedStore({ ...systemClock, now: () => nowMs }, { path, pruneEveryMs: 2 ** 31 - 1 });
  await store.open();
  const lease = await store.lease(APP_ID);
  for (let from = 0; from < KNOWN; from += 100) {
    nowMs = Date.now() - SPREAD_MS * (1 - from / KNOWN);
    await Promise.all(
      Array.from({ length: 100 }, (_, index) => {
        const n = from + index;
        const content = `what was said last in ${n}, which is about ${n % 7 === 0 ? 'rooks' : 'ravens'}`;
        return store.saveConversation(lease, {
          conversation: idOf(n),
          epoch: 1,
          transcript: [{ role: 'assistant', content }],
        });
      }),
    );
  }
  await store.close();
};

/** Scrolls on so far, as fast as the screen is drawn, and takes the time of each frame. */
const scroll = (frames: number, stepPx: number): string => `(async () => {
  const box = document.querySelector('.rows');
  const times = [];
  let last = await new Promise(requestAnimationFrame);
  for (let step = 0; step < ${frames}; step += 1) {
    box.scrollTop += ${stepPx};
    const now = await new Promise(requestAnimationFrame);
    times.push(now - last);
    last = now;
  }
  return { times, top: box.scrollTop, rows: document.querySelectorAll('.row-button').length };
})()`;

/** To the end of what is loaded, again and again, until nothing more comes. Gives the number of rows. */
const TO_THE_END = `(async () => {
  const box = document.querySelector('.rows');
  const rows = () => Math.round(box.querySelector('ul').getBoundingClientRect().height / 46);
  while (rows() < ${KNOWN}) {
    box.scrollTop = box.scrollHeight;
    await new Promise(requestAnimationFrame);
  }
  return rows();
})()`;

type Scrolled = { readonly times: number[]; readonly top: number; readonly rows: number };

it(`a list of ${KNOWN} conversations scrolls and is filtered, with no more rows drawn than are seen`, async () => {
  const world = await World.make();
  await fillStore(join(world.dir, 'rookery-data'));
  const url = await (await world.start(world.config({ server: { port: 0, inspect: 'texts' } }))).url();
  const looker = await Looker.at(`${url}/#/conversations`);
  const { page } = looker;
  await page.getByText(/^100\s000 known$/).waitFor();

  const first = (await page.evaluate(scroll(240, 900))) as Scrolled;
  expect(first.top).toBeGreaterThan(100_000);
  expect(first.rows).toBeLessThan(60);
  const startedMs = Date.now();
  expect(await page.evaluate(TO_THE_END)).toBe(KNOWN);
  const loadedMs = Date.now() - startedMs;
  const last = (await page.evaluate(scroll(240, -900))) as Scrolled;
  expect(last.rows).toBeLessThan(60);
  print(`${KNOWN} conversations, a frame while it scrolls: ${figures(first.times)}`);
  print(`  with all of them loaded (which took ${loadedMs} ms): ${figures(last.times)}`);
  for (const { times } of [first, last]) expect(percentile(times, 0.5)).toBeLessThan(100);

  /** From the choice to the first row that fits. Whatever the store is asked for waits 250 ms for the next key. */
  const filtered = async (what: string, choose: () => Promise<unknown>, row: string, count?: number): Promise<void> => {
    const fromMs = Date.now();
    await choose();
    await page.locator('.row-button', { hasText: row }).first().waitFor();
    const tookMs = Date.now() - fromMs;
    if (count !== undefined) await expect.poll(() => page.locator('.row-button').count()).toBe(count);
    print(`  filtered by ${what}: ${tookMs} ms`);
  };
  const search = page.getByRole('searchbox');
  await filtered('an id', () => search.fill('user-4321'), 'USER-4321', 11);
  await filtered('the last text', () => search.fill('in 77777, which'), 'USER-77777', 1);
  await filtered(
    'a scene',
    () => search.fill('').then(() => page.getByLabel('Scene').selectOption('group')),
    'USER-99990',
  );
  await page.getByLabel('Scene').selectOption('');
  await filtered('age', () => page.getByLabel('Age').selectOption('600000'), 'USER-99999');
  await page.evaluate(`document.querySelector('.rows').scrollTop = 1e9`);
  // Two days in a hundred thousand steps: ten minutes are some three hundred and fifty of them.
  await page
    .locator('.row-button', { hasText: /USER-99[67]\d\d/ })
    .first()
    .waitFor();
  await page.getByLabel('Age').selectOption('0');
  world.emulator.sendC2c({ from: 'USER-5', text: 'I am back' });
  await filtered('state', () => page.getByLabel('State').selectOption('living'), 'USER-5', 1);
  expect(looker.complaints).toEqual([]);
  await looker.close();
});

/** When each shown step was drawn, and of which actor; the router's clock and the page's are this machine's. */
const WATCH = `(() => {
  globalThis.seen = [];
  let last = '';
  const look = () => {
    const moment = document.querySelector('[data-moment]')?.getAttribute('data-moment') ?? '';
    // It is on the screen with the frame that follows.
    if (moment !== last) requestAnimationFrame(() => globalThis.seen.push([Number(moment), Date.now()]));
    last = moment;
    requestAnimationFrame(look);
  };
  look();
})()`;

const LIVING = 1_000;
const WATCHED = 5;
const CHANGES_PER_CONVERSATION = 30;

/** When the router took each step of this actor, by its own clock. */
const takenBy = async (url: string, key: string, upTo: number): Promise<Map<number, number>> => {
  const controller = new AbortController();
  const { body } = await fetch(`${url}/v1/inspect?actor=${encodeURIComponent(key)}`, { signal: controller.signal });
  const takenMs = new Map<number, number>();
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines.filter((one) => one.startsWith('data: '))) {
      const { n, atMs, type } = JSON.parse(line.slice(6)) as { n?: number; atMs?: number; type: string };
      if (type !== '@xstate.actor' && n !== undefined && atMs !== undefined) takenMs.set(n, atMs);
    }
    if (takenMs.has(upTo)) break;
  }
  controller.abort();
  return takenMs;
};

describe(`among ${LIVING} living conversations at some 60 steps a second`, () => {
  it('a step is on the screen soon after it was taken', { timeout: 300_000 }, async () => {
    const world = await World.make();
    const { emulator } = world;
    const config = world.config({
      server: { port: 0, inspect: 'texts' },
      agent: { driver: 'echo' },
      conversation: { retireAfterMs: 600_000 },
    });
    const url = await (await world.start(config)).url();
    const living = async (): Promise<number> => {
      const { body } = await ask(`${url}/v1/channels`);
      const [channel] = (body as { channels: { conversations: { living: number } }[] }).channels;
      return channel?.conversations.living ?? 0;
    };
    for (let user = 0; user < LIVING; user += 1) {
      emulator.sendC2c({ from: `U${user}`, text: 'hello' });
      // The platform pushes in bursts, too; so many at once would only measure the line.
      if (user % 50 === 49) await expect.poll(living, { timeout: 60_000 }).toBeGreaterThan(user - 200);
    }
    await expect.poll(living, { timeout: 60_000 }).toBe(LIVING);

    // A message is some six steps: taken, waited for, asked, answered, sent, closed.
    let turn = 0;
    const background = setInterval(() => {
      turn += 1;
      emulator.sendC2c({ from: `U${WATCHED + ((turn * 37) % (LIVING - WATCHED))}`, text: 'and on' });
    }, 100);
    const latencies: number[] = [];
    const looker = await Looker.at(`${url}/#/overview`);
    const { page } = looker;
    try {
      await page.evaluate(WATCH);
      for (let user = 0; user < WATCHED; user += 1) {
        const key = `conversation/qq:${APP_ID}:c2c:U${user}`;
        await page.evaluate(`location.hash = '#/charts/${encodeURIComponent(key)}'`);
        await page.locator('[data-moment]').first().waitFor();
        await page.locator('.timeline').getByText('turn.closed').first().waitFor();
        await page.evaluate('globalThis.seen.length = 0');
        const from = Date.now();
        const shown = async (): Promise<number> => Number(await page.evaluate('globalThis.seen.length'));
        while ((await shown()) < CHANGES_PER_CONVERSATION) {
          const before = await shown();
          emulator.sendC2c({ from: `U${user}`, text: 'and then?' });
          await expect.poll(shown).toBeGreaterThan(before);
        }
        const seen = (await page.evaluate('globalThis.seen')) as [n: number, atMs: number][];
        const taken = await takenBy(url, key, Math.max(...seen.map(([n]) => n)));
        for (const [n, atMs] of seen) {
          const takenMs = taken.get(n);
          if (takenMs !== undefined && takenMs >= from) latencies.push(atMs - takenMs);
        }
      }
      expect(await living()).toBe(LIVING);
    } finally {
      clearInterval(background);
    }
    print(`from a step to the screen, in ${WATCHED} conversations among ${LIVING}: ${figures(latencies)}`);
    expect(latencies.length).toBeGreaterThanOrEqual(100);
    expect(Math.min(...latencies)).toBeGreaterThanOrEqual(0);
    // The aim is 100 ms; a machine that does other things beside this has its time.
    expect(percentile(latencies, 0.5)).toBeLessThan(1_000);
    expect(looker.complaints).toEqual([]);
    await looker.close();
  });
});

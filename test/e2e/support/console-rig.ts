import { afterAll, afterEach, expect } from 'vitest';
import type { EmulatorOptions } from '../../../src/emulator/index.js';
import { closeBrowser, Looker } from './console.js';
import type { Rookery } from './rookery.js';
import { APP_ID, World } from './world.js';

export const ALICE = `qq:${APP_ID}:c2c:ALICE`;
export const STREAMING = '[data-state="conversation.answering.running.streaming"][data-active="true"]';

const lookers: Looker[] = [];
afterEach(async () => {
  for (const looker of lookers.splice(0)) {
    const { complaints, outside } = looker;
    await looker.close();
    expect(complaints, 'the browser complained').toEqual([]);
    expect(outside, 'something else than the router was asked').toEqual([]);
  }
});
afterAll(closeBrowser);

/** A window that is closed after the test, which fails if the page complained or asked anybody else. */
export const look = async (url: string, options: Parameters<typeof Looker.at>[1] = {}): Promise<Looker> => {
  const looker = await Looker.at(url, options);
  lookers.push(looker);
  return looker;
};

type Settings = Readonly<Record<string, unknown>>;
export type Watched = { readonly world: World; readonly rookery: Rookery; readonly url: string };

/** A router whose texts may be seen, with one bot that is online. */
export const worldWith = async (
  server: Settings = {},
  channel: Settings = {},
  env: Readonly<Record<string, string>> = {},
  platform: EmulatorOptions = {},
): Promise<Watched> => {
  const world = await World.make(platform);
  const config = world.config(
    { server: { port: 0, inspect: 'texts', ...server } },
    { scenes: { c2c: { streamMode: 'native' } }, ...channel },
  );
  const rookery = await world.start(config, { env });
  return { world, rookery, url: await rookery.url() };
};

/** An answer that comes in pieces and does not end before it is told to. */
export const talkOn = (world: World): (() => void) => {
  let isOver = false;
  world.agent.script = async (exchange) => {
    let isGone = false;
    void exchange.closedByClient.then(() => {
      isGone = true;
    });
    for (let word = 0; !isOver && !isGone && word < 400; word += 1) {
      exchange.say(`This is sentence number ${word}. `);
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    if (isGone) return;
    exchange.finish();
    exchange.close();
  };
  return () => {
    isOver = true;
  };
};

/** As the user that the platform's tab plays. */
export const say = async ({ page }: Looker, text: string): Promise<void> => {
  await page.getByPlaceholder('Say something').fill(text);
  await page.keyboard.press('Enter');
};

/** Presses a button, and says yes to what it asks. */
export const act = async ({ page }: Looker, verb: string): Promise<void> => {
  await page.getByRole('button', { name: verb, exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: verb, exact: true }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
};

import { expect, it } from 'vitest';
import { MemoryStore } from '../../src/adapters/store/memory-store.js';
import { routerFrom } from '../../src/app/router.js';
import { resolveRouterOptions } from '../../src/config/resolve.js';
import type { Inbound } from '../../src/domain/inbound.js';
import { createPlatform, DEFAULT_APP_ID, DEFAULT_APP_SECRET } from '../../src/emulator/index.js';
import { InMemoryNet } from '../../src/testing/in-memory-net.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';

const DAY_MS = 86_400_000;

/** A router whose store holds one message that was given up in an earlier life, and a platform, on virtual time. */
const routerWithLetter = async () => {
  const clock = new VirtualClock();
  const platform = createPlatform({ clock });
  const net = new InMemoryNet(clock, platform);
  const store = new MemoryStore(clock);
  const { messageId: id } = platform.sendC2c({ from: 'U1', text: 'hello' });
  const message: Inbound = {
    id,
    conversation: `qq:${DEFAULT_APP_ID}:c2c:U1`,
    target: { scene: 'c2c', openid: 'U1' },
    sender: { id: 'U1' },
    text: 'hello',
    mention: true,
    atMs: clock.now(),
    attachments: [],
  };
  const lease = await store.lease(DEFAULT_APP_ID);
  await store.ingest(lease, [{ id, message }]);
  await store.bury(lease, [id], 'a test');
  const asked: string[] = [];
  const router = routerFrom(
    resolveRouterOptions({ channels: { qq: { appId: DEFAULT_APP_ID, appSecret: DEFAULT_APP_SECRET } } }),
    { clock, http: net, sockets: net, store, random: () => 0.5 },
  );
  router.onTurn(async (turn) => {
    asked.push(turn.text);
    // A turn is cut when its message can be answered no more.
    await new Promise<void>((resolve) => clock.setTimeout(resolve, 5_000));
    await turn.reply(`answer to ${turn.text}`);
  });
  const start = async (): Promise<void> => {
    const starting = router.start();
    await clock.advance(10_000);
    await starting;
  };
  return { clock, platform, store, router, asked, id, start };
};

it('a message is offered again long after the platform would take a reply to it: what it is answered is kept', async () => {
  const { clock, platform, router, asked, id, start } = await routerWithLetter();
  await clock.advance(2 * DAY_MS);
  await start();
  expect(await router.deadLetters()).toMatchObject([{ id, appId: DEFAULT_APP_ID, why: 'a test' }]);
  expect(await router.retryDeadLetter(id)).toBe(true);
  await clock.advance(60_000);
  expect(asked).toEqual(['hello']);
  const active = platform.sends().filter(({ text }) => text.includes('answer to hello'));
  expect(active.length).toBeLessThanOrEqual(1);
  platform.sendC2c({ from: 'U1', text: 'still there?' });
  await clock.advance(60_000);
  const said = platform.sends().map(({ text }) => text);
  expect(said.filter((text) => text.includes('answer to hello'))).toHaveLength(1);
  expect(said.filter((text) => text.includes('answer to still there?'))).toHaveLength(1);
});

it('of two who retry the same message at once, one is told so, and it is offered once', async () => {
  const { clock, router, asked, id, start } = await routerWithLetter();
  await start();
  const told = await Promise.all([router.retryDeadLetter(id), router.retryDeadLetter(id), router.dropDeadLetter(id)]);
  expect(told.filter(Boolean)).toHaveLength(1);
  await clock.advance(60_000);
  expect(asked).toEqual(told[2] ? [] : ['hello']);
  expect(await router.deadLetters()).toEqual([]);
});

it('one that is retried before its bot has begun is offered once, when it begins', async () => {
  const { clock, router, asked, id, start } = await routerWithLetter();
  expect(await router.retryDeadLetter(id)).toBe(true);
  await start();
  await clock.advance(60_000);
  expect(asked).toEqual(['hello']);
});

it('an unknown one is neither retried nor dropped', async () => {
  const { router, start } = await routerWithLetter();
  await start();
  expect([await router.retryDeadLetter('unknown'), await router.dropDeadLetter('unknown')]).toEqual([false, false]);
});

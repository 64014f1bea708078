import { expect, it, vi } from 'vitest';
import { createPlatform } from '../../src/emulator/index.js';
import { InMemoryNet } from '../../src/testing/in-memory-net.js';
import { Life } from '../../src/testing/life.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';

const URL = 'wss://platform.test/websocket';
const REQUEST = { method: 'GET', url: 'https://platform.test/gateway/bot', headers: {}, timeoutMs: 1_000 } as const;

const worldOf = () => {
  const clock = new VirtualClock();
  const platform = createPlatform({ clock });
  const net = new InMemoryNet(clock, platform);
  const leaves = vi.fn();
  const life = new Life({ clock, skewMs: () => 0, net, leaves, answered: () => undefined });
  const handlers = { opened: vi.fn(), text: vi.fn(), closed: vi.fn() };
  return { clock, platform, net, life, leaves, handlers };
};

it('a life holds the sockets it opens, until it is killed', async () => {
  const { clock, platform, net, life, handlers } = worldOf();
  life.open(URL, handlers);
  await clock.advance(100);
  expect([net.held.size, platform.links().length]).toEqual([1, 1]);
  expect(handlers.opened).toHaveBeenCalledOnce();
  life.end();
  await clock.advance(100);
  expect([net.held.size, platform.links().length]).toEqual([0, 0]);
  expect(handlers.closed).not.toHaveBeenCalled();
});

// Seeds 32101 and 40239: killed as a token was renewed in the background, while the old one led on to the next link.
it('what was ready to run as the process was killed opens no socket, asks nobody and sets no timer', async () => {
  const { clock, platform, net, life, leaves, handlers } = worldOf();
  const rang = vi.fn();
  const afterwards = Promise.resolve().then(() => {
    const socket = life.open(URL, handlers);
    socket.send('{}');
    socket.close(1000, 'shutdown');
    socket.detach();
    void life.request(REQUEST).finally(rang);
    life.setTimeout(rang, 1);
  });
  life.end();
  await afterwards;
  expect(net.held.size).toBe(0);
  await clock.advance(10_000);
  expect(platform.links()).toEqual([]);
  for (const heard of [leaves, rang, ...Object.values(handlers)]) expect(heard).not.toHaveBeenCalled();
});

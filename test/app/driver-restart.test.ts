import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/adapters/clock/system-clock.js';
import { EmbeddedStore } from '../../src/adapters/store/embedded/embedded-store.js';
import { type Router, routerFrom } from '../../src/app/router.js';
import { resolveRouterOptions } from '../../src/config/resolve.js';
import { createPlatform, DEFAULT_APP_ID, DEFAULT_APP_SECRET } from '../../src/emulator/index.js';
import { InMemoryNet } from '../../src/testing/in-memory-net.js';
import { AcpWorld } from '../support/acp-world.js';
import { DifyServer } from '../support/dify-server.js';
import type { WrittenAgent } from '../support/wire-agents.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rookery-restart-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const platform = createPlatform({ clock: systemClock });

/** One life of a router on the same store: a question is asked, answered, and the router stops. */
const live = async (agent: WrittenAgent, question: string): Promise<void> => {
  const clock = systemClock;
  const net = new InMemoryNet(clock, platform);
  const channel = { appId: DEFAULT_APP_ID, appSecret: DEFAULT_APP_SECRET, debounce: { quietMs: 0, atMostMs: 0 } };
  const options = resolveRouterOptions({ channels: { qq: channel }, agent });
  const store = new EmbeddedStore(clock, { path: join(dir, 'store') });
  const router: Router = routerFrom(options, { clock, http: net, sockets: net, store });
  await router.start();
  const closed = new Promise<void>((resolve) => {
    router.on((event) => event.type === 'turn.closed' && resolve());
  });
  platform.sendC2c({ from: 'U1', text: question });
  await closed;
  await router.stop();
};

describe('an agent that keeps its own history', () => {
  it('dify: is asked in the same conversation by the next life of the router', async () => {
    const server = await DifyServer.start();
    const agent = { driver: 'dify', baseUrl: server.baseUrl, apiKey: 'app-key' } as const;
    await live(agent, 'first');
    await live(agent, 'second');
    const [first, second] = server.questions;
    expect(second?.body?.['conversation_id']).toBe(first?.conversation);
    expect([first, second].map((one) => one?.user)).toEqual([second?.user, first?.user]);
    await server.stop();
  });

  it('acp: is asked in the same session by a new process of it', async () => {
    const world = await AcpWorld.start();
    world.onPrompt = (played, { session }) => {
      played.say(session, 'answer');
      played.end(session);
    };
    const { command, args } = world;
    const agent = { driver: 'acp', command, args, env: world.env('loads') } as const;
    await live(agent, 'first');
    await live(agent, 'second');
    const [first, second] = world.agents;
    expect((await second?.tells('load'))?.['session']).toBe((await first?.tells('new'))?.['session']);
    await world.stop();
  });
});

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { freePort } from './support/free-port.js';
import type { Rookery } from './support/rookery.js';
import { CANARIES, fromEnv, World } from './support/world.js';

const EXAMPLE = fileURLToPath(new URL('../../examples/python-sidecar/agent.py', import.meta.url));
const hasPython = spawnSync('python3', ['--version']).status === 0;
if (!hasPython) process.stderr.write('python3 is not on this machine: the Python sidecar is not run\n');

const TOKEN = { ROOKERY_TOKEN: CANARIES.serverToken };

/** The router with `agent: { driver: "native" }` behind a token, and the example beside it. */
const sidecar = async (
  world: World,
  wordSeconds = 0.02,
): Promise<{ router: Rookery; agent: Rookery; port: number }> => {
  const port = await freePort();
  const server = { port, token: fromEnv('ROOKERY_TOKEN') };
  const channel = { streamMode: 'block', busy: 'interrupt' };
  const config = world.config({ agent: { driver: 'native' }, server, store: { path: './store' } }, channel);
  const router = await world.start(config, { env: TOKEN });
  const agent = python(world, port, wordSeconds);
  const ready = async (): Promise<number> => (await fetch(`http://127.0.0.1:${port}/readyz`)).status;
  await expect.poll(ready, { timeout: 20_000, interval: 50 }).toBe(200);
  return { router, agent, port };
};

const python = (world: World, port: number, wordSeconds: number): Rookery =>
  world.run([`http://127.0.0.1:${port}`], {
    program: ['python3', EXAMPLE],
    env: { ...TOKEN, WORD_SECONDS: `${wordSeconds}` },
  });

const said = (world: World): string[] =>
  world.emulator
    .transcript({ scene: 'c2c', id: 'U' })
    .filter(({ by, kind }) => by === 'bot' && kind !== 'typing')
    .map(({ text }) => text.trim());

/** The agent has taken the turn and works on it. */
const working = async (port: number): Promise<void> => {
  const headers = { authorization: `Bearer ${CANARIES.serverToken}` };
  const state = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/v1/channels`, { headers })).text();
  await expect.poll(state, { timeout: 10_000, interval: 50 }).toContain('"busy":1');
};

const hears = (world: World, pattern: RegExp): Promise<unknown> =>
  world.emulator.waitFor(() => said(world).some((text) => pattern.test(text)), { timeoutMs: 40_000 });

describe.skipIf(!hasPython)('the Python example, with the standard library only', () => {
  it('answers; is interrupted; and no word of the old answer comes after the new question', async () => {
    const world = await World.make();
    const { port } = await sidecar(world, 0.3);
    world.emulator.sendC2c({ from: 'U', text: 'one two three four five six seven eight nine ten' });
    await working(port);
    world.emulator.sendC2c({ from: 'U', text: 'short' });
    await hears(world, /short/);
    expect(said(world)).toEqual(['You said: short']);
  });

  it('keeps every promise of the frames that it makes', async () => {
    const world = await World.make();
    const port = await freePort();
    const check = world.run(['conformance', `ws://127.0.0.1:${port}`, '--lang', 'en'], { env: TOKEN });
    python(world, port, 0.02);
    expect(await check.exited).toMatchObject({ code: 0 });
    expect(check.stdout).toContain('every promise that was tried holds');
    expect(check.stdout).toMatch(/stops within 2 s of a cancel\s+holds/);
  }, 90_000);

  it('is killed in the middle of its work: its turn goes to the one that is started after it', async () => {
    const world = await World.make();
    const { agent, port } = await sidecar(world, 3);
    world.emulator.sendC2c({ from: 'U', text: 'still there?' });
    await working(port);
    agent.kill('SIGKILL');
    await agent.exited;
    python(world, port, 0.01);
    await hears(world, /still there\?/);
    expect(said(world)).toEqual(['You said: still there?']);
  }, 60_000);

  it('outlives its router: the session goes on, the question is asked again, and is answered once', async () => {
    const world = await World.make();
    const { router, port } = await sidecar(world, 1);
    world.emulator.sendC2c({ from: 'U', text: 'hello' });
    await working(port);
    router.kill('SIGKILL');
    await router.exited;
    const next = world.run(['start'], { env: TOKEN });
    await next.said(/^qq: ready/m);
    await hears(world, /hello/);
    // A worker of the old turn would have spoken by now.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(said(world)).toEqual(['You said: hello']);
  }, 60_000);
});

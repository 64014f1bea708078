import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { shownTo } from '../support/shown.js';
import { freePort } from './support/free-port.js';
import type { Rookery } from './support/rookery.js';
import { CANARIES, fromEnv, World } from './support/world.js';

const at = (path: string): string => fileURLToPath(new URL(`../../examples/${path}`, import.meta.url));
const has = (...argv: readonly [string, ...string[]]): boolean => spawnSync(argv[0], argv.slice(1)).status === 0;

type Program = readonly [string, ...string[]];

/** Each is a program that is given the router's address; what is not on this machine is not run. */
const EXAMPLES: readonly { name: string; isHere: boolean; program: () => Program }[] = [
  {
    name: 'Python',
    isHere: has('python3', '--version'),
    program: () => ['python3', at('python-sidecar/agent.py')],
  },
  {
    name: 'shell',
    isHere: has('curl', '--version') && has('jq', '--version'),
    program: () => ['sh', at('shell-sidecar/agent.sh')],
  },
  {
    name: 'Go',
    isHere: has('go', 'version'),
    program: () => {
      const built = join(mkdtempSync(join(tmpdir(), 'rookery-go-')), 'agent');
      const { status, stderr } = spawnSync('go', ['build', '-o', built, '.'], { cwd: at('go-sidecar') });
      if (status !== 0) throw new Error(`the Go example does not compile: ${stderr}`);
      return [built];
    },
  },
];
for (const { name, isHere } of EXAMPLES) {
  if (!isHere) process.stderr.write(`its tools are not on this machine: the ${name} sidecar is not run\n`);
}

const TOKEN = { ROOKERY_TOKEN: CANARIES.serverToken };

/** The router with `agent: { driver: "native" }` behind a token, and the example beside it. */
const sidecar = async (
  world: World,
  program: Program,
  wordSeconds = 0.02,
): Promise<{ router: Rookery; agent: Rookery; port: number }> => {
  const port = await freePort();
  const server = { port, token: fromEnv('ROOKERY_TOKEN') };
  const channel = { streamMode: 'block', busy: 'interrupt' };
  const config = world.config({ agent: { driver: 'native' }, server, store: { path: './store' } }, channel);
  const router = await world.start(config, { env: TOKEN });
  const agent = beside(world, program, port, wordSeconds);
  const ready = async (): Promise<number> => (await fetch(`http://127.0.0.1:${port}/readyz`)).status;
  await expect.poll(ready, { timeout: 20_000, interval: 50 }).toBe(200);
  return { router, agent, port };
};

const beside = (world: World, program: Program, port: number, wordSeconds: number): Rookery =>
  world.run([`http://127.0.0.1:${port}`], {
    program,
    env: { ...TOKEN, WORD_SECONDS: `${wordSeconds}` },
  });

const said = (world: World): string[] => shownTo(world.emulator, { scene: 'c2c', id: 'U' }).map((text) => text.trim());

/** The agent has taken the turn and works on it. */
const working = async (port: number): Promise<void> => {
  const headers = { authorization: `Bearer ${CANARIES.serverToken}` };
  const state = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/v1/channels`, { headers })).text();
  await expect.poll(state, { timeout: 10_000, interval: 50 }).toContain('"busy":1');
};

const hears = (world: World, pattern: RegExp): Promise<unknown> =>
  world.emulator.waitFor(() => said(world).some((text) => pattern.test(text)), { timeoutMs: 40_000 });

describe.each(EXAMPLES.filter(({ isHere }) => isHere))('the $name example', ({ program: make }) => {
  let program: Program;
  beforeAll(() => {
    program = make();
  }, 120_000);

  it('answers; is interrupted; and no word of the old answer comes after the new question', async () => {
    const world = await World.make();
    const { port } = await sidecar(world, program, 0.3);
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
    beside(world, program, port, 0.02);
    expect(await check.exited).toMatchObject({ code: 0 });
    expect(check.stdout).toContain('every promise that was tried holds');
    expect(check.stdout).toMatch(/stops within 2 s of a cancel\s+holds/);
  }, 90_000);

  it('is killed in the middle of its work: its turn goes to the one that is started after it', async () => {
    const world = await World.make();
    const { agent, port } = await sidecar(world, program, 3);
    world.emulator.sendC2c({ from: 'U', text: 'still there?' });
    await working(port);
    agent.kill('SIGKILL');
    await agent.exited;
    beside(world, program, port, 0.01);
    await hears(world, /still there\?/);
    expect(said(world)).toEqual(['You said: still there?']);
  }, 60_000);

  it('outlives its router: the session goes on, the question is asked again, and is answered once', async () => {
    const world = await World.make();
    const { router, port } = await sidecar(world, program, 1);
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

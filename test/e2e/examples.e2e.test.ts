import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { shownTo } from '../support/shown.js';
import { freePort } from './support/free-port.js';
import { APP_ID, World } from './support/world.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MOCK_MODEL = fileURLToPath(new URL('./support/mock-model.mjs', import.meta.url));
const EXAMPLES = readdirSync(new URL('../../examples/', import.meta.url), { recursive: true })
  .map(String)
  .filter((name) => /\.(?:mjs|py|sh|go)$/u.test(name));
const hasPython = spawnSync('python3', ['--version']).status === 0;
if (!hasPython) process.stderr.write('python3 is not on this machine: webhook-agent.py is not run\n');
const USER = 'U1';
const WAIT = { timeout: 10_000 };

/** An example as a process of its own, before an emulated platform. */
const play = async (name: string, ...nodeArgs: string[]) => {
  const world = await World.make();
  const { token, api } = world.emulator.urls;
  const env = {
    QQ_BOT_APP_ID: APP_ID,
    QQ_ENDPOINTS: JSON.stringify({ token, api }),
    OPENAI_BASE_URL: world.agent.baseUrl,
    OPENAI_MODEL: 'fake',
  };
  const running = world.run([`${ROOT}examples/${name}`], { env, program: [process.execPath, ...nodeArgs] });
  await running.said(/ready: ready/);
  return { world, running };
};

const answersOf = (world: World): string[] => shownTo(world.emulator, USER);

describe('an example', () => {
  it.each(EXAMPLES)('%s fits on a page', (name) => {
    expect(readFileSync(`${ROOT}examples/${name}`, 'utf8').split('\n').length).toBeLessThan(60);
  });

  it('plain-function.mjs answers, and is told what was seen when it is interrupted', async () => {
    const { world, running } = await play('plain-function.mjs');
    world.emulator.sendC2c({ from: USER, text: 'count' });
    await expect.poll(() => world.emulator.transcript(USER).some(({ kind }) => kind === 'typing'), WAIT).toBe(true);
    world.emulator.sendC2c({ from: USER, text: 'hello' });
    await running.said(/cancelled superseded ""/);
    await expect.poll(() => answersOf(world), WAIT).toEqual(['(You had seen “”.) You said: hello']);
    running.kill();
    expect(await running.exited).toMatchObject({ code: 0 });
  });

  it('ai-sdk.mjs says what a model says in two steps, with a tool between them', async () => {
    const { world, running } = await play('ai-sdk.mjs', '--import', MOCK_MODEL);
    world.emulator.sendC2c({ from: USER, text: 'roll' });
    await expect.poll(() => answersOf(world), WAIT).toEqual(['Let me roll.\n\nIt is a one.']);
    running.kill();
    expect(await running.exited).toMatchObject({ code: 0 });
  });

  it('openai-compatible.mjs says what the server says', async () => {
    const { world, running } = await play('openai-compatible.mjs');
    world.emulator.sendC2c({ from: USER, text: 'hi' });
    await running.said(/completed "Hello from the model"/);
    expect(answersOf(world)).toEqual(['Hello from the model']);
    running.kill();
    expect(await running.exited).toMatchObject({ code: 0 });
  });

  it.skipIf(!hasPython)(
    'webhook-agent.py keeps every promise of an agent that is asked, and lets nobody forge',
    async () => {
      const world = await World.make();
      const port = await freePort();
      const secret = { WEBHOOK_SECRET: 'between-the-two-of-us' };
      world.run([`${ROOT}examples/webhook-agent.py`, `${port}`], {
        program: ['python3'],
        env: { ...secret, WORD_SECONDS: '0.3' },
      });
      const url = `http://127.0.0.1:${port}`;
      const isUp = (): Promise<boolean> =>
        fetch(url).then(
          () => true,
          () => false,
        );
      await expect.poll(isUp, WAIT).toBe(true);
      const check = world.run(['conformance', url, '--driver', 'webhook', '--lang', 'en'], { env: secret });
      expect(await check.exited).toMatchObject({ code: 0 });
      expect(check.stdout).toMatch(/stops within 2 s of a cancel\s+holds/);
      expect(check.stdout).toMatch(/signed with another secret\s+holds/);
    },
    60_000,
  );
});

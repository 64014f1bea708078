import { describe, expect, it } from 'vitest';
import { freePort } from './support/free-port.js';
import type { Rookery } from './support/rookery.js';
import { CANARIES, World } from './support/world.js';

/** Kills the process on a poisonous message as long as the file `cured` is missing; writes down what it was asked. */
const AGENT = `
import { appendFileSync, existsSync } from 'node:fs';
export default async (turn) => {
  appendFileSync('asked.txt', turn.text + '\\n');
  if (turn.text.includes('poison') && !existsSync('cured')) process.kill(process.pid, 'SIGKILL');
  await turn.reply('answer to ' + turn.text);
};
`;
const POISON = 'canary-user-text: poison';

class PoisonedWorld {
  private constructor(
    readonly world: World,
    readonly config: unknown,
  ) {}

  static async make(): Promise<PoisonedWorld> {
    const world = await World.make();
    await world.write('agent.mjs', AGENT);
    const server = { port: await freePort(), token: CANARIES.serverToken };
    return new PoisonedWorld(world, world.config({ agent: { driver: 'module', path: './agent.mjs' }, server }));
  }

  start(): Promise<Rookery> {
    return this.world.start(this.config);
  }

  /** A life in which the message is offered again, and which it ends. */
  async dies(): Promise<void> {
    await this.world.write('rookery.config.json5', this.config);
    expect(await this.world.run(['start']).exited).toMatchObject({ signal: 'SIGKILL' });
  }

  /** Three lives ended by one message; the fourth has begun. */
  async poisoned(): Promise<{ readonly id: string; readonly fourth: Rookery }> {
    const first = await this.start();
    const { messageId: id } = this.world.emulator.sendC2c({ from: 'USER-1', text: POISON });
    expect(await first.exited).toMatchObject({ signal: 'SIGKILL' });
    await this.dies();
    await this.dies();
    return { id, fourth: await this.start() };
  }

  async asks(...args: string[]) {
    const asked = this.world.run(['dead-letters', ...args]);
    const { code } = await asked.exited;
    return { code, out: asked.stdout, err: asked.stderr };
  }

  async answered(text: string): Promise<void> {
    await this.world.emulator.waitFor(() => this.world.emulator.sends().find((send) => send.text === text));
  }

  /** How often the agent was asked something poisonous. */
  async poisonings(): Promise<number> {
    return (await this.world.read('asked.txt')).split('\n').filter((line) => line.includes('poison')).length;
  }
}

describe('a message that brings the process down', () => {
  it('is given up at the fourth start and listed; its conversation goes on; once cured it is answered', async () => {
    const poisoned = await PoisonedWorld.make();
    const { world } = poisoned;
    const { id } = await poisoned.poisoned();
    expect(await poisoned.poisonings()).toBe(3);

    const list = await poisoned.asks('list');
    expect(list).toMatchObject({ code: 0, err: '' });
    expect(list.out).toMatch(/^id +conversation +attempts +why +when +text$/m);
    const row = list.out.split('\n').find((line) => line.startsWith(id));
    expect(row).toMatch(/^\S+ +qq:\d+:c2c:USER-1 +3 +its turn never came to an end +20/);
    expect(row).toMatch(new RegExp(`Z +${POISON}$`));
    expect((await poisoned.asks('list', '--lang', 'zh')).out).toContain('以它开始的一轮始终未能结束');

    world.emulator.sendC2c({ from: 'USER-1', text: 'are you there?' });
    await poisoned.answered('answer to are you there?');
    expect(await poisoned.poisonings()).toBe(3);

    await world.write('cured', '');
    expect(await poisoned.asks('retry', id)).toMatchObject({ code: 0, out: `${id}: offered again\n` });
    await poisoned.answered(`answer to ${POISON}`);
    expect((await poisoned.asks('list')).out).toBe('no message was given up\n');
    expect(await poisoned.asks('retry', id)).toMatchObject({ code: 1, out: '' });
    const answers = world.emulator.sends().filter(({ text }) => text === `answer to ${POISON}`);
    expect(answers.map(({ msgId }) => msgId)).toEqual([id]);
  });

  it('has three more lives after a retry, and is gone after a drop, over restarts too', async () => {
    const poisoned = await PoisonedWorld.make();
    const { world } = poisoned;
    const { id, fourth } = await poisoned.poisoned();
    expect(await poisoned.asks('retry', id)).toMatchObject({ code: 0 });
    expect(await fourth.exited).toMatchObject({ signal: 'SIGKILL' });
    await poisoned.dies();
    await poisoned.dies();
    const again = await poisoned.start();
    expect(await poisoned.poisonings()).toBe(6);
    expect((await poisoned.asks('list')).out).toContain(id);

    expect(await poisoned.asks('drop', id)).toMatchObject({ code: 0, out: `${id}: dropped for good\n` });
    const unknown = await poisoned.asks('drop', id);
    expect(unknown).toMatchObject({ code: 1, out: '' });
    expect(unknown.err).toContain(`no message "${id}" was given up`);
    again.kill();
    expect(await again.exited).toMatchObject({ code: 0 });
    await poisoned.start();
    expect((await poisoned.asks('list')).out).toBe('no message was given up\n');
    world.emulator.sendC2c({ from: 'USER-1', text: 'still there?' });
    await poisoned.answered('answer to still there?');
    expect(await poisoned.poisonings()).toBe(6);
  });

  it('its text is in the list, and in no log', async () => {
    const poisoned = await PoisonedWorld.make();
    const { fourth, id } = await poisoned.poisoned();
    await poisoned.asks('drop', id);
    fourth.kill();
    await fourth.exited;
    expect(await poisoned.world.output()).not.toContain('canary-user-text');
  });
});

it('says so where no router runs, and where the token differs', async () => {
  const poisoned = await PoisonedWorld.make();
  await poisoned.world.write('rookery.config.json5', poisoned.config);
  const none = await poisoned.asks('retry', 'some-id');
  expect(none).toMatchObject({ code: 1, out: '' });
  expect(none.err).toContain('server.unreachable: no router answers at');
  await poisoned.start();
  const server = { ...(poisoned.config as { server: object }).server, token: 'canary-another-token' };
  await poisoned.world.write('other.json5', poisoned.world.config({ server }));
  const refused = await poisoned.asks('list', '--config', 'other.json5', '--lang', 'zh');
  expect(refused).toMatchObject({ code: 1, out: '' });
  expect(refused.err).toContain('server.token 与其启动时的不一致');
});

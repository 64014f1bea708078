import { describe, expect, it } from 'vitest';
import { freePort } from './support/free-port.js';
import { CANARIES, World } from './support/world.js';

describe('rookery start with transport "webhook"', () => {
  it('proves its address, is called back, answers, refuses forgeries, and loses nothing over a restart', async () => {
    const world = await World.make({ limits: { webhookRetryMs: 500, webhookAttempts: 50 } });
    await world.write('agent.mjs', "export default async (turn) => { await turn.reply('answer to ' + turn.text); };\n");
    const port = await freePort();
    const config = world.config(
      { agent: { driver: 'module', path: './agent.mjs' }, server: { port, token: CANARIES.serverToken } },
      { transport: 'webhook' },
    );
    const { emulator } = world;
    const answered = (text: string) =>
      emulator.waitFor(() => emulator.sends().find((send) => send.text === `answer to ${text}`));

    await world.write('rookery.config.json5', config);
    const first = world.run(['start']);
    await first.said(/^qq: ready \(webhook\) as /m);
    expect(emulator.sessions()).toEqual([]);
    expect(await emulator.setWebhook(`http://127.0.0.1:${port}/webhooks/qq`)).toEqual({ ok: true });

    emulator.sendC2c({ from: 'U1', text: 'hello' });
    await answered('hello');
    for (const fault of ['wrongSignature', 'noSignature', 'alteredBody', 'stale'] as const) {
      emulator.spoilCallbacks(fault);
      emulator.sendC2c({ from: 'U1', text: fault });
      await answered(fault);
    }
    const refused = emulator.callbacks().filter(({ outcome }) => outcome === 'refused');
    expect(refused.map(({ status }) => status)).toEqual([401, 401, 401, 403]);

    // Said while the router is away: the platform calls until it is acknowledged.
    first.kill('SIGKILL');
    await first.exited;
    emulator.sendC2c({ from: 'U2', text: 'anybody there?' });
    const second = world.run(['start']);
    await second.said(/^qq: ready \(webhook\)/m);
    await answered('anybody there?');
    emulator.sendC2c({ from: 'U2', text: 'and now?' });
    await answered('and now?');

    const list = world.run(['channel', 'list']);
    await list.exited;
    expect(list.stdout).toMatch(/^qq +ready/m);
    const doubled = emulator.sends().filter(({ text }) => text === 'answer to hello');
    expect(doubled).toHaveLength(1);
    second.kill();
    expect(await second.exited).toMatchObject({ code: 0 });
  });

  it('is proved by the address of all bots as well', async () => {
    const world = await World.make();
    const port = await freePort();
    await world.write(
      'rookery.config.json5',
      world.config({ agent: { driver: 'echo' }, server: { port } }, { transport: 'webhook' }),
    );
    const rookery = world.run(['start', '--lang', 'zh']);
    await rookery.said(/^qq: 已就绪（.*）/m);
    expect(await world.emulator.setWebhook(`http://127.0.0.1:${port}/webhooks`)).toEqual({ ok: true });
    world.emulator.sendC2c({ from: 'U1', text: 'hello' });
    await world.emulator.waitFor(() => world.emulator.sends().find(({ text }) => text.includes('hello')));
  });
});

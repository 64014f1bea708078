import { describe, expect, it } from 'vitest';
import { freePort } from './support/free-port.js';
import { World } from './support/world.js';

const AGENT = "export default async (turn) => { await turn.reply('**answer** to ' + turn.text); };\n";

/** A router that runs, with its doctor. */
const running = async (channel: Readonly<Record<string, unknown>> = {}, agent: unknown = { driver: 'echo' }) => {
  const world = await World.make();
  const port = await freePort();
  await world.write('agent.mjs', AGENT);
  await world.write('rookery.config.json5', world.config({ agent, server: { port } }, channel));
  const rookery = world.run(['start']);
  const doctor = async (...more: string[]) => {
    const asked = world.run(['channel', 'doctor', ...more]);
    const { code } = await asked.exited;
    return { code, out: asked.stdout };
  };
  await rookery.said(/^qq: ready/m);
  return { world, port, rookery, doctor };
};

describe('rookery channel doctor beside a running router', () => {
  it('a webhook that was never called: the address is proved, and that nobody registered it is named', async () => {
    const { world, port, doctor } = await running({ transport: 'webhook' });
    const silent = await doctor('--lang', 'zh');
    expect(silent.code).toBe(1);
    expect(silent.out).toMatch(
      new RegExp(`^ {2}正常 {2}回调地址: http://127\\.0\\.0\\.1:${port}/webhooks/qq 已通过验证`, 'm'),
    );
    expect(silent.out).toMatch(
      /^ {2}问题 {2}运行中的路由器: webhook\.silent.*\n {4}处理办法: 请在 QQ 机器人管理端.*登记/m,
    );
    // The doctor's own calls are none of the platform's.
    expect(await doctor()).toMatchObject({ code: 1 });
    await world.emulator.setWebhook(`http://127.0.0.1:${port}/webhooks/qq`);
    world.emulator.sendC2c({ from: 'U1', text: 'hi' });
    await world.emulator.waitFor(() => world.emulator.sends()[0]);
    const well = await doctor();
    expect(well).toMatchObject({ code: 0 });
    expect(well.out).toMatch(/^ {2}ok {2}running router: ready, called back \d+ s ago; it has met no refusal$/m);
    world.emulator.spoilCallbacks('alteredBody');
    world.emulator.sendC2c({ from: 'U1', text: 'again' });
    await world.emulator.waitFor(() => world.emulator.callbacks().find(({ status }) => status === 401));
    const forged = await doctor();
    expect(forged).toMatchObject({ code: 1 });
    expect(forged.out).toMatch(
      /^ {2}finding {2}running router: webhook\.badSignature: 1 callbacks .*\n {4}remedy: A proxy alters/m,
    );
  });

  it('a right to markdown that is missing is named once the platform has refused it', async () => {
    const { world, doctor } = await running({ markdown: true }, { driver: 'module', path: './agent.mjs' });
    world.emulator.rights().markdown.c2c = false;
    expect(await doctor()).toMatchObject({ code: 0 });
    world.emulator.sendC2c({ from: 'U1', text: 'hi' });
    await world.emulator.waitFor(() => world.emulator.sends().find(({ kind }) => kind === 'text'));
    const { code, out } = await doctor();
    expect(code).toBe(1);
    expect(out).toMatch(
      /^ {2}finding {2}running router: platform\.notPermitted: the platform refused markdown in c2c$/m,
    );
    expect(out).toMatch(/^ {4}remedy: The bot has no right to markdown in this scene/m);
  });
});

describe('rookery channel doctor alone', () => {
  it('names an address that is not on the allow-list, and a bot that may use the sandbox only', async () => {
    const world = await World.make();
    await world.write('rookery.config.json5', world.config());
    world.emulator.refuseAddress();
    const refused = world.run(['channel', 'doctor', '--lang', 'zh']);
    expect(await refused.exited).toMatchObject({ code: 1 });
    expect(refused.stdout).toMatch(/^ {2}问题 {2}网关: auth\.ipNotAllowed.*\n {4}处理办法: .*IP 白名单/m);
    world.emulator.refuseAddress(false);
    world.emulator.setBotState('offline');
    const offline = world.run(['channel', 'doctor']);
    expect(await offline.exited).toMatchObject({ code: 1 });
    expect(offline.stdout).toMatch(
      /^ {2}finding {2}handshake: gateway\.sandboxOnly.*4914.*\n {4}remedy: .*sandbox: true/m,
    );
  });

  it('a webhook without a router that runs: what cannot be looked at is said', async () => {
    const world = await World.make();
    const server = { port: await freePort() };
    await world.write('rookery.config.json5', world.config({ server }, { transport: 'webhook' }));
    const doctor = world.run(['channel', 'doctor']);
    expect(await doctor.exited).toMatchObject({ code: 0 });
    expect(doctor.stdout).toMatch(/^ {2}skipped {2}callback address: no router answers/m);
    expect(await world.run(['channel', 'doctor', 'nobody']).exited).toMatchObject({ code: 2 });
  });
});

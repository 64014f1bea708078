import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { Relay } from './support/relay.js';
import { APP_ID, ask, CANARIES, World } from './support/world.js';

describe('the end', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    '%s: a running turn is finished, the socket closed with 1000, exit 0',
    async (signal) => {
      const world = await World.make();
      const { emulator, agent } = world;
      const relay = await Relay.before(emulator);
      agent.script = (exchange) => exchange.say('half an answer');
      const rookery = await world.start();
      const url = await rookery.url();
      emulator.sendC2c({ from: 'USER-1', text: 'a long question' });
      const exchange = await agent.arrived();
      rookery.kill(signal);
      await rookery.said(new RegExp(`^${signal}: `, 'm'));
      expect(await ask(`${url}/readyz`)).toMatchObject({ status: 503, body: { missing: [{ what: 'router' }] } });
      exchange.say(', and the rest');
      exchange.finish();
      exchange.close();
      expect(await rookery.exited).toEqual({ code: 0, signal: null });
      expect(emulator.sends().map(({ text }) => text)).toContain('half an answer, and the rest');
      expect(await relay.goodbye).toBe(1000);
      relay.close();
    },
  );

  it('the second signal ends it at once', async () => {
    const world = await World.make();
    world.agent.script = (exchange) => exchange.say('never finished');
    const rookery = await world.start();
    world.emulator.sendC2c({ from: 'USER-1', text: 'hold on' });
    await world.agent.arrived();
    rookery.kill('SIGTERM');
    await rookery.said(/^SIGTERM: /m);
    rookery.kill('SIGTERM');
    expect(await rookery.exited).toEqual({ code: 143, signal: null });
  });

  it('a turn that does not end is cut in time', async () => {
    const world = await World.make();
    world.agent.script = (exchange) => exchange.say('never finished');
    const rookery = await world.start();
    world.emulator.sendC2c({ from: 'USER-1', text: 'hold on' });
    const exchange = await world.agent.arrived();
    rookery.kill();
    const startedMs = Date.now();
    expect(await rookery.exited).toEqual({ code: 0, signal: null });
    expect(Date.now() - startedMs).toBeLessThan(10_000);
    await exchange.closedByClient;
  });
});

describe('the beginning', () => {
  it('a refused secret: said with its remedy, and exit 1, for trying again cannot help', async () => {
    const world = await World.make();
    await world.write('rookery.config.json5', world.config({}, { appSecret: 'canary-wrong-secret' }));
    const rookery = world.run(['start']);
    expect(await rookery.exited).toEqual({ code: 1, signal: null });
    expect(rookery.stdout).toMatch(/^qq: stopped: auth\.rejected.*copy both again/m);
    expect(rookery.stderr).toContain('no channel could be started');
    expect(rookery.stdout + rookery.stderr).not.toContain('canary-wrong-secret');
  });

  it('one channel of two that works is enough', async () => {
    const world = await World.make();
    const config = world.config() as { channels: Record<string, Record<string, unknown>> };
    config.channels['other'] = { ...config.channels['qq'], appId: '102000099' };
    const rookery = await world.start(config);
    await rookery.said(/^other: stopped: auth\.rejected/m);
    const { body } = await ask(`${await rookery.url()}/readyz`);
    expect(body).toMatchObject({ missing: [{ what: 'channels.other' }] });
  });

  it('a taken port: named with its remedy, exit 1', async () => {
    const world = await World.make();
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    await world.write('rookery.config.json5', world.config({ server: { port } }));
    const rookery = world.run(['start']);
    expect(await rookery.exited).toMatchObject({ code: 1 });
    expect(rookery.stderr).toMatch(new RegExp(`server\\.portTaken: server\\.port ${port}`));
    expect(rookery.stderr).toContain('set server.port to a free one');
    await new Promise((resolve) => other.close(resolve));
  });

  it('a store that another process holds is named with its mend', async () => {
    const world = await World.make();
    const store = { driver: 'embedded', path: './shared-data' };
    const first = await world.start(world.config({ store }));
    const second = world.run(['start']);
    expect(await second.exited).toMatchObject({ code: 1 });
    expect(second.stderr).toMatch(/^error: store\.locked: .*shared-data is in use by another process/m);
    expect(second.stderr).toContain('a store.path of its own');
    first.kill('SIGTERM');
    expect(await first.exited).toMatchObject({ code: 0 });
  });

  it('a store below a place where nothing can be made: named with its mend, also by the doctor', async () => {
    const world = await World.make();
    const store = { driver: 'embedded', path: '/proc/rookery/data' };
    await world.write('rookery.config.json5', world.config({ store }));
    const rookery = world.run(['start']);
    expect(await rookery.exited).toEqual({ code: 1, signal: null });
    expect(rookery.stderr).toMatch(/^error: store\.failed: \/proc\/rookery\/data: .* in \/proc \(ENOENT\)$/m);
    expect(rookery.stderr).toContain('check the disk and the rights on store.path');
    const doctor = world.run(['channel', 'doctor', '--lang', 'zh']);
    expect(await doctor.exited).toEqual({ code: 1, signal: null });
    expect(doctor.stdout).toMatch(/^ {2}问题 {2}存储: store\.failed: .*\n {4}处理办法: 无法读写存储/m);
    const letters = world.run(['dead-letters', 'list']);
    expect(await letters.exited).toEqual({ code: 1, signal: null });
    expect(letters.stderr).toMatch(/^error: server\.unreachable: .*server\.port 0/m);
  });

  it('in Chinese: the lines that an OpenPollen user knows, each at its event', async () => {
    const world = await World.make();
    await world.write('rookery.config.json5', world.config());
    const rookery = world.run(['start'], { env: { LANG: 'zh_CN.UTF-8' } });
    await rookery.said(
      /^QQ 频道 access_token 获取成功\n获取 Gateway 成功\nQQ 频道机器人已就绪\nqq: 已就绪（WebSocket），机器人 router-bot$/m,
    );
    world.emulator.closeAll(4009);
    await rookery.said(/^qq: 连接中断：transport\.lost \(4009\).*路由器会自动重连/m);
  });

  it('readiness names an agent that does not answer', async () => {
    const world = await World.make();
    const config = world.config({ agent: { driver: 'openai', baseUrl: 'http://127.0.0.1:9/v1', model: 'none' } });
    const rookery = await world.start(config);
    expect(await ask(`${await rookery.url()}/readyz`)).toMatchObject({
      status: 503,
      body: { missing: [{ what: 'agent', why: expect.stringContaining('agent.unreachable') }] },
    });
  });

  it('the server’s token stays unsaid, and is asked for', async () => {
    const world = await World.make();
    const rookery = await world.start(world.config({ server: { port: 0, token: CANARIES.serverToken } }));
    const url = await rookery.url();
    expect((await ask(`${url}/v1/channels`)).status).toBe(401);
    const answer = await fetch(`${url}/v1/channels`, { headers: { authorization: `Bearer ${CANARIES.serverToken}` } });
    expect(await answer.json()).toMatchObject({ channels: [{ name: 'qq', state: 'ready', appId: APP_ID }] });
  });
});

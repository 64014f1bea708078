import { describe, expect, it } from 'vitest';
import { freePort } from './support/free-port.js';
import { CANARIES, World } from './support/world.js';

describe('rookery channel list', () => {
  it('shows what the running router says, with what is switched off; and says so where none runs', async () => {
    const world = await World.make();
    const server = { port: await freePort(), token: CANARIES.serverToken };
    const config = world.config({ server }) as { channels: Record<string, Record<string, unknown>> };
    config.channels['spare'] = { ...config.channels['qq'], enabled: false };
    await world.write('rookery.config.json5', config);
    const none = world.run(['channel', 'list']);
    expect(await none.exited).toMatchObject({ code: 1 });
    expect(none.stderr).toMatch(/server\.unreachable: no router answers at http:\/\/127\.0\.0\.1:/);
    expect(none.stderr).toContain('rookery start');
    expect(none.stdout).toMatch(/^qq +not running$/m);
    expect(none.stdout).toMatch(/^spare +disabled$/m);

    await world.start(config);
    const list = world.run(['channel', 'list']);
    expect(await list.exited).toMatchObject({ code: 0 });
    const session = world.emulator.sessions()[0]?.id ?? 'none';
    expect(list.stdout).toMatch(/^name +state +bot +session/m);
    expect(list.stdout).toMatch(new RegExp(`^qq +ready +router-bot +${session} +1/1 +0 +0 +– +–$`, 'm'));
    expect(list.stdout).toMatch(/^spare +disabled/m);

    await world.write('other.json5', world.config({ server: { ...server, token: 'canary-another-token' } }));
    const refused = world.run(['channel', 'list', '--config', 'other.json5', '--lang', 'zh']);
    expect(await refused.exited).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain('server.token 与其启动时的不一致');
  });
});

describe('a router on any free port', () => {
  it('is found by the other commands, and not once it is gone', async () => {
    const world = await World.make();
    const rookery = await world.start();
    // A second one beside the same store ends, and takes nothing of the first along.
    expect(await world.run(['start']).exited).toMatchObject({ code: 1 });
    const list = world.run(['channel', 'list']);
    expect(await list.exited).toMatchObject({ code: 0 });
    expect(list.stdout).toMatch(/^qq +ready +router-bot/m);
    const doctor = world.run(['channel', 'doctor']);
    await doctor.said(/^ {2}ok {2}running router: /m);
    rookery.kill();
    await rookery.exited;
    expect(await world.run(['channel', 'list']).exited).toMatchObject({ code: 1 });
  });
});

describe('rookery channel doctor', () => {
  it('finds a healthy channel healthy, and says goodbye', async () => {
    const world = await World.make();
    await world.write('rookery.config.json5', world.config());
    const doctor = world.run(['channel', 'doctor', 'qq']);
    expect(await doctor.exited).toMatchObject({ code: 0 });
    for (const step of ['token', 'gateway', 'session starts', 'handshake', 'intents', 'clock', 'agent']) {
      expect(doctor.stdout).toMatch(new RegExp(`^ {2}ok {2}${step}: `, 'm'));
    }
    expect(doctor.stdout).toMatch(/READY as router-bot/);
    expect(doctor.stderr).toContain('one session start');
    expect(world.emulator.links()).toEqual([]);
  });

  it('names a wrong secret with its remedy, in Chinese, and what it could not look at', async () => {
    const world = await World.make();
    await world.write('rookery.config.json5', world.config({}, { appSecret: 'canary-wrong-secret' }));
    const doctor = world.run(['channel', 'doctor', '--lang', 'zh']);
    expect(await doctor.exited).toMatchObject({ code: 1 });
    expect(doctor.stdout).toMatch(/^ {2}问题 {2}令牌: auth\.rejected.*\n {4}处理办法: appId 或 appSecret 不正确/m);
    expect(doctor.stdout).toMatch(/^ {2}跳过 {2}握手: 缺少前置条件：令牌$/m);
    expect(doctor.stdout).toMatch(/^发现 1 个问题$/m);
    expect(doctor.stdout).not.toContain('canary-wrong-secret');
  });

  it('names the intents that may not be granted, and a silent agent', async () => {
    const world = await World.make();
    world.emulator.grantIntents(1 << 25);
    const agent = { driver: 'openai', baseUrl: 'http://127.0.0.1:9/v1', model: 'none' };
    await world.write('rookery.config.json5', world.config({ agent }));
    const doctor = world.run(['channel', 'doctor']);
    expect(await doctor.exited).toMatchObject({ code: 1 });
    expect(doctor.stdout).toMatch(/^ {2}finding {2}intents: gateway\.intentsRefused: .*direct_message.*interaction/m);
    expect(doctor.stdout).toMatch(/^ {2}finding {2}agent: agent\.unreachable/m);
    expect(doctor.stdout).toMatch(/^2 findings$/m);
  });

  it('names a banned bot', async () => {
    const world = await World.make();
    world.emulator.setBotState('banned');
    await world.write('rookery.config.json5', world.config());
    const doctor = world.run(['channel', 'doctor']);
    expect(await doctor.exited).toMatchObject({ code: 1 });
    expect(doctor.stdout).toMatch(/finding {2}\w+: .*(11265|4915)/);
  });

  it('does not try a handshake when no session starts are left', async () => {
    const world = await World.make({ limits: { sessionStartsPerDay: 0 } });
    await world.write('rookery.config.json5', world.config());
    const doctor = world.run(['channel', 'doctor']);
    expect(await doctor.exited).toMatchObject({ code: 1 });
    expect(doctor.stdout).toMatch(/finding {2}session starts: gateway\.sessionLimit/);
    expect(world.emulator.sessionLog()).toEqual([]);
  });

  it('bad usage is 2: an unknown name, and nothing to check', async () => {
    const world = await World.make();
    const nothing = world.run(['channel', 'doctor']);
    expect(await nothing.exited).toMatchObject({ code: 2 });
    await world.write('rookery.config.json5', world.config());
    const unknown = world.run(['channel', 'doctor', 'qqq']);
    expect(await unknown.exited).toMatchObject({ code: 2 });
    expect(unknown.stderr).toContain('unknown name "qqq"; known are qq');
  });
});

describe('rookery logs', () => {
  it('shows what the router logged, and goes on as it comes', async () => {
    const world = await World.make();
    const none = world.run(['logs']);
    expect(await none.exited).toMatchObject({ code: 1 });
    const rookery = await world.start();
    const follow = world.run(['logs', '-f', '-n', '1']);
    await follow.said(/./);
    world.emulator.closeAll(4009);
    await follow.said(/WARN .*channel lost/);
    await follow.said(/INFO .*channel resumed/);
    follow.kill('SIGINT');
    expect(await follow.exited).toMatchObject({ code: 0 });
    const last = world.run(['logs', '-n', '1000']);
    expect(await last.exited).toMatchObject({ code: 0 });
    expect(last.stdout).toMatch(/INFO .*rookery starts/);
    expect(rookery.stderr).toMatch(/WARN .*channel lost/);
    expect(rookery.stderr).not.toMatch(/INFO/);
  });
});

import { describe, expect, it } from 'vitest';
import { APP_ID, CANARIES, fromEnv, World } from './support/world.js';

describe('a mistake in the configuration: exit 2, the key, what was found and the mend', () => {
  it.each([
    ['an unknown key', { port: 1 }, /^error: port: unknown key; the nearest known key is/m],
    ['a wrong type', { server: { port: 'high' } }, /^error: server\.port: found "high"; write a number/m],
    [
      'an unset variable',
      { server: { token: fromEnv('NOT_SET_ANYWHERE') } },
      /^error: server\.token: .*NOT_SET_ANYWHERE is not set/m,
    ],
    [
      'a channel without an agent',
      { agent: undefined },
      /^error: channels\.qq\.agent: missing, here and at the top: set agent/m,
    ],
    ['an open host without a token', { server: { host: '0.0.0.0' } }, /^error: server\.host: found "0\.0\.0\.0"/m],
  ])('%s', async (_, more, line) => {
    const world = await World.make();
    await world.write('rookery.config.json5', world.config(more));
    const rookery = world.run(['start']);
    expect(await rookery.exited).toEqual({ code: 2, signal: null });
    expect(rookery.stderr).toMatch(line);
    expect(rookery.stderr).not.toMatch(/^\s+at /m);
    expect(rookery.stdout).toBe('');
  });

  it('in Chinese', async () => {
    const world = await World.make();
    await world.write('rookery.config.json5', world.config({}, { appSecert: 'x' }));
    const rookery = world.run(['start', '--lang', 'zh']);
    expect(await rookery.exited).toMatchObject({ code: 2 });
    expect(rookery.stderr).toMatch(/^错误: channels\.qq\.appSecert：未知的配置项；最接近的配置项是 .*appSecret/m);
    expect(rookery.stderr).toContain('处理办法: ');
  });

  it('a file that is not there', async () => {
    const world = await World.make();
    const rookery = world.run(['start', '--config', 'nowhere.toml']);
    expect(await rookery.exited).toMatchObject({ code: 2 });
    expect(rookery.stderr).toContain('nowhere.toml');
  });

  it('a module that cannot be loaded', async () => {
    const world = await World.make();
    await world.write('rookery.config.json5', world.config({ agent: { driver: 'module', path: './nowhere.mjs' } }));
    const rookery = world.run(['start']);
    expect(await rookery.exited).toMatchObject({ code: 2 });
    expect(rookery.stderr).toContain('nowhere.mjs');
    expect(rookery.stderr).not.toMatch(/^\s+at /m);
  });
});

describe('configurations of other programs work as they stand', () => {
  it('PRX: a [channels_config.qq] table in TOML', async () => {
    const world = await World.make();
    const { token, api } = world.emulator.urls;
    await world.write(
      'rookery.config.toml',
      `[channels_config.qq]
app_id = "${APP_ID}"
app_secret = "${CANARIES.appSecret}"
allowed_users = ["*"]
mention_only = true
interrupt_on_new_message = true
stream_mode = "typing"

[channels_config.qq.endpoints]
token = "${token}"
api = "${api}"

[agent]
driver = "echo"

[server]
port = 0
`,
    );
    const rookery = world.run(['start']);
    await rookery.said(/^qq: ready/m);
    world.emulator.sendGroup({ group: 'GROUP-1', from: 'MEMBER-1', text: 'ping' });
    await world.emulator.waitFor(() => world.emulator.sends().find(({ text }) => text.includes('ping')));
  });

  it('OpenPollen: a channels.qq object in JSON, taken with --config', async () => {
    const world = await World.make();
    const qq = {
      enabled: true,
      appId: APP_ID,
      appSecret: CANARIES.appSecret,
      groupPolicy: 'mention',
      endpoints: world.emulator.urls,
    };
    const { token, api } = qq.endpoints;
    const config = {
      channels: { qq: { ...qq, endpoints: { token, api } } },
      agent: { driver: 'echo' },
      server: { port: 0 },
    };
    await world.write('mine.json', config);
    const rookery = world.run(['start', '--config', 'mine.json']);
    await rookery.said(/^qq: ready/m);
    world.emulator.sendC2c({ from: 'USER-1', text: 'ping' });
    await world.emulator.waitFor(() => world.emulator.sends().find(({ text }) => text.includes('ping')));
  });

  it('the schema that editors read names every top-level key', async () => {
    const world = await World.make();
    const rookery = world.run(['config', 'schema']);
    expect(await rookery.exited).toMatchObject({ code: 0 });
    expect(Object.keys(JSON.parse(rookery.stdout).properties)).toEqual(
      expect.arrayContaining(['channels', 'agent', 'server', 'store', 'log']),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { resolveRouterOptions, secretsOf } from '../../src/config/resolve.js';
import { Secret } from '../../src/config/secret.js';
import { intentNames } from '../../src/domain/intents.js';
import { channel, QQ, ref, resolve } from './support.js';

describe('defaults', () => {
  const { config } = resolve({ channels: { qq: QQ } });

  it('of a channel', () => {
    const { scenes, appSecret, ...rest } = channel({});
    expect(rest).toEqual({
      name: 'qq',
      type: 'qq',
      enabled: true,
      appId: '102012345',
      sandbox: false,
      transport: 'websocket',
      webhook: { maxAgeMs: 300_000, refuseReplays: true, bodyMax: 262_144 },
      intents: 1_174_409_217,
      shards: 'auto',
      interruptNote: true,
      nativeStream: 'stream_messages',
      endpoints: { token: 'https://bots.qq.com', api: 'https://api.sgroup.qq.com' },
    });
    expect(intentNames(rest.intents)).toEqual([
      'guilds',
      'direct_message',
      'group_and_c2c_event',
      'interaction',
      'public_guild_messages',
    ]);
    expect(appSecret.reveal()).toBe(QQ.appSecret);
    const common = {
      groupPolicy: 'mention',
      allowedUsers: ['*'],
      allowedGroups: null,
      ackReactions: false,
      streamMode: 'typing',
      busy: 'interrupt',
      maxReplyChars: 18_000,
      blockPause: false,
      waitingMax: 20,
      concurrentMax: 4,
      admins: [],
      drop: 'summarize',
      waitingLifeMs: 90_000,
      interruptScope: 'sender',
      interruptedHistory: 'delivered',
      mediaHoldMs: 1_500,
      buttons: 'turn',
      stopButton: false,
      conversationKey: 'member',
      markdown: false,
    };
    const inPrivate = {
      ...common,
      debounce: { quietMs: 600, atMostMs: 2_500 },
      patience: { interruptsMax: 5, withinMs: 30_000 },
      notices: { stopped: true, rejected: false, expired: false, failed: true, blocked: true },
    };
    const inPublic = {
      ...common,
      debounce: { quietMs: 300, atMostMs: 1_500 },
      patience: { interruptsMax: 3, withinMs: 30_000 },
      notices: { stopped: false, rejected: false, expired: false, failed: true, blocked: true },
      activeMessages: false,
    };
    expect(scenes).toEqual({
      c2c: { ...inPrivate, activeMessages: true },
      group: inPublic,
      guild: inPublic,
      dm: { ...inPrivate, activeMessages: false },
    });
  });

  it('of everything else', () => {
    const { channels, ...rest } = config;
    expect(Object.keys(channels)).toEqual(['qq']);
    expect(rest).toEqual({
      server: { host: '127.0.0.1', port: 18_800, inspect: 'states', readOnly: false },
      store: { driver: 'embedded', path: '/base/rookery-data' },
      media: {
        path: '/base/rookery-data/media',
        sendBytesMax: 209_715_200,
        oneShotBytesMax: 4_194_304,
        receive: true,
        receiveBytesMax: 20_971_520,
        spoolBytesMax: 1_073_741_824,
        spoolFilesMax: 2_000,
        spoolLifeMs: 86_400_000,
        waitMs: 5_000,
      },
      log: { level: 'info' },
      conversation: {
        retireAfterMs: 60_000,
        graceMs: 2_000,
        settleMs: 3_000,
        turnMaxMs: { c2c: 900_000, dm: 300_000, group: 300_000, guild: 300_000 },
        holdMaxMs: 60_000,
        silenceMaxMs: 120_000,
        transcriptMax: 40,
      },
    });
  });

  it('write nothing into the folder of a program that embeds the router', () => {
    expect(resolveRouterOptions({ channels: { qq: QQ } }).store.driver).toBe('memory');
    expect(resolveRouterOptions({ channels: { qq: QQ }, store: { driver: 'embedded' } }).store.driver).toBe('embedded');
  });

  it('are frozen throughout', () => {
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.channels['qq']?.scenes.c2c.debounce)).toBe(true);
    expect(Object.isFrozen(config.channels['qq']?.scenes.c2c.allowedUsers)).toBe(true);
  });
});

describe('shorthands', () => {
  it.each([
    [{ interruptOnNewMessage: true }, { busy: 'interrupt' }],
    [{ interruptOnNewMessage: false }, { busy: 'collect' }],
    [{ interruptOnNewMessage: false, busy: 'enqueue' }, { busy: 'enqueue' }],
    [{ interruptOnNewMessage: true, busy: 'interrupt' }, { busy: 'interrupt' }],
    [{ mentionOnly: true }, { groupPolicy: 'mention' }],
    [{ mentionOnly: false }, { groupPolicy: 'all' }],
    [{ streamMode: 'none' }, { streamMode: 'final' }],
    [{ debounce: { quietMs: 9_000 } }, { debounce: { quietMs: 9_000, atMostMs: 9_000 } }],
    [{ debounce: { atMostMs: 100 } }, { debounce: { quietMs: 100, atMostMs: 100 } }],
    [{ allowedUsers: [] }, { allowedUsers: [] }],
  ])('%j means %j', (written, meant) => {
    expect(channel(written).scenes.c2c).toMatchObject(meant);
  });

  it.each([
    [{ sandbox: true }, 'https://sandbox.api.sgroup.qq.com'],
    [{ sandbox: true, endpoints: { api: 'http://127.0.0.1:1234/' } }, 'http://127.0.0.1:1234'],
    [{ endpoints: { token: 'http://127.0.0.1:1' } }, 'https://api.sgroup.qq.com'],
  ])('%j talks to %s', (written, api) => {
    expect(channel(written).endpoints.api).toBe(api);
  });

  it.each([
    [['guilds'], 1],
    [['GUILDS', 'PUBLIC_GUILD_MESSAGES'], 1_073_741_825],
    [['guild_messages', 'forums', 'enter_aio'], (1 << 9) | (1 << 28) | (1 << 23)],
    [[], 0],
    [0, 0],
    [1_107_296_259, 1_107_296_259],
  ])('intents %j are the mask %d', (intents, mask) => {
    expect(channel({ intents }).intents).toBe(mask);
  });

  it('takes an appId that was written as a number', () => {
    expect(channel({ appId: 102_012_345 }).appId).toBe('102012345');
  });
});

describe('a group that shares one conversation', () => {
  it('has room for more who wait, where nobody says otherwise', () => {
    const { scenes } = channel({ conversationKey: 'group' });
    expect([scenes.group.waitingMax, scenes.guild.waitingMax, scenes.c2c.waitingMax]).toEqual([50, 50, 20]);
    expect(channel({ conversationKey: 'group', waitingMax: 7 }).scenes.group.waitingMax).toBe(7);
  });
});

describe('a scene', () => {
  it('overrides its channel, shorthand or not, and leaves the others alone', () => {
    const { scenes } = channel({
      busy: 'enqueue',
      groupPolicy: 'all',
      debounce: { quietMs: 50 },
      scenes: {
        group: { interruptOnNewMessage: true, mentionOnly: true, debounce: { atMostMs: 70 }, maxReplyChars: 10 },
        dm: { waitingMax: 1, ackReactions: true, streamMode: 'native', allowedUsers: ['u1'] },
      },
    });
    expect(scenes.c2c).toMatchObject({
      busy: 'enqueue',
      groupPolicy: 'all',
      debounce: { quietMs: 50, atMostMs: 2_500 },
    });
    expect(scenes.group).toMatchObject({
      busy: 'interrupt',
      groupPolicy: 'mention',
      debounce: { quietMs: 50, atMostMs: 70 },
      maxReplyChars: 10,
    });
    expect(scenes.dm).toMatchObject({
      busy: 'enqueue',
      waitingMax: 1,
      ackReactions: true,
      streamMode: 'native',
      allowedUsers: ['u1'],
    });
  });
});

describe('an agent', () => {
  it.each([
    [{ driver: 'echo' }, { driver: 'echo' }],
    [{ driver: 'demo' }, { driver: 'demo' }],
    [
      { driver: 'module', path: './agent.js' },
      { driver: 'module', path: '/base/agent.js' },
    ],
    [
      { driver: 'module', path: '/abs/agent.js' },
      { driver: 'module', path: '/abs/agent.js' },
    ],
    [
      { driver: 'openai', baseUrl: 'http://127.0.0.1:11434/v1/', model: 'qwen3' },
      {
        driver: 'openai',
        baseUrl: 'http://127.0.0.1:11434/v1',
        model: 'qwen3',
        headers: {},
        body: {},
        onDisconnect: 'stops',
        idleMs: 120_000,
      },
    ],
    [
      { driver: 'ag-ui', url: 'http://a.b/run/', thread_id: 't' },
      {
        ...{ driver: 'ag-ui', url: 'http://a.b/run/', threadId: 't', history: 'router', state: {}, forwardedProps: {} },
        ...{ headers: {}, onDisconnect: 'stops', idleMs: 120_000 },
      },
    ],
    [
      { driver: 'webhook', url: 'http://a.b/hook' },
      { driver: 'webhook', url: 'http://a.b/hook', headers: {}, onDisconnect: 'stops', idleMs: 120_000 },
    ],
    [
      { driver: 'langgraph', base_url: 'http://a.b/', input: { user_name: 1 } },
      {
        ...{ driver: 'langgraph', baseUrl: 'http://a.b', assistantId: 'agent', nodes: [], input: { user_name: 1 } },
        ...{ config: {}, headers: {}, onDisconnect: 'cancel', idleMs: 120_000 },
      },
    ],
    [
      { driver: 'acp', command: 'agent', cwd: './work' },
      {
        ...{ driver: 'acp', command: 'agent', args: [], env: {}, cwd: '/base/work', process: 'conversation' },
        ...{ processesMax: 8, processIdleMs: 600_000, permissions: 'deny', startMs: 60_000, idleMs: 120_000 },
      },
    ],
  ])('%j', (agent, settings) => {
    expect(resolve({ channels: { qq: QQ }, agent }).config.agent).toEqual(settings);
    expect(channel({ agent }).agent).toEqual(settings);
  });
});

describe('secrets', () => {
  const config = resolveRouterOptions({
    channels: { qq: QQ },
    server: { token: 'canary-token' },
    agent: {
      driver: 'openai',
      baseUrl: 'http://a.b',
      apiKey: 'canary-key',
      model: 'm',
      headers: { 'X-Api-Key': 'canary-header', Authorization: 'Basic canary-basic', Accept: 'text/plain' },
    },
  });

  it('do not print', () => {
    const { headers, ...agent } = config.agent as { headers: unknown };
    expect(headers).toBeDefined();
    expect(JSON.stringify({ ...config, agent })).not.toContain('canary');
    expect(String(config.server.token)).toBe('[secret]');
    expect(config.server.token).toBeInstanceOf(Secret);
  });

  it('are all told to the scrubber, and nothing else is', () => {
    expect(secretsOf(config).map((secret) => secret.reveal())).toEqual([
      QQ.appSecret,
      'canary-key',
      'canary-header',
      'Basic canary-basic',
      'canary-basic',
      'canary-token',
    ]);
  });
});

describe('the secrets of an agent', () => {
  it.each([
    [{ driver: 'dify', baseUrl: 'http://a.b', apiKey: 'canary-1' }, ['canary-1']],
    [{ driver: 'webhook', url: 'http://a.b', apiKey: 'canary-1', secret: 'canary-2' }, ['canary-1', 'canary-2']],
    [{ driver: 'acp', command: 'x', env: { A_TOKEN: 'canary-1', MODE: 'canary-2' } }, ['canary-1']],
  ] as const)('%j do not print, and are told to the scrubber', (agent, secrets) => {
    const config = resolveRouterOptions({ channels: { qq: QQ }, agent: agent as never });
    expect(JSON.stringify(config)).not.toContain('canary');
    expect(secretsOf(config).map((secret) => secret.reveal())).toEqual([QQ.appSecret, ...secrets]);
  });
});

describe('what an agent is given in confidence beside its keys', () => {
  it.each([
    [{ driver: 'acp', command: 'x', args: ['-v', '--token', 'one', '--api-key=two', '--mode=plain'] }, ['one', 'two']],
    [{ driver: 'webhook', url: 'http://a.b/c?key=one&page=plain' }, ['one']],
    [{ driver: 'openai', baseUrl: 'http://me:o%2Fne@a.b', model: 'm' }, ['o/ne']],
    [{ driver: 'dify', baseUrl: 'http://a.b', apiKey: 'one', inputs: { of: [{ api_key: 'two' }] } }, ['one', 'two']],
    [{ driver: 'ag-ui', url: 'http://a.b', state: { tokens: ['one'], keywords: 'plain', max_tokens: 3 } }, ['one']],
  ] as const)('%j is told to the scrubber by its name', (agent, secrets) => {
    const config = resolveRouterOptions({ channels: { qq: QQ }, agent: agent as never });
    expect(secretsOf(config).map((secret) => secret.reveal())).toEqual([QQ.appSecret, ...secrets]);
  });
});

describe('resolveRouterOptions', () => {
  it('takes texts as they stand: there is no environment in a library', () => {
    const system = `Write ${ref('NAME')} and $${ref('NAME')}.`;
    const config = resolveRouterOptions({
      channels: { qq: QQ },
      agent: { driver: 'openai', baseUrl: 'http://a.b', model: 'm', system },
    });
    expect(config.agent).toMatchObject({ system });
  });
});

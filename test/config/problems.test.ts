import { describe, expect, it } from 'vitest';
import { AGENT_DRIVERS } from '../../src/config/agent-schema.js';
import { renderProblem } from '../../src/config/problems.js';
import { RouterError } from '../../src/errors/router-error.js';
import { problems, QQ, ref, resolve, said } from './support.js';

/** A configuration whose one channel has these settings more. */
const qq = (more: object): object => ({ channels: { qq: { ...QQ, ...more } } });
const quoted = (word: string): string => `"${word}"`;
const agent = (settings: object): object => ({ ...qq({}), agent: settings });

const WORDINGS: [string, unknown, string, string][] = [
  [
    'a button nobody hears',
    qq({ intents: ['group_and_c2c'], scenes: { group: { stopButton: true } } }),
    'channels.qq.scenes.group.stopButton: needs the intent "interaction", without which no press of the button is heard; add it to "intents", or leave stopButton out',
    'channels.qq.scenes.group.stopButton：需要 "interaction" intent，否则收不到按钮点击；请加入 "intents"，或去掉 stopButton',
  ],
  [
    'unknown key',
    qq({ streamode: 'typing' }),
    'channels.qq.streamode: unknown key; the nearest known key is streamMode',
    'channels.qq.streamode：未知的配置项；最接近的配置项是 streamMode',
  ],
  [
    'unknown key, two as near',
    { ...qq({}), server: { hort: 'x' } },
    'server.hort: unknown key; the nearest known key is host or port',
    'server.hort：未知的配置项；最接近的配置项是 host 或 port',
  ],
  [
    'unknown key of a driver',
    agent({ driver: 'openai', baseUrl: 'http://a.b', model: 'm', apikey: 'canary' }),
    'agent.apikey: unknown key; the nearest known key is apiKey',
    'agent.apikey：未知的配置项；最接近的配置项是 apiKey',
  ],
  [
    'not among the allowed',
    qq({ streamMode: 'edit' }),
    'channels.qq.streamMode: found "edit"; allowed are "final", "none", "typing", "block", "native"',
    'channels.qq.streamMode：当前是 "edit"；可用的值有 "final"、"none"、"typing"、"block"、"native"',
  ],
  [
    'wrong type',
    qq({ scenes: { group: { mentionOnly: 'yes' } } }),
    'channels.qq.scenes.group.mentionOnly: found "yes"; write true or false',
    'channels.qq.scenes.group.mentionOnly：当前是 "yes"；请填写 true 或 false',
  ],
  [
    'a text for a list',
    qq({ allowedUsers: '*' }),
    'channels.qq.allowedUsers: found "*"; write a list',
    'channels.qq.allowedUsers：当前是 "*"；请填写列表',
  ],
  [
    'an appId too long for a number',
    qq({ appId: 2 ** 60 }),
    'channels.qq.appId: found 1152921504606847000; write a text in quotes',
    'channels.qq.appId：当前是 1152921504606847000；请填写带引号的文本',
  ],
  [
    'a secret of the wrong type',
    qq({ appSecret: 1234567 }),
    'channels.qq.appSecret: found a number; write a text in quotes',
    'channels.qq.appSecret：当前是数字；请填写带引号的文本',
  ],
  [
    'too large',
    { ...qq({}), server: { port: 70_000 } },
    'server.port: found 70000; it must be at most 65535',
    'server.port：当前是 70000；必须不大于 65535',
  ],
  [
    'too small',
    qq({ maxReplyChars: 0 }),
    'channels.qq.maxReplyChars: found 0; it must be at least 1',
    'channels.qq.maxReplyChars：当前是 0；必须不小于 1',
  ],
  [
    'not whole',
    qq({ waitingMax: 1.5 }),
    'channels.qq.waitingMax: found 1.5; write a whole number',
    'channels.qq.waitingMax：当前是 1.5；请填写整数',
  ],
  [
    'missing',
    { channels: { qq: { appId: '1' } } },
    'channels.qq.appSecret: missing; give it a value',
    'channels.qq.appSecret：缺少该配置项；请填写',
  ],
  [
    'empty',
    qq({ appSecret: '' }),
    'channels.qq.appSecret: is empty; give it a value',
    'channels.qq.appSecret：值为空；请填写',
  ],
  [
    'an unknown intent',
    qq({ intents: ['guilds', 'direct_mesages'] }),
    'channels.qq.intents[1]: found "direct_mesages"; the nearest is "direct_messages", allowed are "guilds", ',
    'channels.qq.intents[1]：当前是 "direct_mesages"；最接近的是 "direct_messages"，可用的值有 "guilds"、',
  ],
  [
    'intents of no shape',
    qq({ intents: 'guilds' }),
    'channels.qq.intents: found "guilds"; write a list of intent names, or a bit mask',
    'channels.qq.intents：当前是 "guilds"；请填写事件名称列表或位掩码',
  ],
  [
    'a negative mask',
    qq({ intents: -1 }),
    'channels.qq.intents: found -1; it must be at least 0',
    'channels.qq.intents：当前是 -1；必须不小于 0',
  ],
  [
    'shards of no shape',
    qq({ shards: 2 }),
    'channels.qq.shards: found 2; write "auto" or { ids: [0], count: 1 }',
    'channels.qq.shards：当前是 2；请填写 "auto" 或 { ids: [0], count: 1 }',
  ],
  [
    'shards beyond the count',
    qq({ shards: { ids: [0, 2], count: 2 } }),
    'channels.qq.shards.ids: every id must be below count, and none may be repeated',
    'channels.qq.shards.ids：每个 id 必须小于 count，且不能重复',
  ],
  [
    'an address of another kind',
    agent({ driver: 'openai', baseUrl: 'ftp://a.b', model: 'm' }),
    'agent.baseUrl: found "ftp://a.b"; write an address that begins with http:// or https://',
    'agent.baseUrl：当前是 "ftp://a.b"；请填写以 http:// 或 https:// 开头的地址',
  ],
  [
    'an endpoint with a path',
    qq({ endpoints: { token: 'https://bots.qq.com/app/getAppAccessToken' } }),
    'channels.qq.endpoints.token: found "https://bots.qq.com/app/getAppAccessToken"; write scheme and host only, without a path',
    'channels.qq.endpoints.token：当前是 "https://bots.qq.com/app/getAppAccessToken"；只写协议与主机，不带路径',
  ],
  [
    'a driver to come',
    agent({ driver: 'coze' }),
    `agent.driver: "coze" does not exist yet; the drivers that exist are ${AGENT_DRIVERS.join(', ')}`,
    `agent.driver："coze" 尚未提供；现有的驱动有 ${AGENT_DRIVERS.join('、')}`,
  ],
  [
    'a driver nobody knows',
    agent({ driver: 'ecco' }),
    `agent.driver: found "ecco"; allowed are ${AGENT_DRIVERS.map(quoted).join(', ')}`,
    `agent.driver：当前是 "ecco"；可用的值有 ${AGENT_DRIVERS.map(quoted).join('、')}`,
  ],
  ['no driver', agent({}), 'agent.driver: missing; give it a value', 'agent.driver：缺少该配置项；请填写'],
  [
    'a shorthand against its setting',
    qq({ interruptOnNewMessage: true, busy: 'collect' }),
    'channels.qq.interruptOnNewMessage: means busy: "interrupt", but busy: "collect" is written beside it; keep one of the two',
    'channels.qq.interruptOnNewMessage：等同于 busy: "interrupt"，但同时写了 busy: "collect"；请只保留其一',
  ],
  [
    'the same in a scene',
    qq({ scenes: { dm: { mentionOnly: false, groupPolicy: 'mention' } } }),
    'channels.qq.scenes.dm.mentionOnly: means groupPolicy: "all", but groupPolicy: "mention" is written beside it; keep one of the two',
    'channels.qq.scenes.dm.mentionOnly：等同于 groupPolicy: "all"，但同时写了 groupPolicy: "mention"；请只保留其一',
  ],
  [
    'debounce the wrong way round',
    qq({ debounce: { quietMs: 2, atMostMs: 1 } }),
    'channels.qq.debounce: quietMs exceeds atMostMs; lower quietMs, or raise atMostMs',
    'channels.qq.debounce：quietMs 大于 atMostMs；请调低 quietMs 或调高 atMostMs',
  ],
  [
    'both spellings',
    qq({ app_id: '1' }),
    'channels.qq.appId: given twice, as channels.qq.appId and as channels.qq.app_id; keep one',
    'channels.qq.appId：重复填写：channels.qq.appId 与 channels.qq.app_id；请只保留一个',
  ],
  [
    'a host others can reach',
    { ...qq({}), server: { host: '0.0.0.0' } },
    'server.host: found "0.0.0.0", which others can reach; set server.token, or write "127.0.0.1"',
    'server.host：当前是 "0.0.0.0"，其他机器可以访问；请设置 server.token，或改为 "127.0.0.1"',
  ],
  [
    'no channel',
    {},
    'channels: no channel is enabled; add one with appId and appSecret, or set enabled: true',
    'channels：没有启用任何频道；请添加一个带 appId 与 appSecret 的频道，或设置 enabled: true',
  ],
  [
    'none enabled',
    qq({ enabled: false }),
    'channels: no channel is enabled; add one with appId and appSecret, or set enabled: true',
    'channels：没有启用任何频道；请添加一个带 appId 与 appSecret 的频道，或设置 enabled: true',
  ],
  [
    'one bot twice',
    { channels: { a: QQ, 'b.c': QQ } },
    'channels["b.c"].appId: the same bot as channels.a.appId; one bot takes one channel, remove or disable one of them',
    'channels["b.c"].appId：与 channels.a.appId 是同一个机器人；一个机器人只能对应一个频道，请移除或停用其一',
  ],
  ['no object at all', [], 'configuration: found a list; write an object', 'configuration：当前是列表；请填写对象'],
];

describe('a problem is one line with path, finding and mend', () => {
  it.each(WORDINGS)('%s', (_, written, en, zh) => {
    expect(problems(written)).toHaveLength(1);
    expect(said(written, 'en')).toContain(en);
    expect(said(written, 'zh')).toContain(zh);
  });
});

describe('a file’s problems', () => {
  const written = {
    channels: { qq: { app_id: 5, stream_mode: 'edit', typ: 'qq' } },
    agent: { driver: 'a2a' },
    server: { host: '::', port: '80' },
    logs: {},
  };

  it('are all told at once, in the file’s own spelling where that differs', () => {
    expect(said(written).split('\n').sort()).toEqual([
      `agent.driver: "a2a" does not exist yet; the drivers that exist are ${AGENT_DRIVERS.join(', ')}`,
      'channels.qq.appSecret: missing; give it a value',
      'channels.qq.streamMode (written channels.qq.stream_mode): found "edit"; allowed are "final", "none", "typing", "block", "native"',
      'channels.qq.typ: unknown key; the nearest known key is type',
      'logs: unknown key; the nearest known key is log',
      'server.host: found "::", which others can reach; set server.token, or write "127.0.0.1"',
      'server.port: found "80"; write a number',
    ]);
  });

  it('are the error’s text and its cause', () => {
    const error = (() => {
      try {
        return resolve(written);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(RouterError);
    expect(error).toMatchObject({ code: 'config.invalid', next: 'stop', cause: problems(written) });
    expect((error as Error).message).toContain(said(written));
  });
});

describe('a fine neighbour of a problem', () => {
  it.each([
    ['a loopback host', { ...qq({}), server: { host: 'localhost' } }],
    ['another of its kind', { ...qq({}), server: { host: '127.8.9.1' } }],
    ['the IPv6 loopback', { ...qq({}), server: { host: '::1' } }],
    ['an open host with a token', { ...qq({}), server: { host: '0.0.0.0', token: 'long-enough' } }],
    ['one bot twice, once disabled', { channels: { a: QQ, b: { ...QQ, enabled: false } } }],
  ])('%s', (_, written) => {
    expect(problems(written)).toEqual([]);
  });
});

describe('nothing secret is echoed', () => {
  const CANARY = 'canary-3e7a';
  const env = { LEAK: CANARY };
  it.each([
    ['a secret in a list', qq({ appSecret: [CANARY] }), undefined],
    ['a secret’s object', qq({ appSecret: { value: CANARY } }), undefined],
    ['an api key', agent({ driver: 'openai', baseUrl: 'x', model: 'm', apiKey: [CANARY] }), undefined],
    ['a misspelt secret', qq({ appSecrt: CANARY }), undefined],
    ['a header', agent({ driver: 'openai', baseUrl: 'x', model: 'm', headers: { a: [CANARY] } }), undefined],
    ['a password in an address', agent({ driver: 'openai', baseUrl: `ftp://u:${CANARY}@a.b`, model: 'm' }), undefined],
    ['an environment value', qq({ streamMode: ref('LEAK') }), env],
    ['an environment value in a list', qq({ intents: [ref('LEAK')] }), env],
    ['an environment value for a driver', agent({ driver: ref('LEAK') }), env],
    ['an environment value for a host', { ...qq({}), server: { host: ref('LEAK') } }, env],
    ['an environment value in an address', qq({ endpoints: { api: `http://a.b/${ref('LEAK')}` } }), env],
    ['an environment value beside a shorthand', qq({ mentionOnly: true, groupPolicy: ref('LEAK') }), env],
  ])('%s', (_, written, from) => {
    const found = problems(written, from);
    expect(found.length).toBeGreaterThan(0);
    expect(JSON.stringify(found)).not.toContain(CANARY);
    for (const lang of ['en', 'zh'] as const) {
      expect(found.map((problem) => renderProblem(problem, lang)).join()).not.toContain(CANARY);
    }
  });
});

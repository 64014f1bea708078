import { describe, expect, it } from 'vitest';
import type { RouterEvent } from '../../src/app/events.js';
import { channelLines, connectingLines } from '../../src/cli/channel-lines.js';
import { durationText } from '../../src/cli/durations.js';
import { TEXTS } from '../../src/cli/texts.js';
import type { Lang } from '../../src/config/lang.js';
import { resolveRouterOptions } from '../../src/config/resolve.js';

const config = (...names: string[]) =>
  resolveRouterOptions({
    channels: Object.fromEntries(names.map((name) => [name, { appId: `app-${name}`, appSecret: 'a-secret' }])),
    agent: { driver: 'echo' },
  });

const lines = (lang: Lang, event: RouterEvent, ...names: string[]): readonly string[] =>
  channelLines(event, config('qq', ...names), { lang, say: TEXTS[lang], program: 'rookery' });

const FAULT = { code: 'transport.lost', platformCode: 4009, detail: 'the link was closed with 4009', nextTryInMs: 900 };

describe('a channel’s state in one line', () => {
  it.each<[RouterEvent, string[], string[]]>([
    [{ type: 'channel.token', channel: 'qq' }, [], ['QQ 频道 access_token 获取成功']],
    [
      { type: 'access.decided', channel: 'qq', decision: { atMs: 0, what: 'asked', user: 'U1\u001b[2J' } },
      ['qq: U1 [2J asks to be let in: rookery pairing approve CODE'],
      ['qq: U1 [2J 请求使用：rookery pairing approve 配对码'],
    ],
    [{ type: 'access.decided', channel: 'qq', decision: { atMs: 0, what: 'wrongCode' } }, [], []],
    [{ type: 'channel.gateway', channel: 'qq' }, [], ['获取 Gateway 成功']],
    [
      { type: 'channel.ready', channel: 'qq', username: 'bot', resumed: false },
      ['qq: ready (WebSocket) as bot'],
      ['QQ 频道机器人已就绪', 'qq: 已就绪（WebSocket），机器人 bot'],
    ],
    [
      { type: 'channel.ready', channel: 'qq', username: 'bot', resumed: true },
      ['qq: ready (WebSocket) as bot, session resumed'],
      ['QQ 频道机器人已就绪', 'qq: 已就绪（WebSocket），机器人 bot，会话已恢复'],
    ],
    [
      { type: 'channel.ready', channel: 'qq', username: '', resumed: true },
      ['qq: ready (WebSocket), session resumed'],
      ['QQ 频道机器人已就绪', 'qq: 已就绪（WebSocket），会话已恢复'],
    ],
    [
      { type: 'channel.lost', channel: 'qq', fault: FAULT },
      [
        'qq: lost: transport.lost (4009): the link was closed with 4009. The connection broke; the router reconnects by itself. Next try within 1 s.',
      ],
      [
        'qq: 连接中断：transport.lost (4009)：the link was closed with 4009。连接中断，路由器会自动重连。最迟 1 秒后重试。',
      ],
    ],
    [
      { type: 'channel.stopped', channel: 'qq', fault: { code: 'shutdown', detail: 'stopped by command' } },
      ['qq: stopped'],
      ['qq: 已停止'],
    ],
    [{ type: 'message.skipped', channel: 'qq', why: 'duplicate' }, [], []],
  ])('$type', (event, en, zh) => {
    expect(lines('en', event)).toEqual(en);
    expect(lines('zh', event)).toEqual(zh);
  });

  it('names the remedy of what stopped it', () => {
    const fault = { code: 'gateway.banned', platformCode: 4915, detail: 'the link was closed with 4915' };
    const [line] = lines('en', { type: 'channel.stopped', channel: 'qq', fault });
    expect(line).toMatch(/^qq: stopped: gateway\.banned \(4915\): .*QQ bot console/);
  });

  it('says the code of what was thrown once', () => {
    const fault = { code: 'transport.lost', detail: 'transport.lost: POST http://127.0.0.1:1: ECONNREFUSED' };
    const [line] = lines('en', { type: 'channel.lost', channel: 'qq', fault });
    expect(line).toMatch(/^qq: lost: transport\.lost: POST /);
  });

  it('says which channel it is where there is more than one', () => {
    expect(lines('zh', { type: 'channel.token', channel: 'qq' }, 'two')).toEqual([
      'QQ 频道 access_token 获取成功（qq）',
    ]);
  });

  it('begins with connecting', () => {
    expect(connectingLines(config('qq', 'two'), { say: TEXTS.en })).toEqual([
      'qq: connecting (WebSocket)',
      'two: connecting (WebSocket)',
    ]);
  });
});

it.each([
  [0, '1 s', '1 秒'],
  [1_001, '2 s', '2 秒'],
  [60_000, '60 s', '60 秒'],
  [150_000, '3 min', '3 分钟'],
  [86_400_000, '24 h', '24 小时'],
])('a wait of %i ms is %s', (ms, en, zh) => {
  expect(durationText(ms, 'en')).toBe(en);
  expect(durationText(ms, 'zh')).toBe(zh);
});

import { describe, expect, it } from 'vitest';
import { createMessageApi } from '../../src/adapters/qq/message-api.js';
import { createRest } from '../../src/adapters/qq/rest.js';
import { createTokenSource } from '../../src/adapters/qq/token-source.js';
import { Secret } from '../../src/config/secret.js';
import type { Target } from '../../src/domain/conversation.js';
import type { Anchor } from '../../src/domain/reply.js';
import { RouterError } from '../../src/errors/router-error.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';
import { answer, FakeHttp, inTurn, type Script } from './fake-http.js';

const rig = (script: Script) => {
  const http = new FakeHttp(script);
  const tokens = { get: async () => 'tok', invalidate: () => undefined };
  return { http, api: createMessageApi(createRest({ http, tokens, endpoint: 'https://api.example', appId: '102' })) };
};
const yes = (): boolean => true;
const sent = inTurn(answer(200, { id: 'm1', timestamp: 1_758_333_600 }));
const message: Anchor = { kind: 'message', id: 'ROBOT1.0_Zk9!', atMs: 0 };
const event: Anchor = { kind: 'event', id: 'INTERACTION_CREATE:5f', atMs: 0 };
const user: Target = { scene: 'c2c', openid: 'O/1' };

describe('sendText', () => {
  const cases: readonly [string, Target, Anchor | undefined, string, object][] = [
    [
      'a private reply',
      user,
      message,
      '/v2/users/O%2F1/messages',
      { msg_type: 0, content: 'a<b>&', msg_id: 'ROBOT1.0_Zk9!', msg_seq: 3 },
    ],
    [
      'a group reply to an event',
      { scene: 'group', groupOpenid: 'G' },
      event,
      '/v2/groups/G/messages',
      { msg_type: 0, content: 'a<b>&', event_id: 'INTERACTION_CREATE:5f', msg_seq: 3 },
    ],
    ['an active message', user, undefined, '/v2/users/O%2F1/messages', { msg_type: 0, content: 'a<b>&', msg_seq: 3 }],
    [
      'a guild reply, escaped and without a number',
      { scene: 'guild', channelId: '100010' },
      message,
      '/channels/100010/messages',
      { content: 'a&lt;b&gt;&amp;', msg_id: 'ROBOT1.0_Zk9!' },
    ],
    [
      'a reply in a guild’s private chat',
      { scene: 'dm', guildId: '187' },
      event,
      '/dms/187/messages',
      { content: 'a&lt;b&gt;&amp;', event_id: 'INTERACTION_CREATE:5f' },
    ],
  ];
  it.each(cases)('posts %s', async (_, target, anchor, path, body) => {
    const { http, api } = rig(sent);
    const text = { target, ...(anchor && { anchor }), msgSeq: 3, text: 'a<b>&' };
    await expect(api.sendText(text, yes)).resolves.toEqual({ sentId: 'm1' });
    expect(http.last).toMatchObject({ method: 'POST', url: `https://api.example${path}`, timeoutMs: 10_000 });
    expect(http.lastBody).toEqual(body);
  });

  it('reads the id of an answer also where it is a number', async () => {
    const { api } = rig(inTurn(answer(200, { id: 17, timestamp: '1758333600' })));
    await expect(api.sendText({ target: user, msgSeq: 1, text: 'x' }, yes)).resolves.toEqual({ sentId: '17' });
  });

  it.each<readonly [Target, object]>([
    [user, { msg_type: 2, markdown: { content: '> *a* & <b>' }, msg_id: 'ROBOT1.0_Zk9!', msg_seq: 3 }],
    [
      { scene: 'group', groupOpenid: 'G' },
      { msg_type: 2, markdown: { content: '> *a* & <b>' }, msg_id: 'ROBOT1.0_Zk9!', msg_seq: 3 },
    ],
    [
      { scene: 'guild', channelId: '100010' },
      { markdown: { content: '> *a* & <b>' }, msg_id: 'ROBOT1.0_Zk9!' },
    ],
    [
      { scene: 'dm', guildId: '187' },
      { markdown: { content: '> *a* & <b>' }, msg_id: 'ROBOT1.0_Zk9!' },
    ],
  ])('posts markdown as it is to %j', async (target, body) => {
    const { http, api } = rig(sent);
    await api.sendText({ target, anchor: message, msgSeq: 3, text: '> *a* & <b>', format: 'markdown' }, yes);
    expect(http.lastBody).toEqual(body);
  });

  it('sends nothing where the gate says no', async () => {
    const { http, api } = rig(sent);
    await expect(api.sendText({ target: user, msgSeq: 1, text: 'x' }, () => false)).resolves.toEqual({ fenced: true });
    expect(http.requests).toHaveLength(0);
  });

  it('tells of a review', async () => {
    const { api } = rig(inTurn(answer(202, { code: 304024, data: { message_audit: { audit_id: 'a-1' } } })));
    await expect(api.sendText({ target: user, msgSeq: 1, text: 'x' }, yes)).resolves.toEqual({ auditId: 'a-1' });
  });

  it('does not know what became of a message whose answer has no id', async () => {
    const { api } = rig(inTurn(answer(200, {})));
    await expect(api.sendText({ target: user, msgSeq: 1, text: 'x' }, yes)).rejects.toMatchObject({
      code: 'transport.lost',
    });
  });
});

describe('sendTyping', () => {
  it.each([
    [60, 60],
    [0, 1],
    [3.6, 4],
    [600, 60],
  ])('shows it for %d s as %d', async (seconds, input_second) => {
    const { http, api } = rig(inTurn(answer(200, '')));
    await api.sendTyping({ target: user, anchor: message, msgSeq: 2, seconds }, yes);
    expect(http.lastBody).toEqual({
      msg_type: 6,
      input_notify: { input_type: 1, input_second },
      msg_id: 'ROBOT1.0_Zk9!',
      msg_seq: 2,
    });
  });

  it('exists in private chats only', async () => {
    const { http, api } = rig(sent);
    const typing = { target: { scene: 'group', groupOpenid: 'G' }, msgSeq: 1, seconds: 5 } as const;
    await expect(api.sendTyping(typing, yes)).rejects.toThrow('private chats only');
    expect(http.requests).toHaveLength(0);
  });
});

describe('react', () => {
  it('puts a face under an encoded path', async () => {
    const { http, api } = rig(inTurn(answer(204, '')));
    await api.react('100010', '08c0/x', { type: 2, id: '128077' });
    expect(http.last).toMatchObject({
      method: 'PUT',
      url: 'https://api.example/channels/100010/messages/08c0%2Fx/reactions/2/128077',
      timeoutMs: 5_000,
    });
  });

  it('is content with a face that is there already', async () => {
    const { api } = rig(inTurn(answer(400, { code: 620003 })));
    await expect(api.react('1', '2', { type: 1, id: '4' })).resolves.toBeUndefined();
  });

  it('reports every other refusal', async () => {
    const { api } = rig(inTurn(answer(400, { code: 620002 })));
    await expect(api.react('1', '2', { type: 1, id: '4' })).rejects.toMatchObject({ code: 'platform.refused' });
  });
});

describe('me', () => {
  it('reads the profile', async () => {
    const { http, api } = rig(inTurn(answer(200, { id: '98', username: 'router-bot', avatar: null })));
    await expect(api.me()).resolves.toEqual({ id: '98', username: 'router-bot' });
    expect(http.last).toMatchObject({ method: 'GET', url: 'https://api.example/users/@me', timeoutMs: 5_000 });
  });

  it('needs an id', async () => {
    const { api } = rig(inTurn(answer(200, { username: 'router-bot' })));
    await expect(api.me()).rejects.toMatchObject({ code: 'transport.lost' });
  });
});

describe('neither secret nor token stands in an error', () => {
  const SECRET = 'canary-secret-77';
  const TOKEN = 'canary-token-88';
  const echo = `bad clientSecret ${SECRET} and Authorization QQBot ${TOKEN} `;
  const everything = (error: unknown): string => {
    const parts = [String(error), JSON.stringify(error)];
    for (let one: unknown = error; one instanceof Error; one = one.cause) parts.push(one.message, one.stack ?? '');
    return parts.join('\n');
  };
  /** A platform that quotes what it is asked with, in every way it can refuse. */
  const refusals: readonly (readonly [string, Script])[] = [
    ['the token', (request) => answer(200, { code: 100016, message: echo + request.body })],
    ['the token, by HTML', (request) => answer(502, `<html>${echo}${request.body}`)],
    ...[400, 401, 403, 429, 500, 200].map((status): readonly [string, Script] => [
      `the send with ${status}`,
      ({ url, headers }) =>
        url.endsWith('getAppAccessToken')
          ? answer(200, { access_token: TOKEN, expires_in: 7_200 })
          : answer(status, { code: 99, message: `${echo.replace(SECRET, '')}${headers['authorization']}` }),
    ]),
    [
      'the send with HTML',
      ({ url, headers }) =>
        url.endsWith('getAppAccessToken')
          ? answer(200, { access_token: TOKEN, expires_in: 7_200 })
          : answer(200, `<html>${headers['authorization']}`),
    ],
  ];
  it.each(refusals)('when the platform refuses %s', async (_, script) => {
    const http = new FakeHttp(script);
    const clock = new VirtualClock();
    const secret = new Secret(SECRET);
    const tokens = createTokenSource({ http, clock, endpoint: 'https://tokens.example', appId: '102', secret });
    const api = createMessageApi(createRest({ http, tokens, endpoint: 'https://api.example', appId: '102' }));
    const error = await api.sendText({ target: user, anchor: message, msgSeq: 1, text: 'x' }, yes).catch((one) => one);
    expect(error).toBeInstanceOf(RouterError);
    expect(everything(error)).not.toContain(SECRET);
    expect(everything(error)).not.toContain(TOKEN);
  });
});

import { describe, expect, it } from 'vitest';
import { createMessageApi } from '../../src/adapters/qq/message-api.js';
import { createRest } from '../../src/adapters/qq/rest.js';
import { bigPicture, linkList, textWithThumbnail } from '../../src/domain/ark.js';
import type { Target } from '../../src/domain/conversation.js';
import type { OutgoingMessage } from '../../src/domain/message.js';
import { partsOf } from '../../src/domain/message-parts.js';
import type { Anchor } from '../../src/domain/reply.js';
import type { OutgoingFile } from '../../src/ports/message-api.js';
import { answer, FakeHttp, inTurn, type Script } from './fake-http.js';

/* Bodies of the protocol reference, §6.2, §6.5–6.7 and §7, written out by hand. */

const rig = (script: Script) => {
  const http = new FakeHttp(script);
  const tokens = { get: async () => 'tok', invalidate: () => undefined };
  return { http, api: createMessageApi(createRest({ http, tokens, endpoint: 'https://api.example', appId: '102' })) };
};
const yes = (): boolean => true;
const done = inTurn(
  answer(200, { id: 'm1', timestamp: '2026-09-20T10:00:06+08:00', ext_info: { ref_idx: 'REFIDX_C' } }),
);
const user: Target = { scene: 'c2c', openid: 'O/1' };
const group: Target = { scene: 'group', groupOpenid: 'G' };
const channel: Target = { scene: 'guild', channelId: '100010' };
const dm: Target = { scene: 'dm', guildId: '187' };
const anchor: Anchor = { kind: 'message', id: 'ROBOT1.0_Z!', atMs: 0 };

const bodiesOf = async (
  target: Target,
  message: OutgoingMessage,
  more: { anchor?: Anchor; media?: OutgoingFile; wakeUp?: boolean } = { anchor },
): Promise<unknown[]> => {
  const parts = partsOf(message, target.scene, () => ({ kind: 'image', source: { held: 'f1' } }));
  return Promise.all(
    parts.map(async (part) => {
      const { http, api } = rig(done);
      const { media, ...rest } = more;
      await api.sendPart({ target, msgSeq: 2, part, ...rest, ...(part.media && media && { media }) }, yes);
      return http.lastBody;
    }),
  );
};

const REPLY = { msg_id: 'ROBOT1.0_Z!', msg_seq: 2 };

describe('a message in a private chat or group', () => {
  it('is markdown with buttons', async () => {
    const message: OutgoingMessage = {
      markdown: '# Deploy?',
      keyboard: {
        rows: [
          [
            {
              id: 'ok',
              label: 'Approve',
              pressedLabel: 'Approved',
              action: { callback: 'approve:17' },
              group: 'g1',
              confirm: { text: 'Really?', yes: 'Yes', no: 'No' },
              unsupported: 'please update QQ',
            },
            { label: 'Log', style: 'grey', action: { open: 'https://ci.example/17' }, allow: 'admins' },
          ],
          [
            {
              label: 'Why?',
              style: 'filled',
              action: { input: '/why', send: true, quote: true },
              allow: { users: ['U1'] },
            },
            { label: 'Photo', style: 'red', action: { input: '', pickImage: true }, allow: { roles: ['4'] } },
          ],
        ],
      },
    };
    const everyone = { permission: { type: 2 } };
    const tips = { unsupport_tips: '请升级 QQ 后使用' };
    const shown = (label: string, style: number) => ({ render_data: { label, visited_label: label, style } });
    await expect(bodiesOf(user, message)).resolves.toEqual([
      {
        msg_type: 2,
        markdown: { content: '# Deploy?' },
        keyboard: {
          content: {
            rows: [
              {
                buttons: [
                  {
                    id: 'ok',
                    group_id: 'g1',
                    render_data: { label: 'Approve', visited_label: 'Approved', style: 1 },
                    action: {
                      type: 1,
                      data: 'approve:17',
                      ...everyone,
                      unsupport_tips: 'please update QQ',
                      modal: { content: 'Really?', confirm_text: 'Yes', cancel_text: 'No' },
                    },
                  },
                  {
                    id: '0-1',
                    ...shown('Log', 0),
                    action: { type: 0, data: 'https://ci.example/17', permission: { type: 1 }, ...tips },
                  },
                ],
              },
              {
                buttons: [
                  {
                    id: '1-0',
                    ...shown('Why?', 4),
                    action: {
                      type: 2,
                      data: '/why',
                      enter: true,
                      reply: true,
                      permission: { type: 0, specify_user_ids: ['U1'] },
                      ...tips,
                    },
                  },
                  {
                    id: '1-1',
                    ...shown('Photo', 3),
                    action: {
                      type: 2,
                      data: '',
                      anchor: 1,
                      permission: { type: 3, specify_role_ids: ['4'] },
                      ...tips,
                    },
                  },
                ],
              },
            ],
          },
        },
        ...REPLY,
      },
    ]);
  });

  it('is a template of the console, with one string a value', async () => {
    const message = {
      markdown: { template: '102_1', params: { title: 'x', body: 'y' } },
      keyboard: { template: 'k1' },
    };
    await expect(bodiesOf(group, message)).resolves.toEqual([
      {
        msg_type: 2,
        markdown: {
          custom_template_id: '102_1',
          params: [
            { key: 'title', values: ['x'] },
            { key: 'body', values: ['y'] },
          ],
        },
        keyboard: { id: 'k1' },
        ...REPLY,
      },
    ]);
  });

  it('is text on which buttons ride as markdown', async () => {
    await expect(bodiesOf(user, { text: 'Go?', keyboard: { template: 'k1' } })).resolves.toEqual([
      { msg_type: 2, markdown: { content: 'Go?' }, keyboard: { id: 'k1' }, ...REPLY },
    ]);
  });

  it('quotes by index and names users before the text', async () => {
    const message: OutgoingMessage = { text: 'hi', quote: 'REFIDX_A==', mentions: [{ user: 'M1' }] };
    await expect(bodiesOf(group, message)).resolves.toEqual([
      {
        msg_type: 0,
        content: '<qqbot-at-user id="M1" /> hi',
        message_reference: { message_id: 'REFIDX_A==' },
        ...REPLY,
      },
    ]);
  });

  it('is divided: words, card and file are messages of their own', async () => {
    const message: OutgoingMessage = {
      text: 'see',
      ark: bigPicture({ prompt: 'p', title: 't' }),
      media: { kind: 'image', url: 'https://a.example/b.png' },
    };
    await expect(bodiesOf(user, message, { anchor, media: { fileInfo: 'CgQ' } })).resolves.toEqual([
      { msg_type: 0, content: 'see', ...REPLY },
      {
        msg_type: 3,
        ark: {
          template_id: 37,
          kv: [
            { key: '#PROMPT#', value: 'p' },
            { key: '#METATITLE#', value: 't' },
          ],
        },
        ...REPLY,
      },
      { msg_type: 7, media: { file_info: 'CgQ' }, ...REPLY },
    ]);
  });

  it('has no embeds: their words are said', async () => {
    const embed = { title: 'Status', fields: ['level: gold', 'score: 17'] };
    await expect(bodiesOf(user, { embed })).resolves.toEqual([
      { msg_type: 0, content: 'Status\nlevel: gold\nscore: 17', ...REPLY },
    ]);
  });

  it('calls a user back without anchor and number', async () => {
    await expect(bodiesOf(user, { text: 'still there?' }, { wakeUp: true })).resolves.toEqual([
      { msg_type: 0, content: 'still there?', is_wakeup: true },
    ]);
  });
});

describe('a message in a guild', () => {
  it('carries text, card and picture together', async () => {
    const message: OutgoingMessage = {
      text: 'a<b',
      embed: {
        title: 'Status',
        prompt: 'status update',
        thumbnail: 'https://img.example/t.png',
        fields: ['level: gold', 'score: 17'],
      },
      media: { kind: 'image', url: 'https://img.example/x.png' },
      quote: '08c0',
      mentions: ['everyone', { user: '1445' }],
    };
    await expect(bodiesOf(channel, message, { anchor, media: { url: 'https://img.example/x.png' } })).resolves.toEqual([
      {
        content: '@everyone <@1445> a&lt;b',
        embed: {
          title: 'Status',
          prompt: 'status update',
          thumbnail: { url: 'https://img.example/t.png' },
          fields: [{ name: 'level: gold' }, { name: 'score: 17' }],
        },
        image: 'https://img.example/x.png',
        message_reference: { message_id: '08c0', ignore_get_message_error: true },
        msg_id: 'ROBOT1.0_Z!',
      },
    ]);
  });

  it('keeps markdown apart from cards and pictures', async () => {
    const message: OutgoingMessage = { markdown: '# hi', embed: { title: 'Status' } };
    await expect(bodiesOf(dm, message)).resolves.toEqual([
      { markdown: { content: '# hi' }, msg_id: 'ROBOT1.0_Z!' },
      { embed: { title: 'Status', prompt: 'Status' }, msg_id: 'ROBOT1.0_Z!' },
    ]);
  });

  it('brings a picture’s bytes as multipart, its objects as JSON strings', async () => {
    const { http, api } = rig(done);
    const [part] = partsOf(
      {
        text: 'see',
        ark: { templateId: 23, kv: [{ key: '#PROMPT#', value: 'p' }] },
        media: { kind: 'image', path: 'x' },
      },
      'guild',
      () => ({ kind: 'image', source: { held: 'f' } }),
    );
    if (!part) throw new Error('it has a part');
    const bytes = new Uint8Array([0, 255, 13, 10, 45, 45]);
    await api.sendPart({ target: channel, msgSeq: 1, part, anchor, media: { name: 'a".png', bytes } }, yes);
    const { headers, bytes: sent } = http.last;
    const boundary = /^multipart\/form-data; boundary=(.+)$/.exec(headers['content-type'] ?? '')?.[1];
    expect(Buffer.from(sent ?? []).toString('latin1')).toBe(
      [
        `--${boundary}\r\nContent-Disposition: form-data; name="content"\r\n\r\nsee\r\n`,
        `--${boundary}\r\nContent-Disposition: form-data; name="ark"\r\n\r\n`,
        '{"template_id":23,"kv":[{"key":"#PROMPT#","value":"p"}]}\r\n',
        `--${boundary}\r\nContent-Disposition: form-data; name="msg_id"\r\n\r\nROBOT1.0_Z!\r\n`,
        `--${boundary}\r\nContent-Disposition: form-data; name="file_image"; filename="a_.png"\r\n`,
        'Content-Type: application/octet-stream\r\n\r\n\u0000\u00ff\r\n--\r\n',
        `--${boundary}--\r\n`,
      ].join(''),
    );
  });

  it('is answered with the Message object, wrapped or not', async () => {
    const said = {
      id: '08c1',
      guild_id: '187',
      channel_id: '100010',
      content: 'hi',
      timestamp: '2026-09-20T10:01:00+08:00',
      author: { id: '987', username: 'router-bot', bot: true, avatar: 'https://a.example' },
      mentions: null,
      seq_in_channel: '101',
    };
    const read = {
      ...said,
      edited_timestamp: '',
      mention_everyone: false,
      attachments: [],
      embeds: [],
      mentions: [],
      member: { roles: [] },
    };
    for (const body of [said, { id: '08c1', message: said }]) {
      const { api } = rig(inTurn(answer(200, body)));
      const message = { target: channel, msgSeq: 1, part: { text: 'hi', inline: true, plain: 'hi' } };
      await expect(api.sendPart(message, yes)).resolves.toEqual({ sentId: '08c1', message: read });
    }
  });
});

describe('cards', () => {
  it('of template 23 list lines with links and without', () => {
    const lines = [{ text: 'row 1', link: 'https://a.example' }, { text: 'row 2' }];
    expect(linkList({ prompt: 'p', description: 'd', lines })).toEqual({
      templateId: 23,
      kv: [
        { key: '#DESC#', value: 'd' },
        { key: '#PROMPT#', value: 'p' },
        {
          key: '#LIST#',
          obj: [
            {
              obj_kv: [
                { key: 'desc', value: 'row 1' },
                { key: 'link', value: 'https://a.example' },
              ],
            },
            { obj_kv: [{ key: 'desc', value: 'row 2' }] },
          ],
        },
      ],
    });
  });

  it('of template 24 have text and thumbnail', () => {
    const card = { prompt: 'p', description: 'd', title: 'CI', text: 'all green', subtitle: 'main', link: 'https://l' };
    expect(textWithThumbnail({ ...card, image: 'https://i' }).kv.map(({ key }) => key)).toEqual([
      '#DESC#',
      '#PROMPT#',
      '#TITLE#',
      '#METADESC#',
      '#IMG#',
      '#LINK#',
      '#SUBTITLE#',
    ]);
  });
});

describe('beside speaking', () => {
  const nothing = inTurn(answer(204, ''));

  it.each([
    [user, undefined, '/v2/users/O%2F1/messages/a%2Fb'],
    [group, undefined, '/v2/groups/G/messages/a%2Fb'],
    [channel, undefined, '/channels/100010/messages/a%2Fb?hidetip=false'],
    [dm, true, '/dms/187/messages/a%2Fb?hidetip=true'],
  ] as const)('takes a message back at %j', async (target, hideTip, path) => {
    const { http, api } = rig(nothing);
    await api.recall(target, 'a/b', hideTip);
    expect(http.last).toMatchObject({ method: 'DELETE', url: `https://api.example${path}` });
  });

  it('takes a reaction back; one that is not there (620004) is what was asked for', async () => {
    const { http, api } = rig(inTurn(answer(400, { code: 620004, message: 'not set' })));
    await api.unreact('100010', 'm/1', { type: 1, id: '76' });
    expect(http.last).toMatchObject({
      method: 'DELETE',
      url: 'https://api.example/channels/100010/messages/m%2F1/reactions/1/76',
    });
  });

  it('opens a guild’s private chat', async () => {
    const { http, api } = rig(inTurn(answer(200, { guild_id: '9', channel_id: '7', create_time: '1758333600' })));
    await expect(api.openDm('1445', '187')).resolves.toEqual({ guildId: '9', channelId: '7' });
    expect(http.last).toMatchObject({ method: 'POST', url: 'https://api.example/users/@me/dms' });
    expect(http.lastBody).toEqual({ recipient_id: '1445', source_guild_id: '187' });
  });
});

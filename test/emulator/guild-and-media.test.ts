import { describe, expect, it } from 'vitest';
import { C2C_AND_GROUP, codeOf, type Json, makeRig, type Rig, textReply } from './rig.js';

const channelMessage = (rig: Rig) =>
  rig.platform.sendGuild({ guild: '187', channel: 'C', from: '1', text: 'x' }).messageId;

describe('guild audit, §6.5, §5.11', () => {
  it('202 now, the message and MESSAGE_AUDIT_PASS with its id later', async () => {
    const rig = makeRig();
    const client = rig.identify((1 << 27) | (1 << 30));
    const msgId = channelMessage(rig);
    rig.platform.auditNext({ afterMs: 2000 });
    const answer = rig.post('/channels/C/messages', { content: 'held', msg_id: msgId });
    expect(answer).toMatchObject({ status: 202, body: { code: 304024, data: { message_audit: {} } } });
    const auditId = (answer.body as { data: { message_audit: { audit_id: string } } }).data.message_audit.audit_id;
    expect(rig.platform.transcript('C')).toHaveLength(1);
    await rig.clock.advance(2000);
    const seen = rig.platform.transcript('C').at(-1);
    expect(seen).toMatchObject({ by: 'bot', text: 'held' });
    expect(client.last()).toMatchObject({
      t: 'MESSAGE_AUDIT_PASS',
      d: { audit_id: auditId, message_id: seen?.messageId, guild_id: '187', channel_id: 'C' },
    });
    expect(rig.post('/channels/C/messages', { content: 'free', msg_id: msgId }).status).toBe(200);
  });

  it('MESSAGE_AUDIT_REJECT has no message, and nobody sees one', async () => {
    const rig = makeRig();
    const client = rig.identify(1 << 27);
    rig.platform.auditNext({ verdict: 'reject', status: 201 });
    expect(rig.post('/channels/C/messages', { content: 'held', msg_id: channelMessage(rig) }).status).toBe(201);
    await rig.clock.advance(1000);
    expect(client.last()?.t).toBe('MESSAGE_AUDIT_REJECT');
    expect(client.last()?.d).not.toHaveProperty('message_id');
    expect(rig.platform.transcript('C')).toHaveLength(1);
  });
});

describe('reactions, §6.7', () => {
  it('PUT and DELETE are 204 and show in the transcript; GET lists the bot', () => {
    const rig = makeRig();
    const path = `/channels/C/messages/${channelMessage(rig)}/reactions/1/277`;
    expect(rig.call('PUT', path)).toMatchObject({ status: 204, body: undefined });
    expect(rig.platform.transcript('C')).toMatchObject([{ reactions: ['1:277'] }]);
    expect(rig.call('GET', path).body).toMatchObject({ users: [{ username: 'router-bot' }], is_end: true });
    expect(rig.call('DELETE', path).status).toBe(204);
    expect(rig.platform.transcript('C')).toMatchObject([{ reactions: [] }]);
    expect(rig.call('GET', path).body).toMatchObject({ users: [] });
  });

  it('an unknown message is refused, and there are none in C2C', () => {
    const rig = makeRig();
    channelMessage(rig);
    expect(codeOf(rig.call('PUT', '/channels/C/messages/unknown/reactions/1/4'))).toBe(12001);
    const { messageId } = rig.platform.sendC2c({ from: 'U', text: 'x' });
    expect(rig.call('PUT', `/v2/users/U/messages/${messageId}/reactions/1/4`).status).toBe(404);
  });
});

describe('interactions, §5.8, §6.7', () => {
  it('d.id is acknowledged once while the button spins, the envelope id is replied to', async () => {
    const rig = makeRig();
    const client = rig.identify(C2C_AND_GROUP | (1 << 26));
    const click = rig.platform.click({
      scene: 'group',
      target: 'G',
      from: 'M',
      buttonId: 'ok',
      buttonData: 'approve:17',
    });
    expect(client.last()).toMatchObject({
      t: 'INTERACTION_CREATE',
      id: `INTERACTION_CREATE:${click.interactionId}`,
      d: {
        id: click.interactionId,
        type: 11,
        scene: 'group',
        chat_type: 1,
        group_openid: 'G',
        group_member_openid: 'M',
        data: { resolved: { button_id: 'ok', button_data: 'approve:17' } },
      },
    });
    await rig.clock.advance(3000);
    expect(rig.platform.interactionAnswer(click.interactionId)).toBeUndefined();
    expect(rig.call('PUT', `/interactions/${click.interactionId}`, { code: 0 })).toMatchObject({
      status: 204,
      body: undefined,
    });
    expect(rig.platform.interactionAnswer(click.interactionId)).toBe(0);
    expect(rig.post('/v2/groups/G/messages', { msg_type: 0, content: 'done', event_id: click.id }).status).toBe(200);
  });

  it('only types 11 and 12 take an acknowledgement, and its code is 0 to 5', () => {
    const rig = makeRig();
    const menu = rig.platform.click({ scene: 'c2c', target: 'U', type: 12 }).interactionId;
    const feedback = rig.platform.click({ scene: 'c2c', target: 'U', type: 13 }).interactionId;
    expect(codeOf(rig.call('PUT', `/interactions/${menu}`, { code: 6 }))).toBe(50035);
    expect(rig.call('PUT', `/interactions/${menu}`, { code: 5 }).status).toBe(204);
    expect(codeOf(rig.call('PUT', `/interactions/${feedback}`, { code: 0 }))).toBe(630001);
  });
});

describe('recall, §6.6', () => {
  const sent = (rig: Rig): string => {
    const { messageId } = rig.platform.sendC2c({ from: 'U', text: 'x' });
    return (rig.post('/v2/users/U/messages', textReply(messageId)).body as { id: string }).id;
  };
  const path = (id: string) => `/v2/users/U/messages/${encodeURIComponent(id)}`;

  it('two minutes long, 200 {} or 204; the transcript keeps it, marked', async () => {
    const rig = makeRig();
    const id = sent(rig);
    await rig.clock.advance(120_000);
    expect(rig.call('DELETE', path(id))).toMatchObject({ status: 200, body: {} });
    expect(rig.platform.transcript('U').at(-1)).toMatchObject({ messageId: id, recalled: true });
    expect(codeOf(rig.call('DELETE', path(id)))).toBe(40061001);
    const other = makeRig({ switches: { recallStatus: 204 } });
    expect(other.call('DELETE', path(sent(other))).status).toBe(204);
  });

  it('in guilds for private bots', () => {
    const rig = makeRig({ bots: [{ appId: 'p', appSecret: 's', private: true }] });
    const answer = rig.post('/channels/C/messages', { content: 'x', msg_id: channelMessage(rig) });
    const { id } = answer.body as { id: string };
    expect(rig.call('DELETE', `/channels/C/messages/${id}?hidetip=false`).status).toBe(200);
    expect(rig.platform.transcript('C').at(-1)?.recalled).toBe(true);
  });
});

describe('media, §6.8', () => {
  const upload = (rig: Rig, scene: 'users/U' | 'groups/G', body: Json) => rig.post(`/v2/${scene}/files`, body);
  const image = { file_type: 1, file_data: Buffer.from('png bytes').toString('base64'), srv_send_msg: false };

  it('base64 or a link, then msg_type 7; the upload itself uses up no reply', () => {
    const rig = makeRig();
    const { messageId } = rig.platform.sendC2c({ from: 'U', text: 'x' });
    for (const body of [image, { file_type: 4, url: 'https://files.example/a.pdf', file_name: 'a.pdf' }]) {
      const answer = upload(rig, 'users/U', body);
      expect(answer).toMatchObject({ status: 200, body: { ttl: 259_200, file_uuid: expect.any(String) } });
      const { file_info: fileInfo } = answer.body as { file_info: string };
      const send = {
        msg_type: 7,
        media: { file_info: fileInfo },
        content: ' ',
        msg_id: messageId,
        msg_seq: body.file_type,
      };
      expect(rig.post('/v2/users/U/messages', send).status).toBe(200);
    }
    expect(rig.platform.transcript('U').slice(1)).toMatchObject([
      { kind: 'media', text: '', media: { fileType: 1 } },
      { kind: 'media', media: { fileType: 4, fileName: 'a.pdf' } },
    ]);
    for (const seq of [10, 11]) expect(rig.post('/v2/users/U/messages', textReply(messageId, seq)).status).toBe(200);
    expect(codeOf(rig.post('/v2/users/U/messages', textReply(messageId, 12)))).toBe(40034128);
  });

  it('file_info belongs to its scene and lives as long as its ttl, 0 being for ever', async () => {
    const rig = makeRig({ limits: { fileInfoTtlS: 300 } });
    const c2c = rig.platform.sendC2c({ from: 'U', text: 'x' }).messageId;
    const group = rig.platform.sendGroup({ group: 'G', from: 'M', text: 'x' }).messageId;
    const { file_info: fileInfo } = upload(rig, 'users/U', image).body as { file_info: string };
    const media = { msg_type: 7, media: { file_info: fileInfo } };
    expect(codeOf(rig.post('/v2/groups/G/messages', { ...media, msg_id: group }))).toBe(304080);
    await rig.clock.advance(299_999);
    expect(rig.post('/v2/users/U/messages', { ...media, msg_id: c2c, msg_seq: 1 }).status).toBe(200);
    await rig.clock.advance(1);
    expect(codeOf(rig.post('/v2/users/U/messages', { ...media, msg_id: c2c, msg_seq: 2 }))).toBe(304080);
    const lasting = makeRig({ limits: { fileInfoTtlS: 0 } });
    lasting.platform.introduce('c2c', 'U');
    const answer = upload(lasting, 'users/U', image);
    expect(answer.body).toMatchObject({ ttl: 0 });
    await lasting.clock.advance(400 * 86_400_000);
    const active = { msg_type: 7, media: { file_info: (answer.body as { file_info: string }).file_info } };
    expect(lasting.post('/v2/users/U/messages', active).status).toBe(200);
  });

  it('srv_send_msg sends at once, as an active message', () => {
    const rig = makeRig();
    rig.platform.introduce('c2c', 'U');
    rig.platform.introduce('group', 'G');
    expect(upload(rig, 'users/U', { ...image, srv_send_msg: true }).body).toHaveProperty('id');
    expect(rig.platform.sends()).toMatchObject([{ kind: 'media', active: true }]);
    expect(codeOf(upload(rig, 'groups/G', { ...image, srv_send_msg: true }))).toBe(40034105);
  });
});

import { describe, expect, it } from 'vitest';
import { C2C_AND_GROUP, codeOf, makeRig, type Rig, textReply } from './rig.js';

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
    await rig.clock.advance(10_000);
    expect(rig.platform.interactions().map(({ change }) => change)).toEqual(['clicked', 'answered']);
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

import { describe, expect, it } from 'vitest';
import type { Answer, PlatformOptions } from '../../src/emulator/index.js';
import { ERROR_CODES } from '../../src/emulator/platform/errors.js';
import { codeOf, type Json, makeRig, type Rig, textReply } from './rig.js';

const C2C = '/v2/users/U/messages';
const GROUP = '/v2/groups/G/messages';
const CHANNEL = '/channels/C/messages';
const STREAM = '/v2/users/U/stream_messages';

const c2c = (rig: Rig) => rig.platform.sendC2c({ from: 'U', text: 'hi' }).messageId;
const group = (rig: Rig) => rig.platform.sendGroup({ group: 'G', from: 'M', text: 'hi' }).messageId;
const guild = (rig: Rig) => rig.platform.sendGuild({ guild: '187', channel: 'C', from: '1', text: 'hi' }).messageId;
const dmOf = (rig: Rig): string => {
  rig.platform.sendDm({ from: '1', text: 'hi' });
  return (rig.post('/users/@me/dms', { recipient_id: '1', source_guild_id: '187' }).body as { guild_id: string })
    .guild_id;
};
const chunk = (msgId: string, more: Json = {}): Json => ({
  input_mode: 'replace',
  input_state: 1,
  index: 0,
  content_raw: 'ab',
  msg_id: msgId,
  ...more,
});
const streamId = (rig: Rig, msgId: string) => (rig.post(STREAM, chunk(msgId)).body as { id: string }).id;
const asBot = (authorization: string) => (rig: Rig) => rig.call('GET', '/users/@me', undefined, { authorization });
const reaction = (rig: Rig, id: string) => `/channels/C/messages/${guild(rig)}/reactions/1/${id}`;
const fieldChunk = (msgId: string, seq: number, content: string, stream: Json): Json => ({
  msg_type: 2,
  markdown: { content },
  msg_id: msgId,
  msg_seq: seq,
  stream,
});

type Provoke = (rig: Rig) => Answer | Promise<Answer>;
type Case = readonly [status: number, provoke: Provoke, options?: Partial<PlatformOptions>];

/** A guild message with a picture by link, and what was found behind it. */
const withImage = (rig: Rig, found: Buffer | 'failed'): Answer => {
  const body = { image: 'https://a.example/a.png', msg_id: guild(rig) };
  const headers = { authorization: `QQBot ${rig.token()}` };
  const fetched = found === 'failed' ? ({ error: found } as const) : { bytes: found };
  return rig.platform.request({ method: 'POST', path: CHANNEL, headers, body, fetched });
};

/** Does one thing after the other; the last is the answer. */
const last = (...steps: unknown[]): Answer => steps.at(-1) as Answer;
const twice = (run: () => Answer): Answer => {
  run();
  return run();
};
const withWait = async (rig: Rig, ms: number, run: () => Answer): Promise<Answer> => {
  await rig.clock.advance(ms);
  return run();
};

// One way to each code. Codes of the token endpoint and of 200-with-error bodies are in tokens.test.ts.
const CASES: Readonly<Record<number, Case>> = {
  11241: [401, (rig) => rig.call('GET', '/users/@me', undefined, {})],
  11243: [401, asBot('QQBot  x')],
  11244: [401, asBot('QQBot x')],
  11245: [401, asBot('Bot 1.x')],
  11253: [403, (rig) => last(guild(rig), rig.call('GET', '/guilds/187/members'))],
  11255: [404, (rig) => rig.call('GET', '/no/such/thing')],
  11265: [
    401,
    (rig) => {
      const authorization = `QQBot ${rig.token()}`;
      rig.platform.setBotState('banned');
      return rig.call('GET', '/users/@me', undefined, { authorization });
    },
  ],
  11298: [
    401,
    (rig) => {
      rig.platform.refuseAddress();
      return rig.call('GET', '/gateway');
    },
  ],
  12001: [400, (rig) => last(group(rig), rig.post('/v2/users/G/messages', {}))],
  12002: [400, (rig) => last(c2c(rig), rig.post(C2C, 'no json'))],
  20028: [
    429,
    (rig) => {
      const msgId = guild(rig);
      for (let i = 0; i < 5; i += 1) rig.post(CHANNEL, { content: 'x', msg_id: msgId });
      return rig.post(CHANNEL, { content: 'x', msg_id: msgId });
    },
  ],
  22006: [400, (rig) => rig.post(C2C, { msg_type: 2, content: 'x', msg_id: c2c(rig) })],
  22009: [
    429,
    (rig) =>
      last(
        c2c(rig),
        twice(() => rig.post(C2C, {})),
      ),
    { limits: { c2cSendsPerSecond: 1 } },
  ],
  40007: [
    400,
    (rig) => {
      const msgId = c2c(rig);
      return rig.post(STREAM, chunk(msgId, { stream_msg_id: streamId(rig, msgId), index: 1, content_raw: 'x' }));
    },
  ],
  50002: [429, (rig) => twice(() => rig.post(STREAM, {})), { limits: { streamCallsPerSecond: 1 } }],
  50006: [400, (rig) => rig.post(C2C, { msg_type: 0, content: '  ', msg_id: c2c(rig) })],
  50035: [400, (rig) => rig.post(C2C, { msg_type: 0, content: 'x', msg_id: c2c(rig), event_id: 'e' })],
  50057: [
    400,
    (rig) => rig.post(C2C, { msg_type: 2, markdown: { content: 'x', custom_template_id: 't' }, msg_id: c2c(rig) }),
  ],
  50059: [500, (rig) => rig.post(C2C, { msg_type: 6, msg_id: c2c(rig) })],
  100017: [
    400,
    (rig) => {
      rig.call('GET', '/gateway');
      return twice(() => rig.call('GET', '/gateway'));
    },
    { switches: { strictGateway: true } },
  ],
  304003: [403, (rig) => rig.post(CHANNEL, { content: 'https://a.example', msg_id: guild(rig) })],
  304004: [400, (rig) => rig.post(C2C, { msg_type: 3, ark: { template_id: 23 }, msg_id: c2c(rig) })],
  304005: [400, (rig) => rig.post(CHANNEL, { content: 'long', msg_id: guild(rig) }), { limits: { textChars: 3 } }],
  304018: [400, (rig) => last(guild(rig), rig.post(CHANNEL, { content: 'x' }))],
  304023: [
    202,
    (rig) => {
      guild(rig);
      rig.identify();
      rig.platform.auditNext();
      return rig.post(CHANNEL, { content: 'x' });
    },
  ],
  304024: [202, (rig) => last(rig.platform.auditNext(), rig.post(CHANNEL, { content: 'x', msg_id: guild(rig) }))],
  304025: [
    400,
    (rig) => last(rig.platform.blockWords('bad'), rig.post(CHANNEL, { content: 'bad', msg_id: guild(rig) })),
  ],
  304026: [400, (rig) => last(guild(rig), rig.post(CHANNEL, { content: 'x', msg_id: 'unknown' }))],
  304028: [
    400,
    (rig) => {
      const { id } = rig.platform.click({ scene: 'guild', target: 'C', from: '1' });
      return rig.post(CHANNEL, { content: 'x', event_id: id });
    },
  ],
  304031: [
    400,
    (rig) => {
      const dm = dmOf(rig);
      rig.platform.allowActive('dm', dm, true);
      rig.platform.setDmOpen(dm, false);
      return rig.post(`/dms/${dm}/messages`, { content: 'x' });
    },
  ],
  304035: [
    400,
    (rig) => last(guild(rig), rig.platform.allowActive('guild', 'C', false), rig.post(CHANNEL, { content: 'x' })),
  ],
  304037: [
    500,
    (rig) => {
      rig.platform.rights().keyboard.c2c = false;
      return rig.post(C2C, { msg_type: 2, markdown: { content: 'x' }, keyboard: { id: 't' }, msg_id: c2c(rig) });
    },
  ],
  304041: [400, (rig) => rig.post(CHANNEL, { markdown: { content: 'x' }, msg_id: guild(rig) })],
  304045: [
    400,
    (rig) => {
      guild(rig);
      rig.identify();
      return twice(() => rig.post(CHANNEL, { content: 'x' }));
    },
    { limits: { guildActivePerChannelPerDay: 1 } },
  ],
  304046: [
    400,
    (rig) => {
      guild(rig);
      rig.identify();
      return rig.post(CHANNEL, { content: 'x' });
    },
    { limits: { guildActiveChannelsPerDay: 0 } },
  ],
  304049: [
    400,
    (rig) => {
      rig.identify();
      return rig.post(`/dms/${dmOf(rig)}/messages`, { content: 'x' });
    },
    { limits: { dmActivePerUserPerDay: 0 } },
  ],
  304050: [
    400,
    (rig) => {
      rig.identify();
      return rig.post(`/dms/${dmOf(rig)}/messages`, { content: 'x' });
    },
    { limits: { dmActivePerDay: 0 } },
  ],
  304057: [
    400,
    (rig) => {
      rig.platform.rights().keyboard.c2c = false;
      const keyboard = { content: { rows: [] } };
      return rig.post(C2C, { msg_type: 2, markdown: { content: 'x' }, keyboard, msg_id: c2c(rig) });
    },
  ],
  304080: [400, (rig) => rig.post(C2C, { msg_type: 7, media: { file_info: 'x' }, msg_id: c2c(rig) })],
  304103: [
    400,
    (rig) => {
      const msgId = guild(rig);
      return withWait(rig, 300_001, () => rig.post(CHANNEL, { content: 'x', msg_id: msgId }));
    },
  ],
  306002: [
    400,
    (rig) => last(guild(rig), rig.call('DELETE', '/channels/C/messages/unknown')),
    { bots: [{ appId: 'p', appSecret: 's', private: true }] },
  ],
  306004: [403, (rig) => rig.call('DELETE', `/channels/C/messages/${guild(rig)}?hidetip=true`)],
  306009: [400, (rig) => rig.call('DELETE', '/v2/users/NOBODY/messages/x')],
  620002: [400, (rig) => rig.call('PUT', reaction(rig, '4')), { limits: { reactionKinds: 0 } }],
  620003: [
    400,
    (rig) => {
      const path = reaction(rig, '4');
      return twice(() => rig.call('PUT', path));
    },
  ],
  620004: [400, (rig) => rig.call('DELETE', reaction(rig, '4'))],
  630001: [400, (rig) => rig.call('PUT', '/interactions/unknown', { code: 0 })],
  630003: [
    400,
    (rig) => {
      const { interactionId } = rig.platform.click({ scene: 'c2c', target: 'U' });
      return twice(() => rig.call('PUT', `/interactions/${interactionId}`, { code: 0 }));
    },
  ],
  630004: [
    400,
    (rig) => {
      const { interactionId } = rig.platform.click({ scene: 'c2c', target: 'U' });
      return withWait(rig, 3001, () => rig.call('PUT', `/interactions/${interactionId}`, { code: 0 }));
    },
  ],
  850018: [
    400,
    (rig) => {
      const msgId = group(rig);
      rig.platform.setMuted('group', 'G', true);
      return rig.post(GROUP, textReply(msgId));
    },
  ],
  850019: [400, (rig) => last(c2c(rig), rig.post('/v2/users/U/files', { file_type: 5, url: 'https://a.example/x' }))],
  850026: [400, (rig) => last(c2c(rig), rig.post('/v2/users/U/files', { file_type: 1, url: 'ftp://a.example/x' }))],
  304020: [
    400,
    (rig) => withImage(rig, Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')),
    { limits: { guildImageBytes: 4 } },
  ],
  304082: [400, (rig) => withImage(rig, 'failed')],
  304083: [400, (rig) => withImage(rig, Buffer.from('text'))],
  40093001: [
    400,
    (rig) => {
      c2c(rig);
      const sum = 'a'.repeat(32);
      const body = { file_type: 4, file_size: 1, file_name: 'a', md5: sum, sha1: 'a'.repeat(40), md5_10m: sum };
      const { upload_id: uploadId } = rig.post('/v2/users/U/upload_prepare', body).body as { upload_id: string };
      return rig.post('/v2/users/U/upload_part_finish', { upload_id: uploadId, part_index: 0 });
    },
  ],
  40093002: [
    400,
    (rig) => last(c2c(rig), rig.post('/v2/users/U/files', { file_type: 4, file_data: 'AAAAAAAA' })),
    { limits: { uploadBytesPerDay: 3 } },
  ],
  850031: [
    400,
    (rig) => last(c2c(rig), rig.post('/v2/users/U/files', { file_type: 1, file_data: 'AAAAAAAA' })),
    { limits: { fileBytes: 5 } },
  ],
  40034005: [
    400,
    (rig) => {
      const msgId = group(rig);
      return withWait(rig, 300_001, () => rig.post(GROUP, textReply(msgId)));
    },
  ],
  40034006: [400, (rig) => last(rig.platform.blockWords('bad'), rig.post(C2C, textReply(c2c(rig), 1, 'so bad')))],
  40034012: [
    400,
    (rig) => {
      rig.platform.rights().markdown.c2c = false;
      return rig.post(C2C, { msg_type: 2, markdown: { content: 'x' }, msg_id: c2c(rig) });
    },
  ],
  40034016: [400, (rig) => rig.post(C2C, { ...textReply(c2c(rig)), stream: { state: 1, index: 0 } })],
  40034017: [400, (rig) => rig.post(C2C, fieldChunk(c2c(rig), 1, 'x', { state: 10, index: 0 }))],
  40034018: [
    400,
    (rig) => {
      const msgId = c2c(rig);
      const more = { stream_msg_id: streamId(rig, msgId), input_state: 10 };
      rig.post(STREAM, chunk(msgId, { ...more, index: 1 }));
      return rig.post(STREAM, chunk(msgId, { ...more, index: 2 }));
    },
  ],
  40034020: [
    400,
    (rig) => {
      const msgId = c2c(rig);
      const id = streamId(rig, msgId);
      return withWait(rig, 300_001, () => rig.post(STREAM, chunk(msgId, { stream_msg_id: id, index: 1 })));
    },
  ],
  40034021: [
    400,
    (rig) => last(streamId(rig, c2c(rig)), rig.post(STREAM, chunk(c2c(rig)))),
    { switches: { secondStream: 'refused' } },
  ],
  40034022: [
    400,
    (rig) => {
      const msgId = c2c(rig);
      const id = streamId(rig, msgId);
      streamId(rig, c2c(rig));
      return rig.post(STREAM, chunk(msgId, { stream_msg_id: id, index: 1 }));
    },
  ],
  40034024: [400, (rig) => last(c2c(rig), rig.post(C2C, textReply(group(rig))))],
  40034025: [400, (rig) => last(c2c(rig), rig.post(C2C, { msg_type: 0, content: 'x', event_id: 'unknown' }))],
  40034027: [
    400,
    (rig) => {
      const { id } = rig.platform.switchMessages({ scene: 'c2c', target: 'U', accepts: false });
      return rig.post(C2C, { msg_type: 0, content: 'x', event_id: id });
    },
  ],
  40034029: [
    400,
    (rig) => {
      const rows = Array.from({ length: 6 }, () => ({ buttons: [] }));
      const keyboard = { content: { rows } };
      return rig.post(C2C, { msg_type: 2, markdown: { content: 'x' }, keyboard, msg_id: c2c(rig) });
    },
  ],
  40034100: [
    400,
    (rig) =>
      last(
        c2c(rig),
        twice(() => rig.post(C2C, { msg_type: 0, content: 'x' })),
      ),
    { limits: { c2cActivePerSecond: 1 } },
  ],
  40034101: [400, (rig) => rig.post('/v2/groups/NOWHERE/messages', { msg_type: 0, content: 'x' })],
  40034102: [
    400,
    (rig) => last(group(rig), rig.post(GROUP, { msg_type: 0, content: 'x' })),
    { switches: { activeRefusal: 40034102 } },
  ],
  40034105: [400, (rig) => last(group(rig), rig.post(GROUP, { msg_type: 0, content: 'x' }))],
  40034122: [
    400,
    (rig) =>
      last(
        c2c(rig),
        twice(() => rig.post(C2C, { msg_type: 0, content: 'x', is_wakeup: true })),
      ),
  ],
  40034123: [400, (rig) => last(group(rig), rig.post(GROUP, { msg_type: 0, content: 'x', is_wakeup: true }))],
  40034128: [
    400,
    (rig) => {
      const msgId = group(rig);
      for (let seq = 1; seq <= 5; seq += 1) rig.post(GROUP, textReply(msgId, seq));
      return rig.post(GROUP, textReply(msgId, 6));
    },
  ],
  40054002: [
    400,
    (rig) => {
      const msgId = c2c(rig);
      rig.platform.setMuted('c2c', 'U', true);
      return rig.post(C2C, textReply(msgId));
    },
  ],
  40054004: [
    400,
    (rig) => {
      const msgId = c2c(rig);
      rig.platform.removeFriend('U');
      return rig.post(C2C, textReply(msgId));
    },
  ],
  40054005: [
    400,
    (rig) => {
      const msgId = c2c(rig);
      return twice(() => rig.post(C2C, textReply(msgId)));
    },
  ],
  40054007: [400, (rig) => rig.post(C2C, textReply(c2c(rig), 1, 'long')), { limits: { textChars: 3 } }],
  40054010: [400, (rig) => rig.post(GROUP, textReply(group(rig), 1, 'https://a.example'))],
  40054013: [
    400,
    (rig) => {
      rig.platform.switchMessages({ scene: 'c2c', target: 'U', accepts: false });
      return rig.post(C2C, { msg_type: 0, content: 'x' });
    },
  ],
  40054014: [
    400,
    (rig) => rig.post(C2C, fieldChunk(c2c(rig), 1, 'long', { state: 1, index: 0 })),
    { limits: { streamChars: 3 } },
  ],
  40054015: [400, (rig) => rig.post(STREAM, chunk(c2c(rig))), { limits: { streamChunks: 0 } }],
  40061001: [400, (rig) => last(c2c(rig), rig.call('DELETE', `${C2C}/unknown`))],
  40062003: [400, (rig) => rig.call('DELETE', `${C2C}/${encodeURIComponent(c2c(rig))}`)],
  40064004: [
    400,
    (rig) => {
      const { id } = rig.post(C2C, textReply(c2c(rig))).body as { id: string };
      return withWait(rig, 120_001, () => rig.call('DELETE', `${C2C}/${encodeURIComponent(id)}`));
    },
  ],
};

describe('error codes, §8.2', () => {
  it('every code the platform has is provoked below', () => {
    expect(Object.keys(CASES).map(Number).toSorted()).toEqual(ERROR_CODES.toSorted());
  });

  it.each(Object.entries(CASES))('%s', async (code, [status, provoke, options]) => {
    const rig = makeRig(options);
    const answer = await provoke(rig);
    expect(codeOf(answer)).toBe(Number(code));
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({
      message: expect.stringMatching(/./u),
      trace_id: answer.headers['X-Tps-trace-ID'],
    });
    // A refusal is told as one, and says nothing to anybody; 202 is neither.
    if (status >= 400) expect(rig.platform.refusals().at(-1)).toMatchObject({ code: Number(code), status });
    else expect(rig.platform.refusals()).toEqual([]);
  });
});

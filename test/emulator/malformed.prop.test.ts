import { fc, it } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { makeRig, sessionIdOf } from './rig.js';

const PATHS = [
  '/app/getAppAccessToken',
  '/gateway',
  '/v2/users/U/messages',
  '/v2/users/U/stream_messages',
  '/v2/users/U/files',
  '/v2/users/U/messages/x',
  '/v2/groups/G/messages',
  '/channels/C/messages',
  '/channels/C/messages/x/reactions/1/4',
  '/users/@me/dms',
  '/users/@me/guilds?limit=x&before=y',
  '/v2/users/U/upload_prepare',
  '/v2/users/U/upload_part_finish',
  '/v2/groups/G/members?start_index=1',
  '/v2/groups/G/bot_state',
  '/v2/groups/G/approval_join_request/M',
  '/channels/C/messages/x',
  '/guilds/1/members/x',
  '/guilds/1/members?limit=9',
  '/files/x/y?rkey=z',
  '/uploads/x/0',
  '/interactions/x',
  '/v2/users/%/messages',
  '//',
  '',
];
const FIELDS = [
  'msg_type',
  'content',
  'markdown',
  'keyboard',
  'ark',
  'media',
  'msg_id',
  'event_id',
  'msg_seq',
  'is_wakeup',
  'input_notify',
  'stream',
  'input_mode',
  'input_state',
  'index',
  'content_type',
  'content_raw',
  'stream_msg_id',
  'file_type',
  'file_data',
  'url',
  'code',
  'embed',
  'image',
  'file_image',
  'message_reference',
  'upload_id',
  'part_index',
  'file_size',
  'file_name',
  'md5',
  'op',
  'join_request_id',
];

const body = fc.oneof(
  fc.jsonValue(),
  fc.dictionary(fc.constantFrom(...FIELDS), fc.oneof(fc.jsonValue(), fc.integer({ min: 0, max: 12 }), fc.constant({}))),
);

describe('malformed input is answered and never throws', () => {
  it.prop([fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', ''), fc.constantFrom(...PATHS), body])(
    'any call gets a status, a trace id, and an error shape from 400 on',
    (method, path, given) => {
      const rig = makeRig();
      rig.platform.introduce('c2c', 'U');
      rig.platform.introduce('group', 'G');
      rig.platform.introduce('guild', 'C', { guildId: '1' });
      const answer = rig.call(method, path, given);
      expect(answer.status).toBeGreaterThanOrEqual(200);
      expect(answer.headers['X-Tps-trace-ID']).toBeTruthy();
      if (answer.status >= 400) {
        expect(answer.body).toMatchObject({ code: expect.any(Number), err_code: expect.any(Number) });
      }
    },
  );

  it.prop([
    fc.array(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.record({ op: fc.integer({ min: 0, max: 13 }), d: fc.jsonValue() }).map((frame) => JSON.stringify(frame)),
      ),
      { maxLength: 10 },
    ),
  ])('any frames end in an open link or in one close', (texts) => {
    const rig = makeRig();
    const client = rig.connect();
    for (const text of texts) client.link.receive(text);
    expect(client.closes.length).toBeLessThanOrEqual(1);
    expect(rig.platform.links()).toHaveLength(1 - client.closes.length);
  });
});

type Command = 'say' | 'drop' | 'resume';

describe('a session', () => {
  // The promise of §3.5: a client that resumes from its last s gets each event once and in order, whatever breaks.
  it.prop([fc.array(fc.constantFrom<Command>('say', 'say', 'drop', 'resume'), { maxLength: 60 })])(
    'loses nothing and doubles nothing over any disconnects, and s rises by one',
    (commands) => {
      const rig = makeRig();
      let client = rig.identify();
      const sessionId = sessionIdOf(client);
      const got: string[] = [];
      let lastS = 0;
      const take = (): void => {
        for (const frame of client.frames.splice(0)) {
          if (frame.s === undefined) continue;
          expect(frame.s).toBeGreaterThan(lastS);
          if (frame.t === 'C2C_MESSAGE_CREATE') got.push((frame.d as { content: string }).content);
          lastS = frame.s;
        }
      };
      const said: string[] = [];
      for (const command of [...commands, 'drop', 'resume'] as const) {
        take();
        if (command === 'say') {
          said.push(String(said.length));
          rig.platform.sendC2c({ from: 'U', text: String(said.length - 1) });
        } else if (command === 'drop') client.link.closed();
        else client = rig.resume(sessionId, lastS);
      }
      take();
      expect(got).toEqual(said);
    },
  );
});

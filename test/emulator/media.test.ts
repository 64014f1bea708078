import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Answer, TranscriptEntry } from '../../src/emulator/index.js';
import { type Client, codeOf, type Json, makeRig, type Rig, textReply } from './rig.js';

const PNG = Buffer.from('\x89PNG\r\n\x1a\nthe rest', 'latin1');
const MP4 = Buffer.from('\0\0\0 ftypisomthe rest', 'latin1');
const SILK = Buffer.from('\x02#!SILK_V3the rest', 'latin1');

/** A call that carries no token: what a signed link is for. */
const bare = (rig: Rig, method: string, url: unknown, bytes?: Buffer): Answer => {
  const { pathname, search } = new URL(String(url));
  return rig.platform.request({ method, path: `${pathname}${search}`, headers: {}, ...(bytes && { bytes }) });
};
const fileInfoOf = (answer: Answer): string => (answer.body as { file_info: string }).file_info;
const attachmentsOf = (client: Client): Json[] => {
  const said = client.last()?.d as { attachments?: Json[] } | undefined;
  return said?.attachments ?? [];
};
const lastMedia = (rig: Rig, peer: string): TranscriptEntry['media'][number] | undefined =>
  rig.platform.transcript(peer).at(-1)?.media[0];

describe('media, §6.8', () => {
  const upload = (rig: Rig, scene: 'users/U' | 'groups/G', body: Json) => rig.post(`/v2/${scene}/files`, body);
  const image = { file_type: 1, file_data: PNG.toString('base64'), srv_send_msg: false };

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
      { kind: 'media', text: '', media: [{ fileType: 1 }] },
      { kind: 'media', media: [{ fileType: 4, fileName: 'a.pdf' }] },
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

describe('what is uploaded, §6.8', () => {
  const world = (...args: Parameters<typeof makeRig>): Rig => {
    const rig = makeRig(...args);
    rig.platform.introduce('c2c', 'U');
    rig.platform.introduce('group', 'G');
    return rig;
  };
  const upload = (rig: Rig, fileType: number, bytes: Buffer, more: Json = {}): Answer =>
    rig.post('/v2/users/U/files', { file_type: fileType, file_data: bytes.toString('base64'), ...more });
  const send = (rig: Rig, fileInfo: string): Answer =>
    rig.post('/v2/users/U/messages', { msg_type: 7, media: { file_info: fileInfo } });

  it('is what the user gets: the same bytes behind a link, as the format they are', () => {
    const rig = world();
    const answer = upload(rig, 1, PNG, { file_name: 'a b/c.png' });
    expect(send(rig, fileInfoOf(answer)).status).toBe(200);
    const media = lastMedia(rig, 'U');
    expect(media).toMatchObject({ fileType: 1, fileName: 'a b/c.png', sizeBytes: PNG.length });
    const file = bare(rig, 'GET', media?.url);
    expect(file).toMatchObject({ status: 200, headers: { 'content-type': 'image/png' } });
    expect(file.body).toEqual(PNG);
    expect(file.headers['content-security-policy']).toContain('sandbox');
  });

  it.each([
    [1, PNG, 200],
    [1, Buffer.from('\xff\xd8\xff\xe0', 'latin1'), 200],
    [1, MP4, 850019],
    [1, Buffer.from('text'), 850019],
    [2, MP4, 200],
    [2, PNG, 850019],
    [3, SILK, 200],
    [3, Buffer.from('RIFF....WAVE'), 200],
    [3, Buffer.from('RIFF....WEBP'), 850019],
    [4, Buffer.from('text'), 200],
  ])('file_type %i of %o is %i', (fileType, bytes, outcome) => {
    const answer = upload(world(), fileType, bytes);
    expect(codeOf(answer) ?? answer.status).toBe(outcome);
    expect(upload(world({ switches: { formats: 'any' } }), fileType, bytes).status).toBe(200);
  });

  it('over the soft limit it is a plain file, over the hard one it is refused', () => {
    const rig = world({ limits: { imageSoftBytes: PNG.length - 1, fileBytes: MP4.length } });
    send(rig, fileInfoOf(upload(rig, 1, PNG)));
    expect(lastMedia(rig, 'U')).toMatchObject({ fileType: 4 });
    expect(codeOf(upload(rig, 2, Buffer.concat([MP4, MP4])))).toBe(850031);
  });

  it.each(['', '====', 'not base64!', '%%%'])('base64 that is none is 850026: %j', (data) => {
    const rig = world();
    expect(codeOf(rig.post('/v2/users/U/files', { file_type: 4, file_data: data }))).toBe(850026);
  });

  it('the day has so many bytes, and starts again', async () => {
    const rig = world({ limits: { uploadBytesPerDay: PNG.length } });
    expect(upload(rig, 1, PNG).status).toBe(200);
    expect(codeOf(upload(rig, 1, PNG))).toBe(40093002);
    await rig.clock.advance(86_400_000);
    expect(upload(rig, 1, PNG).status).toBe(200);
  });

  it('a link that was looked behind is bytes as well; one that led nowhere is refused', () => {
    const rig = world();
    const call = (fetched: Json) => {
      const request = {
        method: 'POST',
        path: '/v2/users/U/files',
        headers: { authorization: `QQBot ${rig.token()}` },
        body: { file_type: 1, url: 'http://127.0.0.1:1/a.png' },
      };
      expect(rig.platform.linkToFetch(request)).toBe('http://127.0.0.1:1/a.png');
      expect(rig.platform.linkToFetch({ ...request, headers: {} })).toBeUndefined();
      return rig.platform.request({ ...request, fetched: fetched as never });
    };
    expect(call({ bytes: PNG }).status).toBe(200);
    expect(codeOf(call({ bytes: MP4 }))).toBe(850019);
    expect(codeOf(call({ error: 'failed' }))).toBe(850026);
    expect(codeOf(call({ error: 'tooLarge' }))).toBe(850031);
  });

  it('records tell the size of a large file, not its bytes', () => {
    const rig = world();
    upload(rig, 4, Buffer.alloc(100_000));
    expect(JSON.stringify(rig.platform.calls().at(-1)?.body).length).toBeLessThan(200);
  });

  it('what is kept is bounded: the oldest bytes go, and their link with them', () => {
    const rig = world({ bounds: { fileBytes: 2 * PNG.length } });
    const urls = [0, 1, 2].map(() => {
      send(rig, fileInfoOf(upload(rig, 1, PNG)));
      return lastMedia(rig, 'U')?.url;
    });
    expect(urls.map((url) => bare(rig, 'GET', url).status)).toEqual([404, 200, 200]);
  });
});

describe('chunked uploads, §6.8', () => {
  const sum = (algorithm: string, bytes: Buffer) => createHash(algorithm).update(bytes).digest('hex');
  const FILE = Buffer.concat([MP4, Buffer.alloc(25, 7)]);
  const prepareBody = (bytes: Buffer, more: Json = {}): Json => ({
    file_type: 2,
    file_size: String(bytes.length),
    file_name: 'film.mp4',
    md5: sum('md5', bytes),
    sha1: sum('sha1', bytes),
    md5_10m: sum('md5', bytes.subarray(0, 10_002_432)),
    ...more,
  });
  type Prepared = {
    upload_id: string;
    block_size: string;
    parts: { index: number; presigned_url: string; block_size: string }[];
    upload_config: Json;
  };
  const world = (options: Parameters<typeof makeRig>[0] = {}): Rig => {
    const rig = makeRig({ ...options, limits: { uploadBlockBytes: 10, ...options.limits } });
    rig.platform.introduce('c2c', 'U');
    rig.platform.introduce('group', 'G');
    return rig;
  };
  const prepare = (rig: Rig, bytes = FILE, more: Json = {}, scene = 'users/U'): Prepared =>
    rig.post(`/v2/${scene}/upload_prepare`, prepareBody(bytes, more)).body as Prepared;
  const cut = (bytes: Buffer, index: number): Buffer => bytes.subarray(index * 10, index * 10 + 10);
  const finishBody = (prepared: Prepared, at: number, bytes: Buffer): Json => ({
    upload_id: prepared.upload_id,
    part_index: prepared.parts[at]?.index,
    block_size: prepared.parts[at]?.block_size,
    md5: sum('md5', cut(bytes, at)),
  });
  const uploadParts = (rig: Rig, prepared: Prepared, bytes = FILE, scene = 'users/U'): void => {
    for (const [at, part] of prepared.parts.entries()) {
      expect(bare(rig, 'PUT', part.presigned_url, cut(bytes, at)).status).toBe(200);
      const answer = rig.post(`/v2/${scene}/upload_part_finish`, finishBody(prepared, at, bytes));
      expect(answer).toMatchObject({ status: 200, body: {} });
    }
  };
  const finish = (rig: Rig, prepared: Prepared, more: Json = {}, scene = 'users/U'): Answer =>
    rig.post(`/v2/${scene}/files`, { upload_id: prepared.upload_id, file_type: 2, file_name: 'film.mp4', ...more });

  it('prepare, put, finish each part, finish the file, send it', () => {
    const rig = world();
    const prepared = prepare(rig);
    expect(prepared).toMatchObject({
      block_size: '10',
      upload_config: { concurrency: 1, retry_timeout: 300, retry_delay: 1 },
    });
    expect(prepared.parts.map(({ index, block_size: size }) => [index, size])).toEqual([
      [0, '10'],
      [1, '10'],
      [2, '10'],
      [3, '10'],
      [4, String(FILE.length - 40)],
    ]);
    uploadParts(rig, prepared);
    const answer = finish(rig, prepared);
    expect(answer).toMatchObject({ status: 200, body: { ttl: 259_200, raw_url: expect.any(String) } });
    expect(bare(rig, 'GET', (answer.body as { raw_url: string }).raw_url).body).toEqual(FILE);
    const sent = rig.post('/v2/users/U/messages', { msg_type: 7, media: { file_info: fileInfoOf(answer) } });
    expect(sent.status).toBe(200);
    expect(lastMedia(rig, 'U')).toMatchObject({ fileType: 2, fileName: 'film.mp4', sizeBytes: FILE.length });
    // An answer that was lost is told again.
    expect(finish(rig, prepared).body).toEqual(answer.body);
  });

  it('parts from 1 and a flat configuration, as OC reads them', () => {
    const rig = world({ switches: { partIndexFrom: 1, uploadConfig: 'flat' } });
    const prepared = prepare(rig);
    expect(prepared.parts[0]?.index).toBe(1);
    expect(prepared).toMatchObject({ concurrency: 1, retry_timeout: 300, retry_delay: 1 });
    uploadParts(rig, prepared);
    expect(finish(rig, prepared).status).toBe(200);
  });

  it('a plain file has no raw_url, and may be any bytes', () => {
    const rig = world();
    const bytes = Buffer.from('a document of any kind');
    const prepared = prepare(rig, bytes, { file_type: 4, file_size: bytes.length });
    uploadParts(rig, prepared, bytes);
    const answer = finish(rig, prepared, { file_type: 4 });
    expect(answer.body).not.toHaveProperty('raw_url');
    expect(answer.status).toBe(200);
  });

  it('is bound to its scene, as a whole and as a file_info', () => {
    const rig = world();
    const prepared = prepare(rig, FILE, {}, 'groups/G');
    expect(codeOf(rig.post('/v2/users/U/upload_part_finish', finishBody(prepared, 0, FILE)))).toBe(50035);
    uploadParts(rig, prepared, FILE, 'groups/G');
    expect(codeOf(finish(rig, prepared))).toBe(50035);
    const fileInfo = fileInfoOf(finish(rig, prepared, {}, 'groups/G'));
    const toUser = rig.post('/v2/users/U/messages', { msg_type: 7, media: { file_info: fileInfo } });
    expect(codeOf(toUser)).toBe(304080);
  });

  it.each<[string, Json, number]>([
    ['no file_type', { file_type: 5 }, 850019],
    ['no size', { file_size: 'x' }, 50035],
    ['no bytes', { file_size: 0 }, 50035],
    ['too many bytes', { file_size: 200_000_001 }, 850031],
    ['no name', { file_name: '' }, 50035],
    ['an md5 that is none', { md5: 'abc' }, 50035],
    ['no sha1', { sha1: undefined }, 50035],
  ])('prepare with %s is refused', (_, more, code) => {
    const rig = world({ limits: { uploadBlockBytes: 5_000_000 } });
    expect(codeOf(rig.post('/v2/users/U/upload_prepare', prepareBody(FILE, more)))).toBe(code);
  });

  it('a link is good for its part, without a token, for its time', async () => {
    const rig = world({ limits: { uploadLifeMs: 1000 } });
    const [first] = prepare(rig).parts;
    const url = new URL(first?.presigned_url ?? '');
    const put = (headers: Record<string, string>, path = `${url.pathname}${url.search}`, bytes = cut(FILE, 0)) =>
      rig.platform.request({ method: 'PUT', path, headers, bytes }).status;
    expect(put({ authorization: `QQBot ${rig.token()}` })).toBe(403);
    expect(put({}, url.pathname)).toBe(403);
    expect(put({}, `${url.pathname}9${url.search}`)).toBe(403);
    expect(put({}, undefined, Buffer.alloc(3))).toBe(400);
    expect(put({})).toBe(200);
    await rig.clock.advance(1001);
    expect(put({})).toBe(403);
  });

  it('a part that is not there is 40093001, one that differs 850026; the file waits for all of them', () => {
    const rig = world();
    const prepared = prepare(rig);
    const partFinish = (more: Json = {}) =>
      codeOf(rig.post('/v2/users/U/upload_part_finish', { ...finishBody(prepared, 0, FILE), ...more }));
    expect(partFinish()).toBe(40093001);
    expect(partFinish({ part_index: 9 })).toBe(50035);
    bare(rig, 'PUT', prepared.parts[0]?.presigned_url, cut(FILE, 0));
    expect(partFinish({ md5: sum('md5', FILE) })).toBe(850026);
    expect(codeOf(finish(rig, prepared))).toBe(850026);
    uploadParts(rig, prepared);
    expect(codeOf(finish(rig, prepared, { file_type: 1 }))).toBe(50035);
    expect(finish(rig, prepared).status).toBe(200);
  });

  it.each(['md5', 'sha1', 'md5_10m'])('a whole that differs from its %s is refused', (key) => {
    const rig = world();
    const prepared = prepare(rig, FILE, { [key]: sum(key === 'sha1' ? 'sha1' : 'md5', Buffer.from('else')) });
    uploadParts(rig, prepared);
    expect(codeOf(finish(rig, prepared))).toBe(850026);
  });

  it('the bytes of the day are booked at the start', () => {
    const rig = world({ limits: { uploadBytesPerDay: FILE.length + 1 } });
    prepare(rig);
    expect(codeOf(rig.post('/v2/users/U/upload_prepare', prepareBody(FILE)))).toBe(40093002);
  });
});

describe('what users send along, §5.1', () => {
  it('bytes become a link that can be downloaded while it lives', async () => {
    const rig = makeRig({ limits: { attachmentLinkMs: 60_000 } });
    const client = rig.identify();
    rig.platform.sendC2c({
      from: 'U',
      attachments: [
        { data: PNG, filename: 'a.png', width: 1, height: 2 },
        { data: SILK, wav: Buffer.from('RIFF....WAVE'), asr_refer_text: 'hello' },
        { data: Buffer.from('<script>'), filename: '\ud800.html' },
      ],
    });
    const [image, voice, page] = attachmentsOf(client);
    expect(image).toMatchObject({
      content_type: 'image/png',
      filename: 'a.png',
      size: PNG.length,
      width: 1,
      height: 2,
    });
    expect(voice).toMatchObject({ content_type: 'voice', asr_refer_text: 'hello' });
    expect(page).toMatchObject({ content_type: 'file' });
    expect(image).not.toHaveProperty('data');
    expect(bare(rig, 'GET', image?.['url']).body).toEqual(PNG);
    expect(bare(rig, 'GET', voice?.['voice_wav_url']).headers['content-type']).toBe('audio/wav');
    expect(bare(rig, 'GET', page?.['url']).headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'x-content-type-options': 'nosniff',
    });
    expect(rig.platform.transcript('U')).toMatchObject([
      { kind: 'media', media: [{ fileType: 1 }, { fileType: 3 }, {}] },
    ]);
    expect(bare(rig, 'GET', String(image?.['url']).replace(/rkey=.*/u, 'rkey=guess')).status).toBe(403);
    expect(bare(rig, 'DELETE', image?.['url']).status).toBe(405);
    await rig.clock.advance(60_001);
    expect(bare(rig, 'GET', image?.['url']).status).toBe(403);
    expect(() => rig.platform.sendC2c({ from: 'U', attachments: [{}] })).toThrow(RangeError);
  });

  it.each(['slashes', 'bare'] as const)('%s: the emulator’s own links lose their scheme too', (attachmentUrls) => {
    const rig = makeRig({ switches: { attachmentUrls } });
    const client = rig.identify();
    rig.platform.sendC2c({ from: 'U', attachments: [{ data: SILK, wav: PNG }] });
    const [voice] = attachmentsOf(client);
    const start = attachmentUrls === 'bare' ? /^emulator\.invalid\/files/u : /^\/\/emulator\.invalid\/files/u;
    expect(voice?.['url']).toMatch(start);
    expect(voice?.['voice_wav_url']).toMatch(start);
  });
});

describe('pictures in guilds, §6.5', () => {
  const world = (...args: Parameters<typeof makeRig>) => {
    const rig = makeRig(...args);
    const { messageId } = rig.platform.sendGuild({ guild: '187', channel: 'C', from: '1', text: 'x' });
    const say = (more: Json): Answer =>
      rig.platform.request({
        method: 'POST',
        path: '/channels/C/messages',
        headers: { authorization: `QQBot ${rig.token()}` },
        body: { msg_id: messageId, ...(more['body'] as Json) },
        ...((more['rest'] as Json) ?? {}),
      });
    return { rig, say };
  };
  const form = (bytes: Buffer) => ({
    body: { content: 'caption', file_image: { bytes: bytes.length } },
    rest: { files: { file_image: { fileName: 'a.png', bytes } } },
  });

  it('by multipart: the bytes stand in the channel', () => {
    const { rig, say } = world();
    expect(say(form(PNG)).status).toBe(200);
    expect(rig.platform.transcript('C').at(-1)).toMatchObject({ kind: 'media', text: 'caption' });
    expect(bare(rig, 'GET', lastMedia(rig, 'C')?.url).body).toEqual(PNG);
  });

  it('by link, fetched or taken as it is', () => {
    const { rig, say } = world();
    const body = { image: 'https://img.example/a.png' };
    expect(say({ body }).status).toBe(200);
    expect(lastMedia(rig, 'C')).toMatchObject({ fileType: 1, url: body.image, sizeBytes: undefined });
    expect(say({ body, rest: { fetched: { bytes: PNG } } }).status).toBe(200);
    expect(bare(rig, 'GET', lastMedia(rig, 'C')?.url).body).toEqual(PNG);
    expect(codeOf(say({ body, rest: { fetched: { error: 'failed' } } }))).toBe(304082);
  });

  it('what is no picture, is too large, or names a file without one, is refused', () => {
    const { rig, say } = world({ limits: { guildImageBytes: PNG.length } });
    expect(codeOf(say(form(MP4)))).toBe(304083);
    expect(codeOf(say(form(Buffer.concat([PNG, PNG]))))).toBe(304020);
    expect(codeOf(say({ body: { file_image: { bytes: 3 } } }))).toBe(50035);
    expect(rig.platform.transcript('C')).toHaveLength(1);
  });
});

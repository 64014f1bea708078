import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { OutgoingMedia } from '../../src/domain/message.js';
import type { PublicFetch } from '../../src/ports/files.js';
import { bytesOf, inChunks, M4A, OGG, PNG, SILK, WAV } from '../support/files.js';
import { LiveRig, type LiveRigOptions } from '../support/live-rig.js';

/* Files on their way to users, over real sockets: what the emulator holds in the end is what was sent. */

const USER = { scene: 'c2c', openid: 'U1' } as const;
const GROUP = { scene: 'group', groupOpenid: 'G1' } as const;
const CHANNEL = { scene: 'guild', channelId: '100010' } as const;
const MB = 1024 * 1024;

let rig: LiveRig | null = null;
const started = async (options: LiveRigOptions = {}): Promise<LiveRig> => {
  rig = await LiveRig.start(options);
  rig.emulator.introduce('c2c', USER.openid);
  rig.emulator.introduce('group', GROUP.groupOpenid);
  rig.emulator.introduce('guild', CHANNEL.channelId, { guildId: '187' });
  Object.assign(rig.emulator.rights().active, { group: true, guild: true });
  return rig;
};
afterEach(async () => {
  await rig?.stop();
  rig = null;
});

const sendTo = (target: typeof USER | typeof GROUP | typeof CHANNEL, media: OutgoingMedia) =>
  (rig as LiveRig).router.send({ target, message: { media } });
const seen = (id: string, scene: 'c2c' | 'group' | 'guild' = 'c2c') =>
  (rig as LiveRig).emulator.transcript({ scene, id }).filter(({ by }) => by === 'bot');
const bytesAt = async (url: string | undefined): Promise<Buffer> =>
  Buffer.from(await (await fetch(url ?? '')).arrayBuffer());

describe('a file arrives as it was', () => {
  it('from bytes, at once where they are few', async () => {
    await started();
    const report = await sendTo(USER, { kind: 'image', data: PNG });
    expect(report.status).toBe('delivered');
    const [entry] = seen(USER.openid);
    expect(entry).toMatchObject({ kind: 'media', media: [{ fileType: 1, sizeBytes: PNG.length }] });
    expect(await bytesAt(entry?.media?.[0]?.url)).toEqual(Buffer.from(PNG));
  });

  it('from a stream, in blocks where they are many', async () => {
    const rig = await started();
    const bytes = bytesOf(12 * MB + 5);
    const report = await sendTo(GROUP, { kind: 'file', name: 'report.bin', stream: inChunks(bytes, 100_000) });
    expect(report.status).toBe('delivered');
    const [entry] = seen(GROUP.groupOpenid, 'group');
    expect(entry).toMatchObject({ media: [{ fileType: 4, fileName: 'report.bin', sizeBytes: bytes.length }] });
    expect((await bytesAt(entry?.media?.[0]?.url)).equals(Buffer.from(bytes))).toBe(true);
    expect(rig.calls.filter((call) => call.endsWith('/upload_part_finish'))).toHaveLength(3);
    const told = rig.events.flatMap((event) => (event.type === 'upload' ? [event] : []));
    expect(told[0]).toMatchObject({ channel: 'qq', name: 'report.bin', sentBytes: 0, totalBytes: bytes.length });
    expect(told.at(-1)).toMatchObject({ sentBytes: bytes.length });
    expect(told.length).toBeGreaterThan(3);
  });

  it('from a path', async () => {
    await started();
    const dir = await mkdtemp(join(tmpdir(), 'rookery-send-'));
    try {
      await writeFile(join(dir, 'voice.silk'), SILK);
      await sendTo(USER, { kind: 'voice', path: join(dir, 'voice.silk') });
      const [entry] = seen(USER.openid);
      expect(entry).toMatchObject({ media: [{ fileType: 3, fileName: 'voice.silk' }] });
      expect(await bytesAt(entry?.media?.[0]?.url)).toEqual(Buffer.from(SILK));
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  it('from a URL, which the platform fetches itself', async () => {
    const rig = await started();
    await sendTo(USER, { kind: 'image', url: 'https://img.example/x.png' });
    expect(seen(USER.openid)).toMatchObject([{ media: [{ url: 'https://img.example/x.png' }] }]);
    expect(rig.calls.filter((call) => call.endsWith('/files'))).toHaveLength(1);
  });

  it('from a URL that the platform cannot fetch: its bytes are brought', async () => {
    const source: PublicFetch = {
      fetch: async () => ({ bytes: inChunks(PNG, 10), name: 'x.png' }),
      close: async () => undefined,
    };
    // Nothing listens there, and the emulator looks.
    await started({ runtime: { fetch: source } });
    const report = await sendTo(USER, { kind: 'image', url: 'http://127.0.0.1:9/x.png' });
    expect(report.status).toBe('delivered');
    const [entry] = seen(USER.openid);
    expect(await bytesAt(entry?.media?.[0]?.url)).toEqual(Buffer.from(PNG));
  });

  // §8.2: 850019, "convert or send as file".
  it.each([
    ['at once', { kind: 'image', data: PNG, name: 'x.png' }, /\/files$/],
    ['by its link', { kind: 'image', url: 'https://pictures.example/x.png', name: 'x.png' }, /\/files$/],
    ['in blocks', { kind: 'voice', data: Buffer.concat([SILK, bytesOf(11 * MB)]), name: 'x.png' }, /\/upload_prepare$/],
  ] as const)('as a file, where the platform cannot show its format: %s', async (_, media, match) => {
    const rig = await started();
    rig.emulator.failNext({ status: 400, code: 850019, match: ({ path }) => match.test(path) });
    const report = await sendTo(USER, media);
    expect(report.status).toBe('delivered');
    expect(seen(USER.openid)).toMatchObject([{ kind: 'media', media: [{ fileType: 4, fileName: 'x.png' }] }]);
  });

  it('is not offered as a file where a file is what was refused', async () => {
    const rig = await started();
    rig.emulator.failNext({ status: 400, code: 850019, times: 2, match: ({ path }) => path.endsWith('/files') });
    const report = await sendTo(USER, { kind: 'file', data: bytesOf(9), name: 'x.bin' });
    expect(report).toMatchObject({ status: 'rejected', platformCode: 850019 });
    expect(rig.calls.filter((call) => call.endsWith('/files'))).toHaveLength(1);
  });

  // §8.2: 40093002, "give up today".
  it('is not uploaded again on a day whose quota is used up, nor a larger one; a smaller one still may be', async () => {
    const rig = await started({ emulator: { limits: { uploadBytesPerDay: 3 * MB } } });
    const send = (bytes: number) => sendTo(USER, { kind: 'file', data: bytesOf(bytes), name: `${bytes}.bin` });
    const uploads = () => rig.calls.filter((call) => /\/(files|upload_prepare)$/.test(call)).length;
    expect(await send(2 * MB)).toMatchObject({ status: 'delivered' });
    expect(await send(2 * MB + 1)).toMatchObject({ status: 'rejected', code: 'platform.busy', platformCode: 40093002 });
    const asked = uploads();
    for (const bytes of [2 * MB + 1, 12 * MB]) {
      expect(await send(bytes)).toMatchObject({ status: 'rejected', platformCode: 40093002 });
    }
    expect(uploads()).toBe(asked);
    expect(await send(1_000)).toMatchObject({ status: 'delivered' });
    // Words go out as before: the quota is none of messages.
    const words = await rig.router.send({ target: USER, message: 'words', mode: 'proactive' });
    expect(words.status).toBe('delivered');
  });

  it('as a guild’s picture, by URL and by multipart', async () => {
    await started();
    const place = { target: CHANNEL, mode: 'proactive' } as const;
    const byUrl = { text: 'one', media: { kind: 'image', url: 'https://img.example/x.png' } } as const;
    const byBytes = { text: 'two', media: { kind: 'image', data: PNG, name: 'x.png' } } as const;
    const reports = [
      await (rig as LiveRig).router.send({ ...place, message: byUrl }),
      await (rig as LiveRig).router.send({ ...place, message: byBytes }),
    ];
    expect(reports.map(({ status }) => status)).toEqual(['delivered', 'delivered']);
    expect(seen(CHANNEL.channelId, 'guild')).toMatchObject([
      { text: 'one', media: [{ url: 'https://img.example/x.png' }] },
      { text: 'two', media: [{ fileName: 'x.png', sizeBytes: PNG.length }] },
    ]);
  });
});

describe('the same file', () => {
  it('is uploaded once for a peer, and anew for another: uploads are bound to their place', async () => {
    const rig = await started();
    for (const target of [USER, USER, GROUP]) await sendTo(target, { kind: 'image', data: PNG });
    expect(rig.calls.filter((call) => call.endsWith('/files'))).toEqual([
      'POST /v2/users/files',
      'POST /v2/groups/files',
    ]);
    expect(seen(USER.openid)).toHaveLength(2);
    expect(rig.emulator.refusals()).toEqual([]);
  });

  it('is uploaded again where the platform has forgotten it', async () => {
    const rig = await started();
    await sendTo(USER, { kind: 'image', data: PNG });
    rig.emulator.failNext({ match: 'sends', status: 400, code: 304080 });
    const report = await sendTo(USER, { kind: 'image', data: PNG });
    expect(report.status).toBe('delivered');
    expect(rig.calls.filter((call) => call.endsWith('/files'))).toHaveLength(2);
    expect(seen(USER.openid)).toHaveLength(2);
  });

  it('may be uploaded ahead of its message', async () => {
    const rig = await started();
    const told: [number, number][] = [];
    const media = { kind: 'file', name: 'a.bin', data: bytesOf(6 * MB) } as const;
    const { uploaded } = await rig.router.upload({
      target: USER,
      media,
      onProgress: (sent, total) => told.push([sent, total]),
    });
    expect(told.at(0)).toEqual([0, 6 * MB]);
    expect(told.at(-1)).toEqual([6 * MB, 6 * MB]);
    expect(seen(USER.openid)).toEqual([]);
    await sendTo(USER, { kind: 'file', uploaded });
    expect(seen(USER.openid)).toMatchObject([{ media: [{ fileName: 'a.bin', sizeBytes: 6 * MB }] }]);
  });
});

describe('an upload that the platform does not know any more', () => {
  it('is made anew once, and not for ever', async () => {
    const rig = await started();
    rig.emulator.failNext({ status: 400, code: 304080, match: 'sends', times: 100 });
    const report = await sendTo(USER, { kind: 'image', data: PNG });
    expect(report.status).toBe('rejected');
    expect(rig.calls.filter((call) => call.endsWith('/files'))).toHaveLength(2);
  });
});

describe('before a byte is sent', () => {
  // HKUDS/nanobot#1667: the platform's own answer was a bare 413.
  it('a file that is too large is refused', async () => {
    const rig = await started({ config: { media: { sendBytesMax: 1_000 } } });
    await expect(sendTo(USER, { kind: 'file', data: bytesOf(1_001) })).rejects.toMatchObject({
      code: 'media.tooLarge',
    });
    const streamed = await sendTo(USER, { kind: 'file', stream: inChunks(bytesOf(1_001), 100) });
    expect(streamed).toMatchObject({ status: 'rejected', code: 'media.tooLarge' });
    expect(rig.calls.filter((call) => call.startsWith('POST /v2'))).toEqual([]);
  });

  // tencent-connect/botpy#233, nonebot/adapter-qq#88: voice had to be SILK, and nobody said what to do with any other.
  it.each([
    ['silk', SILK],
    ['wav', WAV],
    ['ogg', OGG],
  ])('a voice in %s needs no conversion', async (_, data) => {
    await started();
    expect((await sendTo(USER, { kind: 'voice', data })).status).toBe('delivered');
    expect(seen(USER.openid)).toMatchObject([{ media: [{ fileType: 3 }] }]);
  });

  it('a voice in a format that QQ does not play is told what to do, and goes out as a file', async () => {
    const rig = await started();
    const report = await sendTo(USER, { kind: 'voice', data: M4A });
    expect(report).toMatchObject({ status: 'rejected', code: 'media.typeRefused' });
    expect(report.remedy).toContain('`file`');
    expect(rig.calls.filter((call) => call.startsWith('POST /v2'))).toEqual([]);
    expect((await sendTo(USER, { kind: 'file', data: M4A, name: 'memo.m4a' })).status).toBe('delivered');
    expect(seen(USER.openid)).toMatchObject([{ media: [{ fileType: 4, fileName: 'memo.m4a' }] }]);
  });

  it('a file of another kind is refused', async () => {
    const rig = await started();
    const report = await sendTo(USER, { kind: 'image', data: bytesOf(100) });
    expect(report).toMatchObject({ status: 'rejected', code: 'media.typeRefused' });
    expect(rig.calls.filter((call) => call.startsWith('POST /v2'))).toEqual([]);
  });

  it('a file that is not there is refused', async () => {
    await started();
    const report = await sendTo(USER, { kind: 'file', path: '/no/such/file' });
    expect(report).toMatchObject({ status: 'rejected', code: 'media.unreadable' });
  });

  it('a guild takes pictures only', async () => {
    const rig = await started();
    await expect(sendTo(CHANNEL, { kind: 'voice', data: SILK })).rejects.toMatchObject({ code: 'message.invalid' });
    expect(rig.calls.filter((call) => call.startsWith('POST /channels'))).toEqual([]);
  });
});

describe('an answer', () => {
  it('is text and files in the order they were said, each a reply', async () => {
    const rig = await started({
      handler: async (turn) => {
        await turn.reply('before');
        await turn.send({ media: { kind: 'image', data: PNG, name: 'chart.png' } });
        await turn.reply('after');
      },
    });
    const { messageId } = rig.emulator.sendC2c({ from: USER.openid, text: 'draw' });
    const sends = await rig.until(() => {
      const all = rig.emulator.sends();
      expect(all.filter(({ kind }) => kind !== 'typing')).toHaveLength(3);
      return all.filter(({ kind }) => kind !== 'typing');
    });
    expect(sends.map(({ kind, text, msgId }) => [kind, text, msgId])).toEqual([
      ['text', 'before', messageId],
      ['media', '', messageId],
      ['text', 'after', messageId],
    ]);
    expect(new Set(sends.map(({ msgSeq }) => msgSeq)).size).toBe(3);
    await rig.until(() => {
      const closed = rig.events.find((event) => event.type === 'turn.closed');
      expect(closed).toMatchObject({
        receipt: { status: 'completed', delivered: 'before\n[image: chart.png]\nafter' },
      });
    });
  });

  it('that is cancelled sends no file any more', async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const rig = await started({
      handler: async (turn) => {
        if (turn.text !== 'draw') return void (await turn.reply('ok'));
        await gate;
        await turn.send({ media: { kind: 'image', data: PNG } });
      },
    });
    rig.emulator.sendC2c({ from: USER.openid, text: 'draw' });
    await rig.until(() => expect(rig.events.some(({ type }) => type === 'turn.started')).toBe(true));
    rig.emulator.sendC2c({ from: USER.openid, text: 'never mind' });
    await rig.until(() => expect(rig.events.some(({ type }) => type === 'turn.cancelled')).toBe(true));
    release();
    await rig.until(() => expect(seen(USER.openid).map(({ text }) => text)).toEqual(['ok']));
    expect(rig.calls.filter((call) => call.endsWith('/files'))).toEqual([]);
  });
});

import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { Attachment } from '../../src/domain/inbound.js';
import { bytesOf, PNG } from '../support/files.js';
import { LiveRig, type LiveRigOptions } from '../support/live-rig.js';

/* Files that users send, from the emulator's storage to the hands of the agent. */

let rig: LiveRig | null = null;
const heard: (readonly Attachment[])[] = [];
const started = async (options: LiveRigOptions = {}): Promise<LiveRig> => {
  heard.length = 0;
  rig = await LiveRig.start({
    handler: (turn) => void heard.push(turn.inputs.flatMap(({ attachments }) => attachments)),
    ...options,
  });
  return rig;
};
afterEach(async () => {
  await rig?.stop();
  rig = null;
});
const theTurn = async (count = 1): Promise<readonly Attachment[]> => {
  await rig?.until(() => expect(heard).toHaveLength(count));
  return heard[count - 1] ?? [];
};

describe('a file a user sends', () => {
  // Trap 32: links without a scheme, and links that are dead by the time they are read.
  it.each(['whole', 'slashes', 'bare'] as const)(
    'trap 32: is there when its turn begins, its link %s',
    async (attachmentUrls) => {
      const { emulator } = await started({ emulator: { switches: { attachmentUrls } } });
      emulator.sendC2c({ from: 'U1', text: 'look', attachments: [{ data: PNG, filename: '../x.png' }] });
      const [file] = await theTurn();
      // A link without a scheme is completed to https, which the emulator does not speak.
      if (attachmentUrls !== 'whole') return expect(file?.url).toMatch(/^https:\/\//);
      expect(file?.path).toMatch(/[0-9a-f-]{36}-x\.png$/);
      expect(await readFile(file?.path ?? '')).toEqual(Buffer.from(PNG));
    },
  );

  it('that leads to this machine is not fetched, and its turn begins all the same', async () => {
    const { emulator } = await started();
    const url = 'http://127.0.0.1:9/secret.png';
    emulator.sendC2c({ from: 'U1', text: 'look', attachments: [{ url, content_type: 'image/png' }] });
    const [file] = await theTurn();
    expect(file).toMatchObject({ kind: 'image', url });
    expect(file?.path).toBeUndefined();
  });

  it('that is too large stays where it is', async () => {
    const { emulator } = await started({ config: { media: { receiveBytesMax: 100 } } });
    emulator.sendC2c({ from: 'U1', text: 'look', attachments: [{ data: bytesOf(101), content_type: 'file' }] });
    expect((await theTurn())[0]?.path).toBeUndefined();
  });

  // tencent-connect/openclaw-qqbot#280: one file message blocked that user's queue for ever.
  it('that is slow holds its turn up for so long at most, and nobody else at all', async () => {
    const never = new Promise<never>(() => undefined);
    const { emulator } = await started({
      config: { media: { waitMs: 300 } },
      runtime: { fetch: { fetch: () => never, close: async () => undefined } },
    });
    emulator.sendC2c({ from: 'U1', text: 'look', attachments: [{ data: PNG }] });
    emulator.sendC2c({ from: 'U2', text: 'hello' });
    expect(await theTurn(1)).toEqual([]);
    const [file] = await theTurn(2);
    expect(file).toMatchObject({ kind: 'image' });
    expect(file?.path).toBeUndefined();
  });

  it('that is quoted is there too, fetched like any other, beside the message’s own', async () => {
    const quotes: (readonly Attachment[])[] = [];
    const { emulator } = await started({
      handler: (turn) => {
        heard.push(turn.inputs.flatMap(({ attachments }) => attachments));
        quotes.push(turn.inputs.flatMap(({ quote }) => quote?.attachments ?? []));
      },
    });
    const url = 'http://127.0.0.1:9/secret.png';
    const { messageId } = emulator.sendC2c({
      from: 'U1',
      text: 'look',
      attachments: [
        { data: PNG, filename: 'first.png' },
        { url, content_type: 'image/png' },
      ],
    });
    await theTurn(1);
    emulator.sendC2c({
      from: 'U1',
      text: 'which is older?',
      quoteId: messageId,
      attachments: [{ data: bytesOf(9), filename: 'own.bin', content_type: 'file' }],
    });
    const [own] = await theTurn(2);
    expect(own?.path).toMatch(/own\.bin$/);
    const [quoted, secret] = quotes[1] ?? [];
    expect(await readFile(quoted?.path ?? '')).toEqual(Buffer.from(PNG));
    // What leads to this machine is not fetched by way of a quote either.
    expect(secret).toMatchObject({ kind: 'image', url });
    expect(secret?.path).toBeUndefined();
  });

  it('is left alone where receiving is off', async () => {
    const { emulator } = await started({ config: { media: { receive: false } } });
    emulator.sendC2c({ from: 'U1', text: 'look', attachments: [{ data: PNG }] });
    expect((await theTurn())[0]?.path).toBeUndefined();
  });
});

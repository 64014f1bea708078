import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Rig, type RigOptions, startRig } from '../../src/testing/index.js';

const rigs: Rig[] = [];
const start = async (options?: RigOptions): Promise<Rig> => {
  const rig = await startRig(options);
  rigs.push(rig);
  return rig;
};

afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.stop();
});

/** Says its words one by one, a second each. */
async function* slowly({ sleep }: Rig, ...words: string[]): AsyncGenerator<string> {
  for (const [index, word] of words.entries()) {
    await sleep(1_000);
    yield index === 0 ? word : ` ${word}`;
  }
}

/** Each is worth a frame of a bubble. */
const SENTENCES = ['The first is said at once.', 'The second comes a second later.', 'This is the end of it all.'];

describe('somebody writes', () => {
  it('in private, and sees the answer', async () => {
    const rig = await start({ agent: (turn) => void turn.reply(`You said ${turn.text}`) });
    const alice = rig.user('alice');
    alice.writes('hi');
    await rig.settled();
    expect(alice.sees()).toEqual(['You said hi']);
    expect(rig.receipts).toMatchObject([{ status: 'completed', delivered: 'You said hi' }]);
  });

  it('without an agent of the test, hears themself', async () => {
    const rig = await start();
    rig.user('alice').writes('hi');
    await rig.settled();
    expect(rig.user('alice').sees()).toEqual(['hi']);
  });

  it('in a group, in a guild and in its private chat', async () => {
    const rig = await start({ agent: (turn) => void turn.reply(turn.conversation.scene) });
    const everywhere = [rig.member('alice', 'devs'), rig.inGuild('bob', '42'), rig.inDm('bob')];
    for (const person of everywhere) person.writes('hi');
    rig.member('carol', 'others').writes('not to the bot', { at: false });
    await rig.settled();
    expect(everywhere.map((person) => person.sees())).toEqual([['group'], ['guild'], ['dm']]);
    expect(rig.member('anybody', 'devs').sees()).toEqual(['group']);
    expect(rig.member('carol', 'others').sees()).toEqual([]);
  });

  it('again, and the turn under way is cancelled', async () => {
    const rig = await start({
      channel: { streamMode: 'block' },
      agent: async (turn, rig) =>
        void (await turn.reply(turn.text === 'count' ? slowly(rig, 'one', 'two') : 'stopped')),
    });
    const alice = rig.user('alice');
    alice.writes('count');
    await rig.until(() => rig.events.some(({ type }) => type === 'turn.started'));
    await rig.wait(1_500);
    alice.writes('no');
    await rig.settled();
    expect(rig.receipts.map(({ status }) => status)).toEqual(['cancelled', 'completed']);
    expect(alice.sees()).toEqual(['stopped']);
  });

  it('with a file, which the agent finds at a link or, where asked for, on the disk', async () => {
    const seen: unknown[] = [];
    const agent: RigOptions['agent'] = (turn) => {
      seen.push(turn.inputs[0]?.attachments.map(({ url, path }) => [typeof url, typeof path]));
    };
    const attachments = [{ data: Buffer.from('words'), filename: 'a.txt' }];
    for (const config of [{}, { media: { receive: true } }]) {
      const rig = await start({ agent, config });
      rig.user('alice').writes('', { attachments });
      await rig.settled();
    }
    expect(seen).toEqual([[['string', 'undefined']], [['string', 'string']]]);
  });
});

describe('the bot shows', () => {
  it('that it is typing, while the answer is written', async () => {
    const rig = await start({
      agent: async (turn, rig) => void (await turn.reply(slowly(rig, 'one', 'two', 'three'))),
    });
    const alice = rig.user('alice');
    alice.writes('count');
    await rig.wait(2_000);
    expect(alice.seesTyping).toBe(true);
    expect(alice.sees()).toEqual([]);
    await rig.settled();
    expect(alice.sees()).toEqual(['one two three']);
  });

  it('a bubble that grows', async () => {
    const rig = await start({
      channel: { streamMode: 'native' },
      agent: async (turn, rig) => void (await turn.reply(slowly(rig, ...SENTENCES))),
    });
    const alice = rig.user('alice');
    alice.writes('go on');
    const grown = new Set<string>();
    await rig.until(() => {
      for (const text of alice.sees()) grown.add(text.trim());
      return grown.has(SENTENCES.join(' '));
    });
    expect([...grown].slice(0, -1).every((text) => SENTENCES.join(' ').startsWith(text))).toBe(true);
    expect(grown.size).toBeGreaterThan(1);
  });

  it('a button, which can be pressed', async () => {
    const rig = await start({
      setUp: (router) => {
        router.onButton(({ data }) => (data === 'yes' ? 0 : 4));
        router.onTurn(async (turn) => {
          if (turn.text === 'ask') {
            await turn.send({
              markdown: 'Sure?',
              keyboard: { rows: [[{ label: 'Yes', action: { callback: 'yes' } }]] },
            });
          } else await turn.reply(`pressed ${turn.text}`);
        });
      },
    });
    const alice = rig.user('alice');
    alice.writes('ask');
    await rig.settled();
    expect(alice.presses('Yes')).toMatchObject({ did: 'asked' });
    await rig.settled();
    expect(alice.sees()).toEqual(['Sure?', expect.stringContaining('pressed')]);
    expect(() => alice.presses('No')).toThrow('alice sees no button "No"');
  });

  it('a file of this machine', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'rig-'));
    const path = join(dir, 'report.txt');
    await writeFile(path, 'words');
    const rig = await start({ agent: (turn) => void turn.send({ media: { kind: 'file', path } }) });
    rig.user('alice').writes('report');
    await rig.settled();
    expect(rig.user('alice').said()).toMatchObject([
      { kind: 'media', media: [{ fileName: 'report.txt', sizeBytes: 5 }] },
    ]);
    await rm(dir, { recursive: true });
  });
});

describe('trouble', () => {
  it('a connection that is cut is resumed, and what was written meanwhile is answered', async () => {
    const rig = await start();
    rig.cutConnection();
    rig.user('alice').writes('still there?');
    await rig.settled();
    expect(rig.user('alice').sees()).toEqual(['still there?']);
    expect(rig.router.channels()).toMatchObject([{ state: 'ready', reconnects: 1 }]);
    expect(rig.platform.sessionLog().map(({ change }) => change)).toContain('resumed');
  });

  it('a close code that ends the session makes a new one', async () => {
    const rig = await start();
    rig.cutConnection(4009);
    await rig.settled();
    expect(rig.router.channels()).toMatchObject([{ state: 'ready' }]);
  });

  it('without a network nothing settles, and what is under way is named', async () => {
    const rig = await start();
    rig.goOffline();
    await rig.until(() => rig.router.channels()[0]?.state === 'waiting');
    await expect(rig.settled(5_000)).rejects.toThrow(/after \d+ ms of the rig's time still under way: qq is waiting/);
    rig.goOnline();
    rig.user('alice').writes('hi');
    await rig.settled();
    expect(rig.user('alice').sees()).toEqual(['hi']);
  });

  it('a send that is refused is told in the receipt', async () => {
    const rig = await start();
    rig.refuseSends(850018);
    rig.member('alice', 'devs').writes('hi');
    await rig.settled();
    expect(rig.member('alice', 'devs').sees()).toEqual([]);
    expect(rig.platform.refusals()).toMatchObject([{ code: 850018, status: 400 }]);
    expect(rig.receipts).toMatchObject([{ delivered: '' }]);
  });

  it('a crash loses nothing, and says nothing twice', async () => {
    const rig = await start({ agent: async (turn, rig) => void (await turn.reply(slowly(rig, turn.text))) });
    const alice = rig.user('alice');
    alice.writes('one');
    await rig.wait(1_200);
    const { router } = rig;
    await rig.crash();
    expect(rig.router).not.toBe(router);
    await rig.settled();
    expect(alice.sees()).toEqual(['one']);
    // Nothing happens in the dead one: it has not even heard that its connection is gone.
    expect(router.channels()).toMatchObject([{ state: 'ready', reconnects: 0 }]);
    alice.writes('two');
    await rig.settled();
    expect(alice.sees()).toEqual(['one', 'two']);
  });

  it('an agent that waits for the world outside is named, with what to do about it', async () => {
    const rig = await start({ agent: () => new Promise(() => undefined) });
    rig.user('alice').writes('hi');
    await rig.wait(1_000);
    await expect(rig.settled(20_000)).rejects.toThrow(/1 conversations of qq are busy.*rig\.sleep/);
    rig.user('alice').writes('/stop');
    await rig.settled();
    expect(rig.receipts).toMatchObject([{ status: 'killed', reason: 'user_stop' }]);
  });

  it('settings that make no sense are refused as those of createRouter are', () => {
    expect(() => startRig({ channel: { streamMode: 'blocks' as never } })).toThrow(/streamMode/);
  });
});

it('time is the platform’s as well: a reply window closes', async () => {
  const rig = await start();
  const alice = rig.member('alice', 'devs');
  alice.writes('hi');
  await rig.settled();
  const say = (message: string) =>
    rig.within(rig.router.send({ target: { scene: 'group', groupOpenid: 'devs' }, message, mode: 'passive' }));
  expect(await say('in time')).toMatchObject({ status: 'delivered' });
  await rig.wait(5 * 60_000);
  expect(await say('late')).not.toMatchObject({ status: 'delivered' });
  expect(alice.sees()).toEqual(['hi', 'in time']);
});

import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../../src/adapters/store/memory-store.js';
import { routerFrom } from '../../src/app/router.js';
import { resolveRouterOptions } from '../../src/config/resolve.js';
import type { WrittenConfig } from '../../src/config/schema.js';
import { createPlatform, DEFAULT_APP_ID, DEFAULT_APP_SECRET } from '../../src/emulator/index.js';
import type { Turn, TurnHandler } from '../../src/ports/turn-handler.js';
import { InMemoryNet } from '../../src/testing/in-memory-net.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';
import { shownTo } from '../support/shown.js';

/*
 * What users of other projects complain about when bots speak (spec/scenarios.md §5), each on a whole router before the
 * emulator's platform, on virtual time. Named elsewhere: 17, 23 and 24 in actors/.
 */

type Channel = Partial<WrittenConfig['channels'][string]>;

const USER = 'U1';
const GROUP = 'G1';

class Chat {
  readonly clock = new VirtualClock();
  readonly platform;
  readonly net: InMemoryNet;
  readonly router;

  constructor(handler: (turn: Turn, pause: (ms: number) => Promise<void>) => void | Promise<void>, channel: Channel) {
    const { clock } = this;
    this.platform = createPlatform({ clock });
    this.net = new InMemoryNet(clock, this.platform);
    this.router = routerFrom(
      resolveRouterOptions({
        channels: { qq: { appId: DEFAULT_APP_ID, appSecret: DEFAULT_APP_SECRET, streamMode: 'final', ...channel } },
      }),
      { clock, http: this.net, sockets: this.net, store: new MemoryStore(clock), random: () => 0.5 },
    );
    const pause = (ms: number): Promise<void> => new Promise((resolve) => clock.setTimeout(resolve, ms));
    const answer: TurnHandler = (turn) => handler(turn, pause);
    this.router.onTurn(answer);
  }

  static async with(handler: ConstructorParameters<typeof Chat>[0], channel: Channel = {}): Promise<Chat> {
    const chat = new Chat(handler, channel);
    const starting = chat.router.start();
    await chat.clock.advance(10_000);
    await starting;
    return chat;
  }

  ask(text = 'question'): string {
    return this.platform.sendC2c({ from: USER, text }).messageId;
  }

  askInGroup(text = 'question'): string {
    return this.platform.sendGroup({ group: GROUP, from: USER, text }).messageId;
  }

  /** Moves time. Units: s. */
  async wait(seconds: number): Promise<void> {
    await this.clock.advance(seconds * 1_000);
  }

  get codes(): (number | undefined)[] {
    return this.platform.refusals().map(({ code }) => code);
  }

  /** What stands in the private chat of the bot's words. */
  get seen(): string[] {
    return shownTo(this.platform, USER);
  }
}

async function* typed(words: readonly string[], pause: (ms: number) => Promise<void>, gapMs = 200) {
  for (const word of words) {
    await pause(gapMs);
    yield word;
  }
}

const words = (count: number): string[] => Array.from({ length: count }, (_, n) => `word${100 + n} `);

describe('replies to a message', () => {
  // AstrBot#6931, #4382, #1170: the second reply failed with 40034024. LangBot#2290, nanobot#1307: 40054005.
  it('the second and later ones name the same message, each with a number of its own', async () => {
    const chat = await Chat.with(async (turn) => {
      for (const part of ['one', 'two', 'three']) await turn.reply(part);
    });
    const asked = chat.ask();
    await chat.wait(5);
    const sends = chat.platform.sends();
    expect(sends.map(({ text, msgId }) => [text, msgId])).toEqual(['one', 'two', 'three'].map((text) => [text, asked]));
    expect(new Set(sends.map(({ msgSeq }) => msgSeq)).size).toBe(3);
    expect(chat.codes).toEqual([]);
  });

  // zeroclaw#1549, #1714, #7872: replies without msg_id counted as pushes, and failed where pushes are not allowed.
  it('are no pushes: they reach users and groups that take none', async () => {
    const chat = await Chat.with((turn) => turn.reply('answer').then(() => undefined));
    Object.assign(chat.platform.rights().active, { c2c: false, group: false });
    const [private_, inGroup] = [chat.ask(), chat.askInGroup()];
    await chat.wait(5);
    expect(chat.platform.sends().map(({ msgId, active }) => [msgId, active])).toEqual(
      expect.arrayContaining([
        [private_, false],
        [inGroup, false],
      ]),
    );
    expect(chat.codes).toEqual([]);
  });

  // openclaw-qqbot#52: step-by-step chatter burnt the replies, and an hour of silence followed.
  it('are not used up by an agent that reports each step: the last word always finds its place', async () => {
    const chat = await Chat.with(async (turn, pause) => {
      for (let step = 1; step <= 12; step += 1) {
        void turn.reply(`step ${step}`);
        await pause(3_000);
      }
      await turn.reply('the result');
    });
    chat.platform.rights().active.c2c = false;
    chat.ask();
    await chat.wait(60);
    expect(chat.seen.length).toBeLessThanOrEqual(4);
    expect(chat.seen.join('\n').match(/step \d+|the result/g)).toEqual([
      ...Array.from({ length: 12 }, (_, n) => `step ${n + 1}`),
      'the result',
    ]);
    expect(chat.codes).toEqual([]);
  });
});

describe('an active message', () => {
  // openclaw-qqbot#43, #220, #26: 40034102 again and again, and what was to be said was lost.
  it('that the platform does not allow is tried once; its text comes with the next answer', async () => {
    const chat = await Chat.with(
      async (turn) => {
        const long = turn.text === 'everything';
        await turn.reply(long ? `${'much text '.repeat(8_500)}the end` : 'the next answer');
      },
      { maxReplyChars: 100_000 },
    );
    chat.platform.rights().active.c2c = false;
    chat.ask('everything');
    await chat.wait(30);
    expect(chat.codes).toEqual([40034105]);
    expect(chat.seen.join(' ')).not.toContain('the end');
    chat.ask('and?');
    await chat.wait(30);
    expect(chat.codes).toEqual([40034105]);
    expect(chat.seen.at(-2)).toMatch(/the end$/);
    expect(chat.seen.at(-1)).toBe('the next answer');
  });
});

describe('a rate', () => {
  // nonebot/adapter-qq#83, AstrBot#7348, zeroclaw#4631: 22009 lost the message.
  it('is waited out: the message arrives once, and the next one behind it', async () => {
    const chat = await Chat.with(async (turn) => {
      await turn.reply('one');
      await turn.reply('two');
    });
    chat.platform.rateLimit429({ times: 2 });
    chat.ask();
    await chat.wait(30);
    expect(chat.seen).toEqual(['one', 'two']);
    expect(chat.codes).toEqual([22009, 22009]);
  });

  // openclaw#75416: a stream that met a rate limit left the session dead-locked.
  it('in the midst of a bubble does not stop it, nor the conversation', async () => {
    const chat = await Chat.with((turn, pause) => turn.reply(typed(words(40), pause)).then(() => undefined), {
      streamMode: 'native',
    });
    chat.ask('first');
    await chat.wait(4);
    chat.platform.rateLimit429({ times: 3 });
    await chat.wait(60);
    chat.ask('second');
    await chat.wait(30);
    expect(chat.seen.map((text) => text.trimEnd())).toEqual([
      words(40).join('').trimEnd(),
      words(40).join('').trimEnd(),
    ]);
    for (const { stream } of chat.platform.transcript(USER)) if (stream) expect(stream.state).toBe('finished');
  });
});

describe('overlapping turns', () => {
  // openclaw#100173, #108899: users read "session conflict".
  it('show users nothing of how they were resolved', async () => {
    const chat = await Chat.with(async (turn, pause) => {
      await pause(2_000);
      // Rude: the abort is not looked at.
      await turn.reply(`answer to ${turn.text}`);
    });
    for (const text of ['one', 'two', 'three']) {
      chat.ask(text);
      await chat.wait(1.5);
    }
    await chat.wait(20);
    expect(chat.seen).toEqual(['answer to three']);
  });
});

describe.each(['stream_messages', 'stream_object'] as const)('a bubble by %s', (nativeStream) => {
  const settings = { streamMode: 'native', nativeStream } as const;

  // openclaw-qqbot-formal#26, #53, nanobot#3333: an answer should grow, as it does elsewhere.
  // LangBot#2454, Octop#731: it died with 40113003 when earlier text changed, or counted its frames wrongly.
  it('grows by what cannot change any more, frame by frame', async () => {
    const answer = [...words(20), '**bold ', 'words** ', 'and ', '`co', 'de` ', ...words(20)];
    const chat = await Chat.with((turn, pause) => turn.reply(typed(answer, pause)).then(() => undefined), settings);
    chat.ask();
    await chat.wait(30);
    const frames = chat.platform.sends().map(({ stream }) => stream);
    expect(frames.length).toBeGreaterThan(5);
    expect(frames.map((frame) => frame?.index)).toEqual(frames.map((_, index) => index));
    expect(chat.seen.map((text) => text.trimEnd())).toEqual([answer.join('').trimEnd()]);
    expect(chat.codes).toEqual([]);
  });

  // AstrBot#10066, #10067, #10069, bot-docs#260: without a last frame the answer fell back to its first fragment.
  it.each(['is cut off by the user', 'is broken off by its agent'])('never falls back where it %s', async (how) => {
    const chat = await Chat.with(async (turn, pause) => {
      await turn.reply(
        (async function* () {
          yield* typed(words(30), pause);
          if (how.includes('agent')) throw new Error('the model is gone');
        })(),
      );
    }, settings);
    chat.ask();
    await chat.wait(5);
    const shown = (chat.seen[0] ?? '').trimEnd();
    expect(shown.length).toBeGreaterThan(50);
    if (how.includes('user')) chat.ask('/stop');
    // Longer than the platform keeps an open bubble.
    await chat.wait(900);
    expect(chat.seen[0]?.startsWith(shown)).toBe(true);
    expect(chat.platform.transcript(USER).find(({ stream }) => stream)?.stream?.state).toBe('finished');
    expect(chat.codes).toEqual([]);
  });
});

describe('typing', () => {
  /*
   * openclaw#83469, AstrBot#7300: the light went off while the bot still thought. One indication lasts for the minute that
   * is the longest QQ takes; another would cost a reply, and is not sent.
   */
  it('shows for a minute of thinking, and the answer keeps its place', async () => {
    const chat = await Chat.with(
      async (turn, pause) => {
        await pause(50_000);
        await turn.reply('answer');
      },
      { streamMode: 'typing' },
    );
    chat.ask();
    await chat.wait(5);
    const light = chat.platform.transcript(USER).find(({ kind }) => kind === 'typing');
    await chat.wait(60);
    const answer = chat.platform.transcript(USER).find(({ text }) => text === 'answer');
    expect(light?.typingUntilMs).toBeGreaterThan(answer?.atMs ?? Number.POSITIVE_INFINITY);
    expect(chat.codes).toEqual([]);
  });
});

describe('what the platform refuses in an answer', () => {
  // openclaw-qqbot#57, #83, #95, picoclaw#1208, LangBot#715: a link killed the whole message with 40054010.
  it.each(['final', 'block', 'native'] as const)('a link costs its form, never the message: %s', async (streamMode) => {
    const answer = [...words(30), 'see https://example.com/docs ', ...words(30), 'or www.example.org.'];
    const chat = await Chat.with((turn, pause) => turn.reply(typed(answer, pause)).then(() => undefined), {
      streamMode,
    });
    chat.ask();
    await chat.wait(60);
    expect(chat.seen.join(' ').match(/word\d+/g)).toEqual(answer.join('').match(/word\d+/g));
    expect(chat.seen.join(' ')).toContain('https：//example．com/docs');
    expect(chat.codes.every((code) => code === 40054010)).toBe(true);
  });

  // nonebot/adapter-qq#123, QwenPaw#1399: native markdown was refused, and nothing was said instead.
  it.each(['final', 'native'] as const)('markdown without the right is said as plain text: %s', async (streamMode) => {
    const answer = ['**bold** ', ...words(30)];
    const chat = await Chat.with((turn, pause) => turn.reply(typed(answer, pause)).then(() => undefined), {
      streamMode,
      markdown: true,
    });
    chat.platform.rights().markdown.c2c = false;
    for (const text of ['one', 'two']) {
      chat.ask(text);
      await chat.wait(30);
    }
    expect(chat.seen.map((text) => text.trimEnd())).toEqual([1, 2].map(() => answer.join('').trimEnd()));
    expect(chat.codes).toEqual([40034012]);
  });
});

import { describe, expect, it } from 'vitest';
import type { PlatformOptions } from '../../src/emulator/index.js';
import type { TurnHandler } from '../../src/ports/turn-handler.js';
import { BotsRig, type Channel } from '../support/bots-rig.js';
import { shownTo } from '../support/shown.js';

/*
 * What other clients fell into on the way out (qq-bot-api §12), each on a whole router before the emulator. Traps 27 to 29
 * are in send-kinds.test.ts, 32 in send-media.test.ts, 36 in audits.test.ts; 14, 15 and 18 beside the token source and the
 * calls that carry its tokens.
 */

const USER = 'U1';

type Answer = (...given: [...Parameters<TurnHandler>, (seconds: number) => Promise<void>]) => Promise<unknown>;

class Road extends BotsRig {
  static async with(answer: Answer, channel: Channel = {}, platform: Partial<PlatformOptions> = {}): Promise<Road> {
    return Road.begin(new Road({ qq: channel }, { platform }), answer);
  }

  static async after(earlier: Road, answer: Answer): Promise<Road> {
    return Road.begin(new Road({ qq: {} }, { after: earlier }), answer);
  }

  private static async begin(road: Road, answer: Answer): Promise<Road> {
    const pause = (seconds: number): Promise<void> =>
      new Promise((resolve) => road.clock.setTimeout(resolve, seconds * 1_000));
    road.router.onTurn(async (turn) => {
      await answer(turn, pause);
    });
    await road.start();
    return road;
  }

  ask(text = 'question'): string {
    return this.platform.sendC2c({ from: USER, text }).messageId;
  }

  get codes(): (number | undefined)[] {
    return this.platform.refusals().map(({ code }) => code);
  }

  get seen(): string[] {
    return shownTo(this.platform, USER);
  }
}

describe('a reply', () => {
  it('after the first has a number of its own, and names its message (traps 19, 21)', async () => {
    const road = await Road.with(async (turn) => {
      for (const part of ['one', 'two', 'three']) await turn.reply(part);
    });
    const asked = road.ask();
    await road.wait(5);
    const sends = road.platform.sends();
    expect(sends.map(({ text, msgId, active }) => [text, msgId, active])).toEqual(
      ['one', 'two', 'three'].map((text) => [text, asked, false]),
    );
    expect(new Set(sends.map(({ msgSeq }) => msgSeq)).size).toBe(3);
  });

  it('whose answer was lost is tried again under the same number, and seen once (trap 20)', async () => {
    const road = await Road.with((turn) => turn.reply('once'));
    road.platform.swallowNext({ match: 'sends', how: 'hang', processed: true });
    road.ask();
    await road.wait(60);
    expect(road.seen).toEqual(['once']);
    expect(road.codes).toEqual([40_054_005]);
  });

  it('of a later life does not begin to count anew (trap 20)', async () => {
    const road = await Road.with((turn) => turn.reply('before'));
    const asked = road.ask();
    await road.wait(5);
    await Promise.all([road.router.stop(), road.wait(10)]);
    const next = await Road.after(road, async () => undefined);
    const report = next.router.send({ target: { scene: 'c2c', openid: USER }, message: 'after', replyTo: asked });
    await next.wait(5);
    expect(await report).toMatchObject({ status: 'delivered' });
    expect(next.seen).toEqual(['before', 'after']);
    expect(next.codes).toEqual([]);
  });

  it('that would come after the window is not tried at all: the user is told within it (trap 22)', async () => {
    const road = await Road.with(
      async (turn, pause) => {
        if (turn.text === 'slow') await pause(400);
        await turn.reply(`answer to ${turn.text}`);
      },
      { scenes: { group: { activeMessages: false } } },
    );
    road.platform.sendGroup({ group: 'G1', from: USER, text: 'slow' });
    await road.wait(600);
    expect(road.codes).toEqual([]);
    expect(road.platform.sends().map(({ text }) => text)).toEqual(['出了点问题，请再试一次。']);
    road.platform.sendGroup({ group: 'G1', from: USER, text: 'quick' });
    await road.wait(30);
    expect(
      road.platform
        .sends()
        .map(({ text }) => text)
        .join('\n'),
    ).toContain('answer to quick');
    expect(road.codes).toEqual([]);
  });

  // §8.2: 850031 and 304020, "tell user".
  it.each([850031, 304020])('whose file is too large for the platform (%i) is told to the user, once', async (code) => {
    const road = await Road.with(async (turn) => {
      for (const name of ['a.bin', 'b.bin']) {
        await turn.send({ media: { kind: 'file', data: new Uint8Array(9), name } });
      }
    });
    road.platform.failNext({ status: 400, code, times: 9, match: ({ path }) => path.endsWith('/files') });
    road.ask();
    await road.wait(30);
    expect(road.codes).toEqual([code, code]);
    expect(road.seen).toEqual(['这条回复没能发出，换个问法试试吧。']);
  });

  it('that the review refuses is not tried again, and the user is told, once (trap 30)', async () => {
    const road = await Road.with(async (turn) => {
      await turn.reply('bad words');
      await turn.reply('more bad words');
    });
    road.platform.blockWords('bad');
    road.ask();
    await road.wait(30);
    expect(road.codes).toEqual([40_034_006, 40_034_006]);
    expect(road.seen).toEqual(['这条回复没能发出，换个问法试试吧。']);
  });

  it('that grows in place is closed, keeps its beginning and is not said again as a whole (trap 31)', async () => {
    const words = Array.from({ length: 40 }, (_, n) => `word${n} `);
    const road = await Road.with(
      (turn, pause) =>
        turn.reply(
          (async function* () {
            for (const word of words) {
              await pause(0.2);
              yield word;
            }
          })(),
        ),
      { streamMode: 'native' },
    );
    road.ask();
    await road.wait(60);
    expect(road.seen).toEqual([words.join('')]);
    expect(road.platform.transcript(USER).filter(({ kind }) => kind === 'stream')).toMatchObject([
      { stream: { state: 'finished' } },
    ]);
    expect(road.codes).toEqual([]);
  });
});

describe('the indication that the bot types', () => {
  it('is accepted, shown once however long the agent thinks, and leaves the replies to the answer (traps 23, 24)', async () => {
    const road = await Road.with(
      async (turn, pause) => {
        for (let step = 1; step <= 8; step += 1) {
          await pause(30);
          turn.progress({ id: 'search', label: `step ${step}`, state: 'running' });
        }
        for (const part of ['one', 'two', 'three']) await turn.reply(part);
      },
      { streamMode: 'typing' },
    );
    road.ask();
    await road.wait(300);
    const shown = road.platform.transcript(USER).filter(({ kind }) => kind === 'typing');
    expect(shown).toHaveLength(1);
    expect(road.seen.join(' ')).toBe('one two three');
    expect(road.codes).toEqual([]);
  });
});

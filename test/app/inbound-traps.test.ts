import { describe, expect, it } from 'vitest';
import type { PlatformOptions } from '../../src/emulator/index.js';
import type { Turn } from '../../src/ports/turn-handler.js';
import { BotsRig, type Channel } from '../support/bots-rig.js';

/*
 * What other clients fell into on the way in (qq-bot-api §12), each on a whole router before the emulator. The connection's
 * own are in actors/gateway*.test.ts; trap 8 and 26 in intents.test.ts, 16 in several-bots.test.ts, 35 in
 * qq-platform-events.test.ts, 36 in audits.test.ts, 33 in long-integers.prop.test.ts.
 */

class Road extends BotsRig {
  readonly turns: Turn[] = [];

  static async with(platform: Partial<PlatformOptions> = {}, channel: Channel = {}, after?: Road): Promise<Road> {
    const road = new Road({ qq: channel }, { platform, ...(after && { after }) });
    road.router.onTurn(async (turn) => {
      road.turns.push(turn);
      await turn.reply(`heard ${turn.text}`);
    });
    await road.start();
    return road;
  }

  get said(): string[] {
    return this.platform.sends().map(({ text }) => text);
  }
}

describe('a message that comes again', () => {
  it.each(['at once', 'after a new connection', 'in a new session'])('%s is answered once (trap 10)', async (when) => {
    const road = await Road.with();
    const { messageId } = road.platform.sendC2c({ from: 'U1', text: 'hi' });
    await road.wait(5);
    if (when === 'after a new connection') road.platform.closeAll(4009);
    if (when === 'in a new session') road.platform.closeAll(4006);
    await road.wait(30);
    road.platform.sendC2c({ from: 'U1', text: 'hi', messageId });
    await road.wait(10);
    expect(road.said).toEqual(['heard hi']);
  });

  it('after a restart is answered once (trap 10)', async () => {
    const road = await Road.with();
    const { messageId } = road.platform.sendC2c({ from: 'U1', text: 'hi' });
    await road.wait(5);
    const stopping = road.router.stop();
    await road.wait(2);
    await stopping;
    const next = await Road.with({}, {}, road);
    next.platform.sendC2c({ from: 'U1', text: 'hi', messageId });
    await next.wait(10);
    expect(next.said).toEqual(['heard hi']);
    expect(next.turns).toEqual([]);
  });
});

describe('a group’s message', () => {
  it.each([' /stop ', '\u00a0/stop', ' /stop\u00a0', '　停'])(
    '%j is a command though blanks stand around it (trap 25)',
    async (text) => {
      const road = await Road.with({}, { debounce: { quietMs: 0, atMostMs: 0 } });
      let isCancelled = false;
      road.router.onTurn(
        (turn) =>
          new Promise((resolve) =>
            turn.signal.addEventListener('abort', () => {
              isCancelled = true;
              resolve();
            }),
          ),
      );
      road.platform.sendGroup({ group: 'G1', from: 'M1', text: 'think' });
      await road.wait(3);
      road.platform.sendGroup({ group: 'G1', from: 'M1', text });
      await road.wait(3);
      expect(isCancelled).toBe(true);
    },
  );

  it('is read though its mentions are null (trap 9)', async () => {
    const road = await Road.with();
    road.platform.mentionsNull();
    road.platform.sendGroup({ group: 'G1', from: 'M1', text: 'hi' });
    await road.wait(5);
    expect(road.said).toEqual(['heard hi']);
  });
});

describe('an attachment', () => {
  it.each(['whole', 'slashes', 'bare'] as const)(
    'has a link one can fetch, sent %s (trap 32)',
    async (attachmentUrls) => {
      const road = await Road.with({ switches: { attachmentUrls } });
      road.platform.sendC2c({
        from: 'U1',
        text: 'look',
        attachments: [{ content_type: 'image/png', filename: 'a.png', url: 'https://h.example/a.png', size: 1 }],
      });
      await road.wait(10);
      const [file] = road.turns[0]?.inputs[0]?.attachments ?? [];
      expect(file?.url).toMatch(/^https?:\/\/[^/]/);
    },
  );
});

describe('a message’s time', () => {
  it('in Go’s print form is read', async () => {
    const road = await Road.with({ switches: { eventTimestamps: 'go' } });
    const atMs = road.clock.now();
    road.platform.sendC2c({ from: 'U1', text: 'hi' });
    await road.wait(5);
    expect(Math.abs((road.turns[0]?.inputs[0]?.atMs ?? 0) - atMs)).toBeLessThan(1_000);
  });
});

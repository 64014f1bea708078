import { describe, expect, it } from 'vitest';
import type { RouterEvent } from '../../src/app/events.js';
import type { ButtonHandler } from '../../src/domain/button.js';
import type { Turn } from '../../src/ports/turn-handler.js';
import { BotsRig, type Channel } from '../support/bots-rig.js';

/** A whole router before the emulator's platform; a press is what a person does, an answer what the client shows. */
class Desk extends BotsRig {
  readonly asked: string[] = [];

  static async with(
    channel: Channel = {},
    handler?: ButtonHandler,
    answer: (turn: Turn) => unknown = (turn) => turn.reply(`heard ${turn.text}`),
  ): Promise<Desk> {
    const desk = new Desk({ qq: channel });
    desk.router.onTurn(async (turn) => {
      desk.asked.push(turn.text);
      await answer(turn);
    });
    if (handler) desk.router.onButton(handler);
    await desk.start();
    return desk;
  }

  press(data: string, more: { scene?: 'c2c' | 'group' | 'guild'; from?: string } = {}): string {
    const scene = more.scene ?? 'c2c';
    const target = { c2c: 'U1', group: 'G1', guild: 'C1' }[scene];
    const from = more.from ?? (scene === 'c2c' ? target : 'U1');
    return this.platform.click({ scene, target, from, buttonData: data }).interactionId;
  }

  answerTo(interaction: string): number | undefined {
    return this.platform.interactionAnswer(interaction);
  }

  get buttons() {
    return this.events.flatMap((event) => (isPress(event) ? [event.event] : []));
  }
}

const isPress = (event: RouterEvent): event is Extract<RouterEvent, { type: 'platform.event' }> =>
  event.type === 'platform.event' && event.event.kind === 'button';

describe('a press on a button', () => {
  it('is a turn that says what stands in it, and is answered by its event id', async () => {
    const desk = await Desk.with();
    const interaction = desk.press('approve:17');
    await desk.wait(5);
    expect(desk.asked).toEqual(['approve:17']);
    expect(desk.answerTo(interaction)).toBe(0);
    expect(desk.platform.sends()).toMatchObject([
      { text: 'heard approve:17', eventId: `INTERACTION_CREATE:${interaction}` },
    ]);
    expect(desk.platform.refusals()).toEqual([]);
    expect(desk.buttons).toEqual([]);
  });

  it('in a group is a turn of the member who pressed', async () => {
    const desk = await Desk.with();
    desk.press('yes', { scene: 'group', from: 'M7' });
    await desk.wait(5);
    expect(desk.events).toContainEqual(
      expect.objectContaining({
        type: 'message.accepted',
        message: expect.objectContaining({ conversation: expect.stringMatching(/:group:G1:M7$/) }),
      }),
    );
    expect(desk.platform.refusals()).toEqual([]);
  });

  it('is an event where the scene wants events, and no turn', async () => {
    const desk = await Desk.with({ buttons: 'event' });
    const interaction = desk.press('approve:17');
    await desk.wait(5);
    expect(desk.asked).toEqual([]);
    expect(desk.buttons).toMatchObject([{ data: 'approve:17', interaction, actor: { id: 'U1' } }]);
    expect(desk.answerTo(interaction)).toBe(0);
  });

  it('that says /stop ends the turn under way, whatever the scene wants', async () => {
    let reason: unknown;
    const desk = await Desk.with({ buttons: 'event' }, undefined, async (turn) => {
      await new Promise((resolve) => turn.signal.addEventListener('abort', resolve));
      reason = (turn.signal.reason as { code?: string }).code ?? turn.signal.reason;
    });
    desk.platform.sendC2c({ from: 'U1', text: 'write a book' });
    await desk.wait(5);
    const interaction = desk.press('/stop');
    await desk.wait(1);
    expect(reason).toBeDefined();
    expect(desk.events.map(({ type }) => type)).toContain('turn.cancelled');
    expect(desk.answerTo(interaction)).toBe(0);
  });

  it('by somebody who may not write is refused with 4, and reaches nobody', async () => {
    const desk = await Desk.with({ allowedUsers: ['U9'] }, () => 0);
    const interaction = desk.press('approve:17');
    await desk.wait(5);
    expect(desk.answerTo(interaction)).toBe(4);
    expect([desk.asked, desk.buttons]).toEqual([[], []]);
  });

  it('is acknowledged within 3 s though the disk stands still', async () => {
    const desk = await Desk.with();
    desk.store.stall();
    const interaction = desk.press('x');
    await desk.wait(3);
    expect(desk.answerTo(interaction)).toBe(0);
    desk.store.go();
    await desk.wait(5);
    expect(desk.asked).toEqual(['x']);
  });
});

describe('a button handler', () => {
  it.each([
    [0, 0, ['x'], 0],
    [undefined, 0, ['x'], 0],
    [3, 3, [], 1],
    [{ code: 5 }, 5, [], 1],
    [{ turn: false }, 0, [], 1],
    [{ code: 1, turn: true }, 1, ['x'], 0],
    [99, 0, ['x'], 0],
  ] as const)('that says %j answers %i', async (said, code, asked, events) => {
    const desk = await Desk.with({}, () => said as never);
    const interaction = desk.press('x');
    await desk.wait(5);
    expect(desk.answerTo(interaction)).toBe(code);
    expect(desk.asked).toEqual(asked);
    expect(desk.buttons).toHaveLength(events);
  });

  it('that never ends is answered for at 2.5 s, and holds up nothing else', async () => {
    const desk = await Desk.with({}, () => new Promise(() => undefined));
    const interaction = desk.press('x');
    desk.platform.sendC2c({ from: 'U2', text: 'hello' });
    await desk.wait(2.4);
    expect(desk.answerTo(interaction)).toBeUndefined();
    expect(desk.asked).toEqual(['hello']);
    await desk.wait(0.2);
    expect(desk.answerTo(interaction)).toBe(0);
    await desk.wait(5);
    expect(desk.asked).toEqual(['hello', 'x']);
  });

  it('that throws is a 1, and the press is no turn', async () => {
    const desk = await Desk.with({}, () => {
      throw new Error('broken');
    });
    const interaction = desk.press('x');
    await desk.wait(5);
    expect(desk.answerTo(interaction)).toBe(1);
    expect(desk.asked).toEqual([]);
  });

  it('hears a press that the platform pushes twice once', async () => {
    let calls = 0;
    const desk = await Desk.with({ buttons: 'event' }, () => {
      calls += 1;
      return 0;
    });
    desk.platform.pushTwice();
    desk.press('x');
    await desk.wait(5);
    expect([calls, desk.buttons.length]).toEqual([1, 1]);
    expect(desk.platform.refusals()).toEqual([]);
  });

  it('is spared more presses than can wait: they are answered "too often"', async () => {
    let calls = 0;
    const desk = await Desk.with({}, () => {
      calls += 1;
      return new Promise(() => undefined);
    });
    const presses = Array.from({ length: 1_010 }, (_, index) =>
      desk.press(`x${index}`, { scene: 'group', from: `M${index}` }),
    );
    await desk.wait(1);
    expect(calls).toBe(1_000);
    expect(presses.slice(-10).map((one) => desk.answerTo(one))).toEqual(Array(10).fill(2));
  });
});

describe('the stop button', () => {
  /** Twenty sentences, one every half second. */
  async function* longAnswer(rig: BotsRig) {
    for (let index = 0; index < 40; index += 1) {
      await new Promise<void>((resolve) => rig.clock.setTimeout(resolve, 500));
      yield `This is sentence number ${index} of a rather long answer to a short question.\n\n`;
    }
  }

  const asking = async (channel: Channel): Promise<Desk> => {
    const desk: Desk = await Desk.with({ streamMode: 'block', ...channel }, undefined, (turn) =>
      turn.reply(longAnswer(desk)),
    );
    Object.assign(desk.platform.rights().keyboard, { c2c: true });
    Object.assign(desk.platform.rights().markdown, { c2c: true });
    return desk;
  };

  const bodies = (desk: Desk) =>
    desk.platform
      .calls()
      .filter(({ method, path }) => method === 'POST' && path.endsWith('/messages'))
      .map(({ body }) => body as { keyboard?: unknown; content?: string });

  it('goes along with the first block of a long answer, and ends it when it is pressed', async () => {
    const desk = await asking({ stopButton: true });
    desk.platform.sendC2c({ from: 'U1', text: 'tell me' });
    await desk.wait(10);
    const [first, ...others] = bodies(desk);
    expect(JSON.stringify(first?.keyboard)).toContain('"data":"/stop"');
    expect(others.filter(({ keyboard }) => keyboard !== undefined)).toEqual([]);
    const interaction = desk.press('/stop');
    await desk.wait(3);
    const said = bodies(desk).length;
    expect(desk.answerTo(interaction)).toBe(0);
    expect(desk.events).toContainEqual(expect.objectContaining({ type: 'turn.cancelled', reason: 'user_stop' }));
    await desk.wait(30);
    expect(bodies(desk)).toHaveLength(said);
    expect(desk.platform.refusals()).toEqual([]);
  });

  it.each([
    ['final', 'c2c'],
    ['typing', 'c2c'],
    ['native', 'c2c'],
    ['typing', 'group'],
    ['final', 'guild'],
  ] as const)('comes with a word of its own where the answer cannot carry it: %s in %s', async (streamMode, scene) => {
    const desk = await asking({ streamMode, stopButton: true });
    Object.assign(desk.platform.rights().keyboard, { [scene]: true });
    Object.assign(desk.platform.rights().markdown, { [scene]: true });
    if (scene === 'c2c') desk.platform.sendC2c({ from: 'U1', text: 'tell me' });
    if (scene === 'group') desk.platform.sendGroup({ group: 'G1', from: 'U1', text: 'tell me' });
    if (scene === 'guild') desk.platform.sendGuild({ channel: 'C1', from: 'U1', text: 'tell me' });
    await desk.wait(4);
    expect(bodies(desk).filter(({ keyboard }) => keyboard !== undefined)).toEqual([]);
    await desk.wait(6);
    const [offer, ...others] = bodies(desk).filter(({ keyboard }) => keyboard !== undefined);
    expect(JSON.stringify(offer)).toMatch(/Still working on it|还在处理中/);
    expect(others).toEqual([]);
    const interaction = desk.press('/stop', { scene });
    await desk.wait(30);
    expect(desk.answerTo(interaction)).toBe(0);
    const cancelled = desk.events.filter((event) => event.type === 'turn.cancelled');
    expect(cancelled).toMatchObject([{ reason: 'user_stop' }]);
    // What carried the button is no part of the answer.
    expect(JSON.stringify(desk.events.filter(({ type }) => type === 'turn.closed'))).not.toMatch(
      /Still working|还在处/,
    );
    expect(desk.platform.refusals()).toEqual([]);
  });

  it('says nothing once its turn is over, although it was on its way', async () => {
    const desk = await asking({ streamMode: 'final', stopButton: true });
    desk.platform.sendC2c({ from: 'U1', text: 'tell me' });
    await desk.wait(4);
    desk.platform.rateLimit429({ times: 100 });
    await desk.wait(3);
    expect(desk.platform.refusals()).not.toEqual([]);
    desk.platform.sendC2c({ from: 'U1', text: '/stop' });
    await desk.wait(1);
    desk.platform.clearFaults();
    await desk.wait(60);
    const said = desk.platform.sends().map(({ text }) => text);
    expect(said).toEqual([expect.not.stringMatching(/Still working|还在处理中/)]);
  });

  it('is not offered where the answer may need the reply', async () => {
    const desk: Desk = await Desk.with({ streamMode: 'final', stopButton: true }, undefined, async (turn) => {
      for (const part of ['one', 'two']) await turn.reply(part);
      await new Promise<void>((resolve) => desk.clock.setTimeout(resolve, 20_000));
      await turn.reply('three');
    });
    desk.platform.sendC2c({ from: 'U1', text: 'tell me' });
    await desk.wait(40);
    expect(bodies(desk).map(({ content }) => content)).toEqual(['one', 'two', 'three']);
  });

  it('is not offered where it would be taken off, nor once the answer is there', async () => {
    const few = await asking({ streamMode: 'final', stopButton: true });
    for (const text of ['one', 'two']) few.platform.sendC2c({ from: 'U1', text });
    Object.assign(few.platform.rights().keyboard, { c2c: false });
    await few.wait(60);
    few.platform.sendC2c({ from: 'U1', text: 'again' });
    await few.wait(60);
    // Asked for once; then it is known that the platform takes it off.
    expect(bodies(few).filter(({ keyboard }) => keyboard !== undefined)).toHaveLength(1);
    const short = await Desk.with({ streamMode: 'final', stopButton: true });
    short.platform.sendC2c({ from: 'U1', text: 'tell me' });
    await short.wait(20);
    expect(bodies(short)).toHaveLength(1);
  });

  it('is asked for once where the bot has no right to it, and the answer goes out without', async () => {
    const desk = await asking({ stopButton: true });
    Object.assign(desk.platform.rights().keyboard, { c2c: false });
    for (const text of ['one', 'two']) {
      desk.platform.sendC2c({ from: 'U1', text });
      await desk.wait(60);
    }
    expect(bodies(desk).filter(({ keyboard }) => keyboard !== undefined)).toHaveLength(1);
    expect(
      desk.platform
        .sends()
        .map(({ text }) => text)
        .join(''),
    ).toContain('sentence number 39');
  });

  it('is not there unless asked for, nor on a short answer', async () => {
    const without = await asking({});
    without.platform.sendC2c({ from: 'U1', text: 'tell me' });
    await without.wait(10);
    const short = await Desk.with({ streamMode: 'block', stopButton: true });
    short.platform.sendC2c({ from: 'U1', text: 'tell me' });
    await short.wait(10);
    for (const desk of [without, short]) {
      expect(bodies(desk).length).toBeGreaterThan(0);
      expect(bodies(desk).filter(({ keyboard }) => keyboard !== undefined)).toEqual([]);
    }
  });
});

it('a press in a channel of a listed guild is by somebody who may', async () => {
  const desk = await Desk.with({ allowedUsers: [], allowedGroups: ['S1'], intents: ['guilds', 'interaction'] });
  desk.platform.introduce('guild', 'C1', { guildId: 'S1' });
  desk.platform.introduce('guild', 'C9', { guildId: 'S9' });
  const inside = desk.press('go', { scene: 'guild' });
  const elsewhere = desk.platform.click({ scene: 'guild', target: 'C9', from: 'U1', buttonData: 'go' }).interactionId;
  await desk.wait(5);
  expect([desk.answerTo(inside), desk.answerTo(elsewhere)]).toEqual([0, 4]);
  expect(desk.asked).toEqual(['go']);
});

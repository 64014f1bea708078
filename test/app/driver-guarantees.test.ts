import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/adapters/clock/system-clock.js';
import { MemoryStore } from '../../src/adapters/store/memory-store.js';
import type { RouterEvent } from '../../src/app/events.js';
import { type Router, routerFrom } from '../../src/app/router.js';
import { resolveRouterOptions } from '../../src/config/resolve.js';
import type { WrittenConfig } from '../../src/config/schema.js';
import { createPlatform, DEFAULT_APP_ID, DEFAULT_APP_SECRET, type Platform } from '../../src/emulator/index.js';
import { InMemoryNet } from '../../src/testing/in-memory-net.js';
import { shownTo } from '../support/shown.js';
import { WIRE_AGENTS, type WireAgent } from '../support/wire-agents.js';

/*
 * Every driver keeps the guarantees, whatever a cancel is worth to its agent: a whole router before the emulator's
 * platform, with a real agent's wire behind it. Time is the machine's; nothing waits for it but the agent's grace.
 */

const USER = 'U1';
/** Long enough to be a block of its own. */
const FIRST = '这是回答的第一段。'.repeat(30);
const GRACE_MS = 400;
/** Longer than the grace, and than what is waited for an outcome. */
const SLOW_MS = 1_200;

type Closed = Extract<RouterEvent, { type: 'turn.closed' }>;

class Chat {
  readonly platform: Platform;
  readonly router: Router;
  readonly events: RouterEvent[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(
    readonly agent: WireAgent,
    channel: Partial<WrittenConfig['channels'][string]> = {},
  ) {
    const clock = systemClock;
    this.platform = createPlatform({ clock });
    const net = new InMemoryNet(clock, this.platform);
    const options = resolveRouterOptions({
      channels: {
        qq: {
          appId: DEFAULT_APP_ID,
          appSecret: DEFAULT_APP_SECRET,
          streamMode: 'block',
          debounce: { quietMs: 0, atMostMs: 0 },
          ...channel,
        } as WrittenConfig['channels'][string],
      },
      agent: agent.settings,
      conversation: { graceMs: GRACE_MS, settleMs: GRACE_MS },
    });
    this.router = routerFrom(options, { clock, http: net, sockets: net, store: new MemoryStore(clock), lang: 'zh' });
    const wake = (): void => {
      for (const go of this.#waiting) go();
      this.#waiting.clear();
    };
    this.router.on((event) => {
      this.events.push(event);
      wake();
    });
    this.platform.on('sent', wake);
  }

  async until<T>(look: () => T | undefined | false): Promise<T> {
    for (;;) {
      const seen = look();
      if (seen !== undefined && seen !== false) return seen;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  ask(text: string): void {
    this.platform.sendC2c({ from: USER, text });
  }

  get seen(): string[] {
    return shownTo(this.platform, USER);
  }

  /** The `count`-th turn's end. */
  closed(count: number): Promise<Closed> {
    return this.until(() => this.events.filter((event): event is Closed => event.type === 'turn.closed')[count - 1]);
  }

  /** What reached the user, once this much has. */
  shown(text: string): Promise<true> {
    return this.until(() => this.seen.join('').includes(text) || undefined);
  }
}

let chat: Chat;

const chatWith = async (
  make: () => Promise<WireAgent>,
  channel?: Partial<WrittenConfig['channels'][string]>,
): Promise<Chat> => {
  chat = new Chat(await make(), channel);
  await chat.router.start();
  return chat;
};

afterEach(async () => {
  await chat.router.stop();
  await chat.agent.close();
});

describe.each(Object.entries(WIRE_AGENTS))('%s', (name, make) => {
  const isRude = name.includes('rude');

  it('a cancel in the midst: told to the agent, nothing more is said, and the next turn knows what was seen', async () => {
    const { agent } = await chatWith(make);
    chat.ask('first question');
    const first = await agent.next();
    expect(first.asked).toContain('first question');
    first.say(`${FIRST}\n\n`);
    first.say('还有更多');
    await chat.shown(FIRST.slice(0, 100));
    const seenBefore = chat.seen.join('');

    chat.ask('second question');
    await first.told;
    // An agent that does not listen talks on.
    for (let n = 0; n < 5; n += 1) first.say('STALE');

    const second = await agent.next();
    expect(second.asked).toContain('second question');
    const { receipt } = await chat.closed(1);
    expect(receipt).toMatchObject({
      status: isRude ? 'killed' : 'cancelled',
      reason: 'superseded',
      certainty: 'exact',
    });
    expect(receipt.delivered.trim()).toBe(seenBefore.trim());
    // What the user saw is in the transcript, or in the note to an agent that keeps its own.
    const told = JSON.stringify(receipt.delivered.trim().slice(-50)).slice(1, -1);
    expect(second.asked.replaceAll('\\\\n', '\\n')).toContain(told);

    first.say('STALE');
    second.say('第二个回答');
    second.end();
    await chat.closed(2);
    expect(chat.seen.join('')).toBe(`${seenBefore}第二个回答`);
    expect(chat.seen.join('')).not.toContain('STALE');
    // One closing record a turn.
    expect(chat.events.filter(({ type }) => type === 'turn.closed')).toHaveLength(2);
  });

  it('a cancel while the platform is slow: the record says that more may have been seen, the next turn begins all the same, and its first words come after', async () => {
    const { agent } = await chatWith(make);
    chat.ask('first question');
    const first = await agent.next();
    // Accepted at once, and answered long after the cancel has settled.
    chat.platform.delayNext(SLOW_MS, { match: 'sends' });
    first.say(`${FIRST}\n\n`);
    first.say('还有更多');
    await chat.shown(FIRST.slice(0, 100));
    const [slow] = chat.platform.sends();
    chat.ask('second question');
    await first.told;
    first.say('STALE');

    const second = await agent.next();
    const { receipt } = await chat.closed(1);
    expect(receipt).toMatchObject({ reason: 'superseded', certainty: 'maybe-more', delivered: '' });
    second.say('第二个回答');
    second.end();
    await chat.closed(2);
    const [before, after] = chat.platform.sends();
    expect(before?.text).toBe(slow?.text);
    expect(after?.text).toBe('第二个回答');
    expect((after?.atMs ?? 0) - (before?.atMs ?? 0)).toBeGreaterThanOrEqual(SLOW_MS);
    // What became of the one call is told once it is known.
    const settled = await chat.until(() => chat.events.find(({ type }) => type === 'turn.settled'));
    expect(settled).toMatchObject({ outcome: { status: 'sent' } });
    expect(chat.seen).toHaveLength(2);
  });

  it('a growing bubble is closed as it stands: not a word is added to it', async () => {
    const { agent } = await chatWith(make, { streamMode: 'native' });
    const bubbleOf = (index: number) => chat.platform.transcript(USER).filter(({ kind }) => kind === 'stream')[index];
    chat.ask('first question');
    const first = await agent.next();
    first.say(FIRST);
    await chat.until(() => bubbleOf(0)?.text);
    chat.ask('second question');
    await first.told;
    for (let n = 0; n < 5; n += 1) first.say('STALE');
    const second = await agent.next();
    const { receipt } = await chat.closed(1);
    expect(receipt).toMatchObject({ reason: 'superseded', certainty: 'exact' });
    const shown = receipt.delivered;
    expect(FIRST.startsWith(shown.trimEnd())).toBe(true);
    await chat.until(() => bubbleOf(0)?.stream?.state === 'finished');
    expect(bubbleOf(0)?.text).toBe(shown);
    second.say('第二个回答');
    second.end();
    await chat.closed(2);
    expect(chat.seen).toEqual([shown, '第二个回答']);
  });

  it('an agent that says nothing is told to stop, and the next turn begins within its grace', async () => {
    const { agent } = await chatWith(make);
    chat.ask('first question');
    const first = await agent.next();
    chat.ask('second question');
    const cancelledAt = performance.now();
    await first.told;
    const second = await agent.next();
    // A process that has to be ended by force takes its time to be started anew.
    if (!isRude) expect(performance.now() - cancelledAt).toBeLessThan(GRACE_MS + 2_000);
    second.say('answer');
    second.end();
    expect((await chat.closed(1)).receipt).toMatchObject({ delivered: '', certainty: 'exact' });
    expect((await chat.closed(2)).receipt).toMatchObject({ status: 'completed', delivered: 'answer' });
    expect(chat.seen).toEqual(['answer']);
  });

  it('an agent that dies fails its turn alone: what was said stays, and the next turn is answered', async () => {
    const { agent } = await chatWith(make);
    chat.ask('first question');
    const first = await agent.next();
    first.say(`${FIRST}\n\n`);
    first.say('half');
    await chat.shown(FIRST.slice(0, 100));
    first.die();
    expect((await chat.closed(1)).receipt).toMatchObject({ status: 'failed' });
    chat.ask('second question');
    const second = await agent.next();
    second.say('answer');
    second.end();
    expect((await chat.closed(2)).receipt).toMatchObject({ status: 'completed', delivered: 'answer' });
    expect(chat.seen.at(-1)).toBe('answer');
  });

  it('messages that were left out because too many waited are told to the next turn', async () => {
    const { agent } = await chatWith(make, { busy: 'collect', waitingMax: 1 });
    chat.ask('first question');
    const first = await agent.next();
    first.say('answer');
    for (const text of ['one too many', 'another one', 'last question']) {
      chat.ask(text);
      await chat.until(() =>
        chat.events.some((event) => event.type === 'message.accepted' && event.message.text === text),
      );
    }
    await chat.until(() => chat.events.filter(({ type }) => type === 'message.dropped').length === 2);
    first.end();
    const second = await agent.next();
    expect(second.asked).toContain('有 2 条较早的消息被省略，其开头为：「one too many」、「another one」');
    expect(second.asked).toContain('last question');
    second.end();
    await chat.closed(2);
  });

  it('a stop is one, too: nothing is said after it but that it was', async () => {
    const { agent } = await chatWith(make);
    chat.ask('first question');
    const first = await agent.next();
    first.say('something');
    chat.ask('/stop');
    await first.told;
    first.say('STALE');
    const { receipt } = await chat.closed(1);
    expect(receipt).toMatchObject({ reason: 'user_stop', delivered: '' });
    await chat.shown('已停止');
    expect(chat.seen).toEqual(['已停止。']);
  });
});

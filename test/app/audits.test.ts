import { describe, expect, it } from 'vitest';
import { NOTICES } from '../../src/domain/notices.js';
import type { ChatMessage } from '../../src/domain/turn.js';
import { BotsRig } from '../support/bots-rig.js';

const BLOCKED = NOTICES.zh.blocked;
const INTENTS = ['guilds', 'public_guild_messages', 'message_audit'] as const;

class Reviewed extends BotsRig {
  readonly histories: ChatMessage[][] = [];

  static async with(answer: (text: string) => readonly string[], lingerMs = 0): Promise<Reviewed> {
    const rig = new Reviewed({ qq: { intents: [...INTENTS] } });
    rig.router.onTurn(async (turn) => {
      rig.histories.push(turn.messages());
      for (const part of answer(turn.text)) await turn.reply(part);
      if (lingerMs > 0) await new Promise<void>((resolve) => rig.clock.setTimeout(resolve, lingerMs));
    });
    await rig.start();
    return rig;
  }

  ask(text: string): void {
    this.platform.sendGuild({ channel: 'C1', from: '11', text });
  }

  get settled() {
    return this.events.flatMap((event) => (event.type === 'turn.settled' ? [event.outcome] : []));
  }

  get closed() {
    return this.events.flatMap((event) => (event.type === 'turn.closed' ? [event.turn.id] : []));
  }

  get order() {
    return this.events.map(({ type }) => type).filter((type) => type === 'turn.closed' || type === 'turn.settled');
  }
}

describe('a message that waits for a review', () => {
  // Trap 36: 201/202 was taken for an error, and the message sent again.
  it('is sent once, and has its id once the review has let it pass (trap 36)', async () => {
    const rig = await Reviewed.with(() => ['answer']);
    rig.platform.auditNext({ verdict: 'pass', afterMs: 60_000 });
    rig.ask('hi');
    await rig.wait(30);
    expect(rig.settled).toEqual([]);
    await rig.wait(60);
    const posts = rig.platform.calls().filter(({ method, path }) => method === 'POST' && path.endsWith('/messages'));
    expect(posts).toHaveLength(1);
    const [line] = rig.platform.transcript('C1').filter(({ by }) => by === 'bot');
    expect(rig.settled).toMatchObject([{ status: 'sent', sentId: line?.messageId, said: 'answer' }]);
    expect(rig.order).toEqual(['turn.closed', 'turn.settled']);
    expect(rig.events).toContainEqual(expect.objectContaining({ type: 'turn.settled', turn: rig.closed[0] }));
  });

  it('that does not pass leaves what the agent is told was said', async () => {
    const rig = await Reviewed.with((text) => (text === 'one' ? ['first', 'second'] : ['third']));
    rig.platform.auditNext({ verdict: 'reject', afterMs: 60_000 });
    rig.ask('one');
    await rig.wait(90);
    expect(rig.settled).toMatchObject([{ status: 'refused', code: 'platform.contentRefused' }]);
    rig.ask('two');
    await rig.wait(5);
    expect(rig.histories[1]).toEqual([
      { role: 'user', content: 'one' },
      { role: 'assistant', content: 'second' },
      { role: 'user', content: 'two' },
    ]);
  });

  it('that does not pass while its turn goes on is not in the store either', async () => {
    const rig = await Reviewed.with((text) => (text === 'one' ? ['first'] : ['third']), 5_000);
    rig.platform.auditNext({ verdict: 'reject', afterMs: 1_000 });
    rig.ask('one');
    // The conversation leaves memory a minute after its turn.
    await rig.wait(120);
    rig.ask('two');
    await rig.wait(10);
    expect(rig.histories[1]).toEqual([
      { role: 'user', content: 'one' },
      { role: 'user', content: 'two' },
    ]);
  });

  it.each([1, 1_000])(
    'is settled after its turn is closed, though the verdict comes %i ms after it',
    async (afterMs) => {
      const rig = await Reviewed.with(() => ['answer'], 5_000);
      rig.platform.auditNext({ verdict: 'pass', afterMs });
      rig.ask('hi');
      await rig.wait(4);
      expect(rig.order).toEqual([]);
      await rig.wait(10);
      expect(rig.order).toEqual(['turn.closed', 'turn.settled']);
      expect(rig.settled).toMatchObject([{ status: 'sent' }]);
    },
  );
});

describe('a message whose answer was lost on the wire', () => {
  /** The platform takes so many answers, and nobody hears of it. */
  const lost = async (verdict: 'pass' | 'reject', times = 1, afterMs = 60_000): Promise<Reviewed> => {
    const rig = await Reviewed.with(() => Array.from({ length: times }, (_, n) => `answer ${n}`));
    rig.platform.auditNext({ verdict, afterMs, times });
    rig.platform.swallowNext({ how: 'cut', processed: true, times, match: 'sends' });
    rig.ask('hi');
    await rig.wait(30);
    return rig;
  };

  it.each([
    ['pass', 'sent'],
    ['reject', 'refused'],
  ] as const)('is known again by its review (%s)', async (verdict, status) => {
    const rig = await lost(verdict);
    expect(rig.settled).toEqual([]);
    await rig.wait(60);
    expect(rig.settled).toMatchObject([{ status, piece: { content: { text: 'answer 0' } } }]);
    const apologies = rig.platform.sends().filter(({ text }) => text.includes(BLOCKED));
    expect(apologies).toHaveLength(verdict === 'pass' ? 0 : 1);
    expect(rig.platform.calls().filter(({ path }) => path === '/channels/C1/messages')).toHaveLength(
      1 + apologies.length,
    );
  });

  it('is known by a verdict that came before the answer was given up', async () => {
    const rig = await lost('pass', 1, 1);
    expect(rig.order).toEqual(['turn.closed', 'turn.settled']);
  });

  it('is none of two that it could be: neither is told to have been said or refused', async () => {
    const rig = await lost('reject', 2);
    await rig.wait(90);
    expect(rig.settled).toEqual([]);
    expect(rig.platform.sends().filter(({ text }) => text.includes(BLOCKED))).toEqual([]);
  });

  it('leaves the words of another answer in what the agent is told', async () => {
    const rig = await Reviewed.with(() => ['the same words', 'the same words']);
    rig.ask('one');
    await rig.wait(5);
    rig.platform.auditNext({ verdict: 'reject', afterMs: 30_000 });
    rig.platform.swallowNext({ how: 'cut', processed: true, times: 1, match: 'sends' });
    rig.ask('two');
    await rig.wait(60);
    expect(rig.settled).toMatchObject([{ status: 'refused' }]);
    rig.ask('three');
    await rig.wait(5);
    expect(rig.histories[2]?.filter(({ role }) => role === 'assistant')).toEqual([
      { role: 'assistant', content: 'the same words\nthe same words' },
      { role: 'assistant', content: 'the same words' },
    ]);
  });
});

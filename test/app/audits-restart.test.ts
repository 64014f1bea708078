import { describe, expect, it } from 'vitest';
import type { RouterEvent } from '../../src/app/events.js';
import type { ChatMessage } from '../../src/domain/turn.js';
import { RouterRig, type RouterRigOptions } from '../support/router-rig.js';

const CHANNEL = { intents: ['guilds', 'public_guild_messages', 'message_audit'] } as const;
const APOLOGY = 'This reply could not be sent; try asking in another way.';

type Life = {
  readonly rig: RouterRig;
  readonly events: RouterEvent[];
  readonly histories: ChatMessage[][];
};

/** One life of a router that answers every guild message with `answers`, and rests after each. Units: s. */
const life = async (answers: readonly string[], options: RouterRigOptions = {}, restS = 0): Promise<Life> => {
  const histories: ChatMessage[][] = [];
  const rig = RouterRig.make({
    channel: { ...CHANNEL, intents: [...CHANNEL.intents] },
    handler: async (turn) => {
      histories.push(turn.messages());
      for (const answer of answers) {
        await turn.reply(answer);
        if (restS > 0) await new Promise<void>((resolve) => rig.clock.setTimeout(resolve, restS * 1_000));
      }
    },
    ...options,
  });
  const events: RouterEvent[] = [];
  rig.router.on((event) => events.push(event));
  await rig.start();
  return { rig, events, histories };
};

const ask = ({ rig }: Life, text: string): void => {
  rig.platform.sendGuild({ channel: 'C1', from: '11', text });
};
const settledIn = ({ events }: Life) =>
  events.flatMap((event) => (event.type === 'turn.settled' ? [event.outcome] : []));
const postsTo = ({ platform }: RouterRig) =>
  platform.calls().filter(({ method, path }) => method === 'POST' && path.endsWith('/messages'));
const apologiesOn = ({ platform }: RouterRig): number =>
  platform.sends().filter(({ text }) => text.includes(APOLOGY)).length;

describe('a review that is waited for when the router ends', () => {
  it.each(['stop', 'die'] as const)('is settled by its event in the next life (%s)', async (how) => {
    const first = await life(['answer']);
    first.rig.platform.auditNext({ verdict: 'pass', afterMs: 60_000 });
    ask(first, 'hi');
    await first.rig.wait(10);
    if (how === 'die') first.rig.die();
    else await first.rig.within(first.rig.router.stop(), 10);
    const next = await life([], { after: first.rig });
    expect(settledIn(next)).toEqual([]);
    await next.rig.wait(60);
    const [line] = next.rig.platform.transcript('C1').filter(({ by }) => by === 'bot');
    expect(settledIn(next)).toMatchObject([{ status: 'sent', sentId: line?.messageId, said: 'answer' }]);
    expect(next.rig.platform.sends()).toHaveLength(1);
    // It is over: a third life knows nothing of it.
    next.rig.die();
    const third = await life([], { after: next.rig });
    await third.rig.wait(60);
    expect(settledIn(third)).toEqual([]);
  });

  it('that does not pass leaves the transcript, and its user is told once, of all its parts', async () => {
    const first = await life(['one', 'two']);
    first.rig.platform.auditNext({ verdict: 'reject', afterMs: 60_000, times: 2 });
    ask(first, 'hi');
    await first.rig.wait(10);
    first.rig.die();
    const next = await life(['later'], { after: first.rig });
    await next.rig.wait(60);
    expect(settledIn(next)).toMatchObject([{ status: 'refused' }, { status: 'refused' }]);
    expect(apologiesOn(next.rig)).toBe(1);
    ask(next, 'again');
    await next.rig.wait(10);
    expect(next.histories[0]).toEqual([
      { role: 'user', content: 'hi' },
      { role: 'user', content: 'again' },
    ]);
  });

  it('of whose parts one is refused in each life has its user told once', async () => {
    const first = await life(['one', 'two'], {}, 2);
    first.rig.platform.auditNext({ verdict: 'reject', afterMs: 20_000 });
    ask(first, 'hi');
    await first.rig.wait(2);
    first.rig.platform.auditNext({ verdict: 'reject', afterMs: 60_000 });
    await first.rig.wait(28);
    expect([settledIn(first).length, apologiesOn(first.rig)]).toEqual([1, 1]);
    first.rig.die();
    const next = await life([], { after: first.rig });
    await next.rig.wait(60);
    expect([settledIn(next).length, apologiesOn(next.rig)]).toEqual([1, 1]);
  });

  it('whose verdict came while its turn went on is told by the next life, where that turn ends', async () => {
    const first = await life(['answer'], {}, 60);
    first.rig.platform.auditNext({ verdict: 'reject', afterMs: 5_000 });
    ask(first, 'hi');
    await first.rig.wait(20);
    expect([settledIn(first).length, apologiesOn(first.rig)]).toEqual([0, 0]);
    first.rig.die();
    const next = await life(['later'], { after: first.rig });
    await next.rig.wait(30);
    expect([settledIn(next).length, apologiesOn(next.rig)]).toEqual([1, 1]);
    ask(next, 'again');
    await next.rig.wait(10);
    expect(next.histories.at(-1)).toEqual([
      { role: 'user', content: 'hi' },
      { role: 'user', content: 'again' },
    ]);
  });

  it('that has let it pass while its turn went on is told by the next life, where that turn ends', async () => {
    const first = await life(['answer'], {}, 60);
    first.rig.platform.auditNext({ verdict: 'pass', afterMs: 5_000 });
    ask(first, 'hi');
    await first.rig.wait(20);
    expect(settledIn(first)).toEqual([]);
    first.rig.die();
    const next = await life([], { after: first.rig });
    await next.rig.wait(30);
    expect(settledIn(next)).toMatchObject([{ status: 'sent', said: 'answer' }]);
    next.rig.die();
    const third = await life([], { after: next.rig });
    await third.rig.wait(30);
    expect(settledIn(third)).toEqual([]);
  });

  it('a verdict that comes while nobody runs is replayed, and settles it', async () => {
    const first = await life(['answer']);
    first.rig.platform.auditNext({ verdict: 'reject', afterMs: 20_000 });
    ask(first, 'hi');
    await first.rig.wait(10);
    first.rig.die();
    await first.rig.wait(60);
    const next = await life([], { after: first.rig });
    await next.rig.wait(30);
    expect(settledIn(next)).toMatchObject([{ status: 'refused', code: 'platform.contentRefused' }]);
    expect(apologiesOn(next.rig)).toBe(1);
  });
});

describe('a send that waits for a review', () => {
  const news = { target: { scene: 'guild', channelId: 'C1' }, message: 'news', key: 'k1', mode: 'passive' } as const;

  it.each([
    ['pass', 'delivered'],
    ['reject', 'rejected'],
  ] as const)('is uncertain until the verdict, and what it is then under its key (%s)', async (verdict, status) => {
    const first = await life([]);
    ask(first, 'hi');
    await first.rig.wait(5);
    first.rig.platform.auditNext({ verdict, afterMs: 60_000 });
    const report = await first.rig.within(first.rig.router.send(news));
    expect(report).toMatchObject({ status: 'uncertain', code: 'platform.auditPending' });
    first.rig.die();
    const next = await life([], { after: first.rig });
    await next.rig.wait(60);
    const known = await next.rig.within(next.rig.router.send(news));
    expect(known).toMatchObject({ status, duplicate: true });
    if (verdict === 'pass') {
      const [line] = next.rig.platform.transcript('C1').filter(({ by }) => by === 'bot');
      expect(known.messageId).toBe(line?.messageId);
    }
    expect(postsTo(next.rig)).toHaveLength(1);
    // Nobody asked a question: nobody is told.
    expect(apologiesOn(next.rig)).toBe(0);
  });
});

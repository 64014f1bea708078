import { describe, expect, it } from 'vitest';
import { messageOf, pieceOf, START_MS } from '../support/samples.js';
import { SendRig } from '../support/send-rig.js';

const MINUTE_MS = 60_000;
const seqs = (rig: SendRig): number[] => rig.api.calls.map(({ message }) => message.msgSeq);
const times = (rig: SendRig): number[] => rig.api.calls.map(({ atMs }) => atMs);

describe('outbound: the line', () => {
  it('has one call in flight, and sends in order', async () => {
    const rig = new SendRig();
    await rig.send(pieceOf(0), pieceOf(1), pieceOf(2));
    expect(rig.api.texts).toEqual(['piece 0']);
    await rig.answer((call) => call.accept());
    await rig.answer((call) => call.accept());
    expect(rig.api.texts).toEqual(['piece 0', 'piece 1', 'piece 2']);
    expect([rig.statuses, rig.api.inFlightMax]).toEqual([['0 sent', '1 sent'], 1]);
  });

  it('hands back at once what finds no place', async () => {
    const rig = new SendRig({ waitingMax: 1 });
    await rig.send(pieceOf(0), pieceOf(1), pieceOf(2));
    expect(rig.statuses).toEqual(['2 full']);
  });

  it('gives each reply to a message its own msg_seq', async () => {
    const rig = new SendRig();
    await rig.send(pieceOf(0), pieceOf(1));
    await rig.answer((call) => call.accept());
    expect(seqs(rig)).toEqual([1, 2]);
  });

  it('completes with its source, after what waits', async () => {
    const rig = new SendRig();
    await rig.send(pieceOf(0));
    await rig.end();
    expect(rig.isDone).toBe(false);
    await rig.answer((call) => call.accept());
    expect(rig.isDone).toBe(true);
  });

  it('says what a review holds back', async () => {
    const rig = new SendRig();
    await rig.send(pieceOf(0));
    await rig.answer((call) => call.accept({ auditId: 'a1' }));
    expect(rig.outcomes).toMatchObject([{ status: 'pending', auditId: 'a1' }]);
  });
});

describe('outbound: a pause between the messages of one answer', () => {
  it('is made before each but the first, and not before another answer', async () => {
    const rig = new SendRig({ pauseMs: () => 1_000 });
    await rig.send(pieceOf(0), pieceOf(1));
    await rig.answer((call) => call.accept());
    await rig.clock.advance(999);
    expect(rig.api.texts).toEqual(['piece 0']);
    await rig.clock.advance(1);
    expect(times(rig)).toEqual([0, 1_000]);
    await rig.answer((call) => call.accept());
    await rig.cancel();
    await rig.send(pieceOf(2, { epoch: 2 }));
    expect(times(rig)).toEqual([0, 1_000, 1_000]);
  });

  it('is not made before the router’s own word, which belongs to the same turn', async () => {
    const rig = new SendRig({ pauseMs: () => 1_000 });
    await rig.send(
      pieceOf(0),
      pieceOf(0, { role: 'notice', turn: 'n1', content: { kind: 'text', text: 'stop?', via: 'reply' } }),
    );
    await rig.answer((call) => call.accept());
    expect(times(rig)).toEqual([0, 0]);
  });

  it('ends with the turn: what waits is let go at once, and nothing is sent', async () => {
    const rig = new SendRig({ pauseMs: () => 1_000 });
    await rig.send(pieceOf(0), pieceOf(1));
    await rig.answer((call) => call.accept());
    await rig.cancel();
    expect(rig.statuses).toEqual(['0 sent', '1 fenced']);
    await rig.clock.advance(5_000);
    expect(rig.api.texts).toEqual(['piece 0']);
  });
});

describe('outbound: another try', () => {
  // DeepSeek-Reasonix#1131: a new msg_seq on the retry doubled the message.
  it('carries the same msg_seq, after a wait that doubles', async () => {
    const rig = new SendRig();
    await rig.send(pieceOf(0));
    for (let tries = 1; tries < 4; tries += 1) {
      await rig.answer((call) => call.fail('platform.unavailable'));
      await rig.clock.advance(10_000);
    }
    expect(seqs(rig)).toEqual([1, 1, 1, 1]);
    expect(times(rig)).toEqual([0, 500, 11_000, 22_000]);
    await rig.answer((call) => call.fail('platform.unavailable'));
    expect(rig.outcomes).toMatchObject([{ status: 'refused', code: 'platform.unavailable' }]);
  });

  it('waits as long as the platform asks', async () => {
    const rig = new SendRig();
    await rig.send(pieceOf(0));
    await rig.answer((call) => call.fail('platform.busy', { retryAfterMs: 7_000 }));
    await rig.clock.advance(10_000);
    expect(times(rig)).toEqual([0, 7_000]);
  });

  it('is not made where the platform has decided', async () => {
    const rig = new SendRig();
    await rig.send(pieceOf(0));
    await rig.answer((call) => call.fail('platform.contentRefused', { platformCode: 40_054_010 }));
    await rig.clock.advance(10_000);
    expect(rig.outcomes).toMatchObject([
      { status: 'refused', code: 'platform.contentRefused', platformCode: 40_054_010 },
    ]);
    expect(rig.api.calls).toHaveLength(1);
  });

  it('that is told "duplicate" (40054005) has arrived', async () => {
    const rig = new SendRig();
    await rig.send(pieceOf(0));
    await rig.answer((call) => call.fail('transport.timeout'));
    await rig.clock.advance(1_000);
    await rig.answer((call) => call.fail('platform.arrived', { action: 'arrived' }));
    expect(rig.statuses).toEqual(['0 arrived']);
  });

  it.each(['transport.timeout', 'transport.lost'] as const)('after %s is unknown where it is refused', async (code) => {
    const rig = new SendRig();
    await rig.send(pieceOf(0));
    await rig.answer((call) => call.fail(code));
    await rig.clock.advance(1_000);
    await rig.answer((call) => call.fail('platform.refused'));
    expect(rig.statuses).toEqual(['0 unknown']);
  });

  it('takes a failure of the adapter itself for a refusal, and goes on', async () => {
    const rig = new SendRig();
    rig.api.sendText = () => Promise.reject(new TypeError('bug'));
    await rig.send(pieceOf(0), pieceOf(1));
    expect(rig.statuses).toEqual(['0 refused', '1 refused']);
  });
});

const IN_GUILD = { target: { scene: 'guild', channelId: 'c1' } } as const;

describe('outbound: where the platform knows no repeats', () => {
  it('what may have arrived is not sent again', async () => {
    const rig = new SendRig();
    await rig.send(pieceOf(0, IN_GUILD));
    await rig.answer((call) => call.fail('transport.timeout'));
    await rig.clock.advance(60_000);
    expect([rig.statuses, rig.api.calls.length]).toEqual([['0 unknown'], 1]);
  });

  it('a send of an earlier life stays unknown', async () => {
    const rig = new SendRig();
    await rig.resend(pieceOf(0, IN_GUILD), 1);
    expect([rig.outcomes, rig.api.calls.length]).toMatchObject([[{ status: 'unknown', maybe: 'piece 0' }], 0]);
  });
});

describe('outbound: a send of an earlier life', () => {
  it('has the pair it had', async () => {
    const rig = new SendRig();
    await rig.resend(pieceOf(0), 3);
    expect(rig.api.last.message).toMatchObject({ anchor: { id: 'm1' }, msgSeq: 3 });
    await rig.answer((call) => call.fail('platform.arrived', { action: 'arrived' }));
    expect(rig.statuses).toEqual(['0 arrived']);
  });

  it('is unknown once it cannot be repeated: it is not said in another way', async () => {
    const rig = new SendRig({ active: true });
    await rig.clock.advance(61 * 60_000);
    await rig.resend(pieceOf(0), 1);
    expect([rig.statuses, rig.api.calls.length]).toEqual([['0 unknown'], 0]);
  });

  it('that opened a bubble is its first and last frame', async () => {
    const rig = new SendRig();
    const piece = pieceOf(0, { content: { kind: 'stream', text: 'half', isLast: false } });
    await rig.resend(piece, 2);
    expect(rig.api.lastFrame).toMatchObject({ frame: { msgSeq: 2, index: 0, text: 'half', isLast: true } });
    await rig.answerFrame((call) => call.accept());
    expect(rig.outcomes).toMatchObject([{ status: 'sent', said: 'half' }]);
    expect(rig.outcomes[0]?.piece).toBe(piece);
  });
});

describe('outbound: the fence', () => {
  it('lets a piece that waits in the line go unsent', async () => {
    const rig = new SendRig();
    await rig.send(pieceOf(0), pieceOf(1));
    await rig.cancel();
    await rig.answer((call) => call.accept());
    expect([rig.statuses, rig.api.texts]).toEqual([['0 sent', '1 fenced'], ['piece 0']]);
  });

  it('lets a piece that waits for the gateway go at once', async () => {
    const rig = new SendRig();
    rig.online$.next(false);
    await rig.send(pieceOf(0));
    await rig.cancel();
    expect([rig.statuses, rig.clock.pending]).toEqual([['0 fenced'], 0]);
  });

  it('lets a piece that waits for its pace go at once, and its place with it', async () => {
    const rig = new SendRig();
    for (let n = 0; n < 20; n += 1) rig.pacer.book(pieceOf(0).target, rig.clock.now());
    await rig.send(pieceOf(0));
    await rig.cancel();
    expect([rig.statuses, rig.clock.pending]).toEqual([['0 fenced'], 0]);
    expect(rig.pacer.book(pieceOf(0).target, rig.clock.now() + 1_020)).toBe(0);
  });

  it('ends the wait for another try: unknown where the first may have arrived, fenced where it has not', async () => {
    const rig = new SendRig();
    await rig.send(pieceOf(0));
    await rig.answer((call) => call.fail('platform.unavailable'));
    await rig.cancel();
    await rig.send(pieceOf(1, { epoch: 2 }));
    await rig.answer((call) => call.fail('transport.timeout'));
    await rig.cancel();
    await rig.clock.advance(60_000);
    expect([rig.statuses, rig.api.calls.length]).toEqual([['0 fenced', '1 unknown'], 2]);
  });

  it('is asked by the transport, in the step of the hand-over', async () => {
    const rig = new SendRig();
    const passed = rig.api.sendText.bind(rig.api);
    rig.api.sendText = async (message, mayStart) => {
      await rig.cancel();
      return passed(message, mayStart);
    };
    await rig.send(pieceOf(0));
    await rig.clock.advance(0);
    expect([rig.statuses, rig.api.calls]).toEqual([['0 fenced'], []]);
  });

  it('holds the next turn back until the call in flight has ended', async () => {
    const rig = new SendRig();
    await rig.send(pieceOf(0));
    await rig.cancel();
    await rig.send(pieceOf(0, { epoch: 2, anchors: [{ kind: 'message', id: 'm2', atMs: START_MS }] }));
    expect(rig.api.calls).toHaveLength(1);
    await rig.answer((call) => call.fail('transport.timeout'));
    expect(rig.api.calls.map(({ message }) => message.anchor?.id)).toEqual(['m1', 'm2']);
  });
});

describe('outbound: what can be foreseen', () => {
  it('holds sends while the gateway is between sessions', async () => {
    const rig = new SendRig();
    rig.online$.next(false);
    await rig.send(pieceOf(0));
    await rig.clock.advance(MINUTE_MS);
    expect(rig.api.calls).toEqual([]);
    rig.online$.next(true);
    await rig.clock.advance(0);
    expect(times(rig)).toEqual([MINUTE_MS]);
  });

  it('sends no reply after its window', async () => {
    const rig = new SendRig();
    await rig.clock.advance(60 * MINUTE_MS);
    await rig.send(pieceOf(0), pieceOf(1, { role: 'notice' }));
    expect(rig.outcomes).toMatchObject([
      { status: 'parked', text: 'piece 0' },
      { status: 'refused', code: 'platform.windowClosed' },
    ]);
    expect(rig.api.calls).toEqual([]);
  });

  // hermes-agent#43467: the answer came after the window.
  it('holds a reply no longer than its window', async () => {
    const rig = new SendRig();
    await rig.clock.advance(59 * MINUTE_MS);
    rig.online$.next(false);
    await rig.send(pieceOf(0));
    await rig.clock.advance(MINUTE_MS);
    expect(rig.outcomes).toMatchObject([{ status: 'parked', text: 'piece 0' }]);
    rig.online$.next(true);
    await rig.clock.advance(MINUTE_MS);
    expect(rig.api.calls).toEqual([]);
  });

  it('makes no other try after the window, and does not claim that the first failed', async () => {
    const rig = new SendRig();
    await rig.clock.advance(60 * MINUTE_MS - 100);
    await rig.send(pieceOf(0));
    await rig.answer((call) => call.fail('transport.timeout'));
    await rig.clock.advance(10_000);
    expect([rig.statuses, rig.api.calls.length]).toEqual([['0 unknown'], 1]);
  });

  it('sends no more replies than the scene allows, and typing leaves the last one to the answer', async () => {
    const rig = new SendRig();
    const typing = (index: number) => pieceOf(index, { content: { kind: 'typing', seconds: 60 } });
    for (const piece of [pieceOf(0), pieceOf(1), typing(2), typing(3), pieceOf(4), pieceOf(5)]) {
      await rig.send(piece);
      await rig.answer((call) => call.accept());
    }
    expect(rig.statuses).toEqual(['0 sent', '1 sent', '2 sent', '3 refused', '4 sent', '5 parked']);
    expect(rig.api.calls.map(({ kind }) => kind)).toEqual(['text', 'text', 'typing', 'text']);
  });

  it('waits for the pace of its peer', async () => {
    const rig = new SendRig();
    const target = { scene: 'dm', guildId: 'g1' } as const;
    const { id, atMs } = messageOf('m1', { target });
    const dm = (index: number) => pieceOf(index, { target, anchors: [{ kind: 'message', id, atMs }] });
    for (let index = 0; index < 4; index += 1) {
      await rig.send(dm(index));
      await rig.clock.advance(10);
      await rig.clock.advanceUntil(() => rig.api.calls.length > index);
      await rig.answer((call) => call.accept());
    }
    expect(times(rig)).toEqual([0, 10, 1_020, 1_030]);
  });
});

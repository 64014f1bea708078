import { describe, expect, it } from 'vitest';
import type { SendRequest } from '../../src/domain/send.js';
import { RouterRig } from '../support/router-rig.js';

const USER = 'U1';
const request = (more: Partial<SendRequest> = {}): SendRequest =>
  ({ target: { scene: 'c2c', openid: USER }, message: 'news', key: 'k1', ...more }) as SendRequest;

const started = async (): Promise<RouterRig> => {
  const rig = await RouterRig.start();
  rig.platform.introduce('c2c', USER);
  return rig;
};
const texts = (rig: RouterRig): string[] => rig.platform.sends().map(({ text }) => text);

describe('what is said beside an answer', () => {
  // Whoever restarts looks at what a message was answered with, and answers those that were not.
  it('is no answer: after a crash the question is answered all the same', async () => {
    const rig = await RouterRig.start({ handler: () => new Promise(() => undefined) });
    rig.platform.sendC2c({ from: USER, text: 'question' });
    await rig.wait(2);
    await rig.within(rig.router.send(request({ mode: 'passive', key: 'beside' })), 2);
    rig.die();
    const next = await RouterRig.start({
      after: rig,
      handler: async (turn) => {
        await turn.reply('answer');
      },
    });
    await next.wait(60);
    expect(texts(rig)).toEqual(['news', 'answer']);
    expect(rig.platform.refusals()).toEqual([]);
  });
});

describe('what is said under a key is said once', () => {
  it('also when it is asked for again: the second is told what became of the first', async () => {
    const rig = await started();
    const first = await rig.within(rig.router.send(request()));
    const second = await rig.within(rig.router.send(request()));
    expect(second).toEqual({ ...first, duplicate: true });
    expect(texts(rig)).toEqual(['news']);
  });

  it('also when both ask at the same time', async () => {
    const rig = await started();
    const both = Promise.all([rig.router.send(request()), rig.router.send(request())]);
    const [first, second] = await rig.within(both);
    expect([first?.duplicate, second?.duplicate]).toEqual([undefined, true]);
    expect(second?.messageId).toBe(first?.messageId);
    expect(texts(rig)).toEqual(['news']);
  });

  it('also after a restart', async () => {
    const rig = await started();
    const first = await rig.within(rig.router.send(request()));
    await rig.within(rig.router.stop(), 10);
    const next = await RouterRig.start({ after: rig });
    const second = await next.within(next.router.send(request()));
    expect(second).toEqual({ ...first, duplicate: true });
    expect(texts(rig)).toEqual(['news']);
  });

  it('also where the process died before it heard the answer', async () => {
    const rig = await started();
    rig.platform.sendC2c({ from: USER, text: 'hello' });
    await rig.wait(3);
    // Sent, and accepted; the process is dead before the answer is there.
    void rig.router.send(request()).catch(() => undefined);
    await rig.clock.advance(30);
    expect(texts(rig)).toEqual(['news']);
    rig.die();
    const next = await RouterRig.start({ after: rig });
    const second = await next.within(next.router.send(request()));
    expect(second).toMatchObject({ status: 'delivered', duplicate: true });
    expect(texts(rig)).toEqual(['news']);
  });

  it('but each part of a message by itself, and not what never was tried', async () => {
    const rig = await started();
    rig.net.isDown = true;
    rig.platform.closeAll(4009);
    await rig.wait(1);
    const late = await rig.within(rig.router.send(request({ ttlMs: 1_000 })));
    expect(late.status).toBe('expired');
    rig.net.isDown = false;
    await rig.wait(120);
    const again = await rig.within(
      rig.router.send(
        request({ message: { text: 'news', ark: { templateId: 37, kv: [{ key: '#PROMPT#', value: 'card' }] } } }),
      ),
    );
    expect(again).toMatchObject({ status: 'delivered' });
    expect(again.messageIds).toHaveLength(2);
    expect(texts(rig)).toEqual(['news', 'card']);
  });

  it('within its bot: another key is another message', async () => {
    const rig = await started();
    await rig.within(rig.router.send(request()));
    await rig.within(rig.router.send(request({ key: 'k2' })));
    expect(texts(rig)).toEqual(['news', 'news']);
  });
});

import { describe, expect, it } from 'vitest';
import { SidecarRig, type SidecarRigOptions, type WiredAgent } from './sidecar-rig.js';

/** A user has written, and the turn is over. */
const spoken = async (
  options: SidecarRigOptions = {},
  hello = {},
): Promise<{ rig: SidecarRig; wired: WiredAgent; conv: string; question: string }> => {
  const rig = await SidecarRig.start(options);
  const wired = await rig.agent(hello);
  const question = rig.say('hello');
  const start = await rig.until(wired.agent.next('turn.start'));
  wired.agent.accept(start.turn);
  wired.agent.delta(start.turn, 'Hi.');
  wired.agent.end(start.turn);
  await rig.until(wired.agent.next('turn.closed'));
  return { rig, wired, conv: start.conv.id, question };
};

const indications = (rig: SidecarRig, from = 'U'): string[] =>
  rig.platform
    .transcript({ scene: 'c2c', id: from })
    .filter(({ by, kind }) => by === 'bot' && kind === 'typing')
    .map(({ kind }) => kind);

const errorsOf = ({ agent }: WiredAgent): (string | undefined)[] => agent.all('error').map(({ code }) => code);

describe('typing outside a turn', () => {
  it('is shown in a private chat with an open message, once for as long as it is seen', async () => {
    const { rig, wired, conv } = await spoken();
    wired.agent.say({ t: 'typing', conv, on: true });
    await rig.wait(8_000);
    wired.agent.say({ t: 'typing', conv, on: true });
    await rig.wait(1_000);
    expect(indications(rig)).toHaveLength(1);
    expect(errorsOf(wired)).toEqual([]);
    await rig.wait(60_000);
    wired.agent.say({ t: 'typing', conv, on: true });
    await rig.wait(1_000);
    expect(indications(rig)).toHaveLength(2);
  });

  it('is ended by a message, and may be shown again behind it', async () => {
    const { rig, wired, conv } = await spoken();
    wired.agent.say({ t: 'typing', conv, on: true });
    await rig.wait(1_000);
    wired.agent.say({ t: 'send', id: 's1', conv, content: { text: 'found it' }, mode: 'passive' });
    await rig.until(wired.agent.next('send.result'));
    wired.agent.say({ t: 'typing', conv, on: true });
    await rig.wait(1_000);
    // Four replies: the answer, an indication, the message; the last one is kept for words.
    expect(indications(rig)).toHaveLength(1);
    expect(errorsOf(wired)).toEqual(['window_closed']);
    rig.say('and?');
    await rig.wait(1_000);
    wired.agent.say({ t: 'typing', conv, on: true });
    await rig.wait(1_000);
    expect(indications(rig)).toHaveLength(2);
  });

  it('never takes the last reply', async () => {
    const { rig, wired, conv } = await spoken();
    for (let n = 0; n < 6; n += 1) {
      wired.agent.say({ t: 'typing', conv, on: true });
      await rig.wait(61_000);
    }
    expect(indications(rig)).toHaveLength(2);
    expect(errorsOf(wired)).toEqual(['window_closed', 'window_closed', 'window_closed', 'window_closed']);
    wired.agent.say({ t: 'send', id: 's1', conv, content: { text: 'found it' }, mode: 'passive' });
    expect(await rig.until(wired.agent.next('send.result'))).toMatchObject({ status: 'delivered' });
  });

  it('is refused where no message is open any more', async () => {
    const { rig, wired, conv } = await spoken();
    await rig.wait(61 * 60_000);
    wired.agent.say({ t: 'typing', conv, on: true });
    await rig.wait(1_000);
    expect(indications(rig)).toEqual([]);
    expect(errorsOf(wired)).toEqual(['window_closed']);
  });

  it('is refused in groups, for bots that are not here, and for what is no conversation', async () => {
    const { rig, wired, conv } = await spoken();
    const elsewhere = conv.replace(/^qq:\d+:/, 'qq:1:');
    for (const one of [conv.replace(':c2c:', ':group:'), elsewhere]) {
      wired.agent.say({ t: 'typing', conv: one, on: true });
    }
    wired.agent.say({ t: 'typing', conv: 'somewhere', on: true });
    wired.agent.say({ t: 'typing', on: true });
    await rig.wait(1_000);
    expect(indications(rig)).toEqual([]);
    expect(errorsOf(wired)).toEqual(['unsupported', 'unsupported', 'not_permitted', 'bad_frame']);
  });

  it('is not permitted where the agent’s filter does not reach', async () => {
    const { rig, wired, conv } = await spoken({}, { filter: { conv: ['qq:*'] } });
    const other = await rig.agent({ filter: { scene: ['group'] } });
    other.agent.say({ t: 'typing', conv, on: true });
    await rig.wait(1_000);
    expect(errorsOf(other)).toEqual(['not_permitted']);
    expect(errorsOf(wired)).toEqual([]);
    expect(indications(rig)).toEqual([]);
  });

  it('that is taken back sends nothing', async () => {
    const { rig, wired, conv } = await spoken();
    wired.agent.say({ t: 'typing', conv, on: false });
    await rig.wait(1_000);
    expect(indications(rig)).toEqual([]);
    expect(errorsOf(wired)).toEqual([]);
  });
});

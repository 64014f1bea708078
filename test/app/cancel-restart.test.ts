import { describe, expect, it } from 'vitest';
import { RouterRig, type RouterRigOptions } from '../support/router-rig.js';

const USER = 'U1';
const channel: RouterRigOptions['channel'] = { scenes: { c2c: { busy: 'interrupt' } } };
const handler: RouterRigOptions['handler'] = async (turn) => {
  await turn.reply(`about ${turn.text}`);
};

/** What is said in all when a question's answer was on its way, nobody knows how far, as `meanwhile` came and it crashed. */
const saidAfter = async (meanwhile: string | null): Promise<string[]> => {
  const rig = await RouterRig.start({ channel, handler });
  rig.platform.swallowNext({ match: 'sends', how: 'hang', processed: false });
  rig.platform.sendC2c({ from: USER, text: 'the question' });
  await rig.wait(2);
  if (meanwhile !== null) rig.platform.sendC2c({ from: USER, text: meanwhile });
  await rig.wait(1);
  expect(rig.platform.sends()).toEqual([]);
  rig.die();
  const next = await RouterRig.start({ after: rig, channel, handler });
  await next.wait(60);
  expect(rig.platform.refusals()).toEqual([]);
  return rig.platform.sends().map(({ text }) => text);
};

describe('an answer whose way a crash cut', () => {
  it('goes out in the next life', async () => {
    expect(await saidAfter(null)).toEqual(['about the question']);
  });

  // Its send is without an outcome, and the stop is obeyed: only the record's epoch tells the next life of it.
  it('does not where its turn had been stopped', async () => {
    expect(await saidAfter('/stop')).toEqual(['Stopped.']);
  });

  // Here the message, which waits behind it, takes it back as well.
  it('does not where another message had interrupted its turn', async () => {
    expect(await saidAfter('something else')).toEqual(['about something else']);
  });
});

import { describe, expect, it } from 'vitest';
import type { RouterEvent } from '../../src/app/events.js';
import { RouterRig, type RouterRigOptions } from '../support/router-rig.js';

const OPENING = 'An answer whose beginning is long enough to be shown. ';
const REST = 'And so it goes on for a while, until there is nothing to add. '.repeat(3);

const life = async (
  nativeStream: 'stream_messages' | 'stream_object',
  options: RouterRigOptions = {},
): Promise<{ readonly rig: RouterRig; readonly events: RouterEvent[] }> => {
  const rig = RouterRig.make({
    channel: { streamMode: 'native', nativeStream },
    handler: async (turn) => {
      await turn.reply(
        (async function* () {
          yield OPENING;
          await new Promise<void>((resolve) => rig.clock.setTimeout(resolve, 5_000));
          yield REST;
        })(),
      );
    },
    ...options,
  });
  const events: RouterEvent[] = [];
  rig.router.on((event) => events.push(event));
  await rig.start();
  return { rig, events };
};

const bubblesOn = ({ platform }: RouterRig) =>
  platform.transcript('U').flatMap(({ text, stream }) => (stream ? [{ text: text.trim(), state: stream.state }] : []));

/** The platform took the call that opens it, and the process died before it heard the id. */
const leftNameless = async (nativeStream: 'stream_messages' | 'stream_object') => {
  const first = await life(nativeStream);
  first.rig.platform.on('sent', ({ stream }) => stream && first.rig.die());
  first.rig.platform.sendC2c({ from: 'U', text: 'hi' });
  await first.rig.wait(20);
  expect(bubblesOn(first.rig)).toEqual([{ text: OPENING.trim(), state: 'open' }]);
  return life(nativeStream, { after: first.rig });
};

describe.each(['stream_messages', 'stream_object'] as const)('a bubble whose id died with its process (%s)', (form) => {
  it('is known to have been said, and keeps what it showed when the platform ends it', async () => {
    const { rig, events } = await leftNameless(form);
    const receipts = events.flatMap((event) => (event.type === 'turn.closed' ? [event.receipt] : []));
    expect(receipts).toMatchObject([{ status: 'failed', certainty: 'maybe-more' }]);
    expect(receipts[0]?.delivered.trim()).toBe(OPENING.trim());
    await rig.wait(400);
    const state = form === 'stream_object' ? 'rolledBack' : 'timedOut';
    expect(bubblesOn(rig)).toEqual([{ text: OPENING.trim(), state }]);
  });

  it('is ended at once by the next one, which says all of its own', async () => {
    const { rig } = await leftNameless(form);
    rig.platform.sendC2c({ from: 'U', text: 'again' });
    await rig.wait(30);
    expect(bubblesOn(rig)).toEqual([
      { text: OPENING.trim(), state: 'superseded' },
      { text: `${OPENING}${REST}`.trim(), state: 'finished' },
    ]);
  });

  it('where the platform refuses a second one, the next answer is a message', async () => {
    const { rig } = await leftNameless(form);
    rig.platform.setSwitches({ secondStream: 'refused' });
    rig.platform.sendC2c({ from: 'U', text: 'again' });
    await rig.wait(30);
    expect(bubblesOn(rig)).toEqual([{ text: OPENING.trim(), state: 'open' }]);
    const said = rig.platform.transcript('U').filter(({ by, stream }) => by === 'bot' && !stream);
    expect(said.map(({ text }) => text.trim()).filter((text) => text !== '')).toEqual([`${OPENING}${REST}`.trim()]);
  });
});

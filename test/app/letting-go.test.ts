import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { RouterRig } from '../support/router-rig.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

it('keeps nothing of a turn that is over but its record, while the conversation lives on', async () => {
  const signals: WeakRef<AbortSignal>[] = [];
  const rig = await RouterRig.start({
    handler: async (turn) => {
      signals.push(new WeakRef(turn.signal));
      await turn.reply('answer');
    },
  });
  rig.platform.sendC2c({ from: 'U1', text: 'hello' });
  await rig.wait(10);
  expect(signals).toHaveLength(1);
  expect(rig.router.channels()[0]?.conversations).toMatchObject({ living: 1, busy: 0 });
  collectGarbage();
  expect(signals.map((signal) => signal.deref())).toEqual([undefined]);
});

import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { FROM_AGENT } from '../../src/sidecar/frames/from-agent.js';
import { readFrame } from '../../src/sidecar/frames/read-frame.js';
import { SidecarRig } from './sidecar-rig.js';

const types = Object.keys(FROM_AGENT);
const junk = fc.oneof(
  fc.constantFrom(null, true, -1, 1e308, '', '\u0000', '__proto__', 'qq:1:c2c:U:t1.x', [], {}),
  fc.string({ maxLength: 40, unit: 'binary' }),
  fc.jsonValue({ maxDepth: 2 }),
);
/** A frame's type with whatever in its fields, or no frame at all. */
const frame = fc.oneof(
  fc
    .record({
      t: fc.oneof(fc.constantFrom(...types), fc.string({ maxLength: 8 })),
      turn: junk,
      n: junk,
      id: junk,
      text: junk,
      seq: junk,
      conv: junk,
      add: junk,
      content: junk,
      media: junk,
      on: junk,
      mode: junk,
    })
    .map((value) => JSON.stringify(value)),
  fc.json(),
  fc.string({ maxLength: 60, unit: 'binary' }),
);

describe('whatever an agent says', () => {
  test.prop([frame], { numRuns: 3_000 })('is read, or refused by name', (text) => {
    const read = readFrame(text);
    if ('unreadable' in read) expect(['unknown_type', 'bad_frame']).toContain(read.unreadable.code);
    else expect(types).toContain(read.frame.t);
  });

  test.prop([fc.array(frame, { maxLength: 40 })], { numRuns: 40 })(
    'every frame has one answer at most, no turn of another is touched, and the next turn is answered as ever',
    async (texts) => {
      const rig = await SidecarRig.start();
      const wired = await rig.agent();
      const hostile = await rig.agent({ filter: { scene: ['group'] } });
      const { turn } = await rig.ask(wired, 'one');
      wired.agent.accept(turn);
      wired.agent.delta(turn, 'mine');
      await rig.wait(5);
      for (const text of texts) hostile.agent.raw(text.replaceAll('qq:1:c2c:U:t1.x', turn));
      await rig.wait(200);
      const answers = hostile.agent.heard.filter(({ t }) => t === 'ok' || t === 'error');
      expect(answers.length).toBeLessThanOrEqual(texts.length);
      expect(hostile.link.closes).toEqual([]);
      wired.agent.end(turn);
      await rig.until(wired.agent.next('turn.closed'));
      expect(rig.shown()).toEqual(['mine']);
    },
    120_000,
  );
});

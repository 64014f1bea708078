import { fc, test } from '@fast-check/vitest';
import { Subject } from 'rxjs';
import { describe, expect } from 'vitest';
import { decodeFrame } from '../../src/adapters/qq/frames.js';
import { KNOWN_EVENTS } from '../../src/adapters/qq/inbound-events.js';
import { normalise } from '../../src/adapters/qq/normalise.js';
import { MemoryStore } from '../../src/adapters/store/memory-store.js';
import { Watermark } from '../../src/domain/watermark.js';
import { inbound } from '../../src/pipelines/inbound.js';
import type { DispatchFrame } from '../../src/ports/gateway-codec.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';
import { START_MS } from '../support/samples.js';

const MESSAGES = ['C2C_MESSAGE_CREATE', 'GROUP_AT_MESSAGE_CREATE', 'MESSAGE_CREATE', 'DIRECT_MESSAGE_CREATE'];

/** A private message of the user, which must arrive whatever stands around it. */
const good = fc.nat(20).map((n) => ({
  t: 'C2C_MESSAGE_CREATE',
  d: { id: `good-${n}`, content: 'hi', author: { user_openid: 'u1' }, timestamp: '2026-01-01T00:00:00Z' },
}));
/** Anything at all under a name the platform uses, or under none. */
const hostile = fc.record({
  t: fc.oneof(fc.constantFrom(...MESSAGES, ...KNOWN_EVENTS), fc.string(), fc.constant('__proto__')),
  id: fc.oneof(fc.string(), fc.constantFrom('', 'E:1', 'E:2')),
  d: fc.oneof(fc.jsonValue(), fc.record({ id: fc.string(), author: fc.jsonValue(), openid: fc.jsonValue() })),
});
const frames = fc.array(fc.oneof(good, good, hostile), { maxLength: 60 });

describe('inbound', () => {
  test.prop([frames, fc.array(fc.string({ unit: 'binary' }), { maxLength: 5 })])(
    'settles every number once, and loses no message, whatever comes with it',
    async (pushed, noise) => {
      const clock = new VirtualClock(START_MS);
      const mark = new Watermark(0);
      const dispatches = new Subject<DispatchFrame>();
      const settled: number[] = [];
      const delivered: string[] = [];
      let heard = 0;
      let skipped = 0;
      let error: unknown = null;
      inbound(dispatches, {
        normalise: (dispatch) => normalise(dispatch, { appId: 'app', botId: '42', nowMs: clock.now() }),
        accessOf: () => ({ groupPolicy: 'mention', allowedUsers: ['*'], allowedGroups: null }),
        isPaired: () => false,
        onStranger: () => undefined,
        store: new MemoryStore(clock),
        lease: { appId: 'app', epoch: 1, valid: () => true },
        deliver: ({ id }) => delivered.push(id),
        hear: () => {
          heard += 1;
        },
        settle: ({ s }) => {
          settled.push(s);
          mark.settle(s);
        },
        onPressure: () => undefined,
        onSkipped: () => {
          skipped += 1;
        },
      }).subscribe({ error: (thrown: unknown) => (error = thrown) });

      let s = 0;
      for (const frame of pushed) {
        s += 1;
        const seen = decodeFrame(JSON.stringify({ op: 0, s, ...frame }));
        if (seen.kind !== 'dispatch') {
          // READY and RESUMED under a hostile name: their numbers are the gateway's.
          mark.begin(s);
          mark.settle(s);
          continue;
        }
        mark.begin(seen.s);
        dispatches.next(seen);
        for (const text of noise) expect(decodeFrame(text)).toHaveProperty('kind');
      }
      await clock.advance(0);

      expect(error).toBeNull();
      expect(settled).toHaveLength(new Set(settled).size);
      expect(mark.value).toBe(pushed.length);
      const sent = pushed.flatMap(({ t, d }) => (t === 'C2C_MESSAGE_CREATE' && isGood(d) ? [d.id] : []));
      expect(delivered.filter((id) => id.startsWith('good-'))).toEqual([...new Set(sent)]);
      expect(delivered.length + heard + skipped).toBe(settled.length);
    },
  );
});

const isGood = (d: unknown): d is { id: string } =>
  typeof d === 'object' && d !== null && 'id' in d && typeof d.id === 'string' && d.id.startsWith('good-');

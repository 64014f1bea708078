import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import type { Fate } from './platform-http.js';
import { streamRig, writeBubble } from './stream-rig.js';

const FATES: readonly Fate[] = ['fine', 'lost', 'swallowed', '502', '502 processed', '429'];
const fates = fc.array(fc.oneof({ weight: 4, arbitrary: fc.constant<Fate>('fine') }, fc.constantFrom(...FATES)), {
  maxLength: 12,
});
/** Texts that grow, each a prefix of the next. */
const growing = fc
  .array(fc.constantFrom('a', 'bc', '\n', '字', '😀', ''), { minLength: 1, maxLength: 6 })
  .map((parts) => parts.map((_, at) => `>${parts.slice(0, at + 1).join('')}`));

/** A last chunk may end with a newline more. */
const withoutEnd = (text: string): string => text.replace(/\n+$/u, '');

describe.each(['stream_messages', 'stream_object'] as const)('%s', (generation) => {
  test.prop([growing, fates], { numRuns: 500 })(
    'whatever answers are lost, one bubble shows what was said, and none is left open',
    async (texts, fates) => {
      const { api, frame, http, bubbles, clock } = streamRig(generation);
      http.fates = [...fates];
      const { said, bubble } = await writeBubble(api, frame, texts);
      expect(texts).toContain(said);
      if (bubble === 'orphaned') await clock.advance(300_001);
      const [shown, ...others] = bubbles();
      expect(others).toEqual([]);
      const text = withoutEnd(shown?.text ?? '');
      if (bubble === 'unknown') expect(said.startsWith(text)).toBe(true);
      else expect(text).toBe(withoutEnd(said));
      if (bubble === 'closed') expect(shown?.stream?.state).toBe('finished');
      if (bubble === 'orphaned') expect(shown?.stream?.state).not.toBe('open');
    },
  );

  test.prop([growing])('without trouble all of it is said', async (texts) => {
    const { api, frame } = streamRig(generation);
    await expect(writeBubble(api, frame, texts)).resolves.toEqual({ said: texts.at(-1), bubble: 'closed' });
  });
});

import { describe, expect, it } from 'vitest';
import { echoDriver } from '../../../src/adapters/agents/echo.js';
import { collect, never, turnInput } from './turn-input.js';

describe('echo', () => {
  it('says back what it was asked', async () => {
    expect(await collect(echoDriver.run(turnInput('早上好 ☀️'), never))).toEqual([
      { type: 'text', delta: '早上好 ☀️' },
      { type: 'end', reason: 'stop' },
    ]);
  });

  it('names what was attached to a message without text', async () => {
    const attachments = [
      { kind: 'image', url: 'https://example.test/a' },
      { kind: 'voice', url: 'https://example.test/b' },
    ] as const;
    const [first] = await collect(echoDriver.run(turnInput('', { attachments }), never));
    expect(first).toEqual({ type: 'text', delta: '[image 图片] [voice 语音]' });
  });

  it('is silent where nothing was said', async () => {
    expect(await collect(echoDriver.run(turnInput(''), never))).toEqual([{ type: 'end', reason: 'silent' }]);
  });

  it('says nothing in a turn that is over already', async () => {
    expect(await collect(echoDriver.run(turnInput('hi'), AbortSignal.abort()))).toEqual([
      { type: 'end', reason: 'cancelled' },
    ]);
  });
});

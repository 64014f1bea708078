import { describe, expect, it } from 'vitest';
import { commandIn } from '../../src/domain/command.js';

describe('commandIn', () => {
  // hermes-agent#38293: the user typed "stop" four times, and the agent went on.
  it.each(['/stop', 'stop', 'STOP', ' Stop\n', '停', '停止', '取消'])('%j stops', (text) => {
    expect(commandIn(text)).toEqual({ type: 'stop', all: false });
  });

  it('"/stop all" drops what waits, too', () => {
    expect(commandIn('/stop all')).toEqual({ type: 'stop', all: true });
  });

  // openclaw#55299: "wait" means that more is coming.
  it.each(['', 'wait', '等等', 'stop it', '请停止', '/stopped', 'constructor', '__proto__', 'toString'])(
    '%j is a message like any other',
    (text) => {
      expect(commandIn(text)).toBeNull();
    },
  );
});

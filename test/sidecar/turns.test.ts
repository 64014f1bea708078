import { describe, expect, it } from 'vitest';
import { SidecarRig } from './sidecar-rig.js';

describe('a turn over the frames', () => {
  it('is offered, accepted, answered and closed', async () => {
    const rig = await SidecarRig.start();
    const wired = await rig.agent();
    const { agent } = wired;
    const start = await rig.ask(wired, 'hello');
    expect(start).toMatchObject({
      epoch: 1,
      attempt: 1,
      conv: { scene: 'c2c' },
      inputs: [{ text: 'hello', sender: { id: 'U' } }],
      history: [{ role: 'user', content: 'hello' }],
      surface: { mode: 'block', maxChars: 18_000, repliesLeft: 4 },
      deadline: { acceptMs: 5_000, idleMs: 120_000, turnMs: 300_000 },
      credit: 8_000,
    });
    agent.accept(start.turn);
    agent.delta(start.turn, 'Hello ');
    agent.delta(start.turn, 'there.');
    agent.end(start.turn);
    const closed = await rig.until(agent.next('turn.closed'));
    expect(closed).toMatchObject({
      turn: start.turn,
      status: 'completed',
      delivered: 'Hello there.',
      certainty: 'exact',
    });
    expect(rig.shown()).toEqual(['Hello there.']);
  });
});

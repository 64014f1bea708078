import { expect, it } from 'vitest';
import { UNWRITTEN_MAX } from '../../src/sidecar/frame-journal.js';
import { readSession, turnOfWire } from '../../src/sidecar/restored-session.js';

const profile = JSON.stringify({ agent: { name: 'a', version: '1' }, caps: { history: 'router' }, turns: 1 });
const frame = (seq: number) => ({ seq, atMs: 0, text: `frame ${seq}` });

it('never gives a number again that may have been said and not written', () => {
  const { log } = readSession({ profile, acked: 3, head: 7, frames: [frame(6), frame(7)], turns: [] });
  expect([...log].map(({ seq }) => seq)).toEqual([6, 7]);
  expect(log.append(String, 0).seq).toBeGreaterThan(7 + UNWRITTEN_MAX);
  expect(log.acked).toBe(3);
});

it('knows the turns that were held by their own names', () => {
  const wire = 'qq:1:c2c:U:t5.k3f9ab';
  const { open } = readSession({ profile, acked: 0, head: 0, frames: [], turns: [{ wire, epoch: 5 }] });
  expect(open).toEqual([{ wire, epoch: 5, turn: 'qq:1:c2c:U:t5' }]);
  expect(turnOfWire('none')).toBe('');
});

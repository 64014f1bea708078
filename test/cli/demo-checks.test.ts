import { expect, it } from 'vitest';
import { type Asked, type Claim, checkDemo, type Evidence } from '../../src/cli/demo/checks.js';

const ASKED: Asked = { first: 'm1', cutOff: 'm2', instead: 'm3', meanwhile: 'm4' };

const send = (msgId: string, text: string, atMs = 0, kind = 'text') => ({ msgId, text, atMs, kind });
const session = (change: string, atMs = 0) => ({ change, atMs });
const SENDS = [send('m1', 'one'), send('m2', '', 0, 'typing'), send('m3', 'three'), send('m4', 'four', 9)];
const LOG = [session('connected'), session('identified'), session('closed', 5), session('resumed', 8)];

const check = (more: { sends?: unknown[]; sessionLog?: unknown[]; refusals?: unknown[] } = {}) =>
  checkDemo(ASKED, { sends: SENDS, sessionLog: LOG, refusals: [], ...more } as unknown as Evidence);

it('believes a conversation as it should be', () => {
  expect(Object.values(check())).not.toContain(false);
});

it.each<[string, Claim, Parameters<typeof check>[0]]>([
  ['a question without an answer', 'answered', { sends: SENDS.slice(1) }],
  ['an answer that came twice', 'answered', { sends: [...SENDS, send('m3', 'three')] }],
  ['a word of the cancelled turn', 'silent', { sends: [...SENDS, send('m2', 'two')] }],
  ['a second Identify', 'sameSession', { sessionLog: [...LOG, session('identified')] }],
  ['no Resume', 'sameSession', { sessionLog: LOG.slice(0, 3) }],
  ['an answer from before the Resume', 'nothingLost', { sends: [...SENDS.slice(0, 3), send('m4', 'four', 7)] }],
  ['a refusal', 'noRefusal', { refusals: [{}] }],
])('does not believe %s', (_, claim, more) => {
  expect(check(more)[claim]).toBe(false);
});

import { expect, it } from 'vitest';
import { type Asked, type Claim, checkDemo, type Evidence } from '../../src/cli/demo/checks.js';

const ASKED: Asked = {
  first: 'm1',
  cutBubble: 'm2',
  instead: 'm3',
  cutBlocks: 'm4',
  help: 'm5',
  meanwhile: 'm6',
};

const send = (msgId: string, text: string, more: object = {}) => ({
  msgId,
  text,
  atMs: 0,
  kind: 'text',
  messageId: `${msgId}: ${text}`,
  msgSeq: 1,
  ...more,
});
const frame = (msgId: string, text: string, isLast = false, more: object = {}) =>
  send(msgId, text, { kind: 'stream', messageId: `${msgId}-bubble`, stream: { state: isLast ? 10 : 1 }, ...more });
const session = (change: string, atMs = 0) => ({ change, atMs });
const receipt = (delivered: string, status = 'completed') => ({ delivered, status, certainty: 'exact' });

const FIRST = [frame('m1', 'on'), frame('m1', 'one'), frame('m1', 'one!', true)];
const CUT = [frame('m2', 'tw'), frame('m2', 'tw', true)];
const REST = [send('m3', 'three'), send('m4', 'four'), send('m5', 'five'), send('m5', 'and five')];
const LAST = [send('m6', 'six', { atMs: 9 })];
const SENDS = [...FIRST, ...CUT, ...REST, ...LAST];
const LOG = [session('connected'), session('identified'), session('closed', 5), session('resumed', 8)];
const RECEIPTS = {
  m1: receipt('one!'),
  m2: receipt('tw', 'cancelled'),
  m3: receipt('three'),
  m4: receipt('four', 'cancelled'),
  m5: receipt('five\nand five'),
  m6: receipt('six'),
};

const check = (
  more: { sends?: unknown[]; sessionLog?: unknown[]; refusals?: unknown[]; receipts?: Record<string, unknown> } = {},
) => {
  const receipts = new Map(Object.entries({ ...RECEIPTS, ...more.receipts }));
  return checkDemo(ASKED, { sends: SENDS, sessionLog: LOG, refusals: [], ...more, receipts } as unknown as Evidence);
};

it('believes a conversation as it should be', () => {
  expect(Object.values(check())).not.toContain(false);
});

it.each<[string, Claim, Parameters<typeof check>[0]]>([
  ['a question without an answer', 'answered', { sends: SENDS.slice(3) }],
  ['an answer that came twice', 'answered', { sends: [...SENDS, send('m3', 'three', { messageId: 'again' })] }],
  ['an answer in one go', 'grown', { sends: [frame('m1', 'one!', true), ...CUT, ...REST, ...LAST] }],
  [
    'a bubble that reverts',
    'grown',
    { sends: [FIRST[0], frame('m1', 'x'), frame('m1', 'on'), FIRST[2], ...SENDS.slice(3)] },
  ],
  ['a bubble that stays open', 'grown', { sends: [...FIRST, frame('m2', 'tw'), frame('m2', 'tw'), ...REST, ...LAST] }],
  ['a bubble of two replies', 'grown', { sends: [frame('m1', 'on', false, { msgSeq: 2 }), ...SENDS.slice(1)] }],
  ['a word behind the cut', 'bubbleCut', { sends: [...FIRST, frame('m2', 'tw'), frame('m2', 'two', true), ...REST] }],
  ['a message behind the cut bubble', 'bubbleCut', { sends: [...SENDS, send('m2', 'o')] }],
  ['a bubble that was not cut', 'bubbleCut', { receipts: { m2: receipt('tw') } }],
  ['a second block of the cut answer', 'blocksCut', { sends: [...SENDS, send('m4', 'block two')] }],
  ['a cut answer of which nothing came', 'blocksCut', { sends: SENDS.filter(({ msgId }) => msgId !== 'm4') }],
  ['a receipt that says more', 'exact', { receipts: { m2: receipt('two', 'cancelled') } }],
  ['a receipt that is not sure', 'exact', { receipts: { m2: { ...RECEIPTS.m2, certainty: 'maybe-more' } } }],
  ['a second Identify', 'sameSession', { sessionLog: [...LOG, session('identified')] }],
  ['no Resume', 'sameSession', { sessionLog: LOG.slice(0, 3) }],
  ['an answer from before the Resume', 'nothingLost', { sends: [...SENDS.slice(0, -1), send('m6', 'six')] }],
  ['a refusal', 'noRefusal', { refusals: [{}] }],
])('does not believe %s', (_, claim, more) => {
  expect(check(more)[claim]).toBe(false);
});

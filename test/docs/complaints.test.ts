import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

/*
 * What users of other QQ clients complain about, and what went wrong elsewhere around a cancel: each has a test that plays
 * the situation, with the thread it was told in beside its name. Here it is held that none of them is forgotten.
 */

const COMPLAINTS: Readonly<Record<string, string>> = {
  'openclaw-qqbot#301': 'a half-open socket is never left',
  'hermes-agent#22179': 'an expired session is resumed for ever',
  'bot-node-sdk#94': 'a session that 4902 has ended is resumed for ever',
  'happyclaw#538': 'after ten failed tries the bot is dead for good',
  'adapter-qq#97': 'the half-hourly change of the connection ends a dialogue',
  'openclaw-china#121': 'a check for stale sockets loses messages',
  'bot-docs#191': 'socket and heartbeats are fine, and no events come',
  'AstrBot#10154': 'the late close of an old connection deletes the new one',
  'openclaw#109996': 'the resume number is kept before the handlers are done',
  'QwenPaw#7946': 'a replay after a resume is answered twice',
  'openclaw-qqbot#254': 'what is sent around a 4009 is never seen',
  'openclaw-qqbot#225': 'messages are swallowed without a word',
  'openclaw-qqbot#280': 'one file blocks a user’s queue for ever',
  'adapter-qq#102': 'repeated events are the application’s job',
  'AstrBot#6931': 'the second reply fails',
  'LangBot#2290': 'several replies share one msg_seq',
  'hermes-agent#43467': 'an answer behind the window is lost',
  'openclaw-qqbot#43': 'active messages fail, and nobody explains the quota',
  'zeroclaw#1549': 'replies without msg_id count as pushes',
  'openclaw-qqbot#52': 'chatter burns the replies',
  'openclaw#75416': 'a stream that meets a rate locks the session',
  'adapter-qq#83': '22009 loses the message',
  'hermes-agent#38293': 'the user says stop four times',
  'hermes-agent#11633': 'please queue, do not interrupt',
  'openclaw#100173': 'users read of a session conflict',
  'AstrBot#10066': 'a streamed answer falls back to its first fragment',
  'LangBot#2454': 'a stream dies when earlier text changes',
  'openclaw-qqbot-formal#26': 'an answer should grow',
  'openclaw#83469': 'the typing light goes off',
  'nanobot#1667': 'a large file fails with 413',
  'botpy#233': 'voice must be SILK',
  'openclaw-qqbot#57': 'a link kills the message',
  'adapter-qq#123': 'markdown is refused, and nothing is said instead',
  'openclaw-qqbot#118': 'several bots on one host are mixed up',
  'openclaw-channel-octo#233': 'two instances kick each other off',
  'lobehub#16538': 'callbacks are accepted without their signature',
  'openclaw-qqbot#240': 'an address that is not allowed looks like a bad token',
  'openclaw-qqbot#214': 'an upgrade of the host breaks the bot',
  'bot-docs#216': 'limits contradict each other',
  'zeroclaw#4631': '“send failed”, and no reason',
};

/** Number, and what is looked for: the comment beside a test, or its name. */
const CANCEL_SCENARIOS: readonly (readonly [string, RegExp])[] = [
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 17, 18].map((n) => [`${n}`, new RegExp(`Scenario ${n}\\b`)] as const),
  ['11', /it\('11: the bubble of a cancelled turn is closed as it stands/],
  ['15', /Scenario 15\b/],
  ['16', /tells Dify to stop, as the user who asked/],
];

const testsOf = async (): Promise<readonly string[]> => {
  const root = new URL('..', import.meta.url);
  const names = await readdir(root, { recursive: true });
  const tests = names.filter((name) => /\.test\.ts$/.test(name) && !name.startsWith('docs'));
  return Promise.all(tests.map((name) => readFile(new URL(name, root), 'utf8')));
};

describe('every complaint has a test that names its thread', async () => {
  const tests = await testsOf();
  it.each(Object.entries(COMPLAINTS))('%s: %s', (thread) => {
    const named = new RegExp(`${thread}\\b`);
    expect(tests.some((text) => named.test(text))).toBe(true);
  });
});

describe('every scenario around a cancel has a test that names it', async () => {
  const tests = await testsOf();
  it.each(CANCEL_SCENARIOS)('number %s', (_, named) => {
    expect(tests.some((text) => named.test(text))).toBe(true);
  });
});

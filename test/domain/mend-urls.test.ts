import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { createMessageApi } from '../../src/adapters/qq/message-api.js';
import { mendUrls } from '../../src/domain/mend-urls.js';
import { hasForbiddenUrl } from '../../src/emulator/platform/wire-text.js';
import { platformRig } from '../adapters/platform-http.js';

describe('what the platform’s filter takes for a link is broken up', () => {
  it.each([
    ['see https://docs.example.com/a/b.html?x=1.', 'see https：//docs．example．com/a/b．html?x=1.'],
    ['(www.example.cn)', '(www．example．cn)'],
    ['www...', 'www．..'],
    ['例www..', '例www．.'],
    ['打开example.com。', '打开example．com。'],
    ['run readme.md or run.sh, a.b', 'run readme．md or run．sh, a．b'],
    ['`src/index.test.ts`', '`src/index．test．ts`'],
    ['[here](http://localhost:3000)', '[here](http：//localhost:3000)'],
    ['mail me@example.org', 'mail me@example．org'],
    ['ping 10.0.0.1', 'ping 10．0．0．1'],
    ['backup.7z', 'backup．7z'],
    ['файл.рф 例子.中国', 'файл．рф 例子．中国'],
  ])('%j becomes %j', (text, mended) => {
    expect(mendUrls(text)).toBe(mended);
  });
});

describe('what is no link stays', () => {
  it.each([
    ['π is 3.14, not 3.15.'],
    ['node v20.19.1 at 2.4GHz'],
    ['First. Second... Third.\nFourth: a list. 1. one 2. two'],
    ['你好。今天天气不错。'],
    ['std::string a; // a comment'],
    ['.env and ./run'],
    [''],
  ])('%j', (text) => {
    expect(mendUrls(text)).toBe(text);
  });
});

const part = fc.constantFrom(
  ...['http', 'https', 'www', 'a', 'B', 'md', 'com', 'cn', '7', '42', '例', 'é', '😀', 'ſ', 'K', '_', '-'],
  ...['.', '.', '.', '..', ':', '/', '://', '@', ' ', '\n', '?', '。', '．', '`', '(', ')'],
);
const texts = fc.oneof(
  fc.array(part, { maxLength: 24 }).map((parts) => parts.join('')),
  fc.string({ unit: 'grapheme' }),
);

const RUNS = { numRuns: 5_000 };

describe('of any text', () => {
  test.prop([texts], RUNS)('what is mended passes the filter', (text) => {
    expect(hasForbiddenUrl(mendUrls(text), [], true)).toBe(false);
  });
  test.prop([texts], RUNS)('mending again changes nothing', (text) => {
    expect(mendUrls(mendUrls(text))).toBe(mendUrls(text));
  });
  test.prop([texts], RUNS)('only dots and colons change, each for its wide form', (text) => {
    const mended = mendUrls(text);
    expect(mended).toHaveLength(text.length);
    const narrow = (given: string): string => given.replaceAll('．', '.').replaceAll('：', ':');
    expect(narrow(mended)).toBe(narrow(text));
  });
  test.prop([fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 })])('numbers stay', (number) => {
    expect(mendUrls(`it is ${number.toFixed(3)}.`)).toBe(`it is ${number.toFixed(3)}.`);
  });
});

it('takes no longer for a long word', () => {
  const word = '字'.repeat(200_000);
  const startMs = performance.now();
  expect(mendUrls(word)).toBe(word);
  expect(performance.now() - startMs).toBeLessThan(1_000);
});

it.each(['c2c', 'group'] as const)('the emulator refuses the text and takes the mended one (%s)', async (scene) => {
  const { platform, rest } = platformRig({ switches: { urlFilter: 'urlsAndFileNames' } });
  const api = createMessageApi(rest);
  const { messageId } =
    scene === 'c2c'
      ? platform.sendC2c({ from: 'U', text: 'hi' })
      : platform.sendGroup({ group: 'U', from: 'M', text: 'hi' });
  const send = (text: string) =>
    api.sendText(
      {
        target: scene === 'c2c' ? { scene, openid: 'U' } : { scene, groupOpenid: 'U' },
        anchor: { kind: 'message', id: messageId, atMs: 0 },
        msgSeq: 1,
        text,
      },
      () => true,
    );
  const text = 'Read https://docs.example.com/guide.html, then open readme.md and run ./run.sh.';
  await expect(send(text)).rejects.toMatchObject({ more: { action: 'mendUrl' } });
  await expect(send(mendUrls(text))).resolves.toHaveProperty('sentId');
});

import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { committableLength } from '../../src/domain/committable.js';

const shown = (text: string): string => text.slice(0, committableLength(text));

describe('is shown', () => {
  it.each([
    'plain text',
    '你好，世界。',
    'done **bold** and _em_ and ~~gone~~ and `code`.',
    '**注意：**请',
    '这是**「重点」**。',
    '***both** and one* ',
    'a **b *c** d* ',
    '2 * 3 is 6',
    'snake_case_name and 1~3 of it',
    'a \\* b \\` c',
    'a `path\\` b',
    '[text](https://example.test/a(b)c) ',
    '![alt](https://example.test/a.png) ',
    '[![alt](a)](b) ',
    '- [ ] to do',
    '* an item',
    'see [1] there',
    '***\n',
    '| a | b |\n',
    '```js\nlet a = 1; // **not bold',
    '~~~\n`` ` ~~',
    '`` a ` b `` ',
    '5 < 6, <https://example.test> and <b>this</b>',
    '👨‍👩‍👧 ok',
    'wow!\n',
  ])('all of %j', (text) => {
    expect(shown(text)).toBe(text);
  });
});

describe('is held back', () => {
  it.each([
    ['**bol', ''],
    ['a **bold', 'a '],
    ['a **bold**', 'a '],
    ['a `code`', 'a '],
    ['a *em', 'a '],
    ['a _em', 'a '],
    ['a ~~gone', 'a '],
    ['a `co', 'a '],
    ['a ``co`', 'a '],
    ['a **bold*', 'a '],
    ['a *', 'a '],
    ['a *b [c* d', 'a '],
    ['a **b _c_ `d`', 'a '],
    ['see [te', 'see '],
    ['see [text]', 'see '],
    ['see [text](http', 'see '],
    ['see ![al', 'see '],
    ['wow!', 'wow'],
    ['see [![alt](a)](b', 'see '],
    ['see <http', 'see '],
    ['text\n| a | b', 'text\n'],
    ['text\n``', 'text\n'],
    ['text\n```js', 'text\n'],
    ['a **b\n```', 'a '],
    ['```js\ncode\n``', '```js\ncode\n'],
    ['```js\ncode\n```', '```js\ncode\n'],
    ['ok 👨', 'ok '],
    ['ok 👨‍', 'ok '],
    ['ok 👨‍👩', 'ok '],
    ['ok 🇨', 'ok '],
    ['ok \ud83d', 'ok '],
    ['a \\', 'a '],
  ])('the end of %j', (text, expected) => {
    expect(shown(text)).toBe(expected);
  });
});

describe('a mark that is never closed', () => {
  it.each([
    ['a **bold\n\nb', 'the end of its paragraph'],
    ['a **bold\n- item', 'a list'],
    ['a [link\n# title', 'a title'],
    ['a `code\n```\n', 'a code block'],
    ['a _em\n| a |\n', 'a table'],
  ])('is plain text once there is more: %j', (text) => {
    expect(shown(text)).toBe(text);
  });
});

/*
 * Seen red: without waiting for the character behind a mark, without holding rows and unclear lines back, without the look
 * at what an emoji may grow into, and with a safe part that is counted anew instead of kept.
 */
const RUNS = { numRuns: 1_500 };
const nasty = fc
  .array(
    fc.constantFrom(
      ...[
        '*',
        '**',
        '_',
        '~',
        '~~',
        '`',
        '```',
        '~~~',
        '[',
        ']',
        '(',
        ')',
        '!',
        '<',
        '>',
        '|',
        '\\',
        '\n',
        '\n\n',
        ' ',
        'a',
        '字',
        '。',
      ],
      ...['👨', '\u200d', '\ufe0f', '🇨', '🏽', '\ud83d', '\u0301', '# ', '- ', '1. ', '    '],
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

/** A part of a document; nothing may be cut between the characters that `isWhole` holds together. */
type Part = { readonly text: string; readonly isWhole: boolean };
const whole = (text: string): Part => ({ text, isWhole: true });
const loose = (text: string): Part => ({ text, isWhole: false });
const span = fc.constantFrom(
  loose('words and more'),
  loose('中文，'),
  whole('**bold _em_ `code`**'),
  whole('_em_'),
  whole('~~gone~~'),
  whole('``co ` de``'),
  whole('[text **b**](https://example.test)'),
  whole('![alt](a.png)'),
  whole('<https://example.test>'),
  whole('👨‍👩‍👧'),
  whole('🇨🇳'),
);
const paragraph = fc
  .array(span, { minLength: 1, maxLength: 6 })
  .map((spans) => [...spans.flatMap((part) => [part, loose(' ')]), loose('x\n\n')]);
const code = fc
  .constantFrom('```', '~~~~')
  .map((run) => [whole(`${run}js\n`), loose('let a = "**"; [\n'), whole(`${run}\n`)]);
const table = fc.constant([whole('| a | b |\n'), whole('|---|---|\n'), whole('| `1` | **2** |\n'), loose('\n')]);
const document = fc.array(fc.oneof(paragraph, code, table), { maxLength: 5 }).map((blocks) => blocks.flat());

describe('of any text', () => {
  test.prop([nasty], RUNS)('what is shown never becomes shorter, nor longer than the text', (text) => {
    let before = 0;
    for (let length = 0; length <= text.length; length += 1) {
      const now = committableLength(text.slice(0, length));
      expect(now).toBeGreaterThanOrEqual(before);
      expect(now).toBeLessThanOrEqual(length);
      before = now;
    }
  });

  test.prop([nasty], RUNS)('no character is cut in two', (text) => {
    const end = committableLength(text);
    expect(text.charCodeAt(end - 1) >>> 10 === 0x36).toBe(false);
    const isEmoji = /\p{Extended_Pictographic}$/u.test(text.slice(0, end));
    expect(isEmoji && /^(?:\u200d|\ufe0f|$)/.test(text.slice(end))).toBe(false);
  });
});

describe('of a document', () => {
  test.prop([document], RUNS)('nothing is shown in half, and everything in the end', (parts) => {
    const text = parts.map((part) => part.text).join('');
    const inside = new Set<number>();
    let at = 0;
    for (const part of parts) {
      if (part.isWhole) for (let i = at + 1; i < at + part.text.length; i += 1) inside.add(i);
      at += part.text.length;
    }
    for (let length = 0; length <= text.length; length += 1) {
      expect(inside.has(committableLength(text.slice(0, length)))).toBe(false);
    }
    expect(committableLength(text)).toBe(text.length);
  });
});

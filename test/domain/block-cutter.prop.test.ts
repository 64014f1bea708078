import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { createCutter, cutAll } from '../../src/domain/block-cutter.js';
import { parseFences } from '../support/fence-parser.js';

/*
 * Seen red: without the closing fence (1,500 runs fail at once in `fits` and `same code`), without opening it anew, without
 * room for it below maxChars, with sentences looked for in code, without graphemes, and without looking at what stands
 * behind maxChars.
 */

const RUNS = { numRuns: 1_500 };

const word = fc.constantFrom(
  'word',
  'a',
  'e.g.',
  'interruption',
  '你好',
  '消息路由器',
  '说完了。',
  '真的吗？！',
  '“好。”',
  '👨‍👩‍👧',
  '👍🏽',
  '🇨🇳',
  '1️⃣',
  'é',
  '**bold.**',
  '`x`',
  '~~',
  '[a](b)',
  'end.',
  'x'.repeat(70),
  '字'.repeat(50),
);
const line = fc
  .tuple(
    fc.constantFrom('', '', '', '- ', '1. ', '> ', '# ', '    '),
    fc.array(word, { maxLength: 14 }),
    fc.constantFrom(' ', ' ', ''),
  )
  .map(([start, words, glue]) => start + words.join(glue));
const paragraph = fc.array(line, { minLength: 1, maxLength: 4 }).map((lines) => lines.join('\n'));

const codeLine = fc.constantFrom(
  '',
  'let a = 1;',
  '    indented("你好")',
  '',
  '~~',
  '``',
  '# no heading',
  'a `b` c ```',
  '👨‍👩‍👧 = family',
  'x'.repeat(24),
);
const fence = fc
  .record({
    mark: fc.constantFrom('`', '~'),
    length: fc.integer({ min: 3, max: 6 }),
    indent: fc.constantFrom('', '', '  ', '   '),
    info: fc.constantFrom('', 'js', 'ts title="a b"', '中文'),
    lines: fc.array(codeLine, { maxLength: 14 }),
    isClosed: fc.constantFrom(true, true, true, false),
  })
  .map(({ mark, length, indent, info, lines, isClosed }) =>
    [`${indent}${mark.repeat(length)}${info}`, ...lines, ...(isClosed ? [indent + mark.repeat(length)] : [])].join(
      '\n',
    ),
  );
const markdown = fc
  .array(fc.oneof(paragraph, paragraph, fence), { maxLength: 8 })
  .chain((parts) =>
    fc
      .array(fc.constantFrom('\n', '\n\n', '\n\n\n'), { minLength: parts.length, maxLength: parts.length })
      .map((glue) => parts.map((part, index) => part + glue[index]).join('')),
  );
const sizes = fc.record({
  firstChars: fc.integer({ min: 1, max: 60 }),
  minChars: fc.integer({ min: 1, max: 60 }),
  maxChars: fc.integer({ min: 60, max: 200 }),
});

/** `text` divided after each of `lengths` in turn, also within surrogate pairs. */
const divide = (text: string, lengths: readonly number[]): string[] => {
  const deltas: string[] = [];
  for (let at = 0, turn = 0; at < text.length; turn += 1) {
    const length = lengths[turn % lengths.length] ?? 1;
    deltas.push(text.slice(at, at + length));
    at += length;
  }
  return deltas;
};

describe('every block', () => {
  test.prop([markdown, sizes], RUNS)('fits, is not blank, and has all its fences closed', (text, options) => {
    for (const block of cutAll(text, options)) {
      expect(block.length).toBeLessThanOrEqual(options.maxChars);
      expect(block.trim()).not.toBe('');
      expect(parseFences(block).isBalanced).toBe(true);
    }
  });

  test.prop([markdown, sizes], RUNS)('ends between two graphemes', (text, options) => {
    for (const block of cutAll(text, options)) {
      expect(Buffer.from(block).toString()).toBe(block);
      expect(block).not.toMatch(/^[\u{1f3fb}-\u{1f3ff}\u{fe0f}\u{20e3}]|^\u{200d}|\u{200d}$/u);
    }
  });
});

describe('all blocks together', () => {
  test.prop([markdown, sizes], RUNS)('hold the same text and the same code', (text, options) => {
    const whole = parseFences(text);
    const parts = cutAll(text, options).map(parseFences);
    expect(parts.map(({ prose }) => prose).join('')).toBe(whole.prose);
    const code = parts.map((part) => part.code).join('');
    // A line of code that is longer than a block can only be broken in two.
    const isLong = whole.code.split('\n').some((line) => line.length > options.maxChars / 3);
    const inOne = (text: string): string => (isLong ? text.replaceAll('\n', '') : withoutTail(text));
    expect(inOne(code)).toBe(inOne(whole.code));
  });

  test.prop([markdown, sizes, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 })], RUNS)(
    'are the same however the text came in',
    (text, options, lengths) => {
      const cutter = createCutter(options);
      const blocks = divide(text, lengths).flatMap((delta) => cutter.push(delta));
      expect([...blocks, ...cutter.flush()]).toEqual(cutAll(text, options));
    },
  );
});

/** A code block that is never closed ends where its text ends, with or without a last line end. */
const withoutTail = (code: string): string => code.replace(/\n+$/, '');

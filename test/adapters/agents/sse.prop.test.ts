import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineReader } from '../../../src/adapters/agents/line-reader.js';
import { type SseEvent, SseReader } from '../../../src/adapters/agents/sse.js';

/** `bytes` cut at `cuts`, in order; cuts beyond the end do nothing. */
const cutAt = (bytes: Buffer, cuts: readonly number[]): Buffer[] => {
  const places = [...new Set([0, ...cuts, bytes.length])].filter((at) => at <= bytes.length).sort((a, b) => a - b);
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
};

const read = <T>(reader: { push(bytes: Uint8Array): T[]; end(): T[] }, pieces: readonly Buffer[]): T[] => [
  ...pieces.flatMap((piece) => reader.push(piece)),
  ...reader.end(),
];

const cuts = fc.array(fc.nat({ max: 400 }), { maxLength: 20 });
const word = fc
  .string({ unit: 'grapheme', maxLength: 12 })
  .map((text) => text.replace(/[\r\n]/g, ' ').replace(/\p{Cs}/gu, ''));
const named = fc.record({
  name: fc.constantFrom('', 'answer', 'error'),
  lines: fc.array(word, { minLength: 1, maxLength: 3 }),
});

describe('server-sent events', () => {
  it('are the same wherever the bytes are cut, and whatever ends a line', () => {
    fc.assert(
      fc.property(fc.array(named, { maxLength: 5 }), fc.constantFrom('\n', '\r\n', '\r'), cuts, (events, eol, at) => {
        const written = events
          .map(
            ({ name, lines }) =>
              `: noise\n${name && `event: ${name}\n`}${lines.map((line) => `data: ${line}\n`).join('')}id: 7\n\n`,
          )
          .join('');
        const expected = events
          .map(({ name, lines }) => ({ name: name || 'message', data: lines.join('\n') }))
          .filter(({ data }) => data !== '');
        expect(read(new SseReader(), cutAt(Buffer.from(written.replaceAll('\n', eol)), at))).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it.each<[string, SseEvent[]]>([
    ['data\ndata:\ndata: x\n\n', [{ name: 'message', data: '\n\nx' }]],
    ['data:  two spaces\n\n', [{ name: 'message', data: ' two spaces' }]],
    ['data: a: b\n\n', [{ name: 'message', data: 'a: b' }]],
    ['event: lost\n\ndata: x\n\n', [{ name: 'message', data: 'x' }]],
    ['event: kept\ndata: x', [{ name: 'kept', data: 'x' }]],
    ['dataset: no\nDATA: no\n\n', []],
  ])('%j', (written, events) => {
    expect(read(new SseReader(), [Buffer.from(written)])).toEqual(events);
  });

  it('may have any number of comments between them, and within one', () => {
    const reader = new SseReader();
    expect(reader.push(Buffer.from('data: a\n'))).toEqual([]);
    for (let n = 0; n < 300; n += 1)
      expect(reader.push(Buffer.from(`: ${'x'.repeat(10_000)}\nid: ${n}\n`))).toEqual([]);
    expect(reader.push(Buffer.from('data: b\n\n'))).toEqual([{ name: 'message', data: 'a\nb' }]);
  });

  it('may be a million characters long each, and no more', () => {
    const long = (chars: number): Buffer => Buffer.from(`data: ${'字'.repeat(chars - 'data: '.length)}\n\n`);
    const reader = new SseReader();
    for (let n = 0; n < 3; n += 1) expect(reader.push(long(1_000_000))).toHaveLength(1);
    expect(() => reader.push(long(1_000_001))).toThrow(/too long/);
  });
});

describe('lines', () => {
  it('are the same wherever the bytes are cut, and whatever ends them', () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 8 }), fc.constantFrom('\n', '\r\n'), cuts, (lines, eol, at) => {
        const written = Buffer.from(`\uFEFF${lines.join(eol)}`);
        expect(read(new LineReader(), cutAt(written, at))).toEqual(lines.filter((line) => line.trim() !== ''));
      }),
      { numRuns: 300 },
    );
  });

  it('may be 4,194,304 characters long each, and no more', () => {
    const reader = new LineReader();
    const long = Buffer.alloc(4_194_304, 'x');
    for (let n = 0; n < 2; n += 1) expect([...reader.push(long), ...reader.push(Buffer.from('\n'))]).toHaveLength(1);
    reader.push(long);
    expect(() => reader.push(Buffer.from('x'))).toThrow(/too long/);
  });
});

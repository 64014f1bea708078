import { expect, it } from 'vitest';
import { beginningOf } from '../../src/cli/commands/dead-letters.js';

it.each([
  ['as it is', 'hello there', 'hello there'],
  ['on one line', ' one\n\ttwo\u2028three ', 'one two three'],
  ['with nothing a terminal would obey', 'a\u001b[2Jb\u202ec', 'a [2Jb c'],
  ['80 characters of it', '狸'.repeat(81), `${'狸'.repeat(80)}…`],
  ['no character cut in half', '🦊'.repeat(80), '🦊'.repeat(80)],
])('a message is shown %s', (_, text, shown) => {
  expect(beginningOf({ text, attachments: [] })).toBe(shown);
});

it('a message without words is shown as what it carries', () => {
  expect(beginningOf({ text: ' ', attachments: [{ kind: 'image', url: 'https://example.test/1' }] })).toBe('[image]');
});

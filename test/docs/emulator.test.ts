import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/emulator/control-commands.js';

const commandsOf = (kind: string): string =>
  Object.entries(COMMANDS)
    .flatMap(([name, command]) => (command.kind === kind ? [`\`${name}\``] : []))
    .join(' ');

describe.each([
  ['docs/emulator.md', { act: 'acts', fault: 'faults', setting: 'settings' }],
  ['docs/zh/emulator.md', { act: '人的行为', fault: '故障', setting: '设置' }],
])('%s', (file, words) => {
  it.each(Object.entries(words))('names every %s of the emulator’s control surface', (kind, word) => {
    expect(readFileSync(file, 'utf8')).toContain(`| ${word} | ${commandsOf(kind)} |`);
  });
});

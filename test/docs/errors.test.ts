import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorsTable } from '../../src/debug/errors-table.js';

const between = (file: string): string => {
  const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
  const [, block] = /<!-- errors -->\n([\s\S]*?)\n?<!-- \/errors -->/.exec(text) ?? [];
  return block ?? '';
};

describe('the pages of errors list every error code with its next step and remedy', () => {
  it.each([
    ['docs/errors.md', 'en'],
    ['docs/zh/errors.md', 'zh'],
  ] as const)('%s', (file, lang) => {
    expect(between(file)).toBe(errorsTable(lang));
  });
});

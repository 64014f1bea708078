import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const read = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');

const EXAMPLES = [['python', 'examples/python-sidecar/agent.py']] as const;

describe('the READMEs hold the examples whole', () => {
  it.each(EXAMPLES.flatMap(([name, file]) => ['README.md', 'README.zh-CN.md'].map((page) => [name, file, page])))(
    '%s: %s in %s',
    (name = '', file = '', page = '') => {
      const marked = new RegExp(`<!-- example:${name} -->\\n\`\`\`\\w+\\n([\\s\\S]*?)\`\`\`\\n<!-- /example -->`);
      expect(marked.exec(read(page))?.[1]).toBe(read(file));
    },
  );

  it.each(EXAMPLES)('%s takes less than 60 lines', (_, file) => {
    expect(read(file).trimEnd().split('\n').length).toBeLessThan(60);
  });
});

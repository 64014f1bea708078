import { describe, expect, it } from 'vitest';
import { en } from '../../src/console/texts/en.js';
import { MEANINGS } from '../../src/console/texts/meanings.js';
import { zh } from '../../src/console/texts/zh.js';
import { chartGraph } from '../../src/debug/chart-graph.js';
import { CHARTS } from '../../src/debug/charts.js';

describe('what the console says', () => {
  it('has a meaning for every state of every chart, in both languages, and for no other', () => {
    const states = Object.values(CHARTS).flatMap((machine) => chartGraph(machine).nodes.map(({ id }) => id));
    expect(Object.keys(MEANINGS).sort()).toEqual(states.sort());
    for (const { en: english, zh: chinese } of Object.values(MEANINGS)) {
      expect(english).not.toBe('');
      expect(chinese).toMatch(/\p{Script=Han}/u);
    }
  });

  it('says every word in both languages', () => {
    const pathsOf = (value: object, path = ''): string[] =>
      Object.entries(value).flatMap(([key, item]) =>
        typeof item === 'object' ? pathsOf(item as object, `${path}.${key}`) : [`${path}.${key}`],
      );
    expect(pathsOf(zh).sort()).toEqual(pathsOf(en).sort());
  });
});

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const ROOT = new URL('../../', import.meta.url);
const ENTRIES = ['src/index.ts', 'machines/index.ts', 'src/emulator/index.ts', 'src/testing/index.ts'];

const textOf = (url: URL): string => readFileSync(url, 'utf8');

/** The file that an import of `path` in `from` means. */
const sourceOf = (from: URL, path: string): URL => {
  const url = new URL(path.replace(/\.js$/, '.ts'), from);
  if (!existsSync(url)) throw new Error(`${url.pathname} is not there`);
  return url;
};

type Exported = { readonly name: string; readonly isDescribed: boolean };

/** What a module exports, its own and what it hands on, and whether a docstring stands before where it is declared. */
const exportsOf = (url: URL): Exported[] => {
  const text = textOf(url);
  const own = [
    ...text.matchAll(
      /(\*\/\n(?:\/\/[^\n]*\n)*)?^export (?:declare )?(?:abstract )?(?:async )?(?:const|function\*?|class|interface|type|enum) (\w+)/gm,
    ),
  ];
  const handed = [...text.matchAll(/^export (?:type )?\{([^}]*)\} from '([^']+)'/gm)];
  const all = [...text.matchAll(/^export \* from '([^']+)'/gm)];
  return [
    ...own.map(([, before, name = '']) => ({ name, isDescribed: before !== undefined })),
    ...handed.flatMap(([, names = '', path = '']) => {
      const there = exportsOf(sourceOf(url, path));
      return names.split(',').flatMap((written) => {
        const [name, as] = written
          .trim()
          .replace(/^type /, '')
          .split(' as ');
        if (!name) return [];
        const found = there.find((one) => one.name === name);
        if (!found) throw new Error(`${path} has no ${name}`);
        return [{ ...found, name: as ?? name }];
      });
    }),
    ...all.flatMap(([, path = '']) => exportsOf(sourceOf(url, path))),
  ];
};

describe.each(ENTRIES)('%s', (entry) => {
  it('says of everything it exports what it is', () => {
    const exported = exportsOf(new URL(entry, ROOT));
    expect(exported.length).toBeGreaterThan(4);
    expect(exported.filter(({ isDescribed }) => !isDescribed).map(({ name }) => name)).toEqual([]);
  });
});

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const ROOT = new URL('../../', import.meta.url);

const namesIn = (folder: string): string[] =>
  readdirSync(new URL(folder, ROOT))
    .filter((name) => name.endsWith('.md'))
    .sort();

const PAGES = namesIn('docs/');
const BOTH: readonly (readonly [en: string, zh: string])[] = [
  ['README.md', 'README.zh-CN.md'],
  ...PAGES.map((name) => [`docs/${name}`, `docs/zh/${name}`] as const),
];

/** What stands outside of blocks of code. */
const proseOf = (file: string): string =>
  readFileSync(new URL(file, ROOT), 'utf8').replaceAll(/^```[\s\S]*?^```$/gm, '```');

/** Headings, tables and blocks of code, by their kind. */
const shapeOf = (file: string): string[] =>
  proseOf(file)
    .split('\n')
    .flatMap((line) => /^(#+ |```|\|?-{3}\||\| |- |\d\. )/.exec(line)?.[1]?.trim() ?? []);

it('every page is there in both languages', () => {
  expect(namesIn('docs/zh/')).toEqual(PAGES);
});

it.each(BOTH)('%s and %s have the same parts', (en, zh) => {
  expect(shapeOf(zh)).toEqual(shapeOf(en));
});

describe.each(BOTH.flat())('%s', (file) => {
  it('links to what is there', () => {
    const links = [...proseOf(file).matchAll(/\]\((?!https?:)([^)#]*)(?:#[^)]*)?\)/g)].map(([, path]) => path ?? '');
    expect(links.filter((path) => !existsSync(new URL(path, new URL(file, ROOT))))).toEqual([]);
  });
});

it.each(['', 'zh/'])('the README leads to every page of docs/%s', (folder) => {
  const readme = proseOf(folder === '' ? 'README.md' : 'README.zh-CN.md');
  expect(PAGES.filter((name) => !readme.includes(`](docs/${folder}${name})`))).toEqual([]);
});

import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { configJsonSchema } from '../../src/config/schema.js';
import { problems, QQ } from './support.js';

type Node = { properties?: Record<string, Node> };

/** The keys of one object of the schema, read from the published JSON Schema. */
const keysAt = (...path: string[]): string[] => {
  const root = configJsonSchema() as { properties: Record<string, Node & { additionalProperties?: Node }> };
  const channel = root.properties['channels']?.additionalProperties;
  const start: Node | undefined = path[0] === 'channel' ? channel : root;
  const node = path
    .slice(path[0] === 'channel' ? 1 : 0)
    .reduce<Node | undefined>((at, key) => at?.properties?.[key], start);
  return Object.keys(node?.properties ?? {});
};

/** Where keys are known, and a configuration that writes `key` there. */
const PLACES: readonly { readonly keys: string[]; readonly path: string; readonly write: (key: string) => object }[] = [
  { keys: keysAt(), path: '', write: (key) => ({ channels: { qq: QQ }, [key]: 1 }) },
  { keys: keysAt('channel'), path: 'channels.qq.', write: (key) => ({ channels: { qq: { ...QQ, [key]: 1 } } }) },
  {
    keys: keysAt('channel', 'scenes'),
    path: 'channels.qq.scenes.',
    write: (key) => ({ channels: { qq: { ...QQ, scenes: { [key]: {} } } } }),
  },
  {
    keys: keysAt('channel', 'scenes', 'group'),
    path: 'channels.qq.scenes.group.',
    write: (key) => ({ channels: { qq: { ...QQ, scenes: { group: { [key]: 1 } } } } }),
  },
  {
    keys: ['driver', 'baseUrl', 'apiKey', 'model', 'system', 'headers', 'body', 'idleMs'],
    path: 'agent.',
    write: (key) => ({
      channels: { qq: QQ },
      agent: { driver: 'openai', baseUrl: 'http://a.b', model: 'm', [key]: 1 },
    }),
  },
  ...['server', 'store', 'log', 'conversation'].map((section) => ({
    keys: keysAt(section),
    path: `${section}.`,
    write: (key: string) => ({ channels: { qq: QQ }, [section]: { [key]: 1 } }),
  })),
];

const letter = fc.constantFrom(...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-');

/** One letter dropped, added, replaced, or swapped with its neighbour. */
const typo = (key: string): fc.Arbitrary<string> =>
  fc.tuple(fc.nat(key.length), letter, fc.constantFrom('drop', 'add', 'replace', 'swap')).map(([at, by, how]) => {
    const [head, tail] = [key.slice(0, at), key.slice(at)];
    if (how === 'drop') return `${head}${tail.slice(1)}`;
    if (how === 'add') return `${head}${by}${tail}`;
    if (how === 'replace') return `${head}${by}${tail.slice(1)}`;
    return `${head}${tail.charAt(1)}${tail.charAt(0)}${tail.slice(2)}`;
  });

const slip = fc
  .constantFrom(...PLACES.flatMap((place) => place.keys.map((key) => ({ ...place, key }))))
  .chain((place) => typo(place.key).map((written) => ({ ...place, written })))
  .filter(({ keys, written }) => written !== '' && !keys.includes(written));

test.prop([slip], { numRuns: 2_000 })('any slip of one letter is named with the key it was meant to be', (place) => {
  expect(place.keys).not.toEqual([]);
  const found = problems(place.write(place.written)).find(({ kind }) => kind === 'unknownKey');
  expect(found?.path).toBe(`${place.path}${place.written}`);
  expect(found?.kind === 'unknownKey' && found.nearest).toContain(place.key);
});

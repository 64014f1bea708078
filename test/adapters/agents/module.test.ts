import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDriver } from '../../../src/adapters/agents/create.js';
import type { AgentDriver } from '../../../src/ports/agent-driver.js';
import { VirtualClock } from '../../../src/testing/virtual-clock.js';
import { collect, never, textIn, turnInput } from './turn-input.js';

const FILES = {
  'good.mjs': 'export default async (turn) => { await turn.reply("you said " + turn.text); };',
  'common.cjs': 'module.exports = async ({ reply }) => { await reply("common"); };',
  'named.mjs': 'export const handler = () => {};',
  'object.mjs': 'export default { onTurn() {} };',
  'throws.mjs': 'throw new Error("no such model");',
  'syntax.mjs': 'export default (turn => {',
};

let baseDir = '';
beforeAll(async () => {
  baseDir = await mkdtemp(join(tmpdir(), 'rookery-module-'));
  for (const [name, text] of Object.entries(FILES)) await writeFile(join(baseDir, name), text);
});
afterAll(() => rm(baseDir, { recursive: true }));

const load = (path: string): Promise<AgentDriver> =>
  createDriver({ driver: 'module', path }, { clock: new VirtualClock(), baseDir });

describe('module', () => {
  it.each([
    ['./good.mjs', 'you said hi|'],
    ['good.mjs', 'you said hi|'],
    ['common.cjs', 'common|'],
  ])('runs the default export of %s, seen from the config file', async (path, said) => {
    const driver = await load(path);
    expect(textIn(await collect(driver.run(turnInput('hi'), never)))).toBe(said);
  });

  it('takes an absolute path as it is', async () => {
    expect((await load(join(baseDir, 'good.mjs'))).name).toBe('module');
  });

  it.each([
    ['missing.mjs', /missing\.mjs does not exist/],
    ['.', /is no file/],
    ['named.mjs', /default export of .*named\.mjs is nothing/],
    ['object.mjs', /default export of .*object\.mjs is a value of type object/],
    ['throws.mjs', /no such model/],
    ['syntax.mjs', /syntax\.mjs could not be loaded/],
  ])('refuses %s with what to mend', async (path, message) => {
    const error: unknown = await load(path).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'config.invalid', message: expect.stringMatching(message) });
    expect(error).toMatchObject({ message: expect.stringContaining('export default async (turn)') });
  });
});

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { World } from './support/world.js';

const MAIN = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));

/** A command line of the shell; `$rookery` is the built command. */
const inShell = async (line: string) => {
  const world = await World.make();
  const shell = world.run([], {
    program: ['sh', '-c', line],
    env: { rookery: `${process.execPath} ${MAIN}` },
  });
  return { ...(await shell.exited), stdout: shell.stdout, stderr: shell.stderr };
};

describe('results', () => {
  it('that a reader has had enough of are no failure', async () => {
    const { stdout, stderr } = await inShell('($rookery charts; echo "code $?" >&2) | head -n 1');
    expect({ stdout, stderr }).toEqual({ stdout: '%% gateway\n', stderr: 'code 0\n' });
  });

  it.skipIf(!existsSync('/dev/full'))('that cannot be written are one', async () => {
    expect(await inShell('$rookery config schema > /dev/full')).toMatchObject({ code: 1 });
  });

  it('come without a stdin, too', async () => {
    expect(await inShell('$rookery charts gateway <&-')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^stateDiagram-v2/),
    });
  });
});

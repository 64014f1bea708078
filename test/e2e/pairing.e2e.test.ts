import { describe, expect, it } from 'vitest';
import { freePort } from './support/free-port.js';
import { CANARIES, World } from './support/world.js';

const USER = 'USER-1';

/** A router in pairing mode, its agent saying `answer to …`. */
const pairingWorld = async () => {
  const world = await World.make();
  const agent = "export default async (turn) => { await turn.reply('answer to ' + turn.text); };\n";
  await world.write('agent.mjs', agent);
  const server = { port: await freePort(), token: CANARIES.serverToken };
  const config = world.config({ agent: { driver: 'module', path: './agent.mjs' }, server }, { allowedUsers: [] });
  const asks = async (...args: string[]) => {
    const asked = world.run(['pairing', ...args]);
    const { code } = await asked.exited;
    return { code, out: asked.stdout, err: asked.stderr };
  };
  const said = async (pattern: RegExp): Promise<string> => {
    const find = (): string | undefined =>
      world.emulator.sends().flatMap(({ text }) => pattern.exec(text)?.slice(-1) ?? [])[0];
    await world.emulator.waitFor(() => find() !== undefined || undefined);
    return find() ?? '';
  };
  return { world, config, asks, said };
};

describe('pairing mode, from a fresh configuration', () => {
  it('a user writes, is told a code, the operator approves it, and the user is answered, also after a restart', async () => {
    const { world, config, asks, said } = await pairingWorld();
    const first = await world.start(config);
    expect(await asks('list')).toEqual({ code: 0, out: 'nobody is paired, and nobody asks to be\n', err: '' });
    world.emulator.sendC2c({ from: USER, text: 'hello?' });
    const code = await said(/配对码 ([2-9A-HJ-NP-Z]{8}) 发给管理员/);
    await first.said(new RegExp(`^qq: ${USER} asks to be let in: .* pairing approve CODE$`, 'm'));
    expect((await asks('list')).out).toMatch(
      new RegExp(`^${USER} +qq +c2c +asks to be let in \\(5 wrong codes left\\) +until 20`, 'm'),
    );

    expect(await asks('approve', 'ABC')).toMatchObject({ code: 1, out: '' });
    const wrong = await asks('approve', 'ZZZZ-ZZZ9', '--lang', 'zh');
    expect(wrong).toMatchObject({ code: 1, out: '' });
    expect(wrong.err).toContain('没有使用该配对码的请求');
    expect((await asks('list')).out).toContain('4 wrong codes left');
    expect(await asks('approve', code)).toEqual({ code: 0, out: `${USER} may now write to qq\n`, err: '' });
    await said(/配对成功/);
    world.emulator.sendC2c({ from: USER, text: 'and now?' });
    await said(/answer to and now\?/);
    expect(await asks('approve', code)).toMatchObject({ code: 1 });

    first.kill();
    await first.exited;
    await world.start(config);
    world.emulator.sendC2c({ from: USER, text: 'still?' });
    await said(/answer to still\?/);
    expect((await asks('list')).out).toMatch(new RegExp(`^${USER} +qq +c2c +paired +since 20`, 'm'));
    expect(await asks('revoke', USER, '--channel', 'other')).toMatchObject({ code: 1 });
    expect(await asks('revoke', USER)).toEqual({ code: 0, out: `${USER} may no longer write to qq\n`, err: '' });
    expect(await asks('revoke', USER)).toMatchObject({ code: 1, out: '' });
    // No code reaches a log.
    expect((await world.output()).split(code)).toHaveLength(1);
  });
});

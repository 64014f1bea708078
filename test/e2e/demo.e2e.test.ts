import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { EmulatorClient } from '../../src/emulator/index.js';
import { callbackKey, signed } from '../../src/emulator/platform/signing.js';
import { World } from './support/world.js';

describe('rookery demo', () => {
  it('plays its conversation in both languages, checks it, and ends well within a minute', async () => {
    const world = await World.make();
    const english = world.run(['demo']);
    const chinese = world.run(['demo'], { env: { LANG: 'zh_CN.UTF-8' } });
    expect(await english.exited).toEqual({ code: 0, signal: null });
    expect(await chinese.exited).toEqual({ code: 0, signal: null });
    for (const line of [
      /you +Hello, who are you\?/,
      /bot +▏names more things to ask\. +\(the bubble is ended\)/,
      /router +turn cancelled \(a newer message came\): [1-9]\d* characters had been sent, \d+ generated and fenced/,
      /bot +▏\(the bubble is closed with the text it shows\)/,
      /bot +A long answer .+\(in a group\)/,
      /link +connection closed with 4009/,
      /link +session resumed/,
      /done in \d+\.\d s/,
    ]) {
      expect(english.stdout).toMatch(line);
    }
    expect(english.stdout.match(/^ {2}yes {2}/gm)).toHaveLength(8);
    expect(chinese.stdout.match(/^ {2}是 {2}/gm)).toHaveLength(8);
    expect(chinese.stdout).toMatch(/本轮已取消（来了新消息）：已发出 [1-9]\d* 个字，另有 \d+ 个字已生成并被拦下/);
    // A block that was cut leaves something behind it.
    expect(english.stdout).toMatch(/A long answer .+\n.+\n.+ [1-9]\d* generated and fenced/);
    expect(english.stdout).not.toContain('Code is never torn');
  });
});

describe('a demo that is interrupted', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('by %s says that it was cut short, and is 0', async (signal) => {
    const world = await World.make();
    const demo = world.run(['demo']);
    await demo.said(/you +Hello, who are you\?/);
    demo.kill(signal);
    expect(await demo.exited).toEqual({ code: 0, signal: null });
    expect(demo.stdout).toMatch(/^the demo was ended before its end; nothing was checked$/m);
    expect(demo.stdout).not.toMatch(/done in/);
  });
});

describe('demo mode', () => {
  it('says what to do next, takes the next free port, and is listed by `channel list` there', async () => {
    const world = await World.make();
    const first = world.run(['start']);
    await first.said(/^What to do next:$/m);
    const second = world.run(['start', '--lang', 'zh']);
    await second.said(/^接下来可以：$/m);
    expect(await second.url()).not.toBe(await first.url());
    expect(first.stdout).toMatch(/^qq: ready \(WebSocket\) as router-bot$/m);
    const list = world.run(['channel', 'list']);
    expect(await list.exited).toMatchObject({ code: 0 });
    expect(list.stdout).toMatch(/^qq +ready +router-bot/m);
    for (const rookery of [first, second]) rookery.kill();
    expect(await first.exited).toMatchObject({ code: 0 });
    expect(await second.exited).toMatchObject({ code: 0 });
  });

  it('npm start brings it up', async () => {
    const world = await World.make();
    // npm keeps its own log under HOME.
    const launch = { cwd: process.cwd(), env: { HOME: world.dir } };
    const rookery = world.run([], { ...launch, program: ['npm', 'start', '--silent'] });
    await rookery.said(/^ {2}· npm run demo: /m, { timeoutMs: 20_000 });
    rookery.kill();
    await rookery.exited;
    await rookery.said(/^stopped$/m);
  });
});

describe('rookery emulator', () => {
  it('prints where it is and a configuration that works with it', async () => {
    const world = await World.make();
    const emulator = world.run(['emulator']);
    const snippet = (await emulator.said(/^(\{[\s\S]*^\})$/m))[1] ?? '';
    await world.write('rookery.config.json5', snippet.replace(/}$/, '  server: { port: 0 },\n}'));
    const rookery = world.run(['start']);
    await rookery.said(/^qq: ready/m);
    for (const one of [rookery, emulator]) one.kill();
    expect(await rookery.exited).toMatchObject({ code: 0 });
    expect(await emulator.exited).toMatchObject({ code: 0 });
  });

  it('does not print a secret somebody chose, and names a taken port', async () => {
    const world = await World.make();
    const port = String(world.emulator.port);
    const taken = world.run(['emulator', '--port', port]);
    expect(await taken.exited).toMatchObject({ code: 1 });
    expect(taken.stderr).toContain(`the port ${port} is taken`);
    const emulator = world.run(['emulator', '--app-id', '7', '--app-secret', 'canary-of-my-own']);
    await emulator.said(/^\}$/m);
    expect(emulator.stdout).not.toContain('canary-of-my-own');
    emulator.kill('SIGINT');
    expect(await emulator.exited).toMatchObject({ code: 0 });
  });

  it('with --webhook, asks the address, then sends signed events there; another process makes a user write', async () => {
    const world = await World.make();
    const bodies: string[] = [];
    const heard = new Promise<void>((resolve) => {
      const server = createServer(async (request, response) => {
        const body = await text(request);
        const { op, d } = JSON.parse(body) as { op: number; d: { plain_token: string; event_ts: string } };
        const signature = op === 13 ? signed(callbackKey('its-own-secret'), d.event_ts, d.plain_token) : '';
        response.end(JSON.stringify(op === 13 ? { plain_token: d.plain_token, signature } : { op: 12 }));
        bodies.push(body);
        if (op === 0) server.close(() => resolve());
        if (op === 0) server.closeAllConnections();
      });
      server.listen(0, '127.0.0.1', () => {
        const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`;
        const emulator = world.run(['emulator', '--app-secret', 'its-own-secret', '--webhook', url]);
        void (async () => {
          const api = (await emulator.said(/^api: (\S+)$/m))[1] ?? '';
          await emulator.said(/passed the handshake/);
          await new EmulatorClient(api).do('sendC2c', { from: 'U', text: 'hello' });
        })();
      });
    });
    await heard;
    expect(JSON.parse(bodies.at(-1) ?? '')).toMatchObject({ op: 0, t: 'C2C_MESSAGE_CREATE', d: { content: 'hello' } });
  });
});

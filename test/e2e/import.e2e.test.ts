import { expect, it } from 'vitest';
import { freePort } from './support/free-port.js';
import { World } from './support/world.js';

it('rookery import prints a configuration that works when it is saved, and no secret', async () => {
  const world = await World.make();
  const port = await freePort();
  await world.write(
    'openpollen.json',
    `{ "agent": { "model": "m", "maxTurns": 3 }, "gateway": { "port": ${port} },
       "providers": { "openai": { "enabled": true, "apiKey": "canary-openpollen-key" } },
       "channels": { "qq": { "appId": "102000042", "appSecret": "canary-openpollen-secret" }, "webchat": {} }, }`,
  );
  const imported = world.run(['import', 'openpollen.json', '--lang', 'zh']);
  expect(await imported.exited).toMatchObject({ code: 0 });
  expect(imported.stderr).toMatch(/channels\.qq\.appSecret：密钥不会被复制：请把它设为环境变量 QQ_BOT_APP_SECRET/);
  expect(imported.stderr).toMatch(/channels\.webchat：已略去/);
  expect(imported.stdout + imported.stderr).not.toContain('canary');

  await world.write('rookery.config.json5', imported.stdout);
  const list = world.run(['channel', 'list']);
  // The configuration was read: it is the router that is missing, and it would be where the file says.
  expect(await list.exited).toMatchObject({ code: 1 });
  expect(list.stderr).toContain(`server.unreachable: no router answers at http://127.0.0.1:${port}`);

  await world.write('else.toml', 'hello = 1\n');
  const refused = world.run(['import', 'else.toml']);
  expect(await refused.exited).toMatchObject({ code: 2 });
  expect(refused).toMatchObject({ stdout: '' });
  expect(refused.stderr).toContain('is neither an openpollen.json nor a PRX config.toml');
  expect(await world.run(['import', 'nowhere.json']).exited).toMatchObject({ code: 2 });
});

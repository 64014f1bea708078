import { describe, expect, it } from 'vitest';
import { look, worldWith } from './support/console-rig.js';
import { CANARIES, fromEnv } from './support/world.js';

describe('who may look, and do', () => {
  it('is asked for the token, once a tab', async () => {
    const { url } = await worldWith({ token: fromEnv('ROOKERY_TOKEN') }, {}, { ROOKERY_TOKEN: CANARIES.serverToken });
    const looker = await look(url);
    const { page } = looker;
    await page.getByLabel('Token').fill('wrong');
    await page.keyboard.press('Enter');
    await page.getByText('That is not the token.').waitFor();
    await page.getByLabel('Token').fill(CANARIES.serverToken);
    await looker.picture('token');
    await page.keyboard.press('Enter');
    await page.getByText('All is well').waitFor();
    await page.reload();
    await page.getByText('All is well').waitFor();
    expect(await page.evaluate('Object.keys(localStorage)')).toEqual([]);
    expect(page.url()).not.toContain(CANARIES.serverToken);
    // Each refusal is an answer the browser writes down.
    expect(looker.complaints.filter((text) => !text.includes('401'))).toEqual([]);
    looker.complaints.length = 0;
  });

  it('lets a user in who shows a code', async () => {
    const { world, url } = await worldWith({}, { allowedUsers: [] });
    const looker = await look(url);
    const { page } = looker;
    world.emulator.sendC2c({ from: 'ALICE', text: 'let me in' });
    const said = (): string =>
      world.emulator
        .transcript({ scene: 'c2c', id: 'ALICE' })
        .filter(({ by }) => by === 'bot')
        .map(({ text }) => text)
        .join(' ');
    const code = await world.emulator.waitFor(() => /[A-Z0-9]{4}-?[A-Z0-9]{4}/.exec(said())?.[0]);
    await page.locator('.panel', { hasText: 'Asking to be let in' }).getByText('ALICE').waitFor();
    await page.getByPlaceholder('Code').fill(code);
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
    await page
      .getByRole('status')
      .getByText(/Approve: .*done/)
      .waitFor();
    world.emulator.sendC2c({ from: 'ALICE', text: 'hello' });
    await world.emulator.waitFor(() => said().includes('Hello from the model'));
  });

  it('may do nothing where the server is read-only', async () => {
    const { url } = await worldWith({ readOnly: true });
    const looker = await look(url);
    await looker.page.getByText('read only').waitFor();
    expect(await looker.page.getByRole('button', { name: 'Reconnect' }).isDisabled()).toBe(true);
    const headers = { 'content-type': 'application/json' };
    for (const path of [
      '/v1/channels/qq/reconnect',
      '/v1/conversations/x/stop',
      '/v1/conversations/x/retire',
      '/v1/dead-letters/x/drop',
      '/v1/pairing/approve',
      '/v1/platform/closeAll',
    ]) {
      const answer = await fetch(`${url}${path}`, { method: 'POST', headers, body: '{}' });
      expect([path, answer.status, ((await answer.json()) as { error: { code: string } }).error.code]).toEqual([
        path,
        403,
        'readOnly',
      ]);
    }
  });

  it('sees nothing of the charts where inspection is off, and the rest all the same', async () => {
    const { world, url } = await worldWith({ inspect: 'off' });
    world.emulator.sendC2c({ from: 'ALICE', text: 'hello' });
    expect((await fetch(`${url}/v1/inspect`)).status).toBe(404);
    const looker = await look(url);
    await looker.page.getByText('server.inspect is "off"').waitFor();
    expect(looker.complaints.filter((text) => !text.includes('404'))).toEqual([]);
    looker.complaints.length = 0;
  });

  it('is sent a policy that lets nothing in from elsewhere', async () => {
    const { url } = await worldWith();
    const page = await fetch(`${url}/`);
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'self'");
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    const html = await page.text();
    expect(html).not.toMatch(/<style|<script(?![^>]* src=)|style=|\son\w+=/);
    expect([403, 404]).toContain((await fetch(`${url}/assets/..%2f..%2fpackage.json`)).status);
  });
});

it('no secret is in any frame, chart or recording', async () => {
  const env = { ROOKERY_TOKEN: CANARIES.serverToken };
  const { world, url } = await worldWith({ token: fromEnv('ROOKERY_TOKEN') }, {}, env);
  const headers = { authorization: `Bearer ${CANARIES.serverToken}` };
  const controller = new AbortController();
  const heard: string[] = [];
  const listen = async (path: string): Promise<void> => {
    const { body } = await fetch(`${url}${path}`, { headers, signal: controller.signal });
    const decoder = new TextDecoder();
    for await (const chunk of body ?? []) heard.push(decoder.decode(chunk as Uint8Array, { stream: true }));
  };
  const ends = [
    listen('/v1/inspect'),
    listen('/v1/inspect?actor=*'),
    listen('/v1/inspect?actor=gateway/qq'),
    listen('/v1/inspect?actor=*&format=stately'),
  ];
  // The agent quotes its key, the user the secret, and the platform a token that it then refuses.
  world.agent.script = (exchange) => {
    exchange.say(`my key is ${CANARIES.apiKey}, `, `my neighbour's ${CANARIES.serverToken}`);
    exchange.finish();
    exchange.close();
  };
  const media = [{ url: 'https://media.example/a.png?rkey=canary-attachment-key', content_type: 'image/png' }];
  world.emulator.sendC2c({ from: 'ALICE', text: `is it ${CANARIES.appSecret}?`, attachments: media });
  await world.emulator.waitFor(() => world.emulator.transcript('ALICE').some(({ text }) => text.includes('neighbour')));
  world.emulator.expireTokens();
  world.emulator.closeAll(4004);
  world.agent.script = (exchange) => exchange.answer(401, { error: { message: `bad key ${CANARIES.apiKey}` } });
  world.emulator.sendC2c({ from: 'BOB', text: 'hello' });
  await expect.poll(() => heard.join(''), { timeout: 15_000 }).toMatch(/socket\.closed[\s\S]*frame\.(resumed|ready)/);
  await expect.poll(() => heard.join(''), { timeout: 15_000 }).toContain('"failed"');
  controller.abort();
  await Promise.allSettled(ends);
  const all = heard.join('');
  expect(all).toContain('message.received');
  expect(all).toContain('[secret]');
  const tokens = world.emulator
    .calls()
    .flatMap(({ headers: sent }) => /^QQBot (.+)$/.exec(sent['authorization'] ?? '')?.[1] ?? []);
  expect(tokens.length).toBeGreaterThan(0);
  for (const secret of new Set([...Object.values(CANARIES), ...tokens, 'canary-attachment-key'])) {
    expect(all.includes(secret), `the feed says ${secret.slice(0, 9)}…`).toBe(false);
  }
});

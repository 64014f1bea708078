import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { activeStates } from '../../src/debug/chart-active.js';
import { chartGraph } from '../../src/debug/chart-graph.js';
import { CHARTS } from '../../src/debug/charts.js';
import type { StepFrame } from '../../src/debug/inspect-frames.js';
import { parseRecording } from '../../src/debug/recording.js';
import { closeBrowser, Looker } from './support/console.js';
import { APP_ID, CANARIES, fromEnv, World } from './support/world.js';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const PICTURE = fileURLToPath(new URL('../../docs/console.png', import.meta.url));
const ALICE = `qq:${APP_ID}:c2c:ALICE`;

const lookers: Looker[] = [];
afterEach(async () => {
  for (const looker of lookers.splice(0)) {
    const { complaints, outside } = looker;
    await looker.close();
    expect(complaints, 'the browser complained').toEqual([]);
    expect(outside, 'something else than the router was asked').toEqual([]);
  }
});
afterAll(closeBrowser);

const look = async (url: string, options: Parameters<typeof Looker.at>[1] = {}): Promise<Looker> => {
  const looker = await Looker.at(url, options);
  lookers.push(looker);
  return looker;
};

type Server = Readonly<Record<string, unknown>>;

const worldWith = async (server: Server = {}, channel: Readonly<Record<string, unknown>> = {}, env = {}) => {
  const world = await World.make();
  const config = world.config(
    { server: { port: 0, inspect: 'texts', ...server } },
    { scenes: { c2c: { streamMode: 'native' } }, ...channel },
  );
  const rookery = await world.start(config, { env });
  return { world, rookery, url: await rookery.url() };
};

/** An answer that comes in pieces and does not end before it is told to. */
const talkOn = (world: World): (() => void) => {
  let isOver = false;
  world.agent.script = async (exchange) => {
    let isGone = false;
    void exchange.closedByClient.then(() => {
      isGone = true;
    });
    for (let word = 0; !isOver && !isGone && word < 400; word += 1) {
      exchange.say(`This is sentence number ${word}. `);
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    if (isGone) return;
    exchange.finish();
    exchange.close();
  };
  return () => {
    isOver = true;
  };
};

const say = async ({ page }: Looker, text: string): Promise<void> => {
  await page.getByPlaceholder('Say something').fill(text);
  await page.keyboard.press('Enter');
};

describe('the page', () => {
  it('shows how every channel stands, what is wrong with it and what to do', async () => {
    const { world, url } = await worldWith();
    const looker = await look(url);
    const { page } = looker;
    await page.getByText('All is well').waitFor();
    const channel = page.locator('[data-channel="qq"]');
    await channel.getByText('ready', { exact: true }).waitFor();
    await looker.picture('overview');
    world.emulator.setBotState('banned');
    await page.getByText('1 thing is wrong').waitFor();
    await page.getByText('gateway.banned').first().waitFor();
    await page.getByText('The platform has banned this bot (4915)').waitFor();
    await looker.picture('overview-banned');
    world.emulator.setBotState('online');
    await channel.getByRole('button', { name: 'Reconnect' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Reconnect' }).click();
    await page.getByText('All is well').waitFor();
  });

  it('shows an interruption hold, and a resume, as they happen', async () => {
    const { world, url } = await worldWith();
    talkOn(world);
    const looker = await look(url);
    const { page } = looker;
    await looker.open('Platform');
    await say(looker, 'Tell me everything.');
    await page.locator('.said.stream.open').waitFor();
    await page.locator('[data-state="conversation.answering.running.streaming"][data-active="true"]').waitFor();
    await looker.picture('platform-streaming');
    await page.locator('.said.stream', { hasText: 'number 8' }).waitFor();
    await say(looker, 'Stop that. Something else.');
    // The first bubble is closed with what it shows, the second grows.
    await page.locator('.said.stream.finished').first().waitFor();
    await page.locator('.said.stream.open').waitFor();
    await page.locator('.timeline').getByText('turn.cancelled').first().waitFor();
    await looker.picture('platform-interrupted');
    const first = await page.locator('.said.stream.finished .text').first().textContent();
    const held = world.emulator.transcript({ scene: 'c2c', id: 'ALICE' }).find(({ by }) => by === 'bot');
    expect(first).toBe(held?.text);

    await page.getByRole('button', { name: 'Gateways' }).click();
    await page.locator('[data-state="gateway.linked.ready"][data-active="true"]').waitFor();
    await page.getByRole('button', { name: 'Close the link (4009)' }).click();
    await page.locator('.timeline').getByText('socket.closed').first().waitFor();
    await page.locator('.timeline').getByText('frame.resumed').first().waitFor();
    await page.locator('[data-state="gateway.linked.ready"][data-active="true"]').waitFor();
    await looker.picture('platform-resumed');
  });

  it('tells of a state: its meaning, what it does and where it leads', async () => {
    const { url } = await worldWith();
    const looker = await look(url);
    const { page } = looker;
    await looker.open('Charts');
    await page.locator('[data-state="gateway.linked.ready.acked"][data-active="true"] .title').click();
    const card = page.locator('.state-card');
    await card.getByText('The last heartbeat was answered.').waitFor();
    await card.getByText('active now').waitFor();
    await card.getByText('beat.due').waitFor();
    const side = page.locator('.side');
    for (const runs of ['openSocket', 'watchLink', 'keepBeat']) await side.getByText(runs).first().waitFor();
    await looker.picture('charts');
  });

  it('shows a timer with the time that is left', async () => {
    const { world, url } = await worldWith();
    talkOn(world);
    const looker = await look(url);
    world.emulator.sendC2c({ from: 'ALICE', text: 'Hello' });
    await looker.page.goto(`${url}/#/charts/${encodeURIComponent(`conversation/${ALICE}`)}`);
    const timers = looker.page.locator('.timers');
    await timers.getByText('turnMax').waitFor();
    await timers.getByText(/^in (4 m 5|5 m)/).waitFor();
    await looker.page.locator('.arrow[data-taken="true"]').first().waitFor({ state: 'attached' });
  });
});

describe('conversations', () => {
  it('are listed and filtered; one has its transcript, its ledger and its receipts', async () => {
    const { world, url } = await worldWith();
    for (const from of ['ALICE', 'BOB', 'CAROL']) world.emulator.sendC2c({ from, text: `I am ${from}` });
    world.emulator.sendGroup({ group: 'G1', from: 'DAVE', text: 'in a group' });
    await world.emulator.waitFor(() => world.emulator.sends().filter(({ kind }) => kind !== 'typing').length >= 4);
    const looker = await look(url);
    const { page } = looker;
    await looker.open('Conversations');
    await expect.poll(() => page.locator('.row-button').count()).toBe(4);
    await page.getByLabel('Scene').selectOption('group');
    await expect.poll(() => page.locator('.row-button').allTextContents()).toEqual([expect.stringContaining('DAVE')]);
    await page.getByLabel('Scene').selectOption('');
    await page.getByRole('searchbox').fill('bob');
    await expect.poll(() => page.locator('.row-button').allTextContents()).toEqual([expect.stringContaining('BOB')]);
    await page.getByRole('searchbox').fill('');
    await page.getByLabel('State').selectOption('busy');
    await page.getByText('No conversation fits.').waitFor();
    await page.getByLabel('State').selectOption('living');
    await expect.poll(() => page.locator('.row-button').count()).toBe(4);
    await page.locator('.row-button', { hasText: 'ALICE' }).click();
    const pane = page.locator('.conversation');
    await pane.locator('.transcript .said.user', { hasText: 'I am ALICE' }).waitFor();
    await pane.locator('.said.bot[data-status="sent"]', { hasText: 'Hello from the model' }).waitFor();
    await pane.getByText(/1 used, 3 left/).waitFor();
    await pane.locator('.turns').getByText('completed').waitFor();
    await looker.picture('conversation');
  });

  it('of an interrupted one it says what was delivered, what was held back, and why', async () => {
    const { world, url } = await worldWith({}, { scenes: { c2c: { streamMode: 'final' } } });
    talkOn(world);
    const looker = await look(`${url}/#/conversations/${encodeURIComponent(ALICE)}`);
    world.emulator.sendC2c({ from: 'ALICE', text: 'first' });
    await looker.page.locator('[data-state="conversation.answering.running.streaming"][data-active="true"]').waitFor();
    // The first goes on talking: one that ended here might be delivered whole before the second message came.
    world.agent.script = (exchange) => {
      exchange.say('second answer');
      exchange.finish();
      exchange.close();
    };
    world.emulator.sendC2c({ from: 'ALICE', text: 'second' });
    const ended = looker.page.locator('.ended.cancelled');
    await ended.getByText('a newer message came').waitFor();
    await ended.getByText(/0 of \d+ characters delivered/).waitFor();
    await ended.getByText(/written characters were not sent/).waitFor();
  });

  it('are stopped and retired, once a person has said yes', async () => {
    const { world, url } = await worldWith();
    talkOn(world);
    const looker = await look(`${url}/#/conversations/${encodeURIComponent(ALICE)}`);
    const { page } = looker;
    world.emulator.sendC2c({ from: 'ALICE', text: 'Go on and on' });
    await page.locator('[data-state="conversation.answering.running.streaming"][data-active="true"]').waitFor();
    await page.getByRole('button', { name: 'Stop turn' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Stop turn' }).click();
    await looker.picture('question');
    await page.getByRole('dialog').getByRole('button', { name: 'Stop turn' }).click();
    await page.getByRole('status').getByText('Stop turn: done').waitFor();
    await page.locator('.ended.cancelled').getByText('stopped by an operator').waitFor();
    await page.locator('[data-state="conversation.idle"][data-active="true"]').waitFor();
    await page.getByRole('button', { name: 'Retire' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Retire' }).click();
    await page.getByRole('status').getByText('Retire: done').waitFor();
  });
});

describe('time travel', () => {
  const graph = chartGraph(CHARTS.conversation);

  it('chart, context and transcript show the moment, live, scrubbed, saved and replayed by the command', async () => {
    const { world, url } = await worldWith();
    const end = talkOn(world);
    const looker = await look(`${url}/#/conversations/${encodeURIComponent(ALICE)}`);
    const { page } = looker;
    world.emulator.sendC2c({ from: 'ALICE', text: 'first question' });
    await page.locator('.said.bot[data-status="sent"]').first().waitFor();
    world.emulator.sendC2c({ from: 'ALICE', text: 'second question' });
    await page.locator('.ended.cancelled').waitFor();
    end();
    await page.locator('.ended.completed').waitFor();
    await page.locator('[data-state="conversation.idle"][data-active="true"]').waitFor();

    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save' }).click();
    const file = await (await download).path();
    const saved = parseRecording(await readFile(file, 'utf8'));
    const frames = saved?.actors[0]?.frames ?? [];
    expect(frames.length).toBeGreaterThan(15);
    const truth = (n: number): string[] => {
      const step = frames.findLast((frame): frame is StepFrame => frame.type === '@xstate.snapshot' && frame.n <= n);
      return [...activeStates(graph, step?.snapshot.value)].sort();
    };

    const scrubThrough = async (one: Looker): Promise<void> => {
      const slider = one.page.getByRole('slider', { name: 'Moment' });
      for (let index = 0; index < frames.length; index += 3) {
        await slider.fill(String(index));
        const n = frames[index]?.n ?? 0;
        await expect.poll(() => one.moment()).toBe(n);
        expect(await one.active()).toEqual(truth(n));
      }
    };
    await scrubThrough(looker);

    // Back to before the second question: it was not asked yet.
    const asked = frames.findIndex(
      (frame) => frame.type === '@xstate.snapshot' && frame.event.type === 'message.received',
    );
    const slider = page.getByRole('slider', { name: 'Moment' });
    await slider.fill(String(asked));
    await expect.poll(() => page.locator('.said.user').count()).toBe(1);
    await page.getByText('as it was at').waitFor();
    expect(await page.getByText('second question').count()).toBe(0);
    await looker.picture('time-travel');
    // One step on by the keyboard alone.
    await slider.focus();
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => looker.moment()).toBe(frames[asked + 1]?.n);
    await page.getByRole('button', { name: 'Back to live' }).click();
    await expect.poll(() => page.locator('.transcript .said.user').count()).toBe(2);

    await world.write('saved.json', saved);
    const replay = world.run(['replay', 'saved.json']);
    const [, at = ''] = await replay.said(/(http:\/\/\S+?:\d+)\//);
    const again = await look(at);
    await again.page.locator('[data-active="true"]').first().waitFor();
    await scrubThrough(again);
    await again.picture('replay');
  });

  it('a file is opened in the page of a router too; what is no recording is refused', async () => {
    const { url } = await worldWith();
    const looker = await look(url);
    const { page } = looker;
    await looker.open('Charts');
    await page
      .getByText(/\d+ steps/)
      .first()
      .waitFor();
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save' }).click();
    const file = await (await download).path();
    const input = page.locator('input[type="file"]');
    await input.setInputFiles({ name: 'no.json', mimeType: 'application/json', buffer: Buffer.from('{}') });
    await page.getByText('This file is no recording').waitFor();
    await input.setInputFiles(file);
    await page.getByRole('heading', { name: /A recording of Rookery/ }).waitFor();
    await page.getByRole('button', { name: 'Close recording' }).click();
    await page.getByRole('button', { name: 'Live', exact: true }).waitFor();
  });
});

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
    await page.locator('.panel', { hasText: 'Wait to be let in' }).getByText('ALICE').waitFor();
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

describe('whoever reads', () => {
  const TABS = ['overview', 'charts', 'conversations', 'platform'] as const;
  /** What a tab shows once it has what it shows. */
  const SHOWN = {
    overview: '[data-channel="qq"]',
    charts: '[data-active="true"]',
    conversations: '.transcript .said.bot',
    platform: '.chat .said.bot',
  } as const;

  it.each([
    ['light', 'en-US'],
    ['dark', 'zh-CN'],
  ] as const)('finds every tab accessible, %s, %s', async (colorScheme, locale) => {
    const { world, url } = await worldWith();
    world.emulator.sendC2c({ from: 'ALICE', text: 'hello' });
    const looker = await look(url, { colorScheme, locale, bypassCSP: true });
    const { page } = looker;
    const axe = await readFile(AXE, 'utf8');
    for (const tab of TABS) {
      const id = tab === 'conversations' ? `/${encodeURIComponent(ALICE)}` : '';
      await page.goto(`${url}/#/${tab}${id}`);
      await page.locator(SHOWN[tab]).first().waitFor();
      await looker.picture(`${tab}-${colorScheme}-${locale}`);
      await page.evaluate(axe);
      const violations = await page.evaluate(async () => {
        const { axe: check } = globalThis as unknown as {
          axe: { run(): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }> };
        };
        const found = await check.run();
        return found.violations.flatMap(({ id: rule, nodes }) =>
          nodes.map(({ html, failureSummary }) => `${rule}: ${html.slice(0, 160)} ${failureSummary}`),
        );
      });
      expect(violations, tab).toEqual([]);
    }
  });

  it('can use every tab on a telephone, and by the keyboard', async () => {
    const { world, url } = await worldWith();
    world.emulator.sendC2c({ from: 'ALICE', text: 'hello' });
    const looker = await look(url, { viewport: { width: 360, height: 740 } });
    const { page } = looker;
    for (const tab of TABS) {
      await page.goto(`${url}/#/${tab}`);
      await page.locator('main').waitFor();
      await page.getByText('Rookery').first().waitFor();
      await looker.picture(`narrow-${tab}`);
      const width = await page.evaluate('document.documentElement.scrollWidth');
      expect([tab, width]).toEqual([tab, 360]);
    }
    await page.goto(`${url}/#/overview`);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    const reached: string[] = [];
    for (let count = 0; count < 8; count += 1) {
      reached.push(String(await page.evaluate('document.activeElement.textContent')));
      await page.keyboard.press('Tab');
    }
    for (const name of ['Charts', 'Conversations', 'Platform']) expect(reached.join('|')).toContain(name);
  });

  it('finds it in Chinese, and in the dark', async () => {
    const { url } = await worldWith();
    const looker = await look(url);
    const { page } = looker;
    await page.getByRole('button', { name: '中文' }).click();
    await page.getByText('一切正常').waitFor();
    expect(await page.evaluate('document.documentElement.lang')).toBe('zh-CN');
    await page.getByLabel('主题').selectOption('dark');
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(16, 20, 26)');
    await page.reload();
    await page.getByText('一切正常').waitFor();
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

it('is what the README shows', async () => {
  const { world, url } = await worldWith();
  talkOn(world);
  const looker = await look(url, { viewport: { width: 1280, height: 800 } });
  const { page } = looker;
  await looker.open('Platform');
  await say(looker, 'Tell me everything about rooks.');
  await page.locator('.said.stream', { hasText: 'number 6' }).waitFor();
  await say(looker, 'Wait. Only whether they are clever.');
  await page.locator('.said.stream.finished').first().waitFor();
  await page.locator('.said.stream.open').waitFor();
  await page.locator('[data-state="conversation.answering.running.streaming"][data-active="true"]').waitFor();
  await page.waitForTimeout(400);
  await looker.picture('readme');
  // Taken anew on request: a picture that changed with every run would be a change in every commit.
  if (process.env['CONSOLE_PICTURE']) await page.screenshot({ path: PICTURE });
});

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/adapters/clock/system-clock.js';
import { EmbeddedStore } from '../../src/adapters/store/embedded/embedded-store.js';
import { TestAgent } from '../../src/testing/test-agent.js';
import { ALICE, look, talkOn, worldWith } from './support/console-rig.js';
import { APP_ID, ask, World } from './support/world.js';

describe('the page', () => {
  it('shows how every channel stands, what is wrong with it and what to do', async () => {
    const { world, url } = await worldWith();
    const looker = await look(url);
    const { page } = looker;
    await page.getByText('All is well').waitFor();
    const tryIt = page.getByRole('link', { name: 'Write to the bot as a QQ user' });
    await tryIt.waitFor();
    const channel = page.locator('[data-channel="qq"]');
    await channel.getByText('ready', { exact: true }).waitFor();
    await looker.picture('overview');
    world.emulator.setBotState('banned');
    await page.getByText('1 thing is wrong').waitFor();
    await page.getByText('gateway.banned').first().waitFor();
    await page.getByText('The platform has banned this bot (4915)').waitFor();
    // What is wrong stands alone, and once.
    await tryIt.waitFor({ state: 'detached' });
    expect(await page.getByText('gateway.banned: ').count()).toBe(0);
    await looker.picture('overview-banned');
    world.emulator.setBotState('online');
    await channel.getByRole('button', { name: 'Reconnect' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Reconnect' }).click();
    await page.getByText('All is well').waitFor();
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
    await timers.getByText(/^in 1[45] m/).waitFor();
    await looker.page.locator('.arrow[data-taken="true"]').first().waitFor({ state: 'attached' });
  });
});

it('shows an agent that dials in: its connection, and itself after the connection is gone', async () => {
  const world = await World.make();
  const config = world.config({ server: { port: 0, inspect: 'states' }, agent: { driver: 'native' } });
  const url = await (await world.start(config)).url();
  const agent = await TestAgent.connect(url, { hello: { agent: { name: 'py-agent', version: '1' } } });
  const looker = await look(`${url}/#/charts/${encodeURIComponent('agentLink/1')}`);
  const { page } = looker;
  await page.locator('[data-state="agentLink.attached.quiet"][data-active="true"]').waitFor();
  await page.locator('.timers').getByText('heartbeat').waitFor();
  const choices = page.locator('.toolbar select');
  const session = choices.locator('option', { hasText: 'py-agent' });
  await choices.selectOption((await session.getAttribute('value')) ?? '');
  await page.locator('[data-state="agentSession.attached"][data-active="true"]').waitFor();
  await looker.picture('charts-agent');
  agent.hangUp();
  await page.locator('[data-state="agentSession.lost"][data-active="true"]').waitFor();
  await page.locator('.timers').getByText('lease').waitFor();
  await choices.locator('option', { hasText: 'connection 1' }).waitFor({ state: 'detached' });
});

describe('a message that was given up', () => {
  const QUESTIONS = { ANN: 'the one that is offered again', BEN: 'the one that nobody wants' } as const;

  /** A router whose store has given up both, as it would had they ended it three times. */
  const withLetters = async (
    server: Readonly<Record<string, unknown>> = {},
  ): Promise<{ world: World; url: string }> => {
    const world = await World.make();
    const store = new EmbeddedStore(systemClock, { path: join(world.dir, 'rookery-data') });
    await store.open();
    const lease = await store.lease(APP_ID);
    for (const [openid, text] of Object.entries(QUESTIONS)) {
      const { messageId: id } = world.emulator.sendC2c({ from: openid, text });
      const conversation = `qq:${APP_ID}:c2c:${openid}`;
      const target = { scene: 'c2c', openid } as const;
      const sender = { id: openid };
      const message = { id, conversation, target, sender, text, mention: true, atMs: Date.now(), attachments: [] };
      await store.ingest(lease, [{ id, message }]);
      await store.bury(lease, [id], 'its turn never came to an end');
    }
    await store.close();
    const rookery = await world.start(world.config({ server: { port: 0, inspect: 'texts', ...server } }));
    return { world, url: await rookery.url() };
  };

  it('is offered again or dropped for good, once a person has said yes', async () => {
    const { world, url } = await withLetters();
    const looker = await look(url);
    const { page } = looker;
    const letters = page.locator('.letters > li');
    const kept = letters.filter({ hasText: QUESTIONS.ANN });
    const unwanted = letters.filter({ hasText: QUESTIONS.BEN });
    await kept.getByText('its turn never came to an end').waitFor();
    expect(await letters.count()).toBe(2);
    await page.getByText('1 thing is wrong').waitFor();
    await page.locator('.verdict', { hasText: 'givenUp' }).getByText('offer each again').waitFor();
    await looker.picture('dead-letters');

    await unwanted.getByRole('button', { name: 'Drop' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await letters.count()).toBe(2);
    await unwanted.getByRole('button', { name: 'Drop' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Drop' }).click();
    await unwanted.waitFor({ state: 'detached' });

    await kept.getByRole('button', { name: 'Offer again' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Offer again' }).click();
    await kept.waitFor({ state: 'detached' });
    await page.getByText('no message was given up').waitFor();
    await world.emulator.waitFor(() =>
      world.emulator.transcript('ANN').some(({ text }) => text.includes('Hello from')),
    );
    // Beside being asked whether it is there.
    expect(world.agent.exchanges.filter(({ method }) => method === 'POST')).toHaveLength(1);
    expect(world.emulator.transcript('BEN').filter(({ by }) => by === 'bot')).toEqual([]);
    expect((await ask(`${url}/v1/dead-letters`)).body).toEqual({ deadLetters: [] });
  });

  it('stays where the server is read-only', async () => {
    const { url } = await withLetters({ readOnly: true });
    const { page } = await look(url);
    for (const name of ['Offer again', 'Drop']) {
      const buttons = page.locator('.letters').getByRole('button', { name });
      await buttons.first().waitFor();
      expect(await buttons.count()).toBe(2);
      for (const button of await buttons.all()) expect(await button.isDisabled()).toBe(true);
    }
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
    await page.getByText('No conversation fits the filter.').waitFor();
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

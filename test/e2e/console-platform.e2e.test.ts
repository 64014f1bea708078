import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Looker } from './support/console.js';
import { look, say, talkOn, worldWith } from './support/console-rig.js';

const PICTURE = fileURLToPath(new URL('../../docs/console.png', import.meta.url));

describe('the platform tab', () => {
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

  it.each([
    ['group', 'GROUP1'],
    ['guild', 'CHANNEL1'],
  ] as const)('is a %s too: one speaks in it, reads what the bot says, and sees the chart', async (scene, id) => {
    const { world, url } = await worldWith();
    const looker = await look(url);
    const { page } = looker;
    await looker.open('Platform');
    await page.getByLabel('Where').selectOption(scene);
    await say(looker, `Hello, ${scene}.`);
    await page.locator('.chat .said.user', { hasText: `Hello, ${scene}.` }).waitFor();
    await page.locator('.chat .said.bot', { hasText: 'Hello from the model' }).waitFor();
    await page.locator('.its-chart [data-state="conversation.idle"][data-active="true"]').waitFor();
    await page.locator('.timeline').getByText('turn.closed').first().waitFor();
    const held = world.emulator.transcript({ scene, id }).filter(({ kind }) => kind !== 'typing');
    expect(await page.locator('.chat .said .text').allTextContents()).toEqual(held.map(({ text }) => text));
    await looker.picture(`platform-${scene}`);

    // Another one is in the same room, and has a conversation of their own with the bot.
    await page.getByLabel('You').selectOption('BOB');
    await page.locator('.chat .said.user', { hasText: `Hello, ${scene}.` }).waitFor();
    await say(looker, 'Me too.');
    await page.locator('.chat .said.user', { hasText: 'Me too.' }).locator('.by', { hasText: 'BOB' }).waitFor();
    await expect.poll(() => page.locator('.chat .said.bot').count()).toBe(2);
    await page.getByLabel('Where').selectOption('c2c');
    await page.getByText('Nothing was said here yet.').waitFor();
  });
});

describe('trouble', () => {
  /** Presses the button, and waits until the platform has taken it. */
  const trouble = async ({ page }: Looker, name: string): Promise<void> => {
    await page.getByRole('button', { name, exact: true }).click();
    await page.locator('.trouble').getByText(`${name}: asked for`).waitFor();
  };
  const happens = async ({ page }: Looker, ...events: string[]): Promise<void> => {
    for (const event of events) await page.locator('.timeline').getByText(event, { exact: true }).last().waitFor();
  };
  const READY = '[data-state="gateway.linked.ready"][data-active="true"]';

  it('of the link: asked to reconnect, it resumes; its session invalid, it starts another; stalled, it waits', async () => {
    const { world, url } = await worldWith();
    const { emulator } = world;
    const looker = await look(url);
    const { page } = looker;
    await looker.open('Platform');
    await page.getByRole('button', { name: 'Gateways' }).click();
    await page.locator(READY).waitFor();
    await trouble(looker, 'Ask to reconnect (op 7)');
    await happens(looker, 'frame.reconnect', 'frame.resumed');
    await page.locator(READY).waitFor();
    await trouble(looker, 'Invalidate the session (op 9)');
    await happens(looker, 'frame.invalidSession', 'frame.ready');
    await page.locator(READY).waitFor();

    await trouble(looker, 'Stall the link');
    await expect.poll(() => emulator.sessions().some(({ stalled }) => stalled)).toBe(true);
    await say(looker, 'Does anybody hear me?');
    await page.locator('.chat .said.user', { hasText: 'anybody' }).waitFor();
    expect(await page.locator('.chat .said.bot').count()).toBe(0);
    await trouble(looker, 'Let it flow again');
    await page.locator('.chat .said.bot', { hasText: 'Hello from the model' }).waitFor();
    await trouble(looker, 'Stall the link');
    await trouble(looker, 'Clear all faults');
    await expect.poll(() => emulator.sessions().some(({ stalled }) => stalled)).toBe(false);
  });

  it('of heartbeats: nobody answers them, the link is given up for dead and the session resumed', async () => {
    const { world, url } = await worldWith({}, {}, {}, { limits: { heartbeatIntervalMs: 1_500 } });
    const looker = await look(url);
    const { page } = looker;
    await looker.open('Platform');
    await page.getByRole('button', { name: 'Gateways' }).click();
    await page.locator(READY).waitFor();
    await trouble(looker, 'Leave heartbeats unanswered');
    await page.locator('[data-state="gateway.linked.ready.missedOne"][data-active="true"]').waitFor();
    await looker.picture('platform-missed-heartbeat');
    await happens(looker, 'channel.lost');
    await trouble(looker, 'Clear all faults');
    expect(world.emulator.faults().dropAcks).toBe(false);
    await page.locator('[data-state="gateway.linked.ready.acked"][data-active="true"]').waitFor();
  });

  it('of calls: an answer that was lost is not said twice, a 429 is waited out, a slow call holds up the rest', async () => {
    const { world, url } = await worldWith({}, { scenes: { c2c: { streamMode: 'final' } } });
    const { emulator } = world;
    const looker = await look(url);
    const { page } = looker;
    const answers = page.locator('.chat .said.bot', { hasText: 'Hello from the model' });
    const asks = async (text: string, count: number): Promise<void> => {
      await say(looker, text);
      await expect.poll(() => answers.count(), { timeout: 30_000 }).toBe(count);
      await page.locator('.its-chart [data-state="conversation.idle"][data-active="true"]').waitFor();
    };
    await looker.open('Platform');
    await trouble(looker, 'Lose the next answer');
    expect(emulator.faults().swallows).toBe(1);
    await asks('Will you lose it?', 1);
    expect(emulator.faults().swallows).toBe(0);

    await trouble(looker, 'Refuse the next send (429)');
    expect(emulator.faults().failures).toBe(1);
    await asks('Too many?', 2);
    expect(emulator.faults().failures).toBe(0);
    expect(emulator.refusals().map(({ status }) => status)).toContain(429);

    await trouble(looker, 'Answer the next call 3 s late');
    expect(emulator.faults().delays).toBe(1);
    await say(looker, 'Slowly?');
    const closing = '[data-state="conversation.answering.finishing"][data-active="true"]';
    await page.locator(`.its-chart ${closing}`).waitFor();
    await expect.poll(() => answers.count(), { timeout: 30_000 }).toBe(3);
    await page.locator('.its-chart [data-state="conversation.idle"][data-active="true"]').waitFor();

    for (const name of ['Lose the next answer', 'Refuse the next send (429)', 'Answer the next call 3 s late']) {
      await trouble(looker, name);
    }
    await trouble(looker, 'Clear all faults');
    expect(emulator.faults()).toMatchObject({ swallows: 0, failures: 0, delays: 0 });
    await asks('All is well again?', 4);
  });
});

const ROOKS =
  'Rooks nest together, high in the tallest trees they can find. A rookery may hold some hundred pairs, and is used for generations. They quarrel over twigs from February on, steal from one another, and defend the place together. In the evening the whole colony gathers on a field nearby, rises at once, and comes home in a great noisy cloud. ';
const CLEVER =
  'They are. In a famous experiment rooks dropped stones into a narrow tube until the water had risen so far that they could reach the worm. They knew at once that large stones are better than small ones, and that sawdust is no use at all. ';

it('is what the README shows', async () => {
  const { world, url } = await worldWith();
  const answers = [ROOKS, CLEVER];
  world.agent.script = async (exchange) => {
    let isGone = false;
    void exchange.closedByClient.then(() => {
      isGone = true;
    });
    for (const sentence of answers.shift()?.match(/[^.]+\.\s?/g) ?? []) {
      if (isGone) return;
      exchange.say(sentence);
      await new Promise((resolve) => setTimeout(resolve, 900));
    }
    // Left open: the picture shows an answer that grows.
    await exchange.closedByClient;
  };
  const looker = await look(url, { viewport: { width: 1280, height: 800 } });
  const { page } = looker;
  await looker.open('Platform');
  await say(looker, 'Tell me everything about rooks.');
  await page.locator('.said.stream', { hasText: 'generations' }).waitFor();
  await say(looker, 'Wait. Are they clever?');
  await page.locator('.said.stream.finished').first().waitFor();
  await page.locator('.said.stream.open', { hasText: 'worm' }).waitFor();
  await page.locator('[data-state="conversation.answering.running.streaming"][data-active="true"]').waitFor();
  await page.waitForTimeout(400);
  await looker.picture('readme');
  // Taken anew on request: a picture that changed with every run would be a change in every commit.
  if (process.env['CONSOLE_PICTURE']) await page.screenshot({ path: PICTURE });
});

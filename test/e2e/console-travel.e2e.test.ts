import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { activeStates } from '../../src/debug/chart-active.js';
import { chartGraph } from '../../src/debug/chart-graph.js';
import { CHARTS } from '../../src/debug/charts.js';
import type { StepFrame } from '../../src/debug/inspect-frames.js';
import { parseRecording } from '../../src/debug/recording.js';
import type { Looker } from './support/console.js';
import { ALICE, look, talkOn, worldWith } from './support/console-rig.js';

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

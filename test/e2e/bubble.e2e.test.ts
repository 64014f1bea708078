import { expect, it } from 'vitest';
import type { RecordKinds } from '../../src/emulator/index.js';
import { World } from './support/world.js';

type Sent = RecordKinds['sent'];

const USER = 'USER-1';

/** A busy machine takes its time. */
const BUSY = { timeoutMs: 30_000 };

const words = (from: number, count: number): string =>
  Array.from({ length: count }, (_, index) => `word${from + index} `).join('');

/** Resolves in the step in which the platform accepts the `nth` frame. */
const frame = ({ emulator }: World, nth: number, then: () => void = () => undefined): Promise<Sent> =>
  new Promise((resolve) => {
    const stop = emulator.on('sent', (sent) => {
      if (sent.stream?.index !== nth - 1) return;
      stop();
      then();
      resolve(sent);
    });
  });

it.each(['stream_messages', 'stream_object'] as const)(
  'killed in the middle of a growing answer (%s): the next life ends the bubble with what it shows, and says no more of it',
  async (nativeStream) => {
    const world = await World.make();
    const { emulator, agent } = world;
    agent.script = (exchange) => exchange.say(words(1, 20));
    const channel = { streamMode: 'native', nativeStream };
    const rookery = await world.start(world.config({}, channel));
    const first = frame(world, 1);
    const { messageId } = emulator.sendC2c({ from: USER, text: 'tell me a lot' });
    const exchange = await agent.arrived();
    await first;
    const second = frame(world, 2, () => rookery.kill('SIGKILL'));
    exchange.say(words(21, 20));
    const { text: shown } = await second;
    await rookery.exited;
    const bubble = () => emulator.transcript({ scene: 'c2c', id: USER }).find(({ kind }) => kind === 'stream');
    expect(bubble()).toMatchObject({ stream: { state: 'open' }, text: shown });

    agent.script = (again) => {
      again.say('short');
      again.finish();
      again.close();
    };
    await world.run(['start']).said(/^qq: ready/m, BUSY);
    await emulator.waitFor(() => bubble()?.stream?.state === 'finished', BUSY);
    expect(bubble()?.text.trimEnd()).toBe(shown.trimEnd());

    const next = emulator.sendC2c({ from: USER, text: 'and now?' });
    await emulator.waitFor(() => emulator.sends().some(({ msgId }) => msgId === next.messageId), BUSY);
    expect(new Set(emulator.sends().flatMap(({ stream }) => stream?.id ?? [])).size).toBe(1);
    const answers = emulator
      .sends()
      .filter(({ msgId, stream, kind }) => msgId === messageId && !stream && kind !== 'typing');
    expect(answers).toEqual([]);
    // The next question is told what the user has seen, and the first is not asked again.
    const asked = agent.exchanges.map(({ body }) => (body?.['messages'] ?? []) as { role: string; content: string }[]);
    expect(asked.map((messages) => messages.at(-1)?.content)).toEqual(['tell me a lot', 'and now?']);
    expect(asked[1]?.some(({ content }) => content.includes('word20'))).toBe(true);
  },
);

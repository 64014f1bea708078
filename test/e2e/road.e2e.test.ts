import { describe, expect, it } from 'vitest';
import type { OpenAiExchange as Exchange } from '../support/openai-server.js';
import { CANARIES, World } from './support/world.js';

/** What the agent was asked last. */
const question = ({ body }: Exchange): unknown => ((body?.['messages'] ?? []) as { content: string }[]).at(-1)?.content;

describe('an answer in each of the four scenes', () => {
  it.each([
    {
      scene: 'c2c',
      ask: ({ emulator }: World) => emulator.sendC2c({ from: 'USER-1', text: '  hello there ' }),
      path: () => '/v2/users/USER-1/messages',
      hasSeq: true,
    },
    {
      scene: 'group',
      ask: ({ emulator }: World) => emulator.sendGroup({ group: 'GROUP-1', from: 'MEMBER-1', text: 'hello there' }),
      path: () => '/v2/groups/GROUP-1/messages',
      hasSeq: true,
    },
    {
      scene: 'guild',
      ask: ({ emulator }: World) => emulator.sendGuild({ channel: '7001', from: '9001', text: 'hello there' }),
      path: () => '/channels/7001/messages',
      hasSeq: false,
    },
    {
      scene: 'dm',
      ask: ({ emulator }: World) => emulator.sendDm({ from: '9001', text: 'hello there' }),
      path: ({ emulator }: World) => `/dms/${emulator.sends().find(({ scene }) => scene === 'dm')?.target}/messages`,
      hasSeq: false,
    },
  ])('$scene: on its endpoint, as a reply, to the bare question', async ({ scene, ask, path, hasSeq }) => {
    const world = await World.make();
    await world.start();
    const { messageId } = ask(world);
    const sent = await world.emulator.waitFor(() => world.emulator.sends().find((one) => one.text !== ''));
    expect(sent).toMatchObject({ scene, kind: 'text', text: 'Hello from the model', msgId: messageId, active: false });
    expect(question(await world.agent.arrived())).toBe('hello there');
    const call = world.emulator.calls().find(({ body }) => (body as { content?: string })?.content === sent.text);
    expect(call).toMatchObject({ method: 'POST', path: path(world), status: 200 });
    expect(call?.headers['authorization']).toMatch(/^QQBot \S+$/);
    if (hasSeq) {
      const seqs = world.emulator.sends().map(({ msgSeq }) => msgSeq);
      expect(new Set(seqs).size).toBe(seqs.length);
      expect(sent.msgSeq).toBeGreaterThan(0);
    }
    expect(world.emulator.refusals()).toEqual([]);
  });

  it('the agent gets its key, and nobody else does', async () => {
    const world = await World.make();
    await world.start();
    world.emulator.sendC2c({ from: 'USER-1', text: 'hello' });
    const exchange = await world.agent.arrived();
    expect(exchange.headers.authorization).toBe(`Bearer ${CANARIES.apiKey}`);
    await world.emulator.waitFor(() => world.emulator.sends().find(({ kind }) => kind === 'text'));
  });
});

describe('interruption', () => {
  it('a second message closes the agent’s request, and nothing of the first answer is sent', async () => {
    const world = await World.make();
    world.agent.script = (exchange) => {
      if (question(exchange) === 'first') {
        exchange.say('never', ' to', ' be', ' seen');
        return;
      }
      exchange.say('the second answer');
      exchange.finish();
      exchange.close();
    };
    await world.start();
    const { messageId: first } = world.emulator.sendC2c({ from: 'USER-1', text: 'first' });
    const running = await world.agent.arrived(1);
    const { messageId: second } = world.emulator.sendC2c({ from: 'USER-1', text: 'second' });
    await running.closedByClient;
    await world.emulator.waitFor(() => world.emulator.sends().find(({ kind }) => kind === 'text'));
    const texts = world.emulator.sends().filter(({ kind }) => kind === 'text');
    expect(texts.map(({ text, msgId }) => ({ text, msgId }))).toEqual([{ text: 'the second answer', msgId: second }]);
    expect(texts.some(({ msgId }) => msgId === first)).toBe(false);
  });

  it('one user’s message does not cut another’s answer in the same group', async () => {
    const world = await World.make();
    const open: Exchange[] = [];
    world.agent.script = (exchange) => {
      open.push(exchange);
    };
    await world.start();
    world.emulator.sendGroup({ group: 'GROUP-1', from: 'MEMBER-1', text: 'one' });
    await world.agent.arrived(1);
    world.emulator.sendGroup({ group: 'GROUP-1', from: 'MEMBER-2', text: 'two' });
    await world.agent.arrived(2);
    for (const exchange of open) {
      exchange.say(`answer to ${question(exchange)}`);
      exchange.finish();
      exchange.close();
    }
    await world.emulator.waitFor(() => world.emulator.sends().filter(({ kind }) => kind === 'text').length === 2);
    const texts = world.emulator.sends().map(({ text }) => text);
    expect(texts.sort()).toEqual(['answer to one', 'answer to two']);
  });
});

import { describe, expect, it } from 'vitest';
import type { RecordKinds, Scene } from '../../src/emulator/index.js';
import { parseFences } from '../support/fence-parser.js';
import type { OpenAiExchange as Exchange } from '../support/openai-server.js';
import { World } from './support/world.js';

type Sent = RecordKinds['sent'];

const USER = 'USER-1';
const GROUP = 'GROUP-1';

/** A world whose router runs on these settings of its channel; the test writes each answer itself. */
const worldWith = async (channel: Readonly<Record<string, unknown>>): Promise<World> => {
  const world = await World.make();
  world.agent.script = () => undefined;
  await world.start(world.config({}, channel));
  return world;
};

const ask = ({ emulator }: World, text: string, scene: Scene = 'c2c', from = USER): string =>
  scene === 'c2c'
    ? emulator.sendC2c({ from, text }).messageId
    : emulator.sendGroup({ group: GROUP, from, text }).messageId;

/** What was asked last. */
const question = ({ body }: Exchange): unknown => ((body?.['messages'] ?? []) as { content: string }[]).at(-1)?.content;

const finish = (exchange: Exchange, ...tokens: readonly string[]): void => {
  exchange.say(...tokens);
  exchange.finish();
  exchange.close();
};

/** The accepted sends in answer to a message; without one, those that answer none. */
const sentTo = ({ emulator }: World, messageId?: string): Sent[] =>
  emulator.sends().filter(({ msgId, kind }) => msgId === messageId && kind !== 'typing');

const texts = (sends: readonly Sent[]): string[] => sends.map(({ text }) => text);

/** Resolves once so many sends have answered the message. */
const answered = (world: World, messageId: string, count = 1): Promise<Sent[]> =>
  world.emulator.waitFor(() => {
    const sends = sentTo(world, messageId);
    return sends.length >= count ? sends : null;
  });

/** Everything that was pushed before has been taken in: a later message of somebody else has reached the agent. */
const takenIn = async (world: World, scene: Scene = 'c2c'): Promise<void> => {
  const before = world.agent.exchanges.length;
  ask(world, 'marker', scene, 'SOMEBODY-ELSE');
  await world.agent.arrived(before + 1);
};

const paragraph = (name: string, chars: number): string => `${name} ${'word '.repeat(chars / 5)}end of ${name}.`;

/** Numbered words, of which none may be lost, doubled or moved. */
const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => `w${100_000 + index} `);
const wordsIn = (text: string): string[] => text.match(/w\d{6}/g) ?? [];

describe('blocks', () => {
  it.each<Scene>(['c2c', 'group'])('%s: the first is there while the agent still writes', async (scene) => {
    const world = await worldWith({ streamMode: 'block' });
    const asked = ask(world, 'a long question', scene);
    const exchange = await world.agent.arrived();
    const [first, rest] = [paragraph('first', 100), paragraph('rest', 60)];
    exchange.say(first, '\n\n', 'and then');
    expect(texts(await answered(world, asked))).toEqual([first]);
    finish(exchange, ` ${rest}`);
    expect(texts(await answered(world, asked, 2))).toEqual([first, `and then ${rest}`]);
    expect(world.emulator.refusals()).toEqual([]);
  });

  it.each([
    { scene: 'c2c', takes: 4 },
    { scene: 'group', takes: 5 },
  ] as const)('$scene: no more than the window takes, whole, with balanced fences', async ({ scene, takes }) => {
    const world = await worldWith({ streamMode: 'block' });
    const asked = ask(world, 'much code', scene);
    const exchange = await world.agent.arrived();
    const code = Array.from({ length: 400 }, (_, line) => `  call(${line});\n`).join('');
    const answer = [paragraph('intro', 300), `\`\`\`js\n${code}\`\`\``, paragraph('outro', 2_000)].join('\n\n');
    for (let at = 0; at < answer.length; at += 50) exchange.say(answer.slice(at, at + 50));
    await answered(world, asked, 2);
    exchange.finish();
    exchange.close();
    await world.emulator.waitFor(() => texts(sentTo(world, asked)).at(-1)?.endsWith('end of outro.'));
    const blocks = texts(sentTo(world, asked)).map(parseFences);
    expect(blocks.length).toBeLessThanOrEqual(takes);
    expect(blocks.every(({ isBalanced }) => isBalanced)).toBe(true);
    expect(blocks.map((block) => block.code).join('')).toBe(code);
    expect(blocks.map(({ prose }) => prose).join('')).toBe(parseFences(answer).prose);
    expect(world.emulator.refusals()).toEqual([]);
    expect(sentTo(world)).toEqual([]);
  });

  it('interrupted: what was not sent by then never is', async () => {
    const world = await worldWith({ streamMode: 'block' });
    const first = ask(world, 'first');
    const running = await world.agent.arrived();
    const seen = paragraph('seen', 100);
    running.say(seen, '\n\n', paragraph('never seen', 200));
    await answered(world, first);
    const second = ask(world, 'second');
    await running.closedByClient;
    const next = await world.agent.arrived(2);
    expect(JSON.stringify(next.body)).toContain(seen);
    expect(JSON.stringify(next.body)).not.toContain('never seen');
    finish(next, 'the second answer');
    await answered(world, second);
    expect(texts(world.emulator.sends())).toEqual([seen, 'the second answer']);
  });
});

describe.each(['stream_messages', 'stream_object'] as const)('a native bubble by %s', (nativeStream) => {
  const settings = { streamMode: 'native', nativeStream };
  const bubbleOf = ({ emulator }: World, messageId: string) =>
    emulator.transcript(USER).filter(({ replyTo }) => replyTo === messageId);

  it('grows, takes nothing back, is ended, and uses one reply', async () => {
    const world = await worldWith(settings);
    const asked = ask(world, 'question');
    const exchange = await world.agent.arrived();
    for (const [index, words] of [numbered(10), numbered(20).slice(10), numbered(30).slice(20)].entries()) {
      exchange.say(...words);
      await answered(world, asked, index + 1);
    }
    finish(exchange, 'The end.');
    await world.emulator.waitFor(() => sentTo(world, asked).at(-1)?.stream?.state === 10);
    const frames = sentTo(world, asked);
    for (const [index, { text }] of frames.entries()) expect(text.startsWith(frames[index - 1]?.text ?? '')).toBe(true);
    expect(frames.length).toBeGreaterThanOrEqual(4);
    const [bubble, ...others] = bubbleOf(world, asked);
    expect(others).toEqual([]);
    expect(bubble).toMatchObject({ kind: 'stream', stream: { state: 'finished' } });
    expect(bubble?.text.trimEnd()).toBe(`${numbered(30).join('')}The end.`);
    expect(world.emulator.refusals()).toEqual([]);
    // Of the four replies three are left.
    const call = { method: 'POST', headers: world.emulator.calls().at(-1)?.headers ?? {} };
    const codes = [901, 902, 903, 904].map((msg_seq) => {
      const body = { msg_type: 0, content: 'more', msg_id: asked, msg_seq };
      return world.emulator.request({ ...call, path: `/v2/users/${USER}/messages`, body }).status;
    });
    expect(codes.map((status) => status < 300)).toEqual([true, true, true, false]);
  });

  it('interrupted: is closed with the text it shows, before the next answer', async () => {
    const world = await worldWith(settings);
    const first = ask(world, 'first');
    const running = await world.agent.arrived();
    running.say(...numbered(10));
    await answered(world, first);
    running.say('never', ' seen');
    const second = ask(world, 'second');
    await running.closedByClient;
    const next = await world.agent.arrived(2);
    finish(next, 'the second answer');
    await answered(world, second);
    const [bubble, ...others] = bubbleOf(world, first);
    expect(others).toEqual([]);
    expect(bubble).toMatchObject({ stream: { state: 'finished' } });
    expect(wordsIn(bubble?.text ?? '').length).toBeGreaterThan(0);
    expect(numbered(10).join('')).toContain(bubble?.text.trimEnd());
    const kinds = world.emulator.sends().map(({ msgId, stream }) => [msgId, stream?.state]);
    expect(kinds.slice(-2)).toEqual([
      [first, 10],
      [second, undefined],
    ]);
    expect(world.emulator.refusals()).toEqual([]);
  });

  it('that may not show a link is closed; what follows is a message with the link mended', async () => {
    const world = await worldWith(settings);
    const asked = ask(world, 'question');
    const exchange = await world.agent.arrived();
    exchange.say(...numbered(10));
    await answered(world, asked);
    finish(exchange, 'see https://example.com/docs for more.');
    await world.emulator.waitFor(() => sentTo(world, asked).some(({ kind }) => kind === 'text'));
    const [bubble, message, ...others] = bubbleOf(world, asked);
    expect(others).toEqual([]);
    expect(bubble).toMatchObject({ stream: { state: 'finished' } });
    expect(message?.text).toContain('https：//example．com/docs for more.');
    expect(wordsIn(`${bubble?.text} ${message?.text}`)).toEqual(wordsIn(numbered(10).join('')));
  });
});

describe('what the platform refuses', () => {
  it('markdown without the right: plain text once, and plain from then on', async () => {
    const world = await worldWith({ markdown: true, streamMode: 'final' });
    world.emulator.rights().markdown.c2c = false;
    for (const [index, text] of ['**one**', '**two**'].entries()) {
      const asked = ask(world, `question ${index}`);
      finish(await world.agent.arrived(index + 1), text);
      expect(await answered(world, asked)).toMatchObject([{ kind: 'text', text }]);
    }
    expect(world.emulator.refusals().map(({ code }) => code)).toEqual([40034012]);
    const inGroup = ask(world, 'question', 'group');
    finish(await world.agent.arrived(3), '**three**');
    expect(await answered(world, inGroup)).toMatchObject([{ kind: 'markdown', text: '**three**' }]);
  });

  it('a link: mended once, under the same number', async () => {
    const world = await worldWith({ streamMode: 'final' });
    const asked = ask(world, 'where?');
    finish(await world.agent.arrived(), 'At https://example.com/docs, in readme.md, since 3.14.');
    const [sent] = await answered(world, asked);
    expect(sent?.text).toBe('At https：//example．com/docs, in readme．md, since 3.14.');
    const [refused, ...others] = world.emulator.refusals();
    expect(others).toEqual([]);
    expect(refused).toMatchObject({ code: 40054010, body: { msg_seq: sent?.msgSeq } });
  });
});

describe('an answer longer than all replies', () => {
  it('goes on as an active message in private', async () => {
    const world = await worldWith({ streamMode: 'final', maxReplyChars: 200_000 });
    const asked = ask(world, 'everything');
    const words = numbered(11_000);
    finish(await world.agent.arrived(), words.join(''));
    await world.emulator.waitFor(() => sentTo(world).length > 0);
    expect(sentTo(world)).toMatchObject([{ active: true, scene: 'c2c' }]);
    const sends = [...sentTo(world, asked), ...sentTo(world)];
    expect(sentTo(world, asked)).toHaveLength(4);
    expect(wordsIn(texts(sends).join(' '))).toEqual(wordsIn(words.join('')));
    expect(world.emulator.refusals()).toEqual([]);
  });

  it('waits in a group for the next message, and comes before its answer', async () => {
    const world = await worldWith({ streamMode: 'final', maxReplyChars: 200_000 });
    const asked = ask(world, 'everything', 'group');
    const words = numbered(14_000);
    finish(await world.agent.arrived(), words.join(''));
    await answered(world, asked, 5);
    const next = ask(world, 'and?', 'group');
    const exchange = await world.agent.arrived(2);
    const [rest] = await answered(world, next);
    finish(exchange, 'that was all');
    await answered(world, next, 2);
    expect(wordsIn([...texts(sentTo(world, asked)), rest?.text].join(' '))).toEqual(wordsIn(words.join('')));
    expect(texts(sentTo(world, next)).at(-1)).toBe('that was all');
    expect(sentTo(world)).toEqual([]);
    expect(world.emulator.refusals()).toEqual([]);
  });
});

describe('/stop', () => {
  it('in private: ends the turn and says so', async () => {
    const world = await worldWith({ streamMode: 'final' });
    ask(world, 'first');
    const running = await world.agent.arrived();
    running.say('never seen');
    const stop = ask(world, '/stop');
    await running.closedByClient;
    await answered(world, stop);
    expect(texts(world.emulator.sends())).toEqual(['已停止。']);
    expect(world.agent.exchanges).toHaveLength(1);
  });

  it('in a group: ends the turn, and nothing is said', async () => {
    const world = await worldWith({ streamMode: 'final' });
    ask(world, 'first', 'group');
    const running = await world.agent.arrived();
    running.say('never seen');
    ask(world, '/stop', 'group');
    await running.closedByClient;
    const next = ask(world, 'next', 'group');
    finish(await world.agent.arrived(2), 'the next answer');
    await answered(world, next);
    expect(texts(world.emulator.sends())).toEqual(['the next answer']);
  });
});

describe('a message during a turn', () => {
  /** A turn under way, and two messages that came meanwhile. */
  const busyWorld = async (channel: Readonly<Record<string, unknown>>) => {
    const world = await worldWith({ streamMode: 'final', ...channel });
    const first = ask(world, 'first');
    const running = await world.agent.arrived();
    const [second, third] = [ask(world, 'second'), ask(world, 'third')];
    await takenIn(world);
    return { world, running, first, second, third };
  };

  it('collect: the turn runs to its end, then all of them are answered as one', async () => {
    const { world, running, first, third } = await busyWorld({ busy: 'collect' });
    finish(running, 'the first answer');
    await answered(world, first);
    const next = await world.agent.arrived(3);
    expect(question(next)).toBe('second\nthird');
    finish(next, 'both answers');
    expect(texts(await answered(world, third))).toEqual(['both answers']);
    expect(texts(world.emulator.sends())).toEqual(['the first answer', 'both answers']);
  });

  it('enqueue: one after the other', async () => {
    const { world, running, second, third } = await busyWorld({ busy: 'enqueue' });
    finish(running, 'the first answer');
    for (const [index, messageId] of [second, third].entries()) {
      const next = await world.agent.arrived(3 + index);
      expect(question(next)).toBe(['second', 'third'][index]);
      finish(next, `answer ${index + 2}`);
      await answered(world, messageId);
    }
    expect(texts(world.emulator.sends())).toEqual(['the first answer', 'answer 2', 'answer 3']);
  });

  it('reject: said once where the notice is on, and the answer goes on', async () => {
    const { world, running, first, second } = await busyWorld({ busy: 'reject', notices: { rejected: true } });
    expect(texts(await answered(world, second))).toEqual(['上一条还没处理完，请稍后再发。']);
    finish(running, 'the first answer');
    expect(texts(await answered(world, first))).toEqual(['the first answer']);
    expect(world.emulator.sends()).toHaveLength(2);
    expect(world.agent.exchanges.map(question)).toEqual(['first', 'marker']);
  });
});

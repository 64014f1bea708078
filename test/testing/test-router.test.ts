import { afterEach, describe, expect, it } from 'vitest';
import { type Finding, TestAgent, type TestAgentOptions, TestRouter } from '../../src/testing/index.js';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const begin = async (options: TestAgentOptions = {}, token?: string) => {
  const router = await TestRouter.start(token === undefined ? {} : { token });
  closing.push(() => router.close());
  const agent = await TestAgent.connect(router.url, options);
  closing.push(() => agent.hangUp());
  await router.attached();
  return { router, agent };
};

describe('a turn that a test offers to its agent', () => {
  it('is answered, and closed with what was said', async () => {
    const { router, agent } = await begin();
    const turn = router.ask('hello', 'alice');
    const start = await agent.answer('Hello, Alice.');
    expect(start).toMatchObject({ inputs: [{ text: 'hello', sender: { id: 'alice' } }] });
    expect(await turn.closed).toMatchObject({ status: 'completed', delivered: 'Hello, Alice.' });
    expect(await agent.next('turn.closed')).toMatchObject({ turn: start.turn, status: 'completed' });
  });

  it('is heard word by word, and what is said after a cancel is refused', async () => {
    const { router, agent } = await begin();
    const turn = router.ask('count');
    const { turn: wire } = await agent.next('turn.start');
    agent.delta(wire, 'one ');
    await turn.spoke();
    expect(turn.said).toBe('one ');
    turn.cancel();
    await agent.next('turn.cancel');
    agent.delta(wire, 'two');
    expect(await agent.next('error')).toMatchObject({ code: 'stale_turn' });
    agent.say({ t: 'turn.cancelled', turn: wire });
    expect(await turn.closed).toMatchObject({ status: 'cancelled', delivered: 'one ' });
  });

  it('is killed where the agent does not stop, and failed where it says so', async () => {
    const { router, agent } = await begin();
    const rude = router.ask('count');
    agent.delta((await agent.next('turn.start')).turn, 'one');
    await rude.spoke();
    rude.cancel();
    const failing = router.ask('and this?', 'bob');
    const { turn } = await agent.next('turn.start');
    agent.say({ t: 'turn.fail', turn, code: 'model.down', message: 'no model', retryable: true });
    expect(await failing.closed).toMatchObject({ status: 'failed' });
    expect(failing.failure).toBe('model.down: no model');
    expect(await rude.closed).toMatchObject({ status: 'killed' });
  });

  it('may be steered', async () => {
    const { router, agent } = await begin();
    const turn = router.ask('one');
    const { turn: wire } = await agent.next('turn.start');
    agent.accept(wire);
    const taken = turn.steer('and this');
    const { input } = await agent.next('turn.input');
    expect(input.text).toBe('and this');
    agent.say({ t: 'turn.input.ok', turn: wire, input: input.id, accepted: true });
    expect(await taken).toBe(true);
    agent.end(wire, 'silent');
    expect(await turn.closed).toMatchObject({ status: 'completed', delivered: '' });
  });
});

describe('a router of a test', () => {
  it('asks for the token where it has one', async () => {
    const { router } = await begin({ token: 'a-token' }, 'a-token');
    await expect(TestAgent.connect(router.url, { token: 'another' })).rejects.toThrow('401');
  });

  it('waits for an agent, but not for ever', async () => {
    const router = await TestRouter.start({ waitMs: 50 });
    closing.push(() => router.close());
    await expect(router.attached()).rejects.toMatchObject({ code: 'agent.detached' });
  });

  it('tries each promise by itself', async () => {
    const { router, agent } = await begin({ isPolite: false });
    void agent.answer('Hello.');
    const findings: Finding[] = [];
    for await (const finding of router.check()) {
      findings.push(finding);
      if (finding.promise === 'acknowledges') break;
    }
    expect(findings.map(({ promise, holds }) => [promise, holds])).toEqual([
      ['attaches', 'yes'],
      ['accepts', 'yes'],
      ['answers', 'yes'],
      ['numbers', 'yes'],
      ['acknowledges', 'no'],
    ]);
  });
});

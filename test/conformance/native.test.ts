import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/adapters/clock/system-clock.js';
import { MemoryStore } from '../../src/adapters/store/memory-store.js';
import { NativeCheck } from '../../src/conformance/native.js';
import type { Finding } from '../../src/conformance/promises.js';
import { createLogger } from '../../src/log/logger.js';
import type { Clock } from '../../src/ports/clock.js';
import { startAgentServer } from '../../src/server/server.js';
import type { RouterFrame, RouterFrames } from '../../src/sidecar/frames/to-agent.js';
import { TestAgent, type TestAgentOptions } from '../../src/testing/test-agent.js';

const { log } = createLogger({ level: 'silent', destination: null });
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** Ten times as fast as the world: a heartbeat comes every second and a half. */
const HASTE = 10;
const HASTY: Clock = {
  now: () => systemClock.now() * HASTE,
  setTimeout: (run, delayMs) => systemClock.setTimeout(run, delayMs / HASTE),
  clearTimeout: (handle) => systemClock.clearTimeout(handle),
};

type Sin = 'none' | 'deaf' | 'gappy' | 'mute' | 'chatty' | 'gone' | 'fragile' | 'one at a time' | 'unsteerable';

/** An agent that says words one by one, and has a fault. */
class Faulty {
  readonly #url: string;
  readonly #sin: Sin;
  #isGone = false;
  readonly #cancelled = new Set<string>();
  #busy: Promise<void> = Promise.resolve();

  constructor(url: string, sin: Sin) {
    this.#url = url;
    this.#sin = sin;
  }

  async run(): Promise<void> {
    const options: TestAgentOptions = {
      isPolite: this.#sin !== 'mute',
      hello: { caps: { steer: true, history: 'router' }, turns: 4 },
    };
    const agent = await TestAgent.connect(this.#url, options);
    const { hear, closed } = agent;
    agent.hear = (text) => {
      const frame = JSON.parse(text) as RouterFrame | { t: 'a.later.version' };
      if (frame.t === 'a.later.version' && this.#sin === 'fragile') {
        this.#isGone = true;
        agent.hangUp();
      }
      hear.call(agent, text);
      if (frame.t === 'turn.start') this.#take(agent, frame);
      if (frame.t === 'turn.input' && this.#sin !== 'unsteerable')
        agent.say({ t: 'turn.input.ok', turn: frame.turn, input: frame.input.id, accepted: false });
      if (frame.t === 'turn.cancel' && this.#sin !== 'deaf') {
        if (this.#sin !== 'chatty') this.#cancelled.add(frame.turn);
        agent.say({ t: 'turn.cancelled', turn: frame.turn });
      }
    };
    // One may have come with the hello's answer.
    for (const start of agent.all('turn.start')) this.#take(agent, start);
    agent.closed = (code) => {
      closed.call(agent, code);
      if (!this.#isGone && this.#sin !== 'gone') void this.run().catch(() => undefined);
    };
    closing.unshift(async () => {
      this.#isGone = true;
      agent.hangUp();
    });
  }

  #take(agent: TestAgent, start: RouterFrames['turn.start']): void {
    const work = (): Promise<void> => this.#work(agent, start);
    if (this.#sin === 'one at a time') this.#busy = this.#busy.then(work);
    else void work();
  }

  async #work(agent: TestAgent, { turn, inputs }: RouterFrames['turn.start']): Promise<void> {
    agent.accept(turn);
    for (const word of (inputs[0]?.text ?? '').split(' ')) {
      await new Promise((resolve) => setTimeout(resolve, 8));
      if (this.#cancelled.has(turn) || agent.closeCode !== null) return;
      if (this.#sin === 'gappy') agent.delta(turn, 'lost').toFixed();
      if (this.#sin === 'gappy') agent.say({ t: 'turn.delta', turn, n: 900, text: word });
      else agent.delta(turn, `${word} `);
    }
    agent.end(turn);
  }
}

const findingsFor = async (sin: Sin): Promise<Map<string, Finding>> => {
  const check = new NativeCheck({
    clock: HASTY,
    log,
    store: new MemoryStore(HASTY),
    name: (length) =>
      Math.random()
        .toString(36)
        .slice(2, 2 + Math.min(length, 9)),
    waitMs: 50_000,
  });
  await check.open();
  const server = await startAgentServer({
    agents: check.desk,
    settings: { host: '127.0.0.1', port: 0 },
    log,
    version: '1',
  });
  closing.push(
    () => check.close(),
    () => server.close(),
  );
  const findings = new Map<string, Finding>();
  const faulty = new Faulty(server.url, sin);
  void faulty.run();
  for await (const finding of check.check()) findings.set(finding.promise, finding);
  return findings;
};

const broken = (findings: ReadonlyMap<string, Finding>): string[] =>
  [...findings.values()].filter(({ holds }) => holds === 'no').map(({ promise }) => promise);

describe('a router’s part, played to an agent', () => {
  it('finds nothing wrong with one that keeps every promise', async () => {
    const findings = await findingsFor('none');
    expect([...findings.values()].filter(({ holds }) => holds !== 'yes')).toEqual([]);
    expect(findings.size).toBe(13);
  }, 60_000);

  it.each([
    ['deaf', ['stops', 'stays silent']],
    ['gappy', ['numbers']],
    ['mute', ['acknowledges', 'pongs']],
    ['chatty', ['stays silent']],
    ['gone', ['comes back']],
    ['fragile', ['tolerates']],
    ['one at a time', ['works at once']],
    ['unsteerable', ['steers']],
  ] as const)(
    'names what is broken of one that is %s',
    async (sin, promises) => {
      expect(broken(await findingsFor(sin))).toEqual(expect.arrayContaining([...promises]));
    },
    120_000,
  );
});

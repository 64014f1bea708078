import { afterEach, describe, expect, it } from 'vitest';
import { type AgUiExchange, AgUiServer } from '../support/ag-ui-server.js';
import type { Exchange } from '../support/agent-server.js';
import { type DifyExchange, DifyServer } from '../support/dify-server.js';
import { type LangGraphExchange, LangGraphServer } from '../support/langgraph-server.js';
import { conformanceTyped, type Verdict } from './typed.js';

/* A router's part, played to agents of each kind over real HTTP, by the command as somebody types it. */

const ALL = ['attaches', 'answers', 'works at once', 'stops', 'goes on'];
const KEY = 'app-canary-key';

/** One run of an agent, whatever its wire. */
type Run = {
  readonly exchange: Exchange;
  readonly say: (text: string) => void;
  readonly end: () => void;
  /** Resolves once it has been told to stop, by every means that its wire has. */
  readonly told: Promise<unknown>;
};
type Behaviour = (run: Run) => void;
type Played = { readonly stop: () => Promise<void>; readonly type: () => Promise<Verdict> };

const agUi = async (behave: Behaviour): Promise<Played> => {
  const server = await AgUiServer.start();
  const { url } = server;
  server.script = (exchange: AgUiExchange) => {
    exchange.tell('RUN_STARTED');
    const say = (text: string): void => exchange.say(text);
    behave({ exchange, say, end: () => exchange.close(), told: exchange.closedByClient });
  };
  return { stop: () => server.stop(), type: () => conformanceTyped([url, '--driver', 'ag-ui']) };
};

const langgraph = async (behave: Behaviour): Promise<Played> => {
  const server = await LangGraphServer.start();
  const url = server.baseUrl;
  server.script = (exchange: LangGraphExchange) =>
    behave({ exchange, say: (text) => exchange.say(text), end: () => exchange.close(), told: exchange.stopped });
  return {
    stop: () => server.stop(),
    type: () => conformanceTyped([url, '--driver', 'langgraph', '--model', 'agent']),
  };
};

const dify = async (behave: Behaviour): Promise<Played> => {
  const server = await DifyServer.start();
  const url = server.baseUrl;
  server.script = (exchange: DifyExchange) => {
    const told = Promise.all([exchange.stopped, exchange.closedByClient]);
    behave({ exchange, say: (text) => exchange.say(text), end: () => exchange.close(), told });
  };
  return { stop: () => server.stop(), type: () => conformanceTyped([url, '--driver', 'dify'], { DIFY_API_KEY: KEY }) };
};

const AGENTS = { 'ag-ui': agUi, langgraph, dify };

const asks = ({ exchange }: Run, words: string): boolean => exchange.raw.includes(words);

/** Counts until it is told to stop, where that is asked for; says anything else at once. */
const counts: Behaviour = (run) => {
  run.say('1');
  if (!asks(run, 'Count')) {
    run.end();
    return;
  }
  const timer = setInterval(() => run.say(' and one more'), 5);
  void run.told.then(() => clearInterval(timer));
};

const breaksOff: Behaviour = ({ exchange }) => exchange.reset();
/** One answer is what it has in it, whatever comes after is an end in the midst of things. */
const isSpent: Behaviour = (run) => (asks(run, 'and now') ? breaksOff(run) : counts(run));

let playing: Played | undefined;
afterEach(async () => {
  await playing?.stop();
  playing = undefined;
});

describe.each(Object.entries(AGENTS))('`rookery conformance http://… --driver %s`', (_, play) => {
  it('finds nothing wrong with one that keeps its promises, and every count has been told to stop', async () => {
    const told: unknown[] = [];
    playing = await play((run) => {
      if (asks(run, 'Count')) void run.told.then(() => told.push(run));
      counts(run);
    });
    const { code, holding, broken, out } = await playing.type();
    expect({ code, holding, broken }).toEqual({ code: 0, holding: ALL, broken: [] });
    expect(out).not.toContain(KEY);
    await expect.poll(() => told.length).toBe(2);
  });

  it('cannot try a cancel on one that is always done at once', async () => {
    playing = await play((run) => {
      run.say('well');
      run.end();
    });
    const { code, untried, broken } = await playing.type();
    expect({ code, untried, broken }).toEqual({ code: 0, untried: ['stops'], broken: [] });
  });

  it.each<[string, Behaviour, readonly string[]]>([
    ['breaks off', breaksOff, ['answers', 'goes on']],
    ['does not recover from a cancel', isSpent, ['goes on']],
  ])('names what is broken of one that %s', async (_kind, behave, expected) => {
    playing = await play(behave);
    const { code, broken } = await playing.type();
    expect(code).toBe(1);
    expect(broken).toEqual(expect.arrayContaining([...expected]));
    expect(broken).not.toContain('attaches');
  });

  it('names one that is not there', async () => {
    playing = await play(counts);
    await playing.stop();
    const { code, broken } = await playing.type();
    playing = undefined;
    expect({ code, isBroken: broken.length > 0 }).toEqual({ code: 1, isBroken: true });
  });
});

describe('what a driver promises of its own', () => {
  it('a cancel of LangGraph’s that ends no run is a broken promise', async () => {
    const server = await LangGraphServer.start();
    server.script = (exchange) => {
      exchange.say('1');
      if (!exchange.raw.includes('Count')) exchange.close();
    };
    // The cancel is heard, and never answered: nobody knows whether the run has stopped.
    server.onCancel = () => undefined;
    const type = () => conformanceTyped([server.baseUrl, '--driver', 'langgraph']);
    playing = { stop: () => server.stop(), type };
    const { code, broken } = await type();
    expect({ code, broken }).toEqual({ code: 1, broken: ['stops'] });
  });

  it('Dify is asked for nothing without its key, and told so', async () => {
    const { code, err } = await conformanceTyped(['http://127.0.0.1:9', '--driver', 'dify']);
    expect(code).toBe(2);
    expect(err).toContain('DIFY_API_KEY');
  });
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { resolveRouterOptions, secretsOf } from '../../src/config/resolve.js';
import type { WrittenConfig } from '../../src/config/schema.js';
import { recordingOf } from '../../src/console/model/recording.js';
import { emptyTimeline, extended } from '../../src/console/model/timeline.js';
import type { FactFrame, Frame, StepFrame } from '../../src/debug/inspect-frames.js';
import { createLogger } from '../../src/log/logger.js';
import { createScrubber } from '../../src/log/scrubber.js';
import { startServer } from '../../src/server/server.js';
import { textsOfConfig } from '../support/config-texts.js';
import { conversationKey, InspectedRouter } from '../support/inspected-router.js';
import { WIRE_AGENTS, type WireAgent, type WrittenAgent } from '../support/wire-agents.js';

// Real agents at the other end of real wires, and processes among them.
vi.setConfig({ testTimeout: 60_000 });

/**
 * `secret`: nobody who looks on may read it. `named`: it is one where its name says so (`apiKey`, `x-auth-token`).
 * `open`: an address, a name, a word for the agent. A new place for text fails the first test until it stands here.
 */
const PLACES: Readonly<Record<string, 'secret' | 'named' | 'open'>> = {
  $schema: 'open',
  'agent(acp).args[]': 'named',
  'agent(acp).command': 'open',
  'agent(acp).cwd': 'open',
  'agent(acp).env.*': 'named',
  'agent(ag-ui).apiKey': 'secret',
  'agent(ag-ui).forwardedProps.*': 'named',
  'agent(ag-ui).headers.*': 'named',
  'agent(ag-ui).state.*': 'named',
  'agent(ag-ui).threadId': 'open',
  'agent(ag-ui).url': 'named',
  'agent(dify).apiKey': 'secret',
  'agent(dify).baseUrl': 'named',
  'agent(dify).headers.*': 'named',
  'agent(dify).inputs.*': 'named',
  'agent(dify).user': 'open',
  'agent(langgraph).apiKey': 'secret',
  'agent(langgraph).assistantId': 'open',
  'agent(langgraph).baseUrl': 'named',
  'agent(langgraph).config.*': 'named',
  'agent(langgraph).headers.*': 'named',
  'agent(langgraph).input.*': 'named',
  'agent(langgraph).nodes[]': 'open',
  'agent(module).path': 'open',
  'agent(openai).apiKey': 'secret',
  'agent(openai).baseUrl': 'named',
  'agent(openai).body.*': 'named',
  'agent(openai).headers.*': 'named',
  'agent(openai).model': 'open',
  'agent(openai).sessionField': 'open',
  'agent(openai).sessionHeader': 'open',
  'agent(openai).sessionKey': 'open',
  'agent(openai).system': 'open',
  'agent(webhook).apiKey': 'secret',
  'agent(webhook).headers.*': 'named',
  'agent(webhook).secret': 'secret',
  'agent(webhook).url': 'named',
  'channels.*.admins[]': 'open',
  'channels.*.allowedGroups[]': 'open',
  'channels.*.allowedUsers[]': 'open',
  'channels.*.appId': 'open',
  'channels.*.appSecret': 'secret',
  'channels.*.endpoints.api': 'open',
  'channels.*.endpoints.token': 'open',
  'channels.*.scenes.*.admins[]': 'open',
  'channels.*.scenes.*.allowedGroups[]': 'open',
  'channels.*.scenes.*.allowedUsers[]': 'open',
  'channels.*.webhook.url': 'open',
  'media.path': 'open',
  'server.host': 'open',
  'server.token': 'secret',
  'store.path': 'open',
};

it('every place of the configuration where text may stand is judged', () => {
  expect(textsOfConfig()).toEqual(Object.keys(PLACES).sort());
});

const canaryOf = (place: string): string => `canary+${place.replaceAll(/\W+/g, '-')}/of=it`;

/** How a secret stands in a place whose name must say so; by the setting's name. */
const NAMED: Readonly<Record<string, (canary: string, given: unknown) => unknown>> = {
  args: (canary, given) => [...((given as string[] | undefined) ?? []), `--api-key=${canary}`],
  env: (canary, given) => ({ ...(given as object), AGENT_TOKEN: canary }),
  headers: (canary) => ({ Authorization: `Bearer ${canary}` }),
  url: (canary, given) => `${given}?access_token=${encodeURIComponent(canary)}`,
  // With a path of its own behind it, a query would stand in the midst.
  baseUrl: (canary, given) => String(given).replace('://', `://operator:${encodeURIComponent(canary)}@`),
};
const inDepth = (canary: string): unknown => ({ upstream: [{ apiKey: canary }] });

type Hidden = { readonly agent: WrittenAgent; readonly canaries: readonly string[] };

/** The agent with a canary in each place of it that holds a secret. */
const withCanaries = (given: WrittenAgent): Hidden => {
  const agent: Record<string, unknown> = { ...given };
  const canaries: string[] = [];
  for (const [place, kind] of Object.entries(PLACES)) {
    const key = new RegExp(`^agent\\(${given.driver}\\)\\.(\\w+)`).exec(place)?.[1];
    if (key === undefined || kind === 'open') continue;
    const canary = canaryOf(place);
    canaries.push(canary);
    agent[key] = kind === 'secret' ? canary : (NAMED[key] ?? inDepth)(canary, agent[key]);
  }
  return { agent: agent as WrittenAgent, canaries };
};

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

/** A router whose every secret is a canary, and all that is told of it to whoever looks on. */
class Watched {
  readonly told: string[] = [];

  private constructor(
    readonly rig: InspectedRouter,
    readonly canaries: readonly string[],
  ) {}

  static async start({ agent, canaries: own }: Hidden, inspect: 'states' | 'texts'): Promise<Watched> {
    const appSecret = canaryOf('channels.*.appSecret');
    const token = canaryOf('server.token');
    const config: Omit<WrittenConfig, 'channels'> = { agent, server: { port: 0, token, inspect } };
    const scrubber = createScrubber();
    const channel = { appSecret, scenes: { c2c: { streamMode: 'native' } }, debounce: { quietMs: 20 } } as const;
    const resolved = resolveRouterOptions({ ...config, channels: { qq: { appId: 'any', ...channel } } });
    for (const secret of secretsOf(resolved)) scrubber.register(secret);
    const rig = await InspectedRouter.start({ config, channel, texts: inspect === 'texts', scrub: scrubber.scrub });
    endings.push(() => rig.stop());
    const made = new Watched(rig, [...own, appSecret, token]);
    await made.#look(resolved.server, token);
    return made;
  }

  /** The feed's own frames, both ways over the wire, and in the words of Stately's inspector. */
  async #look(settings: Parameters<typeof startServer>[0]['settings'], token: string): Promise<void> {
    const { router, inspection } = this.rig;
    const { log } = createLogger({ level: 'silent', destination: null });
    const server = await startServer({ router, agents: router.agents, settings, log, version: '1', inspection });
    endings.push(() => server.close());
    const headers = { authorization: `Bearer ${token}` };
    for (const query of ['', '?actor=*', '?actor=gateway/qq', '?actor=*&format=stately']) {
      const { body } = await fetch(`${server.url}/v1/inspect${query}`, { headers });
      void this.#hear(body);
      const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v1/inspect${query}`, { headers });
      socket.on('message', (data) => this.told.push(String(data)));
      await new Promise((resolve) => socket.once('open', resolve));
      endings.push(() => socket.terminate());
    }
  }

  async #hear(body: ReadableStream<Uint8Array> | null): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const chunk of body ?? []) this.told.push(decoder.decode(chunk, { stream: true }));
    } catch {
      // The server was closed.
    }
  }

  /** Lets virtual and real time pass side by side until it is so. */
  async until<T>(isSo: () => T | undefined | false): Promise<T> {
    const untilMs = Date.now() + 20_000;
    for (;;) {
      const found = isSo();
      if (found) return found;
      if (Date.now() > untilMs) throw new Error(`in vain for ${isSo}; turns were ${this.closed('ANN')}`);
      await this.rig.clock.advance(20);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  async meanwhile<T>(coming: Promise<T>): Promise<T> {
    let come: { readonly value: T } | undefined;
    void coming.then((value) => {
      come = { value };
    });
    return (await this.until(() => come)).value;
  }

  say(from: string): void {
    this.rig.platform.sendC2c({ from, text: `My secrets are ${this.canaries.join(' and ')}.`, username: 'Ann' });
  }

  /** How turns of the user ended, as the recorder has it. */
  closed(from: string): readonly string[] {
    const track = this.rig.inspection.recorder.get(conversationKey(from));
    const entries = track ? Array.from({ length: track.size }, (_, at) => track.at(track.first + at)) : [];
    return entries.flatMap((entry) =>
      entry?.kind === 'fact' && entry.fact.type === 'turn.closed' ? [entry.fact.receipt.status] : [],
    );
  }

  /** All that was told, and what the console would write into a file. */
  async everything(): Promise<string> {
    const { inspection } = this.rig;
    await this.until(() => this.told.join('').includes('"turn.closed"'));
    const actors = [...inspection.recorder.tracks()].map(({ key }) => key);
    const listener = this.rig.listen(actors);
    await this.rig.clock.advance(2_000);
    const timelines = actors.map((key) => extended(emptyTimeline(key), listener.frames));
    const recording = recordingOf(timelines, { version: '1', texts: true, nowMs: 0 });
    expect(recording.actors.map(({ actor }) => actor.actor).sort()).toEqual([...actors].sort());
    return [...this.told, JSON.stringify(listener.frames), JSON.stringify(recording)].join('\n');
  }

  async expectNoSecret(): Promise<void> {
    const all = await this.everything();
    for (const canary of this.canaries) {
      // As it is, as JSON has it, as an address has it; and no part of it that would do.
      for (const form of [canary, canary.slice(0, -6), encodeURIComponent(canary)]) {
        expect(all.includes(form), `whoever looks on reads ${form}`).toBe(false);
      }
    }
    expect(all.includes('[secret]')).toBe(this.rig.inspection.views.texts);
  }
}

const MODES = ['states', 'texts'] as const;

describe.each(MODES)('no secret of the configuration is told to whoever looks on, inspect "%s"', (inspect) => {
  const wired = Object.entries(WIRE_AGENTS).filter(([name]) => name !== 'acp, rude');

  it.each(wired)('an agent by %s knows them all, and says them', async (_, make) => {
    const wire: WireAgent = await make();
    endings.push(() => wire.close());
    const hidden = withCanaries(wire.settings);
    const watched = await Watched.start(hidden, inspect);
    const words = `I know ${watched.canaries.join(', ')}. `;

    watched.say('ANN');
    const first = await watched.meanwhile(wire.next());
    for (const canary of hidden.canaries.filter((one) => /body|inputs|state|forwardedProps|-input-/.test(one))) {
      expect(first.asked).toContain(canary);
    }
    first.say(words);
    first.end();
    await watched.until(() => watched.closed('ANN').includes('completed'));

    watched.say('ANN');
    const second = await watched.meanwhile(wire.next());
    second.say(words.repeat(3));
    const spoken = () => watched.rig.platform.transcript({ scene: 'c2c', id: 'ANN' }).filter(({ by }) => by === 'bot');
    await watched.until(() => spoken().length > 1);
    watched.say('ANN');
    await watched.until(() => watched.closed('ANN').includes('cancelled'));

    const third = await watched.meanwhile(wire.next());
    third.say(words);
    third.die();
    await watched.until(() => watched.closed('ANN').includes('failed'));
    await watched.expectNoSecret();
  });

  it.each(['echo', 'demo', 'module', 'native'] as const)('a user says them to the driver %s', async (driver) => {
    const dir = await mkdtemp(join(tmpdir(), 'rookery-canaries-'));
    endings.push(() => rm(dir, { recursive: true }));
    const path = join(dir, 'agent.mjs');
    await writeFile(path, 'export default (turn) => turn.reply(turn.text);\n');
    const agent = driver === 'module' ? { driver, path } : driver === 'native' ? { driver, waitMs: 500 } : { driver };
    const watched = await Watched.start(withCanaries(agent), inspect);
    watched.say('ANN');
    await watched.until(() => watched.closed('ANN')[0]);
    await watched.expectNoSecret();
  });
});

describe('a secret that an agent says bit by bit', () => {
  /** One that a bubble may be cut in: words are not. */
  const SECRET = 'Xylo. Quib? Vexo! Jump. Wazz? Frob. 7f3a';
  const text = `It is this: ${SECRET}. And no more.`;

  const told = async (size: number): Promise<readonly (readonly Frame[])[]> => {
    const scrubber = createScrubber();
    scrubber.register(SECRET);
    const rig = await InspectedRouter.start({
      scrub: scrubber.scrub,
      channel: { streamMode: 'native' },
      handler: async (turn, pause) => {
        await turn.reply(
          (async function* () {
            for (let at = 0; at < text.length; at += size) {
              await pause(900);
              yield text.slice(at, at + size);
            }
          })(),
        );
      },
    });
    endings.push(() => rig.stop());
    const live = rig.listen('*', false);
    rig.platform.sendC2c({ from: 'ANN', text: 'What is it?' });
    await rig.clock.advance(text.length * 1_000);
    const back = rig.listen([conversationKey('ANN')]);
    await rig.clock.advance(100);
    return [live.frames, back.frames];
  };

  it.each([1, 2, 3])('%i characters at a time, is in no frame and not in all of them together', async (size) => {
    const parts = Array.from({ length: SECRET.length - 4 }, (_, at) => SECRET.slice(at, at + 5));
    for (const frames of await told(size)) {
      const steps = frames.filter((frame): frame is StepFrame => frame.type === '@xstate.snapshot');
      const facts = frames.filter((frame): frame is FactFrame => frame.type === 'rookery.fact');
      const pieces = steps.flatMap(({ event }) => (event.type === 'reply.piece' ? [String(event['text'])] : []));
      const outcomes = [...facts.map(({ fact }) => fact), ...steps.map(({ event }) => event)].flatMap((one) =>
        'outcome' in one ? [{ of: one.type, ...(one['outcome'] as { said?: string; piece: { text?: string } }) }] : [],
      );
      const rows = [
        pieces,
        ...['piece', 'piece.settled'].flatMap((type) => {
          const row = outcomes.filter(({ of }) => of === type);
          return [row.map(({ said }) => said ?? ''), row.map(({ piece }) => piece.text ?? '')];
        }),
      ];
      // It was in several pieces, or this would show nothing.
      expect(pieces).toContain('');
      for (const row of rows) expect(row.join('')).toContain('[secret]');
      const wholes = steps.map(({ snapshot }) => JSON.stringify(snapshot));
      const closings = facts.map(({ fact }) => JSON.stringify(fact));
      for (const one of [...rows.map((row) => row.join('')), ...wholes, ...closings]) {
        expect(parts.filter((part) => one.includes(part))).toEqual([]);
      }
    }
  });
});

import Ajv2020 from 'ajv/dist/2020.js';
import { afterEach, describe, expect, it } from 'vitest';
import { MemoryStore } from '../../src/adapters/store/memory-store.js';
import type { ChannelStatus, RouterEvent } from '../../src/app/events.js';
import { routerFrom } from '../../src/app/router.js';
import { resolveRouterOptions } from '../../src/config/resolve.js';
import { createPlatform, DEFAULT_APP_ID, DEFAULT_APP_SECRET } from '../../src/emulator/index.js';
import { createLogger } from '../../src/log/logger.js';
import type { TurnHandler } from '../../src/ports/turn-handler.js';
import { createMetrics } from '../../src/server/metrics.js';
import { type RunningServer, startServer } from '../../src/server/server.js';
import { InMemoryNet } from '../../src/testing/in-memory-net.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';

/** A whole router before the emulator's platform on virtual time, and its server on a real port. */
const USER = 'U1';
const ID = `qq:${DEFAULT_APP_ID}:c2c:${USER}`;

type Answer = { readonly status: number; readonly body: Record<string, unknown>; readonly text: string };

let running: RunningServer | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

const begin = async (handler: TurnHandler) => {
  const clock = new VirtualClock();
  const platform = createPlatform({ clock });
  const net = new InMemoryNet(clock, platform);
  const router = routerFrom(
    resolveRouterOptions({
      channels: { qq: { appId: DEFAULT_APP_ID, appSecret: DEFAULT_APP_SECRET, streamMode: 'final' } },
    }),
    { clock, http: net, sockets: net, store: new MemoryStore(clock), random: () => 0.5 },
  );
  router.onTurn(handler);
  const { log } = createLogger({ level: 'silent', destination: null });
  const server = await startServer({
    router,
    log,
    version: '1.2.3',
    settings: { host: '127.0.0.1', port: 0 },
    now: () => clock.now(),
  });
  running = server;
  const starting = router.start();
  await clock.advance(10_000);
  await starting;
  const ask = async (method: string, path: string, body?: unknown): Promise<Answer> => {
    const answer = await fetch(`${server.url}${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const text = await answer.text();
    const isJson = answer.headers.get('content-type')?.includes('json') ?? false;
    return { status: answer.status, text, body: isJson ? JSON.parse(text) : {} };
  };
  return {
    clock,
    platform,
    router,
    ask,
    say: (text: string) => platform.sendC2c({ from: USER, text }).messageId,
    one: `/v1/conversations/${encodeURIComponent(ID)}`,
  };
};

/** An agent that answers when it is told to, and says when it was cancelled. */
const held = () => {
  const gate: { open: () => void } = { open: () => {} };
  const handler: TurnHandler = async (turn) => {
    const free = new Promise<void>((resolve) => {
      gate.open = resolve;
      turn.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await turn.reply('first part');
    await free;
    await turn.reply('second part');
  };
  return { gate, handler };
};

describe('conversations', () => {
  it('are listed with where their charts stand', async () => {
    const { ask, say, clock } = await begin((turn) => turn.reply('hello').then(() => undefined));
    say('hi');
    await clock.advance(2_000);
    expect((await ask('GET', '/v1/conversations')).body).toEqual({
      conversations: [
        {
          conversation: ID,
          channel: 'qq',
          scene: 'c2c',
          living: true,
          state: 'idle',
          epoch: 1,
          atMs: expect.any(Number),
          lastText: 'hello',
        },
      ],
      next: null,
      total: 1,
    });
    expect((await ask('GET', '/v1/conversations?scene=group')).body['conversations']).toEqual([]);
    expect((await ask('GET', '/v1/conversations?text=U1')).body['conversations']).toHaveLength(1);
  });

  it('say what is under way: the chart, the turn, the replies that are left', async () => {
    const { gate, handler } = held();
    const { ask, say, clock, one } = await begin(handler);
    const asked = say('hi');
    await clock.advance(3_000);
    const { body } = await ask('GET', one);
    expect(body).toMatchObject({
      conversation: ID,
      channel: 'qq',
      living: true,
      state: expect.stringMatching(/^answering/),
      turn: { turn: `${ID}:t1`, status: 'running', inputIds: [asked], delivered: 'first part', open: 0 },
      replies: [{ anchor: asked, used: 1, left: 3, leftMs: expect.any(Number) }],
      waiting: [],
      turns: [],
    });
    expect((await ask('GET', `/v1/turns/${encodeURIComponent(`${ID}:t1`)}`)).body).toMatchObject({ status: 'running' });
    gate.open();
    await clock.advance(3_000);
    expect((await ask('GET', one)).body).toMatchObject({
      state: 'idle',
      transcript: [
        { role: 'user', content: 'hi' },
        { role: 'assistant', content: expect.stringContaining('second part') },
      ],
      replies: [{ anchor: asked, used: 2, left: 2 }],
      turns: [{ turn: `${ID}:t1`, status: 'completed', inputIds: [asked] }],
    });
    expect((await ask('GET', `/v1/turns/${encodeURIComponent(`${ID}:t1`)}`)).body).toMatchObject({
      status: 'completed',
      certainty: 'exact',
    });
  });

  it('stop their turn, and nothing more of it is sent', async () => {
    const { handler } = held();
    const { ask, say, clock, one, platform } = await begin(handler);
    say('hi');
    await clock.advance(3_000);
    expect((await ask('POST', `${one}/stop`)).body).toEqual({ stopped: true });
    await clock.advance(3_000);
    expect(platform.sends().map(({ text }) => text)).toEqual(['first part']);
    expect((await ask('GET', one)).body).toMatchObject({
      turns: [{ status: 'cancelled', reason: 'operator_stop', delivered: 'first part' }],
    });
    expect((await ask('POST', `${one}/stop`)).body).toEqual({ stopped: false });
  });

  it('leave memory when they are told to, but not while they are busy', async () => {
    const { gate, handler } = held();
    const { ask, say, clock, one } = await begin(handler);
    say('hi');
    await clock.advance(3_000);
    expect((await ask('POST', `${one}/retire`)).body).toEqual({ retired: false });
    gate.open();
    await clock.advance(3_000);
    expect((await ask('POST', `${one}/retire`)).body).toEqual({ retired: true });
    expect((await ask('GET', one)).body).toMatchObject({ living: false, epoch: 1, transcript: [{}, {}] });
  });

  it('take a busy policy of their own, and give it back', async () => {
    const { ask, say, clock, one } = await begin((turn) => turn.reply('hello').then(() => undefined));
    say('hi');
    await clock.advance(2_000);
    expect(await ask('POST', `${one}/busy`, { busy: 'collect' })).toMatchObject({ status: 200, body: { done: true } });
    expect((await ask('GET', one)).body['busy']).toBe('collect');
    await ask('POST', `${one}/busy`, { busy: null });
    expect((await ask('GET', one)).body).not.toHaveProperty('busy');
  });

  it('refuse what is unknown or malformed, and name it', async () => {
    const { ask, one } = await begin(() => {});
    expect(await ask('GET', one)).toMatchObject({ status: 404, body: { error: { code: 'unknownConversation' } } });
    expect(await ask('GET', '/v1/turns/nothing')).toMatchObject({
      status: 404,
      body: { error: { code: 'unknownTurn' } },
    });
    expect(await ask('POST', '/v1/channels/other/reconnect')).toMatchObject({
      status: 404,
      body: { error: { code: 'unknownChannel' } },
    });
    expect(await ask('GET', '/v1/conversations?limit=0')).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid', message: expect.stringMatching(/querystring: \/limit/) } },
    });
    expect(await ask('GET', '/v1/conversations?limit=many')).toMatchObject({
      body: { error: { code: 'invalid', message: 'querystring: /limit: write a number' } },
    });
    expect(await ask('POST', '/v1/send', { conversation: 'qq:1:c2c:U' })).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid', message: 'body: /message: is missing; give it a value' } },
    });
    expect(await ask('GET', '/v1/conversations?limits=5')).toMatchObject({ status: 400 });
    expect(await ask('POST', `${one}/busy`, { busy: 'sometimes' })).toMatchObject({ status: 400 });
  });
});

describe('a message from outside of a turn', () => {
  const send = async ({ ask, clock }: Awaited<ReturnType<typeof begin>>, body: unknown): Promise<Answer> => {
    let answer: Answer | undefined;
    const asked = ask('POST', '/v1/send', body).then((given) => {
      answer = given;
    });
    // Its request comes in by a real socket; what follows runs on virtual time.
    while (!answer) {
      await new Promise((resolve) => setImmediate(resolve));
      await clock.advance(50);
    }
    await asked;
    return answer;
  };

  it('is delivered in answer to a message that is open, and once per key', async () => {
    const rig = await begin(() => {});
    const asked = rig.say('hi');
    await rig.clock.advance(2_000);
    const body = { conversation: ID, message: 'news', key: 'k1' };
    expect(await send(rig, body)).toMatchObject({
      status: 200,
      body: { status: 'delivered', messageId: expect.any(String) },
    });
    expect(await send(rig, body)).toMatchObject({ status: 200, body: { status: 'delivered', duplicate: true } });
    expect(rig.platform.sends()).toMatchObject([{ text: 'news', msgId: asked }]);
  });

  it('is understood as the sidecar writes it, too', async () => {
    const rig = await begin(() => {});
    rig.say('hi');
    await rig.clock.advance(2_000);
    const frame = { t: 'send', id: 'k2', conv: ID, content: { text: 'from a frame' }, mode: 'auto' };
    expect((await send(rig, frame)).body).toMatchObject({ status: 'delivered' });
    expect(rig.platform.sends()).toMatchObject([{ text: 'from a frame' }]);
  });

  it.each([
    ['nowhere', { message: 'x' }, 400, /conversation/],
    ['a place that is none', { conversation: 'qq', message: 'x' }, 400, /conversation/],
    ['a bot that does not run', { conversation: 'qq:1:c2c:U', message: 'x' }, 404, /no running channel/],
    ['nothing', { conversation: ID, message: {} }, 400, /text/],
    [
      'a button nobody can press',
      { conversation: ID, message: { text: 'x', keyboard: { rows: [[{}]] } } },
      400,
      /keyboard\.rows\[0\]\[0\]/,
    ],
    [
      'a file of this machine',
      { conversation: ID, message: { media: { kind: 'file', path: '/etc/passwd' } } },
      400,
      /media/,
    ],
    ['a word nobody knows', { conversation: ID, message: 'x', modus: 'auto' }, 400, /modus/],
  ])('is refused where it goes to or says %s, and the place is named', async (_, body, status, named) => {
    const rig = await begin(() => {});
    const answer = await send(rig, body);
    expect(answer).toMatchObject({ status, body: { error: { message: expect.stringMatching(named) } } });
    expect(rig.platform.sends()).toEqual([]);
  });
});

describe('a channel', () => {
  it('is connected afresh', async () => {
    const { ask, clock, router } = await begin(() => {});
    expect((await ask('POST', '/v1/channels/qq/reconnect')).body).toEqual({ done: true });
    await clock.advance(10_000);
    expect(router.channels()[0]).toMatchObject({ state: 'ready', reconnects: 1 });
    expect((await ask('GET', '/v1/channels')).body).toMatchObject({
      channels: [{ name: 'qq', gateway: expect.stringContaining('ready'), lagEvents: 0 }],
    });
  });
});

describe('metrics', () => {
  it('count who was turned away, and what became of callbacks', async () => {
    const channel: ChannelStatus = {
      name: 'qq',
      state: 'ready',
      appId: '1',
      transport: 'webhook',
      reconnects: 0,
      conversations: { living: 0, busy: 0 },
      webhook: {
        lastVerifiedAtMs: 1,
        lastValidatedAtMs: null,
        events: 5,
        busy: 2,
        unreadable: 0,
        refused: { badSignature: 3 },
      },
    };
    let tell: (event: RouterEvent) => void = () => undefined;
    const { registry } = createMetrics({
      on: (listener) => {
        tell = listener;
        return () => undefined;
      },
      channels: () => [channel],
      storeHealth: () => new MemoryStore(new VirtualClock()).health(),
      oldestWaitingMs: () => null,
      agents: null,
    });
    tell({ type: 'access.decided', channel: 'qq', decision: { atMs: 1, what: 'wrongCode' } });
    const text = await registry.metrics();
    expect(sample(text, 'access_decisions_total{channel="qq",what="wrongCode"}')).toBe(1);
    expect(sample(text, 'webhook_callbacks_total{channel="qq",result="taken"}')).toBe(3);
    expect(sample(text, 'webhook_callbacks_total{channel="qq",result="busy"}')).toBe(2);
    expect(sample(text, 'webhook_callbacks_total{channel="qq",result="badSignature"}')).toBe(3);
  });

  const sample = (text: string, line: string): number | null => {
    const found = text.split('\n').find((one) => one.startsWith(`rookery_${line} `));
    return found === undefined ? null : Number(found.split(' ').at(-1));
  };

  it('count turns, cancels, sends and refusals, and hold nobody’s id or words', async () => {
    const { handler } = held();
    const { ask, say, clock, platform } = await begin(handler);
    say('a question nobody else would ask');
    await clock.advance(3_000);
    platform.failNext({ match: 'sends', status: 400, code: 40_034_006 });
    say('another');
    await clock.advance(3_000);
    const { text } = await ask('GET', '/metrics');
    expect(sample(text, 'messages_total{channel="qq",scene="c2c"}')).toBe(2);
    expect(sample(text, 'turns_total{channel="qq",status="cancelled",reason="superseded"}')).toBe(1);
    expect(sample(text, 'turn_cancel_ack_seconds_count{channel="qq"}')).toBe(1);
    expect(sample(text, 'first_visible_seconds_count{channel="qq"}')).toBe(1);
    // The first answer, and the word that the second was not let through.
    expect(sample(text, 'sends_total{channel="qq",status="sent"}')).toBe(2);
    expect(sample(text, 'refusals_total{channel="qq",code="platform.blocked",platform_code="40034006"}')).toBe(1);
    expect(sample(text, 'gateway_state{channel="qq",state="ready"}')).toBe(1);
    expect(sample(text, 'gateway_state{channel="qq",state="waiting"}')).toBe(0);
    expect(sample(text, 'watermark_lag_events{channel="qq"}')).toBe(0);
    expect(sample(text, 'queue_depth{queue="inbox"}')).toBe(1);
    for (const private_ of [USER, 'nobody else', 'first part', DEFAULT_APP_SECRET])
      expect(text).not.toContain(private_);
  });
});

describe('the agents that dial in', () => {
  it('are counted: who is attached, what waits for them, what was stale', async () => {
    const { router } = await begin(() => {});
    const agent = { sid: 's1', name: 'py', version: '1', isAttached: true, working: 1, turns: 4, unackedFrames: 7 };
    const { registry, close } = createMetrics({
      ...router,
      agents: {
        status: () => ({
          agents: [agent, { ...agent, sid: 's2', isAttached: false, unackedFrames: 2 }],
          waiting: 3,
          staleFrames: 5,
          droppedFrames: 6,
          lostFrames: 4,
          lostEvents: 1,
        }),
      },
    });
    close();
    for (const line of [
      'rookery_agents{state="attached"} 1',
      'rookery_agents{state="lost"} 1',
      'rookery_agent_turns_waiting 3',
      'rookery_replay_lag_frames 7',
      'rookery_stale_frames_total 5',
      'rookery_dropped_frames_total 6',
      'rookery_lost_frames_total 4',
      'rookery_lost_agent_events_total 1',
    ]) {
      // Twice: what is read must not add up.
      expect((await registry.metrics()).split('\n')).toContain(line);
    }
  });
});

describe('the document', () => {
  it('describes every route there is, and real answers fit it', async () => {
    const { ask, say, clock, one } = await begin((turn) => turn.reply('hello').then(() => undefined));
    say('hi');
    await clock.advance(2_000);
    const { body: doc } = await ask('GET', '/openapi.json');
    expect(doc['openapi']).toBe('3.1.0');
    const paths = doc['paths'] as Record<string, Record<string, { responses: Record<string, { content: unknown }> }>>;
    expect(Object.keys(paths).sort()).toEqual([...DOCUMENTED].sort());
    const ajv = new Ajv2020.default({ strict: false });
    const asked: [string, string][] = [
      ['/healthz', '/healthz'],
      ['/readyz', '/readyz'],
      ['/v1/channels', '/v1/channels'],
      ['/v1/conversations', '/v1/conversations'],
      ['/v1/conversations/{id}', one],
      ['/v1/turns/{id}', `/v1/turns/${encodeURIComponent(`${ID}:t1`)}`],
      ['/v1/dead-letters', '/v1/dead-letters'],
    ];
    for (const [path, real] of asked) {
      const answer = await ask('GET', real);
      const content = paths[path]?.['get']?.responses['200']?.content as { 'application/json': { schema: object } };
      const fits = ajv.compile(content['application/json'].schema);
      expect(fits(answer.body), `${path}: ${ajv.errorsText(fits.errors)}`).toBe(true);
    }
  });
});

/** Whoever adds a route names it here, and gives it a schema. */
const DOCUMENTED = [
  '/asyncapi.json',
  '/healthz',
  '/metrics',
  '/openapi.json',
  '/readyz',
  '/v1/agent',
  '/v1/agent/events',
  '/v1/agent/frames',
  '/v1/channels',
  '/v1/channels/{id}/reconnect',
  '/v1/conversations',
  '/v1/conversations/{id}',
  '/v1/conversations/{id}/busy',
  '/v1/conversations/{id}/retire',
  '/v1/conversations/{id}/stop',
  '/v1/dead-letters',
  '/v1/dead-letters/{id}/drop',
  '/v1/dead-letters/{id}/retry',
  '/v1/send',
  '/v1/pairing',
  '/v1/pairing/approve',
  '/v1/pairing/revoke',
  '/v1/turns/{id}',
  '/webhooks',
  '/webhooks/{channel}',
] as const;

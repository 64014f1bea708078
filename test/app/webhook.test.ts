import { describe, expect, it } from 'vitest';
import type { CallbackRequest } from '../../src/adapters/qq/webhook-callback.js';
import { MemoryStore } from '../../src/adapters/store/memory-store.js';
import { type Router, routerFrom } from '../../src/app/router.js';
import { resolveRouterOptions } from '../../src/config/resolve.js';
import type { WrittenConfig } from '../../src/config/schema.js';
import {
  createPlatform,
  DEFAULT_APP_ID,
  DEFAULT_APP_SECRET,
  type Outside,
  type Platform,
} from '../../src/emulator/index.js';
import { InMemoryNet } from '../../src/testing/in-memory-net.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';

type Channel = Partial<WrittenConfig['channels'][string]>;

const OTHER = { appId: '102000002', appSecret: 'another-bots-secret' };

/** A router that is called back by the emulated platform, on virtual time; two bots, one address each and one for both. */
class WebhookWorld {
  readonly clock = new VirtualClock();
  readonly asked: string[] = [];
  readonly store = new MemoryStore(this.clock);
  readonly router: Router;
  readonly platform: Platform;
  /** The last request, as it went out. */
  posted: CallbackRequest = { method: 'POST', headers: {}, body: Buffer.alloc(0) };
  /** So many of the next answers never reach the platform. */
  lostAnswers = 0;
  /** The router's clock is ahead of the platform's by so much. */
  skewMs = 0;

  constructor(channel: Channel = {}, more: Readonly<Record<string, Channel>> = {}) {
    const outside: Outside = {
      post: async ({ url, headers, body }) => {
        this.posted = { method: 'POST', headers, body: Buffer.from(body) };
        const name = new URL(url).pathname.split('/')[2];
        const handler = this.router.webhook(name);
        if (!handler) return { status: 404, body: '' };
        const answer = await handler(this.posted);
        if (this.lostAnswers > 0) {
          this.lostAnswers -= 1;
          throw new Error('the connection broke');
        }
        return { status: answer.status, body: answer.body };
      },
    };
    const bots = [{ appId: DEFAULT_APP_ID, appSecret: DEFAULT_APP_SECRET }, OTHER];
    this.platform = createPlatform({ clock: this.clock, bots, outside });
    const net = new InMemoryNet(this.clock, this.platform);
    const clock = {
      now: () => this.clock.now() + this.skewMs,
      setTimeout: this.clock.setTimeout,
      clearTimeout: this.clock.clearTimeout,
    };
    const qq = { appId: DEFAULT_APP_ID, appSecret: DEFAULT_APP_SECRET, transport: 'webhook', ...channel } as const;
    this.router = routerFrom(resolveRouterOptions({ channels: { qq, ...(more as WrittenConfig['channels']) } }), {
      clock,
      http: net,
      sockets: net,
      store: this.store,
      random: () => 0.5,
      lang: 'en',
    });
    this.router.onTurn(async (turn) => {
      this.asked.push(turn.text);
      await turn.reply(`answer to ${turn.text}`);
    });
  }

  static async started(channel: Channel = {}, more: Readonly<Record<string, Channel>> = {}): Promise<WebhookWorld> {
    const world = new WebhookWorld(channel, more);
    world.router.webhook();
    const starting = world.router.start();
    await world.clock.advance(5_000);
    await starting;
    expect(await world.check('https://bot.example/webhooks/qq')).toEqual({ ok: true });
    return world;
  }

  async check(url: string, bot?: string) {
    const checking = this.platform.setWebhook(url, bot === undefined ? {} : { bot });
    await this.clock.advance(100);
    return checking;
  }

  async says(text: string, from = 'U1'): Promise<void> {
    this.platform.sendC2c({ from, text });
    await this.clock.advance(5_000);
  }

  texts(): string[] {
    return this.platform.sends().flatMap(({ kind, text }) => (kind === 'text' ? [text] : []));
  }

  outcomes(): string[] {
    return this.platform.callbacks().flatMap(({ kind, outcome }) => (kind === 'event' ? [outcome] : []));
  }

  get webhook() {
    return this.router.channels()[0]?.webhook;
  }
}

describe('a channel that is called back', () => {
  it('is ready without a socket, proves its address, and answers', async () => {
    const world = await WebhookWorld.started();
    expect(world.router.channels()).toMatchObject([
      { state: 'ready', transport: 'webhook', gateway: 'listening', webhook: { events: 0, lastVerifiedAtMs: null } },
    ]);
    await world.says('hello');
    expect(world.asked).toEqual(['hello']);
    expect(world.texts()).toEqual(['answer to hello']);
    expect(world.outcomes()).toEqual(['acknowledged']);
    expect(world.webhook).toMatchObject({ events: 1, refused: {} });
    expect(world.webhook?.lastVerifiedAtMs).toBeGreaterThan(0);
    expect(world.platform.sessions()).toEqual([]);
  });

  it('answers the platform’s heartbeat', async () => {
    const world = await WebhookWorld.started();
    world.platform.sendHeartbeat();
    await world.clock.advance(100);
    expect(world.platform.callbacks().at(-1)).toMatchObject({ kind: 'heartbeat', outcome: 'acknowledged' });
  });

  // §12 trap 13, AstrBot#5788: a webhook that is answered late is pushed up to three times.
  it('acknowledges before the turn is over, and answers once what is pushed again', async () => {
    const world = await WebhookWorld.started({ streamMode: 'final' });
    let isOver = false;
    world.router.onTurn(async (turn) => {
      await new Promise((resolve) => world.clock.setTimeout(() => resolve(undefined), 60_000));
      await turn.reply('late answer');
      isOver = true;
    });
    await world.says('first');
    expect(world.outcomes()).toEqual(['acknowledged']);
    expect(isOver).toBe(false);
    world.platform.pushTwice();
    await world.says('second', 'U2');
    expect(world.outcomes()).toEqual(['acknowledged', 'acknowledged', 'acknowledged']);
  });

  it('does not acknowledge what is not safe; it comes again, and is answered once', async () => {
    const world = await WebhookWorld.started();
    const ingest = world.store.ingest.bind(world.store);
    let open = (): void => undefined;
    const door = new Promise<void>((resolve) => {
      open = resolve;
    });
    world.store.ingest = async (lease, events) => {
      await door;
      return ingest(lease, events);
    };
    world.platform.sendC2c({ from: 'U1', text: 'hello' });
    await world.clock.advance(3_000);
    expect(world.outcomes()).toEqual(['refused']);
    expect(world.asked).toEqual([]);
    open();
    await world.clock.advance(10_000);
    expect(world.outcomes()).toEqual(['refused', 'acknowledged']);
    expect(world.asked).toEqual(['hello']);
    expect(world.texts()).toEqual(['answer to hello']);
    expect(world.webhook).toMatchObject({ busy: 1 });
  });

  it('an acknowledgement that is lost on the way costs no second answer', async () => {
    const world = await WebhookWorld.started();
    world.lostAnswers = 1;
    await world.says('hello');
    expect(world.outcomes()).toEqual(['unreachable', 'acknowledged']);
    expect(world.asked).toEqual(['hello']);
    expect(world.texts()).toEqual(['answer to hello']);
  });
});

describe('forgeries', () => {
  it.each(['wrongSignature', 'noSignature', 'alteredBody', 'otherAppId', 'stale'] as const)(
    '%s: refused, counted, and the true one that follows is answered',
    async (fault) => {
      const world = await WebhookWorld.started();
      world.platform.spoilCallbacks(fault);
      world.platform.sendC2c({ from: 'U1', text: 'hello' });
      await world.clock.advance(1_000);
      expect(world.asked).toEqual([]);
      const [refused] = world.platform.callbacks().filter(({ kind }) => kind === 'event');
      const told = { wrongSignature: 401, noSignature: 401, alteredBody: 401, otherAppId: 403, stale: 403 };
      expect(refused).toMatchObject({ outcome: 'refused', status: told[fault] });
      const counted = {
        wrongSignature: 'badSignature',
        noSignature: 'noSignature',
        alteredBody: 'badSignature',
        otherAppId: 'otherBot',
        stale: 'stale',
      };
      expect(world.webhook?.refused).toEqual({ [counted[fault]]: 1 });
      await world.clock.advance(10_000);
      expect(world.outcomes()).toEqual(['refused', 'acknowledged']);
      expect(world.asked).toEqual(['hello']);
    },
  );

  it('a callback that is sent again, byte for byte, is not taken a second time', async () => {
    const world = await WebhookWorld.started();
    const handler = world.router.webhook('qq');
    await world.says('hello');
    const again = world.posted;
    expect(await handler?.(again)).toMatchObject({ status: 403, body: '' });
    expect(world.webhook?.refused).toEqual({ replayed: 1 });
    await world.clock.advance(300_000);
    expect(await handler?.(again)).toMatchObject({ status: 403 });
    expect(world.webhook?.refused).toEqual({ replayed: 1, stale: 1 });
    expect(world.asked).toEqual(['hello']);
  });

  it('where replays are let through, they are known again by their ids', async () => {
    const world = await WebhookWorld.started({ webhook: { refuseReplays: false } });
    await world.says('hello');
    const handling = world.router.webhook('qq')?.(world.posted);
    await world.clock.advance(100);
    expect(await handling).toMatchObject({ status: 200, body: '{"op":12}' });
    await world.clock.advance(5_000);
    expect(world.asked).toEqual(['hello']);
  });

  it('a clock that is off by more than five minutes refuses all, and says why', async () => {
    const world = await WebhookWorld.started();
    world.skewMs = 301_000;
    await world.says('hello');
    await world.clock.advance(10_000);
    expect(world.outcomes()).toEqual(['refused', 'refused', 'refused']);
    expect(world.webhook?.refused).toEqual({ stale: 3 });
    world.skewMs = -295_000;
    await world.says('again', 'U2');
    expect(world.asked).toEqual(['again']);
  });
});

describe('several bots', () => {
  const other: Channel = { ...OTHER, transport: 'webhook' };

  it('have an address each, or share one', async () => {
    const world = await WebhookWorld.started({}, { other });
    expect(await world.check('https://bot.example/webhooks', OTHER.appId)).toEqual({ ok: true });
    await world.says('to the first');
    world.platform.sendC2c({ bot: OTHER.appId, from: 'U1', text: 'to the second' });
    await world.clock.advance(5_000);
    expect(world.asked).toEqual(['to the first', 'to the second']);
    expect(world.platform.sends().map(({ appId }) => appId)).toContain(OTHER.appId);
  });

  // §12 trap 16: nothing of one bot's is good for another.
  it('one is not taken for another', async () => {
    const world = await WebhookWorld.started({}, { other });
    expect(await world.check('https://bot.example/webhooks/qq', OTHER.appId)).toMatchObject({ ok: false, code: 10020 });
    expect(await world.check('https://bot.example/webhooks/nobody')).toMatchObject({ ok: false, code: 10020 });
  });
});

it('a router that nothing brings callbacks to does not start, and says what to do', async () => {
  const world = new WebhookWorld();
  await expect(world.router.start()).rejects.toMatchObject({
    code: 'config.invalid',
    message: expect.stringContaining('channels.qq.transport: is "webhook", and nothing takes its callbacks'),
  });
  expect(world.router.webhook('nobody')).toBeNull();
  world.router.webhook('qq');
  const starting = world.router.start();
  await world.clock.advance(5_000);
  await starting;
});

it('before the start and after the stop the platform is told to come again', async () => {
  const world = new WebhookWorld();
  world.router.webhook();
  // Proving the address needs no more than the secret.
  expect(await world.check('https://bot.example/webhooks/qq')).toEqual({ ok: true });
  world.platform.sendC2c({ from: 'U1', text: 'early' });
  await world.clock.advance(1_000);
  expect(world.outcomes()).toEqual(['refused']);
  const starting = world.router.start();
  await world.clock.advance(20_000);
  await starting;
  expect(world.asked).toEqual(['early']);
  const stopping = world.router.stop();
  await world.clock.advance(10_000);
  await stopping;
  world.platform.sendC2c({ from: 'U1', text: 'late' });
  await world.clock.advance(1_000);
  expect(world.platform.callbacks().at(-1)).toMatchObject({ outcome: 'refused', status: 503 });
});

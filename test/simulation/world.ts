import type { RouterEvent } from '../../src/app/events.js';
import { type Router, routerFrom } from '../../src/app/router.js';
import { resolveRouterOptions } from '../../src/config/resolve.js';
import type { ResolvedConfig } from '../../src/config/resolved.js';
import type { Scene } from '../../src/domain/conversation.js';
import {
  createPlatform,
  DEFAULT_APP_ID,
  DEFAULT_APP_SECRET,
  type Platform,
  type Sent,
} from '../../src/emulator/index.js';
import type { HttpRequest } from '../../src/ports/http.js';
import type { Store } from '../../src/ports/store.js';
import { InMemoryNet, LATENCY_MS } from '../../src/testing/in-memory-net.js';
import { Life } from '../../src/testing/life.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';
import { Chance } from '../support/chance.js';
import { agentOn, marksIn, marksOf } from './agents.js';
import { Disk, SYNC_MAX_MS } from './crashable-store.js';
import { type Broken, LawBroken, Laws } from './laws.js';
import { type Crash, type CrashPoint, type Deed, type Setup, type Survival, USERS } from './plan.js';
import { reckon } from './reckoning.js';
import { Story } from './story.js';

/** Times of trouble that end by themselves, and how many of each kind are on. */
type Spell = 'stall' | 'dropAcks' | 'unplug' | 'fullDisk';

/** Who ends a life from inside. */
const AGENT = 'the agent';

type Writing = Pick<Extract<Deed, { does: 'write' }>, 'bot' | 'scene' | 'from' | 'id'>;

const talkOf = (appId: string, scene: string, from: string): string => `${appId}:${scene}:${from}`;

const HEAL_MAX_MS = 3 * 3_600_000;
/** Whoever begins anew more often is brought down by the same message again and again. */
const LIVES_MAX = 300;

const BOTS = [
  { appId: DEFAULT_APP_ID, appSecret: DEFAULT_APP_SECRET },
  { appId: '102000002', appSecret: 'secret-of-another-0123456789' },
  { appId: '102000003', appSecret: 'secret-of-a-third-0123456789' },
] as const;

const configOf = ({ bots, scenes, nativeStream, hearsReviews }: Setup): ResolvedConfig =>
  resolveRouterOptions({
    channels: Object.fromEntries(
      BOTS.slice(0, bots).map((bot) => [
        `qq${bot.appId}`,
        {
          ...bot,
          endpoints: { token: 'https://platform.test', api: 'https://platform.test' },
          nativeStream,
          scenes,
          ...(hearsReviews && { intents: ['guilds', 'public_guild_messages', 'message_audit'] }),
        },
      ]),
    ),
  });

/** The router's own code, the emulator's platform, a disk and a virtual clock; and the laws that watch them. */
export class World {
  readonly clock = new VirtualClock();
  readonly platform: Platform;
  readonly story: Story;
  readonly laws: Laws;
  readonly net: InMemoryNet;
  readonly disk: Disk;
  readonly asked = new Map<string, readonly string[]>();
  readonly excused = new Set<string>();
  /** Whose messages may be dropped at any time: ids, and talks with all that was said in them. */
  readonly pardon = new Set<string>();
  readonly poisons = new Set<string>();
  readonly hits = new Map<string, number>();
  /** Messages whose turns are under way in this life. */
  readonly #underWay = new Set<string>();
  skewMs = 0;
  slownessMs = 0;
  isFull = false;
  lives = 0;
  readonly #config: ResolvedConfig;
  readonly #isCalm: boolean;
  readonly #chance: Chance;
  readonly #spells = new Map<Spell, number>();
  #life: Life | null = null;
  #router: Router | null = null;
  #store: Store | null = null;
  #crash: { readonly at: Crash['at']; left: number; readonly downMs: number; readonly survives: Survival } | null =
    null;
  /** Crashes of the lives to come. */
  readonly #crashes: Crash[];
  /** What was passed on the way at which the process may die. */
  readonly passed: string[] = [];
  /** Sees what the router says in every life. */
  onEvent: (event: RouterEvent) => void = () => undefined;
  #broken: LawBroken | null = null;
  /** What the router has said of the disk. */
  #toldOfDisk: string | null = null;
  /** This life has begun; before that it fails to start, or waits. */
  #wasReady = false;

  constructor(setup: Setup, crashes: readonly Crash[] = []) {
    const { clock } = this;
    this.#isCalm = setup.isCalm;
    this.#crashes = [...crashes];
    this.#chance = new Chance(setup.seed ^ 0x5eed);
    this.#config = configOf(setup);
    for (const [scene, { busy }] of Object.entries(setup.scenes)) {
      const isRejecting = busy === 'reject';
      if (isRejecting)
        for (const { appId } of BOTS) for (const from of USERS) this.pardon.add(talkOf(appId, scene, from));
    }
    this.laws = new Laws((talk) => setup.scenes[talk.split(':')[1] as Scene]?.busy === 'concurrent');
    this.story = new Story(clock);
    this.platform = createPlatform({ clock, bots: BOTS.slice(0, setup.bots) });
    this.net = new InMemoryNet(clock, this.platform, {
      heard: (text, by) => {
        this.watch(() => this.laws.onHeard(text, by));
        this.#die('heard', nameOfFrame(text));
      },
      said: (text, by) => {
        this.watch(() => this.laws.onSaid(text, by));
        this.#die('said', nameOfFrame(text));
      },
      opened: () => {
        if (this.net.held.size > setup.bots) this.#fail({ law: 'one session', how: 'a bot holds two sockets at once' });
      },
    });
    this.disk = new Disk(this.#chance.fork(), {
      asked: ({ name }) => this.#die('asked', name),
      synced: (write) => this.watch(() => this.laws.onSynced(write)),
      committed: (writes) => this.#die('synced', writes.map(({ name }) => name).join(' ')),
      read: (name) => this.#die('read', name),
      isFull: () => this.isFull,
      told: (degraded) => this.#onDiskTold(degraded),
      slownessMs: () => this.slownessMs,
    });
    this.platform.on('sent', (sent) => {
      if (marksIn(sent.text).length > 0)
        this.story.tell(
          `the platform accepts “${sent.text.slice(0, 60)}” (${sent.kind} to ${sent.msgId}#${sent.msgSeq})`,
        );
      this.watch(() => this.laws.onAccepted(sent));
      this.#die('arrives', nameOfSend(sent));
    });
    this.platform.on('refused', ({ path, status, code, body }) => {
      const marks = marksIn(JSON.stringify(body ?? ''));
      this.story.tell(
        `the platform refuses ${path}: ${status} ${code ?? ''} ${marks.map(({ text }) => text).join(' ')}`,
      );
      for (const { text } of marks) this.excused.add(text);
    });
  }

  /** Ends the run at the first law that is broken; remembered, for the router itself may catch what is thrown. */
  watch(look: () => void): void {
    try {
      look();
    } catch (error) {
      if (!(error instanceof LawBroken)) throw error;
      this.#broken ??= error;
    }
  }

  get isUp(): boolean {
    return this.#life !== null;
  }

  async begin(): Promise<void> {
    this.lives += 1;
    if (this.lives > LIVES_MAX) return this.#fail({ law: 'poison is given up', how: `after ${LIVES_MAX} lives` });
    this.laws.restart();
    const crash = this.#crashes.shift();
    if (crash) this.armCrash(crash);
    const life: Life = new Life({
      clock: this.clock,
      skewMs: () => this.skewMs,
      net: this.net,
      leaves: (request) => {
        this.watch(() => this.laws.onRequest(request));
        this.#die('leaves', nameOfRequest(request));
      },
      answered: (request, answer) => {
        this.watch(() => this.laws.onAnswered(request, answer));
        this.#die('answered', nameOfRequest(request));
      },
    });
    this.#life = life;
    this.#toldOfDisk = null;
    this.#wasReady = false;
    const store = await this.disk.mount(life);
    this.#store = store;
    const router = routerFrom(this.#config, {
      clock: life,
      random: this.#chance.fork().next,
      http: life,
      sockets: life,
      store,
      lang: 'en',
    });
    this.#router = router;
    router.onTurn(agentOn(life, () => this.kill(AGENT, 500)));
    router.on((event) => {
      if (!life.isOver) this.#onRouterEvent(event);
    });
    router.start().catch((error: unknown) => this.#fail({ law: 'a router starts', how: String(error) }));
  }

  armCrash({ at, after, downMs, survives = 'some' }: Crash): void {
    this.#crash = { at, left: at === 'now' ? 1 : after, downMs, survives };
    if (at === 'now') this.#die('now', 'now');
  }

  /** A stop in good order, and a start some time later. */
  async restart(downMs: number): Promise<void> {
    const life = this.#life;
    const router = this.#router;
    if (!life || !router) return;
    let isStopped = false;
    void router.stop().then(() => {
      isStopped = true;
    });
    await this.clock.advanceUntil(() => isStopped || life.isOver, 60_000);
    if (life.isOver) return;
    this.story.tell('the router has stopped in good order');
    this.#bury(downMs);
  }

  /** Something that lasts for a while, and is over when the last that asked for it is. */
  async spell(name: Spell, forMs: number, begin: () => void, end: () => void): Promise<void> {
    this.#spells.set(name, (this.#spells.get(name) ?? 0) + 1);
    begin();
    this.clock.setTimeout(() => {
      const left = (this.#spells.get(name) ?? 1) - 1;
      this.#spells.set(name, left);
      if (left === 0) end();
    }, forMs);
  }

  write({ bot, scene, from, id: messageId }: Writing, text: string, isOrder = false): void {
    const { appId } = BOTS[bot] ?? BOTS[0];
    const sessions = this.platform.sessions().flatMap((session) => (session.appId === appId ? [session.id] : []));
    const talk = talkOf(appId, scene, from);
    this.laws.messages.set(messageId, { id: messageId, bot: appId, talk, sessions, atMs: this.clock.now(), isOrder });
    if (text === '/stop all') this.pardon.add(talk);
    const speech = { bot: appId, from, text, messageId };
    if (scene === 'c2c') this.platform.sendC2c(speech);
    else if (scene === 'group') this.platform.sendGroup({ ...speech, group: 'G1' });
    else if (scene === 'guild') this.platform.sendGuild({ ...speech, channel: '100' });
    else this.platform.sendDm(speech);
  }

  /** The platform knows no message whose step was taken away. */
  recall(messageId: string): void {
    const message = this.laws.messages.get(messageId);
    if (!message) return;
    this.pardon.add(messageId);
    this.platform.recallAs(messageId, { bot: message.bot });
  }

  /** With a clock that is wrong, messages expire that need not. */
  pardonAll(): void {
    for (const id of this.laws.messages.keys()) this.pardon.add(id);
  }

  /** Throws what was found broken so far. */
  look(): void {
    this.watch(() => this.laws.onStep(this.platform));
    if (this.#broken) throw this.#broken;
  }

  /** Ends all trouble, and waits until nothing is under way. */
  async heal(): Promise<void> {
    this.story.tell('all trouble ends');
    this.#crash = null;
    this.platform.clearFaults();
    this.platform.unstall();
    this.net.isDown = false;
    this.skewMs = 0;
    this.slownessMs = 0;
    this.isFull = false;
    await this.clock.advanceUntil(() => this.isUp && this.#router !== null, HEAL_MAX_MS);
    // What the platform held back to push it late is on its way by then.
    await this.clock.advance(6_000);
    this.look();
    // Refused for good while its tokens were: an operator tries it again.
    for (const { name, state } of this.#router?.channels() ?? [])
      if (state === 'stopped') this.#router?.reconnect(name);
    const isQuiet = (): boolean => this.#broken !== null || (this.#isOnline() && this.#unfinished() === null);
    const endMs = this.clock.now() + HEAL_MAX_MS;
    try {
      // A session that is resumed is quiet until its replay comes.
      do {
        await this.clock.advanceUntil(isQuiet, Math.max(0, endMs - this.clock.now()));
        await this.clock.advance(20_000);
        this.look();
      } while (!isQuiet());
    } catch (error) {
      if (error instanceof LawBroken) throw error;
      this.#fail({ law: 'all comes to rest', how: this.#unfinished() ?? `the channels are ${this.#channelStates()}` });
      this.look();
    }
    const { laws, platform, asked, excused, pardon, hits, poisons } = this;
    const isCalm = this.#isCalm;
    const [first] = reckon({ laws, platform, asked, excused, pardon, hits, poisons, isCalm, synced: this.disk.synced });
    if (first) throw new LawBroken(first);
  }

  async end(): Promise<void> {
    this.#life?.end();
    this.platform.close();
  }

  #unfinished(): string | null {
    const { unsettled = 1, outbox = 0 } = this.#store?.health() ?? {};
    const busy = this.#router?.channels().reduce((sum, { conversations }) => sum + conversations.busy, 0) ?? 0;
    if (unsettled + outbox + busy === 0) return null;
    return `${unsettled} events unsettled, ${outbox} sends open, ${busy} conversations busy`;
  }

  #channelStates(): readonly string[] {
    return this.#router?.channels().map(({ state }) => state) ?? [];
  }

  #isOnline(): boolean {
    const live = this.platform.sessions().filter(({ connected }) => connected);
    const bots = this.#config.channels;
    return (
      this.#channelStates().every((state) => state === 'ready') &&
      Object.values(bots).every(({ appId }) => live.some((session) => session.appId === appId))
    );
  }

  /** Whoever listens to the router knows of it in the same step. */
  #onDiskTold(degraded: string | null): void {
    this.story.tell(degraded === null ? 'the disk takes writes again' : 'the disk takes no writes');
    if (this.#wasReady && degraded !== this.#toldOfDisk) {
      this.#fail({ law: 'a full disk is told', how: `${degraded}, and ${this.#toldOfDisk} was told` });
    }
  }

  #die(at: CrashPoint, what: string): void {
    if (!this.#life) return;
    this.passed.push(`${at} ${what}`);
    const crash = this.#crash;
    if (!crash || (crash.at !== at && crash.at !== 'any')) return;
    crash.left -= 1;
    if (crash.left > 0) return;
    this.#crash = null;
    this.kill(`${at} ${what}`, crash.downMs, crash.survives);
  }

  /** `kill -9`, and a new life some time later. */
  kill(by: string, downMs: number, survives: Survival = 'some'): void {
    if (!this.#life) return;
    this.#life.end();
    this.laws.onDeath(this.clock.now(), 2 * (LATENCY_MS + SYNC_MAX_MS + this.slownessMs));
    if (by !== AGENT) for (const id of this.#underWay) this.hits.set(id, (this.hits.get(id) ?? 0) + 1);
    this.#underWay.clear();
    this.story.tell(`kill -9 (${by}); ${this.disk.cut(survives)} writes are lost`);
    this.#bury(downMs);
  }

  #bury(downMs: number): void {
    this.#life?.end();
    this.#life = null;
    this.#router = null;
    this.clock.setTimeout(() => {
      this.story.tell('a new life begins');
      void this.begin();
    }, downMs);
  }

  #fail(broken: Broken): void {
    this.#broken ??= new LawBroken(broken);
  }

  #onRouterEvent(event: RouterEvent): void {
    if (event.type === 'channel.ready') this.#wasReady = true;
    if (event.type === 'store.degraded') this.#toldOfDisk = event.code;
    if (event.type === 'store.recovered') this.#toldOfDisk = null;
    this.watch(() => this.laws.onRouterEvent(event));
    this.onEvent(event);
    this.story.onRouterEvent(event);
    if (event.type === 'turn.started') {
      const ids = event.turn.inputs.map(({ id }) => id);
      this.asked.set(ids.join('+'), marksOf(event.turn));
      for (const id of ids) this.#underWay.add(id);
    }
    if (event.type === 'turn.closed') for (const { id } of event.turn.inputs) this.#underWay.delete(id);
    if (event.type !== 'piece') return;
    const { status, piece } = event.outcome;
    if (piece.content.kind === 'typing') return;
    const marks = marksIn(piece.content.text);
    const isSaid = status === 'sent' || status === 'arrived' || status === 'pending' || status === 'deferred';
    if (!isSaid) for (const { text } of marks) this.excused.add(text);
  }
}

const OPCODES: Readonly<Record<number, string>> = {
  1: 'heartbeat',
  2: 'identify',
  6: 'resume',
  10: 'hello',
  11: 'ack',
};

const nameOfFrame = (text: string): string => {
  const { op, t } = JSON.parse(text) as { op: number; t?: string };
  return t ?? OPCODES[op] ?? `op ${op}`;
};

/** The last part of its path, with what a body says of its kind. */
const nameOfRequest = ({ url, body = '' }: HttpRequest): string => {
  const name = new URL(url).pathname.split('/').at(-1) ?? '';
  if (/"msg_type":6\b/.test(body)) return 'typing';
  return name === 'stream_messages' || body.includes('"stream":') ? 'frame' : name;
};

const nameOfSend = ({ kind, stream }: Sent): string => (stream ? 'frame' : kind === 'typing' ? 'typing' : 'messages');

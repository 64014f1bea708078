import { BehaviorSubject, distinctUntilChanged, Subject, Subscription } from 'rxjs';
import { SessionStarts } from '../domain/session-starts.js';
import { type Shard, type ShardPlan, sessionSlot } from '../domain/shards.js';
import type { GatewayLocation, GatewayLocator } from '../ports/gateway-locator.js';
import type { SessionRecord } from '../ports/store.js';
import { createGateway } from './gateway.actor.js';
import type {
  Gateway,
  GatewayDeps,
  GatewayDispatch,
  GatewayNotice,
  GatewayOptions,
  GatewayStatus,
} from './gateway-types.js';

export type ShardsDeps = Omit<GatewayDeps, 'shard' | 'starts' | 'saveSession' | 'inspect'> & {
  /** The session of an earlier life; `slot` is one shard's of one division. */
  readonly loadSession: (slot: number) => Promise<SessionRecord | null>;
  readonly saveSession: (slot: number, record: SessionRecord | null) => void;
  /** Of one shard's chart. */
  readonly inspectorFor?: (shard: Shard) => NonNullable<GatewayDeps['inspect']>;
};

export type ShardsOptions = Omit<GatewayOptions, 'session'> & {
  /** `auto`: one, until the platform says how many it wants. */
  readonly plan: ShardPlan;
};

export type ShardStatus = GatewayStatus & { readonly shard: Shard };

/** All gateways of one bot, which together look like one. */
export type Shards = Pick<
  Gateway,
  'start' | 'stop' | 'reconnect' | 'dispatches$' | 'online$' | 'notices$' | 'settle' | 'pause' | 'flow'
> & {
  /** In the order of their numbers; one where the bot is not divided. */
  readonly statuses: () => readonly ShardStatus[];
  /** A session of an earlier life is taken up. */
  readonly isResuming: boolean;
};

/** More than the largest bots have; an answer that asks for more is not believed. */
const SHARDS_MAX = 256;

/** A number that the platform itself named and then refuses is not asked for over and over. */
const DIVIDE_AGAIN_MS = 10 * 60_000;

type Stopped = Extract<GatewayNotice, { type: 'stopped' }>;

type Member = {
  readonly shard: Shard;
  readonly gateway: Gateway;
  readonly flows: Subscription;
  isOnline: boolean;
  /** What it last said about itself; `null` while it is on its way. */
  state: 'ready' | 'resumed' | 'waiting' | 'stopped' | null;
  /** A stop that only another division can mend. */
  isRefused: boolean;
};

/**
 * The connection of one bot, divided as configured or as the platform wants it.
 * Shape: ready when all shards are; lost when one is; stopped when one has stopped for good, for no other brings its
 * events. Online, and so able to send, while one is. Session starts are counted for all together, and paced by them.
 * Source: qq-bot-api §2, §3.3.
 */
export const createShards = async (deps: ShardsDeps, options: ShardsOptions): Promise<Shards> => {
  const { log } = deps;
  const { plan } = options;
  const starts = new SessionStarts();
  const dispatches$ = new Subject<GatewayDispatch>();
  const notices$ = new Subject<GatewayNotice>();
  const online$ = new BehaviorSubject(false);
  let members: readonly Member[] = [];
  let isStarted = false;
  let isPaused = false;
  let ending: Promise<void> | null = null;
  let dividedAtMs = Number.NEGATIVE_INFINITY;
  /** How the last division ended; the next one waits for it, so that no two sockets stand for one shard. */
  let leaving: Promise<unknown> = Promise.resolve();

  const tell = (member: Member, notice: GatewayNotice): void => {
    member.state = notice.type === 'fault' ? 'waiting' : notice.type;
    member.isRefused = notice.type === 'stopped' && notice.reason.code === 'gateway.shardRefused';
    const isGoodbye = notice.type === 'stopped' && notice.reason.code === 'shutdown';
    const others = members.filter((other) => other !== member);
    if (isGoodbye) {
      if (members.every(({ state }) => state === 'stopped')) notices$.next(notice);
    } else if (member.isRefused && mayDivideAgain()) {
      notices$.next({ type: 'fault', fault: (notice as Stopped).reason, nextTryInMs: 0 });
      gatherAnew().catch((error: unknown) => notices$.error(error));
    } else if (notice.type === 'stopped') {
      notices$.next(notice);
    } else if (others.some(({ state }) => state === 'stopped')) {
      log?.info({ shard: member.shard, notice: notice.type }, 'a shard goes on while another has stopped');
    } else if (notice.type === 'fault') {
      notices$.next(notice);
    } else if (others.every(({ state }) => state === 'ready' || state === 'resumed')) {
      notices$.next(notice);
    }
  };

  const mayDivideAgain = (): boolean => plan === 'auto' && deps.clock.now() - dividedAtMs >= DIVIDE_AGAIN_MS;

  const join = async (shard: Shard, locator: GatewayLocator): Promise<Member> => {
    const slot = sessionSlot(shard);
    const session = await deps.loadSession(slot);
    const [index, count] = shard;
    const gateway = createGateway(
      {
        ...deps,
        shard,
        starts,
        locator,
        saveSession: (record) => deps.saveSession(slot, record),
        ...(deps.inspectorFor && { inspect: deps.inspectorFor(shard) }),
      },
      { ...options, session },
    );
    const member: Member = {
      shard,
      gateway,
      flows: new Subscription(),
      isOnline: false,
      state: null,
      isRefused: false,
    };
    member.flows.add(gateway.dispatches$.subscribe((dispatch) => dispatches$.next(dispatch)));
    member.flows.add(
      gateway.notices$.subscribe({
        next: (notice) => tell(member, count === 1 ? notice : named(notice, index, count)),
        error: (error) => notices$.error(error),
      }),
    );
    member.flows.add(
      gateway.online$.subscribe((isOnline) => {
        member.isOnline = isOnline;
        online$.next(members.some((one) => one.isOnline));
      }),
    );
    if (isPaused) gateway.pause();
    return member;
  };

  const leave = (): void => {
    const left = members;
    members = [];
    online$.next(false);
    leaving = Promise.all(
      left.map(async ({ gateway, flows }) => {
        flows.unsubscribe();
        await gateway.stop();
      }),
    );
  };

  /** The address is known already: each shard takes it once and asks for itself from then on. */
  const toldOnce = (known: GatewayLocation): GatewayLocator => {
    let told: GatewayLocation | null = known;
    return {
      locate: () => {
        const answer = told ? Promise.resolve(told) : deps.locator.locate();
        told = null;
        return answer;
      },
    };
  };

  const divide = async (count: number, known: GatewayLocation): Promise<void> => {
    log?.info({ shards: count }, 'the platform wants the connection divided');
    leave();
    await leaving;
    const joined: Member[] = [];
    for (let index = 0; index < count; index += 1) joined.push(await join([index, count], toldOnce(known)));
    if (ending) return;
    members = joined;
    for (const { gateway } of members) gateway.start();
  };

  /** One gateway for all, until the platform has told its address and with it how many there shall be. */
  const scout = (): GatewayLocator => {
    let isFirst = true;
    return {
      locate: async () => {
        const found = await deps.locator.locate();
        const count = Math.min(SHARDS_MAX, found.shards);
        if (!isFirst || count <= 1 || ending) {
          isFirst = false;
          return found;
        }
        // This gateway does not live to hear the answer.
        divide(count, found).catch((error: unknown) => notices$.error(error));
        return new Promise<never>(() => undefined);
      },
    };
  };

  const gather = async (): Promise<void> => {
    if (plan === 'auto') {
      members = [await join([0, 1], scout())];
      return;
    }
    const joined: Member[] = [];
    for (const index of plan.ids) joined.push(await join([index, plan.count], deps.locator));
    members = joined;
  };

  /** The platform may want another number than it did. */
  const gatherAnew = async (): Promise<void> => {
    dividedAtMs = deps.clock.now();
    leave();
    await leaving;
    await gather();
    if (ending) return;
    for (const { gateway } of members) gateway.start();
  };

  const shutDown = async (): Promise<void> => {
    await leaving;
    await Promise.all(members.map(({ gateway }) => gateway.stop()));
    for (const { flows } of members) flows.unsubscribe();
    dispatches$.complete();
    notices$.complete();
    online$.next(false);
    online$.complete();
  };

  await gather();
  const isResuming = members.some(({ gateway }) => gateway.snapshotStatus().sessionId !== null);

  return {
    isResuming,
    dispatches$: dispatches$.asObservable(),
    notices$: notices$.asObservable(),
    online$: online$.pipe(distinctUntilChanged()),
    settle: (event) => {
      for (const { gateway } of members) gateway.settle(event);
    },
    start: () => {
      isStarted = true;
      for (const { gateway } of members) gateway.start();
    },
    stop: () => {
      ending ??= shutDown();
      return ending;
    },
    reconnect: () => {
      if (ending || !isStarted) return;
      if (plan === 'auto' && members.some(({ isRefused }) => isRefused)) {
        gatherAnew().catch((error: unknown) => notices$.error(error));
      } else for (const { gateway } of members) gateway.reconnect();
    },
    pause: () => {
      isPaused = true;
      for (const { gateway } of members) gateway.pause();
    },
    flow: () => {
      isPaused = false;
      for (const { gateway } of members) gateway.flow();
    },
    statuses: () => members.map(({ shard, gateway }) => ({ shard, ...gateway.snapshotStatus() })),
  };
};

/** What goes wrong says with which shard. */
const named = (notice: GatewayNotice, index: number, count: number): GatewayNotice => {
  const where = `shard ${index} of ${count}`;
  if (notice.type === 'fault')
    return { ...notice, fault: { ...notice.fault, detail: `${where}: ${notice.fault.detail}` } };
  if (notice.type === 'stopped') {
    return { ...notice, reason: { ...notice.reason, detail: `${where}: ${notice.reason.detail}` } };
  }
  return notice;
};

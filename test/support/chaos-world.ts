import type { Interrupted, Receipt, TurnInfo } from '../../src/domain/turn.js';
import { ChaosApi, type Plan, type Request, scriptOf } from './chaos.js';
import { ConversationRig } from './conversation-rig.js';

export const AT_MOST_MS = 1_000;
const TURN_MAX_MS = 20_000;

/** One turn as it was seen from outside: from the platform, from the agent, and in its closing records. */
export type Seen = {
  readonly turn: TurnInfo;
  readonly startedAtMs: number;
  cancelled: { readonly tick: number; readonly atMs: number } | null;
  readonly closed: { readonly receipt: Receipt; readonly tick: number; readonly atMs: number }[];
};

export type World = {
  readonly plan: Plan;
  readonly rig: ConversationRig;
  readonly api: ChaosApi;
  readonly turns: readonly Seen[];
  /** The ids of each user's messages in the order they were written; orders are apart. */
  readonly written: Readonly<Record<string, readonly string[]>>;
  readonly orders: readonly string[];
  readonly arrivedAtMs: ReadonlyMap<string, number>;
  /** A message came while a turn ran that it should have ended, and had not by the end of that call. */
  readonly notCutAtOnce: readonly string[];
};

/** Lives through a plan on virtual time, and then waits until nothing more can happen. */
export const live = async (plan: Plan): Promise<World> => {
  let ticks = 0;
  const tick = (): number => {
    ticks += 1;
    return ticks;
  };
  const turns: Seen[] = [];
  const seenOf = (id: string): Seen => turns.find(({ turn }) => turn.id === id) as Seen;
  const { busy, quietMs, graceMs, settleMs, waitingMax } = plan;
  const rig: ConversationRig = new ConversationRig({
    policy: { busy, quietMs, graceMs, settleMs, waitingMax, atMostMs: AT_MOST_MS, turnMaxMs: TURN_MAX_MS },
    scripts: plan.manners.map(scriptOf),
    retireAfterMs: 2_000,
    api: (clock) => new ChaosApi(clock, plan.answers, tick),
    deps: {
      onTurnStarted: (turn) => turns.push({ turn, startedAtMs: rig.nowMs, cancelled: null, closed: [] }),
      onTurnCancelled: ({ id }) => {
        seenOf(id).cancelled = { tick: tick(), atMs: rig.nowMs };
      },
      onTurnClosed: (_, { id, conversation }, receipt, record) => {
        seenOf(id).closed.push({ receipt, tick: tick(), atMs: rig.nowMs });
        rig.records.set(conversation, record);
      },
    },
  });
  const written: Record<string, string[]> = { u1: [], u2: [] };
  const orders: string[] = [];
  const notCutAtOnce: string[] = [];
  const arrivedAtMs = new Map<string, number>();
  const running = (user: string): Seen | undefined =>
    turns.find((seen) => seen.turn.conversation.endsWith(user) && !seen.cancelled && seen.closed.length === 0);

  for (const [index, { waitMs, user, does }] of plan.steps.entries()) {
    await rig.wait(waitMs);
    const id = `${user}-${index}`;
    const before = running(user);
    arrivedAtMs.set(id, rig.nowMs);
    const texts = { asks: {}, stops: { text: '/stop' }, stopsAll: { text: '/stop all' } };
    if (does === 'asks') written[user]?.push(id);
    else orders.push(id);
    const said = rig.say(id, { target: { scene: 'c2c', openid: user }, ...texts[does] });
    if (before && (does !== 'asks' || busy === 'interrupt') && !before.cancelled) notCutAtOnce.push(id);
    await said;
  }
  await rig.clock.advanceUntil(() => rig.clock.pending === 0, 24 * 3_600_000);
  return { plan, rig, api: rig.platform as ChaosApi, turns, written, orders, arrivedAtMs, notCutAtOnce };
};

export const turnsOf = ({ turns }: World, user: string): readonly Seen[] =>
  turns.filter(({ turn }) => turn.conversation === `qq:app:c2c:${user}`);

/** A reply goes to the newest message of its turn, so it names its turn. */
export const anchorOf = ({ turn }: Seen): string => turn.inputs.at(-1)?.id ?? '';

export const requestsOf = ({ api }: World, seen: Seen): readonly Request[] =>
  api.requests.filter(({ anchor }) => anchor === anchorOf(seen));

export const toldTo = ({ rig }: World, { turn }: Seen): Interrupted | undefined =>
  rig.agent.turns.find(({ id }) => id === turn.id)?.interrupted;

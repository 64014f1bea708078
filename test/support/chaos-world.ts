import type { Interrupted, Receipt, StreamMode, TurnInfo } from '../../src/domain/turn.js';
import { blocks } from '../../src/pipelines/pieces/blocks.js';
import { nativeStream } from '../../src/pipelines/pieces/native-stream.js';
import type { PieceStrategy, StrategyPort } from '../../src/pipelines/pieces/strategy.js';
import { wholeText } from '../../src/pipelines/pieces/whole-text.js';
import { ChaosApi, type Request, type Shown } from './chaos.js';
import { type Plan, scriptOf, type Token, tokensIn } from './chaos-plan.js';
import { ConversationRig } from './conversation-rig.js';

export const AT_MOST_MS = 1_000;
const TURN_MAX_MS = 20_000;
/** What the router says by itself, after an agent that failed in silence. */
export const NOTICE = 'sorry';

/** One turn as it was seen from outside: from the platform, from the agent, and in its closing records. */
export type Seen = {
  /** As it began; `inputs` are all that it had in the end. */
  readonly turn: TurnInfo;
  inputs: readonly string[];
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

/** Small sizes, so that a few words make several blocks, frames and bubbles. */
const strategyOf = (mode: StreamMode, port: StrategyPort): PieceStrategy => {
  if (mode === 'native')
    return nativeStream({ intervalMs: 200, intervalMaxMs: 5_000, growthChars: 6, bubbleChars: 20 }, port);
  if (mode === 'block') return blocks({ firstChars: 5, minChars: 12, maxChars: 32, idleFlushMs: 300 }, port);
  return wholeText(port);
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
  const { busy, mode, seqPerFrame, quietMs, graceMs, settleMs, waitingMax, interruptsMax } = plan;
  let api: ChaosApi | undefined;
  const rig: ConversationRig = new ConversationRig({
    policy: {
      ...{ busy, quietMs, graceMs, settleMs, waitingMax, atMostMs: AT_MOST_MS, turnMaxMs: TURN_MAX_MS },
      patience: { interruptsMax, withinMs: 30_000 },
      notices: { stopped: '', rejected: '', expired: '', failed: NOTICE, blocked: '' },
    },
    scripts: plan.manners.map(scriptOf),
    retireAfterMs: 2_000,
    api: (clock) => {
      api = new ChaosApi(clock, plan.answers, tick, seqPerFrame);
      return api;
    },
    sending: { streams: { seqPerFrame, sendFrame: async (...frame) => (api as ChaosApi).sendFrame(...frame) } },
    deps: {
      newStrategy: (_, port) => strategyOf(mode, port),
      onTurnStarted: (turn) =>
        turns.push({
          turn,
          inputs: turn.inputs.map(({ id }) => id),
          startedAtMs: rig.nowMs,
          cancelled: null,
          closed: [],
        }),
      onTurnCancelled: ({ id }) => {
        seenOf(id).cancelled = { tick: tick(), atMs: rig.nowMs };
      },
      onTurnClosed: (_, { id, conversation, inputs }, receipt, record) => {
        const seen = seenOf(id);
        seen.inputs = inputs.map((input) => input.id);
        seen.closed.push({ receipt, tick: tick(), atMs: rig.nowMs });
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
    const isCause = does !== 'asks' || (busy === 'interrupt' && interruptsMax > plan.steps.length);
    if (before && isCause && !before.cancelled) notCutAtOnce.push(id);
    await said;
  }
  await rig.clock.advanceUntil(() => rig.clock.pending === 0, 24 * 3_600_000);
  return { plan, rig, api: api as unknown as ChaosApi, turns, written, orders, arrivedAtMs, notCutAtOnce };
};

export const turnsOf = ({ turns }: World, user: string): readonly Seen[] =>
  turns.filter(({ turn }) => turn.conversation === `qq:app:c2c:${user}`);

/** A reply answers a message of its turn, so it names its turn. */
export const isOf = ({ inputs }: Seen, { anchor }: { readonly anchor: string }): boolean => inputs.includes(anchor);

export const requestsOf = ({ api }: World, seen: Seen): readonly Request[] =>
  api.requests.filter((request) => isOf(seen, request) && request.text !== NOTICE);

/** What stands in a user's chat of this turn's answer. */
export const shownOf = ({ api }: World, seen: Seen): readonly Shown[] =>
  api.shown.filter((shown) => isOf(seen, shown) && shown.text !== NOTICE);

/** What each user sees of what agents said, in the order in which it stands there. */
export const readBy = ({ api }: World, user: string): readonly Token[] =>
  api.shown.filter(({ anchor }) => anchor.startsWith(user)).flatMap(({ text }) => tokensIn(text));

/** A bubble's last frame, with nothing in it that an earlier frame did not bring. */
export const isClosing = (world: World, request: Request): boolean => {
  const { frame } = request;
  if (!frame?.isLast) return false;
  return world.api.requests.some(
    (other) => other.tick < request.tick && other.frame?.streamId === frame.streamId && other.text === request.text,
  );
};

export const toldTo = ({ rig }: World, { turn }: Seen): Interrupted | undefined =>
  rig.agent.turns.find(({ id }) => id === turn.id)?.interrupted;

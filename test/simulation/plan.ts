import type { Scene } from '../../src/domain/conversation.js';
import type { BusyPolicy, StreamMode } from '../../src/domain/turn.js';
import { Chance } from '../support/chance.js';

/** How an agent answers one message. The message's text names it, so that taking a step away changes no other answer. */
const MANNERS = [
  'instant',
  'streams',
  'speaks',
  'awaits',
  'long',
  'holds',
  'rude',
  'stuck',
  'throws',
  'silent',
] as const;
/** `kills` brings the whole process down. */
export type Manner = (typeof MANNERS)[number] | 'kills';

/**
 * Where the process dies. `asked`, `synced`: a write; `read`: before a read answers; `leaves`, `arrives`, `answered`: a
 * request; `heard`, `said`: a frame of the socket, before it is taken in or leaves; the `after`th of them.
 */
export const CRASH_POINTS = [
  'now',
  'asked',
  'synced',
  'read',
  'leaves',
  'arrives',
  'answered',
  'heard',
  'said',
] as const;
export type CrashPoint = (typeof CRASH_POINTS)[number];

/** How much of what was asked and not synced reaches the disk all the same. */
export type Survival = 'some' | 'none' | 'all';

/** `any`: all points count. */
export type Crash = {
  readonly at: CrashPoint | 'any';
  readonly after: number;
  readonly downMs: number;
  readonly survives?: Survival;
};

export type Deed =
  | {
      readonly does: 'write';
      readonly id: string;
      readonly bot: number;
      readonly scene: Scene;
      readonly from: string;
      readonly manner: Manner;
      readonly pieces: number;
      readonly gapMs: number;
    }
  | {
      readonly does: 'order';
      readonly id: string;
      readonly bot: number;
      readonly scene: Scene;
      readonly from: string;
      readonly text: string;
    }
  | { readonly does: 'recall'; readonly of: string }
  | ({ readonly does: 'crash' } & Crash)
  | { readonly does: 'restart'; readonly downMs: number }
  | { readonly does: 'close'; readonly code: number }
  | { readonly does: 'reconnect'; readonly lingerMs: number }
  | { readonly does: 'invalidate'; readonly resumable: boolean }
  | { readonly does: 'refuseResume'; readonly how: 'op9' | number; readonly times: number }
  | { readonly does: 'stall' | 'dropAcks' | 'unplug'; readonly forMs: number }
  | { readonly does: 'pushTwice' | 'pushOutOfOrder'; readonly times: number }
  | { readonly does: 'fail'; readonly status: number; readonly processed: boolean; readonly times: number }
  | {
      readonly does: 'swallow';
      readonly how: 'cut' | 'hang';
      readonly processed: boolean;
      readonly times: number;
    }
  | { readonly does: 'delay'; readonly ms: number; readonly times: number }
  | { readonly does: 'expireTokens' }
  | { readonly does: 'jumpClock'; readonly byMs: number; readonly forMs: number }
  | { readonly does: 'slowDisk'; readonly ms: number; readonly forMs: number }
  | { readonly does: 'fullDisk'; readonly forMs: number };

export type Step = { readonly waitMs: number; readonly deed: Deed };

type SceneSetup = { readonly streamMode: StreamMode; readonly busy: BusyPolicy };

export type Setup = {
  readonly seed: number;
  /** Bots of the one process. */
  readonly bots: number;
  readonly scenes: Readonly<Record<Scene, SceneSetup>>;
  readonly nativeStream: 'stream_messages' | 'stream_object';
  /** Nothing goes wrong but the process itself. */
  readonly isCalm: boolean;
  /** The bots hear what becomes of messages that the platform reviews. */
  readonly hearsReviews?: true;
};

export type Plan = {
  readonly setup: Setup;
  readonly steps: readonly Step[];
  /** One crash of each life, from its first instant on. */
  readonly crashes?: readonly Crash[];
};

export type PlanOptions = {
  readonly seed: number;
  /** Things that happen. */
  readonly steps: number;
  /** Time on the platform, more or less. */
  readonly hours: number;
  /** Whether the process may die. */
  readonly crashes: boolean;
};

const MINUTE_MS = 60_000;
const CODES = [1000, 1001, 1006, 1011, 4000, 4006, 4007, 4008, 4009, 4015, 4900, 4902, 4913];
const BUSY: readonly BusyPolicy[] = ['interrupt', 'interrupt', 'collect', 'enqueue', 'steer', 'reject', 'concurrent'];
export const USERS = ['ann', 'ben', 'cay'] as const;
const SCENES: readonly Scene[] = ['c2c', 'c2c', 'c2c', 'group', 'group', 'guild', 'dm'];

const setupOf = (seed: number, chance: Chance): Setup => {
  const scene = (modes: readonly StreamMode[]): SceneSetup => ({
    streamMode: chance.pick(modes),
    busy: chance.pick(BUSY),
  });
  return {
    seed,
    scenes: {
      c2c: scene(['native', 'native', 'block', 'typing', 'final']),
      group: scene(['block', 'typing', 'final']),
      guild: scene(['block', 'final']),
      dm: scene(['block', 'final']),
    },
    nativeStream: chance.pick(['stream_messages', 'stream_object']),
    isCalm: chance.is(0.2),
    bots: chance.is(0.3) ? 2 : 1,
  };
};

/** Trouble, each with its own end, so that no step needs another. */
const troubles: readonly ((chance: Chance) => Deed)[] = [
  (chance) => ({ does: 'close', code: chance.pick(CODES) }),
  (chance) => ({ does: 'close', code: chance.pick(CODES) }),
  (chance) => ({ does: 'reconnect', lingerMs: chance.between(1, 5_000) }),
  (chance) => ({ does: 'invalidate', resumable: chance.is(0.5) }),
  (chance) => ({
    does: 'refuseResume',
    how: chance.pick(['op9', 1006, 4009, 4006, 4902] as const),
    times: chance.between(1, 3),
  }),
  (chance) => ({ does: chance.pick(['stall', 'dropAcks', 'unplug'] as const), forMs: chance.between(1, 150_000) }),
  (chance) => ({ does: chance.pick(['pushTwice', 'pushOutOfOrder'] as const), times: chance.between(1, 3) }),
  (chance) => {
    const status = chance.pick([500, 502, 504, 429, 400]);
    // A refusal that had taken effect would be a lie; a gateway that gives up may not know better.
    return { does: 'fail', status, processed: status >= 500 && chance.is(0.4), times: chance.between(1, 3) };
  },
  (chance) => ({
    does: 'swallow',
    how: chance.pick(['cut', 'hang'] as const),
    processed: chance.is(0.6),
    times: chance.between(1, 3),
  }),
  (chance) => ({ does: 'delay', ms: chance.pick([100, 900, 2_500, 6_000, 12_000]), times: chance.between(1, 4) }),
  () => ({ does: 'expireTokens' }),
  (chance) => ({
    does: 'jumpClock',
    byMs: chance.pick([-1, 1]) * chance.pick([500, 30_000, 10 * MINUTE_MS, 180 * MINUTE_MS]),
    forMs: chance.between(1, 10 * MINUTE_MS),
  }),
  (chance) => ({ does: 'slowDisk', ms: chance.pick([100, 800, 4_000]), forMs: chance.between(1_000, 30_000) }),
  (chance) => ({ does: 'fullDisk', forMs: chance.pick([50, 700, 5_000, 40_000]) }),
];

/** A platform that hears nothing of a bubble for longer ends it by itself. */
const CALM_DOWNTIMES_MS = [10, 500, 3_000, 20_000, 90_000] as const;

const crash = (chance: Chance, isCalm: boolean): Deed =>
  chance.is(0.15)
    ? { does: 'restart', downMs: chance.pick([50, 2_000]) }
    : {
        does: 'crash',
        at: chance.pick(CRASH_POINTS),
        after: chance.between(1, 4),
        downMs: chance.pick(isCalm ? CALM_DOWNTIMES_MS : [...CALM_DOWNTIMES_MS, 12 * MINUTE_MS]),
      };

/** Everything that will happen, from one seed. */
export const planOf = ({ seed, steps: count, hours, crashes }: PlanOptions): Plan => {
  const chance = new Chance(seed);
  const setup = setupOf(seed, chance);
  const steps: Step[] = [];
  const written: string[] = [];
  const idleMs = (hours * 60 * MINUTE_MS * 10) / count;
  let speaker: { readonly bot: number; readonly scene: Scene; readonly from: string } = {
    bot: 0,
    scene: 'c2c',
    from: 'ann',
  };

  const wait = (): number => {
    if (chance.is(0.1)) return chance.between(0, 2 * idleMs);
    return chance.pick([0, 0, 1, 30, 200, 700, 1_500, 4_000, 15_000]);
  };
  const speak = (n: number): Deed => {
    // The same one again, more often than not: that is when messages meet.
    if (chance.is(0.45)) {
      speaker = { bot: chance.between(1, setup.bots) - 1, scene: chance.pick(SCENES), from: chance.pick(USERS) };
    }
    const id = `m${n}`;
    if (chance.is(0.07)) return { does: 'order', id, ...speaker, text: chance.pick(['/stop', '停', '/stop all']) };
    written.push(id);
    return {
      does: 'write',
      id,
      ...speaker,
      manner: crashes && chance.is(0.02) ? 'kills' : chance.pick(MANNERS),
      pieces: chance.between(1, 4),
      gapMs: chance.pick([0, 0, 40, 400, 2_500, 20_000]),
    };
  };

  for (let n = 1; n <= count; n += 1) {
    const waitMs = wait();
    const kind = chance.next();
    let deed: Deed;
    if (crashes && kind < 0.08) deed = crash(chance, setup.isCalm);
    else if (kind < 0.3 && setup.isCalm) deed = crashes && kind < 0.14 ? crash(chance, true) : speak(n);
    else if (kind < 0.3) deed = chance.pick(troubles)(chance);
    else if (kind < 0.32 && written.length > 0) deed = { does: 'recall', of: chance.pick(written.slice(-3)) };
    else deed = speak(n);
    steps.push({ waitMs, deed });
  }
  return { setup, steps };
};

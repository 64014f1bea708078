import { textOf } from './agents.js';
import { type Broken, LawBroken } from './laws.js';
import type { Deed, Plan, Step } from './plan.js';
import { World } from './world.js';

export type Lived = {
  readonly broken: Broken | null;
  readonly story: readonly string[];
  readonly lives: number;
  /** The points that were passed at which the process may die. */
  readonly passed: readonly string[];
};

const act = async (world: World, deed: Deed): Promise<void> => {
  const { platform, net, clock } = world;
  switch (deed.does) {
    case 'write':
      if (deed.manner === 'kills') world.poisons.add(deed.id);
      return world.write(deed, textOf(deed));
    case 'order':
      return world.write(deed, deed.text, true);
    case 'recall':
      // The platform knows no message whose step was taken away.
      return world.recall(deed.of);
    case 'crash':
      return world.armCrash(deed);
    case 'restart':
      return world.restart(deed.downMs);
    case 'close':
      return platform.closeAll(deed.code);
    case 'reconnect':
      return platform.sendReconnect({ lingerMs: deed.lingerMs });
    case 'invalidate':
      return platform.invalidateSession(deed.resumable);
    case 'refuseResume':
      return platform.refuseResume(deed.how, deed.times);
    case 'stall':
      return world.spell(
        'stall',
        deed.forMs,
        () => platform.stall({ newLinks: true }),
        () => platform.unstall(),
      );
    case 'dropAcks':
      return world.spell(
        'dropAcks',
        deed.forMs,
        () => platform.dropAcks(true),
        () => platform.dropAcks(false),
      );
    case 'unplug':
      return world.spell(
        'unplug',
        deed.forMs,
        () => {
          net.isDown = true;
          platform.closeAll(1006);
        },
        () => {
          net.isDown = false;
        },
      );
    case 'pushTwice':
      return platform.pushTwice(deed.times);
    case 'pushOutOfOrder':
      return platform.pushOutOfOrder(deed.times);
    case 'fail':
      return platform.failNext({ ...deed, match: 'any' });
    case 'swallow':
      return platform.swallowNext({ ...deed, match: 'any' });
    case 'delay':
      return platform.delayNext(deed.ms, { match: 'any', times: deed.times });
    case 'expireTokens':
      return platform.expireTokens();
    case 'jumpClock':
      world.skewMs = deed.byMs;
      world.pardonAll();
      clock.setTimeout(() => {
        world.skewMs = 0;
        world.pardonAll();
      }, deed.forMs);
      return;
    case 'slowDisk':
      world.slownessMs = deed.ms;
      clock.setTimeout(() => {
        world.slownessMs = 0;
      }, deed.forMs);
      return;
    case 'fullDisk':
      return world.spell(
        'fullDisk',
        deed.forMs,
        () => {
          world.isFull = true;
        },
        () => {
          world.isFull = false;
        },
      );
  }
};

const said = ({ does, ...rest }: Deed): string => `* ${does} ${Object.values(rest).join(' ')}`;

/** Lives through a plan. */
export const live = async ({ setup, steps, crashes }: Plan): Promise<Lived> => {
  const world = new World(setup, crashes);
  let broken: Broken | null = null;
  try {
    await world.begin();
    await world.clock.advance(5_000);
    for (const { waitMs, deed } of steps) {
      await world.clock.advance(waitMs);
      world.story.tell(said(deed));
      await act(world, deed);
      await world.clock.advance(0);
      world.look();
    }
    await world.heal();
  } catch (error) {
    if (!(error instanceof LawBroken)) throw error;
    broken = error.broken;
    world.story.tell(`BROKEN: ${broken.law}: ${broken.how}`);
  }
  await world.end();
  return { broken, story: world.story.lines, lives: world.lives, passed: world.passed };
};

const TRIES_MAX = 400;

/** The fewest steps that break the same law: ever smaller stretches are taken away for as long as it breaks. */
export const shrink = async (plan: Plan, law: string): Promise<Plan> => {
  let { steps } = plan;
  let tries = 0;
  const breaks = async (fewer: readonly Step[]): Promise<boolean> => {
    tries += 1;
    return (await live({ ...plan, steps: fewer })).broken?.law === law;
  };
  for (let size = Math.ceil(steps.length / 2); size >= 1 && tries < TRIES_MAX; size = Math.floor(size / 2)) {
    for (let at = 0; at < steps.length && tries < TRIES_MAX; ) {
      const fewer = [...steps.slice(0, at), ...steps.slice(at + size)];
      if (await breaks(fewer)) steps = fewer;
      else at += size;
    }
  }
  // What is left may not need its waits.
  for (let at = 0; at < steps.length && tries < TRIES_MAX; at += 1) {
    const calmer = steps.map((step, index) => (index === at && step.waitMs > 0 ? { ...step, waitMs: 0 } : step));
    if (steps[at]?.waitMs !== 0 && (await breaks(calmer))) steps = calmer;
  }
  return { ...plan, steps };
};

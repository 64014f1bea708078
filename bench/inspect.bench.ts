import { createActor } from 'xstate';
import { conversationMachine } from '../machines/index.js';
import { tellingSteps } from '../src/actors/inspect.js';
import { systemClock } from '../src/adapters/clock/system-clock.js';
import type { Frame } from '../src/debug/inspect-frames.js';
import { createInspection } from '../src/debug/inspection.js';

/**
 * What the inspection of 1,000 living conversations costs at 60 steps a second: as processor time of one core beside the
 * same steps uninspected, with nobody looking on, with a client that follows how all stand, and with one that follows an
 * actor too. The client's own work is left out but for making text of each frame.
 * Usage: node dist/bench/inspect.bench.js [SECONDS]
 */
const SECONDS = Number(process.argv[2] ?? 5);
const ACTORS = 1_000;
const STEPS_PER_SECOND = 60;

const input = (id: string) => ({
  id,
  policy: {
    busy: 'interrupt',
    interruptScope: 'sender',
    patience: { interruptsMax: 5, withinMs: 1 },
    quietMs: 600,
    atMostMs: 2_500,
    mediaHoldMs: 0,
    waitingMax: 20,
    drop: 'old',
    waitingLifeMs: 90_000,
    holdMaxMs: 60_000,
    graceMs: 2_000,
    settleMs: 3_000,
    turnMaxMs: 300_000,
    typing: false,
    notices: { stopped: '', rejected: '', expired: '', failed: '', blocked: '' },
  } as const,
  epoch: 0,
  interrupted: null,
  parked: '',
});

const created = (inspectorFor: ReturnType<typeof createInspection>['inspectorFor'] | null) =>
  Array.from({ length: ACTORS }, (_, index) => {
    const id = `qq:1:c2c:U${index}`;
    const inspect = inspectorFor?.({ chart: 'conversation', channel: 'qq', id });
    return createActor(tellingSteps(conversationMachine, inspect), { input: input(id) }).start();
  });

/** Steps evenly through all actors at the given pace; gives the processor time it took. Units: share of one core. */
const drive = async (actors: ReturnType<typeof created>, perSecond: number): Promise<number> => {
  const startedMs = performance.now();
  const before = process.cpuUsage();
  let done = 0;
  while (performance.now() - startedMs < SECONDS * 1_000) {
    const due = ((performance.now() - startedMs) / 1_000) * perSecond;
    for (; done < due; done += 1) actors[done % ACTORS]?.send({ type: 'drain' });
    await new Promise((resolve) => setTimeout(resolve, 1_000 / 60));
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / (performance.now() - startedMs);
};

type Watching = 'uninspected' | 'nobody' | 'all' | 'one';

const measure = async (watching: Watching, perSecond: number): Promise<{ share: number; latenciesMs: number[] }> => {
  const inspection = createInspection({ clock: systemClock, version: '0', texts: true, scrub: (text) => text });
  const actors = created(watching === 'uninspected' ? null : inspection.inspectorFor);
  const latenciesMs: number[] = [];
  let bytes = 0;
  const sink = {
    write: (frame: Frame): void => {
      bytes += JSON.stringify(frame).length;
      if (frame.type === '@xstate.snapshot') latenciesMs.push(Date.now() - frame.atMs);
    },
    isFull: () => false,
    giveUp: () => undefined,
  };
  const { feed } = inspection;
  if (watching === 'all' || watching === 'one') feed.open({ actors: [], overview: true }, sink);
  if (watching === 'one') feed.open({ actors: ['conversation/qq:1:c2c:U7'], overview: false }, sink);
  await drive(actors, perSecond);
  const share = await drive(actors, perSecond);
  feed.close();
  for (const actor of actors) actor.stop();
  if (bytes < 0) throw new Error('nothing was said');
  return { share, latenciesMs };
};

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

for (const [name, perSecond] of [
  [`${STEPS_PER_SECOND} steps/s in all`, STEPS_PER_SECOND],
  [`${STEPS_PER_SECOND} steps/s each`, STEPS_PER_SECOND * ACTORS],
] as const) {
  process.stdout.write(`${ACTORS} actors, ${name}; share of one core\n`);
  const floor = await measure('uninspected', perSecond);
  for (const [what, watching] of [
    ['nobody looks on', 'nobody'],
    ['one client, how all stand', 'all'],
    ['and one that follows an actor', 'one'],
  ] as const) {
    const { share, latenciesMs } = await measure(watching, perSecond);
    latenciesMs.sort((one, other) => one - other);
    const p99 = latenciesMs[Math.floor(latenciesMs.length * 0.99)];
    const late = p99 === undefined ? '' : `; step to frame p99 ${p99} ms`;
    process.stdout.write(
      `  ${what}: ${percent(share)} where the steps alone take ${percent(floor.share)}: the feed ${percent(share - floor.share)}${late}\n`,
    );
  }
}

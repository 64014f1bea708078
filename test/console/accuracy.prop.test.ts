import { fc, it } from '@fast-check/vitest';
import { afterEach, expect } from 'vitest';
import type { AnyMachineSnapshot } from 'xstate';
import { recordingOf, timelinesIn } from '../../src/console/model/recording.js';
import { emptyTimeline, extended, snapshotAt, type Timeline } from '../../src/console/model/timeline.js';
import { activeStates } from '../../src/debug/chart-active.js';
import { chartGraph } from '../../src/debug/chart-graph.js';
import { CHARTS } from '../../src/debug/charts.js';
import type { Frame } from '../../src/debug/inspect-frames.js';
import type { Entry, Track } from '../../src/debug/inspect-recorder.js';
import { parseRecording } from '../../src/debug/recording.js';
import { InspectedRouter } from '../support/inspected-router.js';

const GRAPHS = new Map(Object.entries(CHARTS).map(([name, machine]) => [name, chartGraph(machine)]));

const act = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('say' as const), user: fc.constantFrom('ANN', 'BEN') }) },
  fc.record({ do: fc.constant('stop' as const), user: fc.constantFrom('ANN', 'BEN') }),
  fc.record({ do: fc.constant('close' as const), code: fc.constantFrom(1006, 4009, 4006, 4914) }),
  fc.record({ do: fc.constantFrom('op7' as const, 'op9' as const, 'dropAcks' as const, 'rateLimit' as const) }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(50, 700, 3_000, 70_000) }),
);

const perform = async (
  rig: InspectedRouter,
  step: typeof act extends fc.Arbitrary<infer T> ? T : never,
): Promise<void> => {
  const { platform, clock } = rig;
  switch (step.do) {
    case 'say':
      platform.sendC2c({ from: step.user, text: 'and?' });
      break;
    case 'stop':
      platform.sendC2c({ from: step.user, text: '/stop' });
      break;
    case 'close':
      platform.closeAll(step.code);
      break;
    case 'op7':
      platform.sendReconnect();
      break;
    case 'op9':
      platform.invalidateSession(false);
      break;
    case 'dropAcks':
      platform.dropAcks();
      break;
    case 'rateLimit':
      platform.rateLimit429();
      break;
    case 'wait':
      await clock.advance(step.ms);
  }
  await clock.advance(120);
};

const told = (timelines: Map<string, Timeline>, frames: readonly Frame[]): void => {
  for (const frame of frames) {
    if (!('actor' in frame)) continue;
    timelines.set(frame.actor, extended(timelines.get(frame.actor) ?? emptyTimeline(frame.actor), [frame]));
  }
};

/** What the machine itself says that it is in. */
const truthOf = (snapshot: AnyMachineSnapshot): string[] => snapshot._nodes.map(({ id }) => id).sort();

/** What the page would highlight with this step's frame. */
const shown = (timeline: Timeline, index: number): string[] => {
  const snapshot = snapshotAt(timeline, index);
  const graph = GRAPHS.get(timeline.actor?.chart ?? '');
  return graph && snapshot ? [...activeStates(graph, snapshot.value)].sort() : [];
};

const stepUpTo = (track: Track, n: number): Extract<Entry, { kind: 'step' }> | null => {
  for (let at = n; at >= track.first; at -= 1) {
    const entry = track.at(at);
    if (entry?.kind === 'step') return entry;
  }
  return null;
};

let rig: InspectedRouter | undefined;
afterEach(async () => {
  await rig?.stop();
  rig = undefined;
});

const talk = async (
  turn: { reply(text: AsyncIterable<string>): Promise<unknown> },
  pause: (ms: number) => Promise<void>,
) => {
  await turn.reply(
    (async function* () {
      for (let word = 0; word < 6; word += 1) {
        await pause(400);
        yield `word ${word}. `;
      }
    })(),
  );
};

it.prop([fc.array(act, { minLength: 4, maxLength: 14 })], { numRuns: 25 })(
  'highlighted is what the actor’s own snapshot is in: live after every act, at every earlier moment, and in a recording',
  async (acts) => {
    rig = await InspectedRouter.start({ handler: talk, channel: { streamMode: 'native' } });
    const listener = rig.listen('*', false);
    const timelines = new Map<string, Timeline>();
    const { recorder } = rig.inspection;
    for (const step of acts) {
      await perform(rig, step);
      told(timelines, listener.frames.splice(0));
      for (const track of recorder.tracks()) {
        const timeline = timelines.get(track.key);
        const latest = timeline?.frames.at(-1);
        const truth = latest && stepUpTo(track, latest.n);
        if (!timeline || !truth) continue;
        expect(shown(timeline, timeline.frames.length - 1)).toEqual(truthOf(truth.snapshot));
        // What has not been told yet happened within the last gathering.
        if (latest.n + 1 < track.next) expect(rig.clock.now() - (track.at(latest.n + 1)?.atMs ?? 0)).toBeLessThan(30);
      }
    }
    const about = { version: '1.2.3', texts: true, nowMs: rig.clock.now() };
    const saved = parseRecording(JSON.stringify(recordingOf([...timelines.values()], about)));
    for (const timeline of saved ? timelinesIn(saved) : []) {
      const track = recorder.get(timeline.key);
      if (!track) continue;
      for (const [index, { n }] of timeline.frames.entries()) {
        const truth = stepUpTo(track, n);
        if (truth) expect(shown(timeline, index)).toEqual(truthOf(truth.snapshot));
      }
    }
    await rig.stop();
    rig = undefined;
  },
);

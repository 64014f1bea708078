import { expect, it } from 'vitest';
import type { ActorFrame, StepFrame } from '../../src/debug/inspect-frames.js';
import { createInspection, type Inspection } from '../../src/debug/inspection.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';
import { Listener } from '../support/inspected-router.js';
import { SidecarRig } from './sidecar-rig.js';

const NAME = 'agent with / odd "name"';

const start = async (): Promise<{ rig: SidecarRig; inspection: Inspection; listener: Listener }> => {
  let made: Inspection | undefined;
  const inspection = (): Inspection => {
    made ??= createInspection({ clock: new VirtualClock(), version: '1', texts: true, scrub: (text) => text });
    return made;
  };
  const rig = await SidecarRig.start({ inspectorFor: (source) => inspection().inspectorFor(source) });
  const listener = new Listener();
  inspection().feed.open({ actors: '*', overview: false }, listener.sink);
  return { rig, inspection: inspection(), listener };
};

const valuesOf = ({ recorder }: Inspection, key: string): unknown[] => {
  const track = recorder.get(key);
  const entries = track ? Array.from({ length: track.size }, (_, at) => track.at(track.first + at)) : [];
  return entries.flatMap((entry) => (entry?.kind === 'step' ? [entry.snapshot.value] : []));
};

it('an agent that dials in is two charts more: its connections, and itself over all of them', async () => {
  const { rig, inspection } = await start();
  const first = await rig.agent({ agent: { name: NAME, version: '1' } });
  const session = [...inspection.recorder.tracks()].find(({ source }) => source.chart === 'agentSession');
  expect(session?.source.id).toMatch(/^agent_with_odd_name_-[0-9a-f]{8}$/);
  const key = session?.key ?? '';
  expect(valuesOf(inspection, key)).toEqual(['attached', 'attached']);
  expect(valuesOf(inspection, 'agentLink/1')).toEqual(['awaitingHello', { attached: 'quiet' }]);

  first.link.close(1006, 'cut');
  await rig.wait(100);
  expect(valuesOf(inspection, 'agentLink/1').at(-1)).toBe('closed');
  expect(valuesOf(inspection, key).at(-1)).toBe('lost');
  expect(inspection.recorder.get('agentLink/1')?.isGone).toBe(true);
  expect(inspection.recorder.get(key)?.last?.timers).toMatchObject([{ delayMs: 15_000 }]);
  await rig.wait(16_000);
  expect(valuesOf(inspection, key).at(-1)).toBe('unheld');

  await rig.agent({ agent: { name: NAME, version: '1' } });
  expect(valuesOf(inspection, 'agentLink/2').at(-1)).toEqual({ attached: 'quiet' });
});

it('what it is called in the feed lets nobody come back as it', async () => {
  const { rig, inspection, listener } = await start();
  const { agent } = await rig.agent();
  const sid = agent.all('hello.ok')[0]?.sid ?? '';
  const track = [...inspection.recorder.tracks()].find(({ source }) => source.chart === 'agentSession');
  const told = listener.frames.concat(
    track
      ? [
          inspection.views.actor(track, 1),
          ...[track.at(1)].flatMap((one) => (one ? inspection.views.history(track, one) : [])),
        ]
      : [],
  );
  expect(told.map(({ type }) => type)).toEqual(expect.arrayContaining(['@xstate.actor', '@xstate.snapshot']));
  expect(sid.length).toBeGreaterThan(10);
  expect(JSON.stringify(told as readonly (ActorFrame | StepFrame)[])).not.toContain(sid);
});

import { describe, expect, it } from 'vitest';
import { EventDesk } from '../../src/app/event-desk.js';
import type { RouterEvent } from '../../src/app/events.js';
import type { PlatformEvent } from '../../src/domain/platform-event.js';
import { createLogger } from '../../src/log/logger.js';
import { START_MS } from '../support/samples.js';

const deskRig = (isShared = false) => {
  const lines: string[] = [];
  const emitted: RouterEvent[] = [];
  const recalled: string[] = [];
  const { log } = createLogger({ level: 'info', destination: { write: (line: string) => lines.push(line) } });
  const desk = new EventDesk({
    channel: 'qq',
    log,
    emit: (event) => emitted.push(event),
    isShared: () => isShared,
    recall: (conversation, id) => recalled.push(`${conversation} ${id}`),
  });
  return { desk, lines, emitted, recalled };
};

const unknownOf = (name: string): PlatformEvent => ({
  kind: 'unknown',
  name,
  id: '',
  atMs: START_MS,
  raw: { x: 'body' },
});

describe('events nobody knows', () => {
  it('are all counted and told, and only sampled to the log: the first of a name and every hundredth', () => {
    const { desk, lines, emitted } = deskRig();
    for (let index = 0; index < 250; index += 1) desk.hear(unknownOf(index % 2 === 0 ? 'GROUP_DANCE' : 'GROUP_SING'));
    expect(desk.unknown).toBe(250);
    expect(emitted).toHaveLength(250);
    expect(lines).toHaveLength(4);
    expect(lines.join('')).not.toContain('body');
  });

  it('of ever new names fill neither memory nor log', () => {
    const { desk, lines } = deskRig();
    for (let index = 0; index < 2_000; index += 1) desk.hear(unknownOf(`N${index}${'x'.repeat(5_000)}`));
    expect(desk.unknown).toBe(2_000);
    expect(lines.length).toBeLessThanOrEqual(200 + 20);
    expect(lines.every((line) => line.length < 400)).toBe(true);
  });
});

describe('a recall', () => {
  const event: PlatformEvent = {
    kind: 'message.recalled',
    name: 'MESSAGE_DELETE',
    id: 'e1',
    atMs: START_MS,
    target: { scene: 'guild', channelId: 'C1' },
    conversation: 'qq:app:guild:C1:144',
    messageId: 'M1',
    author: { id: '144' },
    raw: null,
  };

  it('goes to its conversation, and to whoever listens', () => {
    const { desk, emitted, recalled } = deskRig();
    desk.hear(desk.keyed(event));
    expect(recalled).toEqual(['qq:app:guild:C1:144 M1']);
    expect(emitted).toEqual([{ type: 'platform.event', channel: 'qq', event }]);
  });

  it('goes to the one conversation of all where a channel shares one', () => {
    const { desk, recalled } = deskRig(true);
    desk.hear(desk.keyed(event));
    expect(recalled).toEqual(['qq:app:guild:C1 M1']);
  });
});

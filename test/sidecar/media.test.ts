import { describe, expect, it } from 'vitest';
import type { AgentFrames } from '../../src/sidecar/frames/from-agent.js';
import { BUFFER_CHARS, newOutput, readOutput, takeOutput } from '../../src/sidecar/turn-output.js';
import { PNG } from '../support/files.js';
import { SidecarRig, type SidecarRigOptions, type WiredAgent } from './sidecar-rig.js';

/* Files in the frames of an agent, through a whole router, to what the user has before their eyes. */

type Started = { rig: SidecarRig; wired: WiredAgent; turn: string };

const accepted = async (options: SidecarRigOptions = {}): Promise<Started> => {
  const rig = await SidecarRig.start(options);
  const wired = await rig.agent({ caps: { history: 'router' } });
  const { turn } = await rig.ask(wired, 'one');
  wired.agent.accept(turn);
  await rig.wait(5);
  return { rig, wired, turn };
};

const BASE64 = Buffer.from(PNG).toString('base64');
const LINKED = { kind: 'image', url: 'https://img.example/a.png' } as const;
const WHOLE = { kind: 'image', name: 'dot.png', base64: BASE64 } as const;

/** Each bubble, in order: its text, or how its file came. */
const bubbles = (rig: SidecarRig): string[] =>
  rig.entries().map(({ text, media }) => {
    const [file] = media;
    if (!file) return text;
    return file.url === LINKED.url ? 'linked' : `${file.sizeBytes} bytes`;
  });

const errorsOf = ({ agent }: WiredAgent): (string | undefined)[] => agent.all('error').map(({ code }) => code);

describe('turn.media', () => {
  it('arrives in its place among the words, by address and whole', async () => {
    const { rig, wired, turn } = await accepted();
    const { agent } = wired;
    agent.say({ t: 'turn.delta', turn, n: 1, text: 'Here it is:' });
    agent.say({ t: 'turn.media', turn, n: 2, media: LINKED });
    agent.say({ t: 'turn.delta', turn, n: 3, text: 'and here:' });
    agent.say({ t: 'turn.media', turn, n: 4, media: WHOLE });
    agent.say({ t: 'turn.end', turn, n: 4, reason: 'stop' });
    const closed = await rig.until(agent.next('turn.closed'));
    expect(closed).toMatchObject({ status: 'completed', certainty: 'exact' });
    expect(bubbles(rig)).toEqual(['Here it is:', 'linked', 'and here:', `${PNG.length} bytes`]);
    expect(errorsOf(wired)).toEqual([]);
  });

  it('said twice counts once', async () => {
    const { rig, wired, turn } = await accepted();
    for (let time = 0; time < 3; time += 1) wired.agent.say({ t: 'turn.media', turn, n: 1, media: WHOLE });
    wired.agent.say({ t: 'turn.end', turn, n: 1, reason: 'stop' });
    await rig.until(wired.agent.next('turn.closed'));
    expect(bubbles(rig)).toEqual([`${PNG.length} bytes`]);
  });

  it('of a cancelled turn is fenced', async () => {
    const { rig, wired, turn } = await accepted();
    const { agent } = wired;
    agent.say({ t: 'turn.delta', turn, n: 1, text: 'old words' });
    agent.say({ t: 'turn.break', turn, n: 2 });
    await rig.wait(500);
    rig.say('two');
    await rig.until(agent.next('turn.cancel'));
    agent.say({ t: 'turn.media', turn, n: 3, media: WHOLE });
    agent.say({ t: 'turn.media', turn, n: 4, media: LINKED });
    await rig.wait(5);
    expect(errorsOf(wired)).toEqual(['stale_turn', 'stale_turn']);
    agent.say({ t: 'turn.cancelled', turn });
    const next = await rig.until(agent.next('turn.start'));
    agent.say({ t: 'turn.delta', turn: next.turn, n: 1, text: 'new words' });
    agent.say({ t: 'turn.end', turn: next.turn, n: 1, reason: 'stop' });
    await rig.wait(30_000);
    expect(bubbles(rig)).toEqual(['old words', 'new words']);
  });

  it('that waits to go out when the cancel comes is not sent', async () => {
    const { rig, wired, turn } = await accepted();
    const { agent } = wired;
    rig.platform.delayNext(2_000, { match: 'sends' });
    agent.say({ t: 'turn.delta', turn, n: 1, text: 'old words' });
    agent.say({ t: 'turn.media', turn, n: 2, media: WHOLE });
    await rig.wait(500);
    rig.say('two');
    await rig.until(agent.next('turn.cancel'));
    agent.say({ t: 'turn.cancelled', turn });
    await rig.wait(30_000);
    expect(bubbles(rig)).toEqual(['old words']);
  });

  it.each([
    ['no base64', { kind: 'image', base64: 'not base64!' }],
    ['neither', { kind: 'image', name: 'a.png' }],
    ['a file of the router’s machine', { kind: 'file', path: '/etc/hostname' }],
  ])('with %s is refused, and the turn goes on', async (_, media) => {
    const { rig, wired, turn } = await accepted();
    wired.agent.raw(JSON.stringify({ t: 'turn.media', turn, n: 1, media }));
    await rig.wait(5);
    expect(errorsOf(wired)).toEqual(['bad_frame']);
    wired.agent.say({ t: 'turn.delta', turn, n: 1, text: 'without it' });
    wired.agent.say({ t: 'turn.end', turn, n: 1, reason: 'stop' });
    await rig.until(wired.agent.next('turn.closed'));
    expect(bubbles(rig)).toEqual(['without it']);
  });

  it.each(['file:///etc/hostname', 'ftp://example.test/a.png'])('at %s costs the answer nothing else', async (url) => {
    const { rig, wired, turn } = await accepted();
    wired.agent.say({ t: 'turn.media', turn, n: 1, media: { kind: 'image', url } });
    wired.agent.say({ t: 'turn.delta', turn, n: 2, text: 'the words' });
    wired.agent.say({ t: 'turn.end', turn, n: 2, reason: 'stop' });
    await rig.until(wired.agent.next('turn.closed'));
    expect(bubbles(rig)).toEqual(['the words']);
  });

  it('takes the room of its characters until it is read; an address takes none', () => {
    const frame = (n: number, media: AgentFrames['turn.media']['media']) =>
      ({ t: 'turn.media', turn: 't', n, media }) as const;
    const whole = { kind: 'file', base64: 'A'.repeat(BUFFER_CHARS / 2) } as const;
    let output = newOutput(false);
    const verdicts = [whole, LINKED, whole, LINKED, whole].map((media, index) => {
      const verdict = takeOutput(output, frame(index + 1, media), () => false);
      if (verdict.kind === 'taken') output = verdict.output;
      return verdict.kind === 'refused' ? verdict.code : verdict.kind;
    });
    expect(verdicts).toEqual(['taken', 'taken', 'taken', 'taken', 'flow_exceeded']);
    expect(takeOutput(readOutput(output, BUFFER_CHARS / 2), frame(5, whole), () => false).kind).toBe('taken');
  });
});

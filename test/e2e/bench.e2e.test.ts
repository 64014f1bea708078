import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);

/** The short form of each bench: that it runs, answers, and measures something. Figures are made by `npm run bench`. */
describe('the benches, in short', () => {
  it('the road beside its floor', async () => {
    const { stdout } = await run(process.execPath, ['dist/bench/end-to-end.bench.js', '1']);
    const perSecond = (side: string): number =>
      Number(new RegExp(`^${side} +(\\d+) messages/s`, 'm').exec(stdout)?.[1] ?? Number.NaN);
    expect(perSecond('floor')).toBeGreaterThan(perSecond('memory'));
    expect(perSecond('memory')).toBeGreaterThan(100);
    expect(perSecond('embedded')).toBeGreaterThan(100);
  });

  it('the latency of an interrupt at 1,000 messages a second', async () => {
    const { stdout } = await run(process.execPath, ['dist/bench/interrupt.bench.js', '50']);
    const [, p50] = /p50 ([\d.]+) ms, p99 [\d.]+ ms/.exec(stdout) ?? [];
    expect(Number(p50)).toBeGreaterThan(0);
    expect(Number(p50)).toBeLessThan(50);
  });

  it('from the start to READY over a store that knows many conversations', async () => {
    const { stdout } = await run(process.execPath, ['dist/bench/ready.bench.js', '2000']);
    const [, empty] = /empty store +(\d+) ms/.exec(stdout) ?? [];
    const [, full, more] = /2000 conversations +(\d+) ms, which is (-?\d+) ms more/.exec(stdout) ?? [];
    expect(Number(empty)).toBeGreaterThan(0);
    expect(Number(full)).toBeGreaterThan(0);
    expect(Number(more)).toBeLessThan(1_000);
  });

  it('what the border to an agent in another process costs, and a cancel across it', async () => {
    const { stdout } = await run(process.execPath, ['dist/bench/sidecar.bench.js', '30', '200']);
    for (const what of ['embedded: answer', 'sidecar: answer', 'sidecar: cancel, there and back']) {
      const p50 = new RegExp(`^${what} over 30 .* p50 ([\\d.]+) ms`, 'm').exec(stdout)?.[1];
      expect(Number(p50), what).toBeGreaterThan(0);
      expect(Number(p50), what).toBeLessThan(100);
    }
  });
});

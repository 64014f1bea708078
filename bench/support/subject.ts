import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keepHeapYoung } from '../../src/cli/young-heap.js';
import { createRouter } from '../../src/index.js';
import { startFloor } from './floor.js';

/** One side of the comparison in a process of its own: `floor`, `memory` or `embedded`, told the platform's address. */
const [side, api] = process.argv.slice(2) as ['floor' | 'memory' | 'embedded', string];

keepHeapYoung();

const startRouter = async (driver: 'memory' | 'embedded'): Promise<() => Promise<void>> => {
  const perSecond = { botPerSecond: 20_000, peerPerSecond: 20 };
  const router = createRouter(
    {
      channels: {
        qq: {
          appId: '1',
          appSecret: 'bench',
          endpoints: { token: api, api },
          streamMode: 'final',
          debounce: { quietMs: 0, atMostMs: 0 },
        },
      },
      agent: { driver: 'echo' },
      store: { driver, path: mkdtempSync(join(tmpdir(), 'rookery-bench-')) },
    },
    { paceLimits: { c2c: perSecond, group: perSecond, guild: perSecond, dm: perSecond } },
  );
  await router.start();
  return () => router.stop();
};

const stop = side === 'floor' ? await startFloor(api) : await startRouter(side);

let from = process.cpuUsage();
process.on('message', (message: { mark?: true; report?: true; stop?: true }) => {
  if (message.mark) from = process.cpuUsage();
  if (message.report) {
    const { user, system } = process.cpuUsage(from);
    process.send?.({ cpuMs: (user + system) / 1000, rssMb: process.memoryUsage().rss / 2 ** 20 });
  }
  if (message.stop) void stop().finally(() => process.exit(0));
});
process.send?.({ ready: true });

import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '1000' }, seed: { type: 'string', default: '1' } },
});
const runner = ['vitest', 'run', '--project', 'e2e', 'test/e2e/kills.e2e.test.ts'];
const env = { ...process.env, KILLS: values.kills, KILLS_SEED: values.seed };
spawn('npx', runner, { stdio: 'inherit', env }).once('exit', (code) => {
  process.exitCode = code ?? 1;
});

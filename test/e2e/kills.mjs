import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  options: { kills: { type: 'string', default: '1000' }, seed: { type: 'string', default: '1' } },
  allowPositionals: true,
});
const file = positionals[0] === 'sidecar' ? 'sidecar-kills' : 'kills';
const runner = ['vitest', 'run', '--project', 'e2e', `test/e2e/${file}.e2e.test.ts`];
const env = { ...process.env, KILLS: values.kills, KILLS_SEED: values.seed };
spawn('npx', runner, { stdio: 'inherit', env }).once('exit', (code) => {
  process.exitCode = code ?? 1;
});

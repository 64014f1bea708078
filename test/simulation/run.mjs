import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    steps: { type: 'string', default: '400' },
    hours: { type: 'string', default: '24' },
    crashes: { type: 'string', default: 'on' },
  },
});
const named = Object.entries(values).map(([name, value]) => [`SIM_${name.toUpperCase()}`, value]);
const runner = ['vitest', 'run', '--project', 'unit', 'test/simulation', '--reporter', 'verbose'];
spawn('npx', runner, { stdio: 'inherit', env: { ...process.env, ...Object.fromEntries(named) } }).once(
  'exit',
  (code) => {
    process.exitCode = code ?? 1;
  },
);

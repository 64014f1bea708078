#!/usr/bin/env node
import { basename, isAbsolute, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { EXIT } from './cli.js';
import { processOutput } from './output.js';
import { runCli } from './program.js';
import { firstSignal } from './signals.js';
import { keepHeapYoung } from './young-heap.js';

const { argv, env, stdin } = process;

keepHeapYoung();

/** Installed, the file has the name of its command; otherwise a person calls it by its path. */
const programName = (): string => {
  const file = argv[1] ?? 'rookery';
  const path = relative(process.cwd(), file);
  return basename(file) === 'rookery' ? 'rookery' : `node ${path.startsWith('..') || isAbsolute(path) ? file : path}`;
};

const output = processOutput();
let signal: Promise<NodeJS.Signals> | undefined;
const code = await runCli(argv.slice(2), {
  output,
  env,
  cwd: process.cwd(),
  program: programName(),
  typed: stdin.isTTY ? () => createInterface({ input: stdin }) : null,
  untilSignal: () => {
    signal ??= firstSignal(env['npm_lifecycle_event'] !== undefined);
    return signal;
  },
});
await output.flush();
// Not by falling off the end: an idle connection or a terminal that is read would keep the process.
process.exit(code === EXIT.ok && output.hasFailed() ? EXIT.failed : code);

import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** npm passes a Ctrl-C on to its child, which the terminal has already sent it. Units: ms. */
const SAME_KEY_MS = 500;

/** npm runs its child through a shell, which takes SIGTERM to itself and dies; how often to look whether it has. Units: ms. */
const ORPHAN_LOOK_MS = 500;

/** The exit code a shell reports for a process that a signal ended. */
const codeFor = (signal: NodeJS.Signals): number => 128 + constants.signals[signal];

/**
 * Resolves with the first signal; the second one ends the process at once.
 * Shape: under npm, two SIGINTs of one key press count as one, and losing the parent counts as SIGTERM.
 */
export const firstSignal = (underNpm: boolean): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    let first: { signal: NodeJS.Signals; atMs: number } | undefined;
    const hear = (signal: NodeJS.Signals): void => {
      if (first === undefined) {
        first = { signal, atMs: Date.now() };
        resolve(signal);
        return;
      }
      const isEcho =
        underNpm && signal === 'SIGINT' && first.signal === signal && Date.now() - first.atMs < SAME_KEY_MS;
      if (!isEcho) process.exit(codeFor(signal));
    };
    for (const signal of SIGNALS) process.on(signal, hear);
    if (!underNpm) return;
    const parent = process.ppid;
    const watch = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(watch);
      if (first === undefined) hear('SIGTERM');
    }, ORPHAN_LOOK_MS).unref();
  });

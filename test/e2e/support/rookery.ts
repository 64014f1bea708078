import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../../dist/src/cli/main.js', import.meta.url));

export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

export type Launch = {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Another program than the built command. @default node dist/src/cli/main.js */
  readonly program?: readonly [command: string, ...args: string[]];
};

/** The built command as a process of its own, with nothing of this process's environment but where programs lie. */
export class Rookery {
  stdout = '';
  stderr = '';
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #waiters = new Set<() => void>();

  constructor(args: readonly string[], { cwd, env = {}, program = [process.execPath, MAIN] }: Launch) {
    const [command, ...first] = program;
    this.#child = spawn(command, [...first, ...args], {
      cwd,
      env: { PATH: process.env['PATH'], HOME: cwd, LANG: 'C.UTF-8', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const hear = (stream: 'stdout' | 'stderr') => (chunk: string) => {
      this[stream] += chunk;
      for (const look of [...this.#waiters]) look();
    };
    this.#child.stdout?.setEncoding('utf8').on('data', hear('stdout'));
    this.#child.stderr?.setEncoding('utf8').on('data', hear('stderr'));
    this.exited = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      // `close`, not `exit`: only then has everything that was written been read.
      this.#child.once('close', (code, signal) => resolve({ code, signal }));
    });
  }

  /** Resolves with the match, once `pattern` stands in what was said on stdout. Errors: after `timeoutMs`, or at exit. */
  said(pattern: RegExp, { timeoutMs = 30_000 } = {}): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        clearTimeout(timer);
        this.#waiters.delete(look);
        act();
      };
      const look = (): void => {
        const match = pattern.exec(this.stdout);
        if (match) settle(() => resolve(match));
      };
      const fail = (why: string): void =>
        settle(() =>
          reject(new Error(`${pattern} was not said ${why}\n--- stdout\n${this.stdout}--- stderr\n${this.stderr}`)),
        );
      const timer = setTimeout(() => fail(`within ${timeoutMs} ms`), timeoutMs);
      this.#waiters.add(look);
      void this.exited.then(() => {
        look();
        fail('before the exit');
      });
      look();
    });
  }

  /** The address of its server. */
  async url(): Promise<string> {
    return (await this.said(/(http:\/\/\S+?:\d+)\s*[（(]\/healthz/))[1] ?? '';
  }

  kill(signal: NodeJS.Signals = 'SIGTERM'): void {
    this.#child.kill(signal);
  }

  /** Ends it if it still runs. */
  async end(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGKILL');
    await this.exited.catch(() => undefined);
  }
}

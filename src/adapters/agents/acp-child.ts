import { type ChildProcess, spawn } from 'node:child_process';
import type { Clock } from '../../ports/clock.js';
import { LineReader } from './line-reader.js';

/** Units: bytes that may wait for a child that does not read. */
const UNREAD_MAX = 16 * 1024 * 1024;
/** Units: characters of its last words on stderr. */
const LAST_WORDS_MAX = 1_000;
/** How long what it had written is read on after its end; a grandchild may hold the pipe open for ever. */
const LINGER_MS = 250;

export type ChildSpec = {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** All that it sees of an environment. */
  readonly env: Readonly<Record<string, string>>;
};

export type ChildHandlers = {
  readonly line: (line: string) => void;
  /** Called once, also where it could not be started. `why` is for a person. */
  readonly ended: (why: string) => void;
};

/** None of them stays where this process ends without a word. */
const living = new Set<AcpChild>();
const endAll = (): void => {
  for (const child of living) child.signal('SIGKILL');
};
const noteLiving = (child: AcpChild): void => {
  if (living.size === 0) process.on('exit', endAll);
  living.add(child);
};
const noteGone = (child: AcpChild): void => {
  living.delete(child);
  if (living.size === 0) process.removeListener('exit', endAll);
};

/**
 * A child process that talks in lines, in a process group of its own, so that a signal reaches what it has started, too.
 * Shape: nothing is heard after `ended`; when it ends, its group is ended with it.
 */
export class AcpChild {
  readonly #child: ChildProcess;
  readonly #handlers: ChildHandlers;
  readonly #reader = new LineReader();
  #lastWords = '';
  #isOver = false;

  constructor({ command, args, cwd, env }: ChildSpec, handlers: ChildHandlers, clock: Clock) {
    this.#handlers = handlers;
    const child = spawn(command, args, {
      cwd,
      env,
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
      windowsHide: true,
    });
    this.#child = child;
    noteLiving(this);
    child.on('error', (error) => this.#end(`it could not be started: ${codeOf(error)}`));
    child.on('exit', (code, signal) => {
      const how = signal ? `it was ended by ${signal}` : `it ended with code ${code}`;
      this.signal('SIGKILL');
      const timer = clock.setTimeout(() => this.#end(how), LINGER_MS);
      child.once('close', () => {
        clock.clearTimeout(timer);
        this.#end(how);
      });
    });
    child.stdout?.on('data', (bytes: Buffer) => this.#read(bytes));
    child.stderr?.on('data', (bytes: Buffer) => {
      this.#lastWords = (this.#lastWords + bytes.toString()).slice(-LAST_WORDS_MAX);
    });
    // A pipe that broke is told by the exit.
    for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe?.on('error', () => undefined);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** What it said last on stderr, to be scrubbed before anybody reads it. */
  get lastWords(): string {
    return this.#lastWords;
  }

  write(line: string): void {
    const { stdin } = this.#child;
    if (this.#isOver || !stdin?.writable) return;
    stdin.write(`${line}\n`);
    if (stdin.writableLength > UNREAD_MAX) this.signal('SIGKILL');
  }

  /** To its whole group. */
  signal(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined || this.#isOver) return;
    try {
      if (process.platform === 'win32') this.#child.kill(signal);
      else process.kill(-pid, signal);
    } catch {
      // Nobody of the group is left.
    }
  }

  #read(bytes: Buffer): void {
    if (this.#isOver) return;
    try {
      for (const line of this.#reader.push(bytes)) this.#handlers.line(line);
    } catch {
      this.signal('SIGKILL');
      this.#end('it wrote a line without end');
    }
  }

  #end(why: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    noteGone(this);
    for (const pipe of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) pipe?.destroy();
    this.#handlers.ended(why);
  }
}

const codeOf = (error: Error): string => ('code' in error ? String(error.code) : error.name);

/** What a program needs to run at all; everything else of our environment stays with us. */
const PASSED = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LC_ALL',
  'LC_CTYPE',
  'TZ',
  'TMPDIR',
  'TEMP',
  'TMP',
];
const PASSED_ON_WINDOWS = ['SystemRoot', 'ComSpec', 'PATHEXT', 'APPDATA', 'LOCALAPPDATA', 'USERPROFILE'];

/** The environment of a child: the few names every program needs, and what the configuration gives it. */
export const childEnv = (
  ours: NodeJS.ProcessEnv,
  given: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> => ({
  ...Object.fromEntries(
    [...PASSED, ...PASSED_ON_WINDOWS].flatMap((name) => {
      const value = ours[name];
      return value === undefined ? [] : [[name, value]];
    }),
  ),
  ...given,
});

import type { Lang } from '../config/lang.js';
import type { Env } from '../config/substitute.js';
import type { Output } from './output.js';
import type { Texts } from './texts.js';

/** What a command learns of the process it runs in. */
export type World = {
  readonly output: Output;
  readonly env: Env;
  readonly cwd: string;
  /** How a person calls this program: `rookery`, or the file where it is not installed. */
  readonly program: string;
  /** The lines somebody types; null where nobody sits at a terminal. */
  readonly typed: (() => AsyncIterable<string>) | null;
  /**
   * Resolves with the first SIGINT or SIGTERM; from the first call on they no longer end the process by themselves, but
   * the second one does.
   */
  readonly untilSignal: () => Promise<NodeJS.Signals>;
};

/** The same, in the language of whoever called. */
export type Cli = World & { readonly lang: Lang; readonly say: Texts };

/** A usage or configuration error is 2, whatever else goes wrong is 1. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

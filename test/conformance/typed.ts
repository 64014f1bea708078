import { runCli } from '../../src/cli/program.js';
import { en } from '../../src/cli/texts-en.js';

/** What the command said, by the promises' own names. */
export type Verdict = {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly holding: readonly string[];
  readonly broken: readonly string[];
  readonly untried: readonly string[];
};

const { promises, holds } = en.conformance;

/** `rookery conformance …`, as somebody types it. */
export const conformanceTyped = async (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Verdict> => {
  let out = '';
  let err = '';
  const code = await runCli(['--lang', 'en', 'conformance', ...args], {
    output: {
      out: (text) => {
        out += `${text}\n`;
      },
      err: (text) => {
        err += `${text}\n`;
      },
      outColor: false,
      errColor: false,
      gone: new AbortController().signal,
      flush: async () => undefined,
    },
    env,
    cwd: '/nowhere',
    program: 'rookery',
    typed: null,
    untilSignal: () => new Promise(() => undefined),
  });
  const lines = out.split('\n');
  const having = (word: string): string[] =>
    Object.entries(promises)
      .filter(([, promise]) => lines.some((line) => line.startsWith(`${promise}  `) && line.includes(`  ${word}`)))
      .map(([name]) => name);
  return { code, out, err, holding: having(holds.yes), broken: having(holds.no), untried: having(holds.untried) };
};

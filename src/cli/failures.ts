import { problemsOf, renderProblems } from '../config/problems.js';
import { ERROR_CODES } from '../errors/codes.js';
import { RouterError } from '../errors/router-error.js';
import { type Cli, EXIT } from './cli.js';

/** What an operator can do about a code. Shape: empty for one that is not of the table. */
export const remedyFor = (code: string, lang: Cli['lang']): string =>
  Object.hasOwn(ERROR_CODES, code) ? ERROR_CODES[code as keyof typeof ERROR_CODES].remedy[lang] : '';

/** A mistake of whoever called, already in their language. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A failure whose text is whole in itself, already in the language of whoever called. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/**
 * Says on stderr what went wrong and what to do about it; the exit code is the answer.
 * Shape: a stack is shown for a bug of ours alone, never for a mistake of the operator's.
 */
export const reportFailure = (error: unknown, { output, lang, say, program }: Cli): number => {
  const line = (text: string): void => output.err(`${say.error.error}: ${text}`);
  if (error instanceof UsageError) {
    line(error.message);
    output.err(say.error.seeHelp(program));
    return EXIT.usage;
  }
  if (error instanceof CommandError) {
    line(error.message);
    return EXIT.failed;
  }
  if (error instanceof RouterError) {
    const problems = problemsOf(error);
    if (problems.length > 0) for (const text of renderProblems(problems, lang).split('\n')) line(text);
    else line(error.message);
    output.err(`${say.error.remedy}: ${error.remedy(lang)}`);
    return error.code.startsWith('config.') ? EXIT.usage : EXIT.failed;
  }
  output.err(say.error.unexpected(error instanceof Error ? (error.stack ?? error.message) : String(error)));
  return EXIT.failed;
};

import { type Command, type CommanderError, InvalidArgumentError } from 'commander';
import { nearest } from '../config/nearest.js';
import { UsageError } from './failures.js';
import type { Texts } from './texts.js';

/** The command that a command line gets to: `channel` for `channel lst`. */
const reached = (program: Command, argv: readonly string[]): Command => {
  const next = argv
    .map((word) => program.commands.find((command) => command.name() === word))
    .find((command) => command !== undefined);
  return next ? reached(next, argv.slice(argv.indexOf(next.name()) + 1)) : program;
};

/** Every command by its whole name: `start`, `channel list`. */
const pathsOf = (command: Command, above = ''): string[] =>
  command.commands.flatMap((one) => {
    const path = `${above}${one.name()}`;
    return one.commands.length > 0 ? pathsOf(one, `${path} `) : [path];
  });

const nearestOf = (found: string, known: readonly string[]): string => nearest(found, known)[0] ?? '';

const flagsOf = (command: Command): string[] => [
  ...command.options.flatMap(({ long, short }) => [long, short].filter((flag) => typeof flag === 'string')),
  ...(command.parent ? flagsOf(command.parent) : ['--help']),
];

/** Of the same kind as what was found: a long one for a long one. */
const nearestFlag = (found: string, flags: readonly string[]): string => {
  const isLong = found.startsWith('--');
  return nearestOf(
    found,
    flags.filter((flag) => flag.startsWith('--') === isLong),
  );
};

const quoted = (message: string): string => /'([^']*)'/.exec(message)?.[1] ?? '';

/** An error of the parser, in the words and the language of this program. */
export const usageErrorFrom = (
  error: CommanderError,
  program: Command,
  argv: readonly string[],
  say: Texts,
): UsageError => {
  const words = say.error;
  const command = reached(program, argv);
  const found = quoted(error.message);
  switch (error.code) {
    case 'commander.unknownCommand': {
      const path = command.parent ? `${command.name()} ` : '';
      const known = command.commands.map((one) => `${path}${one.name()}`);
      // `rookery doctor` means `rookery channel doctor`, however far apart the two are in letters.
      const meant = pathsOf(program).find((whole) => whole.endsWith(` ${found}`));
      return new UsageError(words.unknownCommand(`${path}${found}`, meant ?? nearestOf(`${path}${found}`, known)));
    }
    case 'commander.unknownOption':
      return new UsageError(words.unknownOption(found, nearestFlag(found, flagsOf(command))));
    case 'commander.optionMissingArgument':
      return new UsageError(words.missingValue(found));
    case 'commander.missingArgument':
      return new UsageError(words.missingArgument(quoted(error.message)));
    case 'commander.excessArguments':
      return new UsageError(words.tooManyArguments);
    case 'commander.help':
      return new UsageError(words.noSubcommand);
    case 'commander.invalidArgument': {
      // Ours carry a whole sentence behind the parser's; its own speak of `--lang` and `--format`, which are choices.
      const own = /^error: .*?(--[\w-]+).*?' argument '(.*?)' is invalid\. (.*)$/s.exec(error.message);
      const [, option = '', value = '', allowed = ''] = own ?? [];
      return new UsageError(words.badValue(option, value, allowed.replace(/^Allowed choices are (.*)\.$/, '$1')));
    }
    default:
      return new UsageError(error.message.replace(/^error: /, ''));
  }
};

/** A parser of whole numbers for an option. */
export const wholeNumber =
  (say: Texts, least: number, most: number) =>
  (text: string): number => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(say.error.wholeNumber(least, most));
  };

/** A parser of web addresses for an option. */
export const httpUrl =
  (say: Texts) =>
  (text: string): string => {
    if (URL.canParse(text) && /^https?:$/u.test(new URL(text).protocol)) return text;
    throw new InvalidArgumentError(say.error.httpUrl);
  };

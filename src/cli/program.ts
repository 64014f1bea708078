import { Command, CommanderError, type Help, Option } from 'commander';
import { type Lang, pickLang } from '../config/lang.js';
import { type Cli, EXIT, type World } from './cli.js';
import { declareCommands, type Run } from './declare.js';
import { reportFailure } from './failures.js';
import { TEXTS, type Texts } from './texts.js';
import { usageErrorFrom } from './usage.js';
import { version } from './version.js';

/** The flag's value before anything is parsed: errors of the parsing are told in it. */
const langFlag = (argv: readonly string[]): string | undefined => {
  const at = argv.findIndex((word) => word === '--lang' || word.startsWith('--lang='));
  const word = argv[at];
  return word?.startsWith('--lang=') ? word.slice('--lang='.length) : at < 0 ? undefined : argv[at + 1];
};

/** Commander's own headings and hints, in our words. */
const translated = (say: Texts): Partial<Help> => {
  const titles: Readonly<Record<string, string>> = {
    'Usage:': say.help.usage,
    'Options:': say.help.options,
    'Global Options:': say.help.globalOptions,
    'Commands:': say.help.commands,
    'Arguments:': say.help.arguments,
  };
  return {
    showGlobalOptions: true,
    styleTitle: (title) => titles[title] ?? title,
    // Choices and defaults stand in the descriptions, which are translated.
    optionDescription: (option) => option.description,
  };
};

const build = (cli: Cli, run: Run): Command => {
  const { say, output } = cli;
  const program = new Command('rookery')
    .description(say.help.about)
    .version(version(), '-V, --version', say.help.version)
    .helpOption('-h, --help', say.help.help)
    .helpCommand('help [command]', say.help.helpCommand)
    .addOption(new Option('--lang <lang>', say.help.lang).choices(['en', 'zh']))
    .showSuggestionAfterError(false)
    .exitOverride()
    .configureHelp(translated(say))
    .configureOutput({
      writeOut: (text) => output.out(text.trimEnd()),
      writeErr: (text) => output.err(text.trimEnd()),
      // Errors are told once, in the chosen language, by whoever catches them.
      outputError: () => undefined,
      getOutHasColors: () => output.outColor,
      getErrHasColors: () => output.errColor,
    });
  declareCommands(program, cli, run);
  return program;
};

/** One run of the command line. Shape: never throws; the result is the exit code. */
export const runCli = async (argv: readonly string[], world: World): Promise<number> => {
  const lang: Lang = pickLang({ flag: langFlag(argv), env: world.env });
  const cli: Cli = { ...world, lang, say: TEXTS[lang] };
  let code: number = EXIT.ok;
  const program = build(cli, async (work) => {
    code = await work();
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) return reportFailure(error, cli);
    if (error.exitCode === 0) return EXIT.ok;
    return reportFailure(usageErrorFrom(error, program, argv, cli.say), cli);
  }
};

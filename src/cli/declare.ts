import type { Command } from 'commander';
import type { Cli } from './cli.js';
import type { ChannelDoctorOptions } from './commands/channel-doctor.js';
import type { ChannelListOptions } from './commands/channel-list.js';
import type { ChartsOptions } from './commands/charts.js';
import type { ConformanceOptions } from './commands/conformance.js';
import type { DeadLettersOptions } from './commands/dead-letters.js';
import type { EmulatorOptions } from './commands/emulator.js';
import type { LogsOptions } from './commands/logs.js';
import type { PairingOptions, RevokeOptions } from './commands/pairing.js';
import type { ReplayOptions } from './commands/replay.js';
import type { StartOptions } from './commands/start.js';
import { httpUrl, wholeNumber } from './usage.js';

/** Runs a command's work and keeps its exit code. */
export type Run = (work: () => Promise<number>) => Promise<void>;

const LINES_MAX = 1_000_000;
const PORT_MAX = 65_535;
const WAIT_MAX_S = 3_600;

/**
 * What each command is called with. The work itself is loaded when it is wanted: half a second of modules is too much
 * for `--help`.
 */
export const declareCommands = (program: Command, cli: Cli, run: Run): void => {
  const { help } = cli.say;
  /** What runs until a signal comes hears it from now on: one that comes while the modules are loaded is a signal, too. */
  const runUntilSignal = (work: () => Promise<number>): Promise<void> => {
    void cli.untilSignal();
    return run(work);
  };
  const withConfig = (command: Command): Command => command.option('-c, --config <file>', help.optionConfig);

  withConfig(program.command('start').description(help.start)).action((options: StartOptions) =>
    runUntilSignal(async () => (await import('./commands/start.js')).start(options, cli)),
  );

  program
    .command('demo')
    .description(help.demo)
    .action(() => runUntilSignal(async () => (await import('./commands/demo.js')).demo(cli)));

  program
    .command('emulator')
    .description(help.emulator)
    .option('-p, --port <port>', help.optionPort, wholeNumber(cli.say, 0, PORT_MAX))
    .option('--app-id <id>', help.optionAppId)
    .option('--app-secret <secret>', help.optionAppSecret)
    .option('--webhook <url>', help.optionWebhook, httpUrl(cli.say))
    .action((options: EmulatorOptions) =>
      runUntilSignal(async () => (await import('./commands/emulator.js')).emulate(options, cli)),
    );

  const channel = program.command('channel').description(help.channel).helpCommand(false);
  withConfig(channel.command('list').description(help.channelList)).action((options: ChannelListOptions) =>
    run(async () => (await import('./commands/channel-list.js')).channelList(options, cli)),
  );
  withConfig(channel.command('doctor').description(help.channelDoctor))
    .argument('[name]', help.argChannel)
    .action((name: string | undefined, options: ChannelDoctorOptions) =>
      run(async () => (await import('./commands/channel-doctor.js')).channelDoctor(name, options, cli)),
    );

  const letters = program.command('dead-letters').description(help.deadLetters).helpCommand(false);
  withConfig(letters.command('list').description(help.deadLettersList)).action((options: DeadLettersOptions) =>
    run(async () => (await import('./commands/dead-letters.js')).listDeadLetters(options, cli)),
  );
  for (const what of ['retry', 'drop'] as const) {
    const description = what === 'retry' ? help.deadLettersRetry : help.deadLettersDrop;
    withConfig(letters.command(what).description(description))
      .argument('<id>', help.argDeadLetter)
      .action((id: string, options: DeadLettersOptions) =>
        run(async () => (await import('./commands/dead-letters.js')).settleDeadLetter(what, id, options, cli)),
      );
  }

  const pairing = program.command('pairing').description(help.pairing).helpCommand(false);
  withConfig(pairing.command('list').description(help.pairingList)).action((options: PairingOptions) =>
    run(async () => (await import('./commands/pairing.js')).listPairing(options, cli)),
  );
  withConfig(pairing.command('approve').description(help.pairingApprove))
    .argument('<code>', help.argCode)
    .action((code: string, options: PairingOptions) =>
      run(async () => (await import('./commands/pairing.js')).approvePairing(code, options, cli)),
    );
  withConfig(pairing.command('revoke').description(help.pairingRevoke))
    .argument('<user>', help.argUser)
    .option('--channel <name>', help.optionChannel)
    .action((user: string, options: RevokeOptions) =>
      run(async () => (await import('./commands/pairing.js')).revokePairing(user, options, cli)),
    );

  program
    .command('conformance')
    .description(help.conformance)
    .argument('<url>', help.argAgentUrl)
    .option('-d, --driver <driver>', help.optionDriver)
    .option('-m, --model <model>', help.optionModel)
    .option('-w, --wait <seconds>', help.optionWait, wholeNumber(cli.say, 1, WAIT_MAX_S))
    .action((url: string, options: ConformanceOptions) =>
      run(async () => (await import('./commands/conformance.js')).conformance(url, options, cli)),
    );

  program
    .command('import')
    .description(help.import)
    .argument('<file>', help.argImport)
    .action((file: string) => run(async () => (await import('./commands/import.js')).importFile(file, cli)));

  withConfig(program.command('logs').description(help.logs))
    .option('-f, --follow', help.optionFollow)
    .option('-n, --lines <n>', help.optionLines, wholeNumber(cli.say, 0, LINES_MAX))
    .action((options: LogsOptions) => run(async () => (await import('./commands/logs.js')).logs(options, cli)));

  program
    .command('charts')
    .description(help.charts)
    .argument('[name]', help.argChart)
    .option('--format <format>', help.optionFormat)
    .action((name: string | undefined, options: ChartsOptions) =>
      run(async () => (await import('./commands/charts.js')).charts(name, options, cli)),
    );

  program
    .command('replay')
    .description(help.replay)
    .argument('<file>', help.argRecording)
    .option('-p, --port <port>', help.optionPort, wholeNumber(cli.say, 0, PORT_MAX))
    .action((file: string, options: ReplayOptions) =>
      runUntilSignal(async () => (await import('./commands/replay.js')).replay(file, options, cli)),
    );

  program
    .command('config')
    .description(help.config)
    .helpCommand(false)
    .command('schema')
    .description(help.configSchema)
    .action(() => run(async () => (await import('./commands/config-schema.js')).configSchema(cli)));
};

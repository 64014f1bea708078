import type { Command } from 'commander';
import { configJsonSchema } from '../../config/schema.js';
import { type Cli, EXIT } from '../cli.js';
import type { Run } from '../program.js';

export const addConfig = (program: Command, { say, output }: Cli, run: Run): void => {
  program
    .command('config')
    .description(say.help.config)
    .command('schema')
    .description(say.help.configSchema)
    .action(() =>
      run(async () => {
        output.out(JSON.stringify(configJsonSchema(), null, 2));
        return EXIT.ok;
      }),
    );
};

import { configJsonSchema } from '../../config/schema.js';
import { type Cli, EXIT } from '../cli.js';

/** `rookery config schema`. */
export const configSchema = async ({ output }: Cli): Promise<number> => {
  output.out(JSON.stringify(configJsonSchema(), null, 2));
  return EXIT.ok;
};

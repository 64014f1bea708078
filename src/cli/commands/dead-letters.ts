import type { DeadLetter } from '../../ports/store.js';
import { askAboutLetter, askDeadLetters, routerOf } from '../ask-router.js';
import { type Cli, EXIT } from '../cli.js';
import { CommandError } from '../failures.js';
import { printable } from '../printable.js';
import { table } from '../table.js';

export type DeadLettersOptions = { readonly config?: string };

/** Units: characters of a message that are shown. */
const TEXT_MAX = 80;

/** The beginning of a message; what it carries where it says nothing. */
export const beginningOf = ({
  text,
  attachments = [],
}: Pick<DeadLetter['message'], 'text' | 'attachments'>): string => {
  const words = printable(text) || attachments.map(({ kind }) => `[${kind}]`).join(' ');
  const characters = [...words];
  return characters.length > TEXT_MAX ? `${characters.slice(0, TEXT_MAX).join('')}…` : words;
};

const cells = ({ id, message, attempts, why, buriedAtMs }: DeadLetter, { say }: Cli): string[] => [
  printable(id),
  printable(message.conversation),
  String(attempts),
  say.deadLetters.why[why] ?? printable(why),
  new Date(buriedAtMs).toISOString().replace(/\.\d+Z$/, 'Z'),
  beginningOf(message),
];

/** `rookery dead-letters list`. */
export const listDeadLetters = async ({ config: file }: DeadLettersOptions, cli: Cli): Promise<number> => {
  const { say, output } = cli;
  const { server } = await routerOf(file, cli);
  const letters = await askDeadLetters(server, say);
  const rows = letters.map((letter) => cells(letter, cli));
  for (const line of rows.length > 0 ? table(say.deadLetters.columns, rows) : [say.deadLetters.none]) output.out(line);
  return EXIT.ok;
};

/** `rookery dead-letters retry ID` and `drop ID`. Errors: a CommandError where the router knows no such letter. */
export const settleDeadLetter = async (
  what: 'retry' | 'drop',
  id: string,
  { config: file }: DeadLettersOptions,
  cli: Cli,
): Promise<number> => {
  const { say, output, program } = cli;
  const { server } = await routerOf(file, cli);
  if (!(await askAboutLetter(server, id, what, say))) throw new CommandError(say.deadLetters.unknown(id, program));
  output.out(what === 'retry' ? say.deadLetters.retried(id) : say.deadLetters.dropped(id));
  return EXIT.ok;
};

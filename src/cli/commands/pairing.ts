import type { PairingView } from '../../app/pairing.js';
import { askApproval, askPairing, askRevocation } from '../ask-pairing.js';
import { routerOf } from '../ask-router.js';
import { type Cli, EXIT } from '../cli.js';
import { CommandError } from '../failures.js';
import { printable } from '../printable.js';
import { table } from '../table.js';

export type PairingOptions = { readonly config?: string };
export type RevokeOptions = PairingOptions & { readonly channel?: string };

const timeText = (atMs: number): string => new Date(atMs).toISOString().replace(/\.\d+Z$/, 'Z');

const rowsOf = ({ requests, paired }: PairingView, { say: { pairing } }: Cli): string[][] => [
  ...requests.map(({ user, name, channel, scene, state, expiresAtMs, triesLeft }) => [
    printable(user),
    printable(name ?? ''),
    channel,
    scene,
    state === 'locked' ? pairing.locked : pairing.pending(triesLeft),
    pairing.until(timeText(expiresAtMs)),
  ]),
  ...paired.map(({ user, name, channel, scene, approvedAtMs }) => [
    printable(user),
    printable(name ?? ''),
    channel,
    scene,
    pairing.paired,
    pairing.since(timeText(approvedAtMs)),
  ]),
];

/** `rookery pairing list`. */
export const listPairing = async ({ config: file }: PairingOptions, cli: Cli): Promise<number> => {
  const { say, output } = cli;
  const { server } = await routerOf(file, cli);
  const rows = rowsOf(await askPairing(server, say), cli);
  for (const line of rows.length > 0 ? table(say.pairing.columns, rows) : [say.pairing.none]) output.out(line);
  return EXIT.ok;
};

/** `rookery pairing approve CODE`. Errors: a CommandError where the code lets nobody in. */
export const approvePairing = async (code: string, { config: file }: PairingOptions, cli: Cli): Promise<number> => {
  const { say, output, program } = cli;
  const { server } = await routerOf(file, cli);
  const answer = await askApproval(server, code, say);
  if (answer === 'malformed') throw new CommandError(say.pairing.malformed);
  if (answer === 'unknown') throw new CommandError(say.pairing.unknownCode(program));
  output.out(say.pairing.approved(printable(answer.user), answer.channel));
  return EXIT.ok;
};

/** `rookery pairing revoke USER`. Errors: a CommandError where nobody of this id is known. */
export const revokePairing = async (
  user: string,
  { config: file, channel }: RevokeOptions,
  cli: Cli,
): Promise<number> => {
  const { say, output, program } = cli;
  const { server } = await routerOf(file, cli);
  const channels = await askRevocation(server, { user, ...(channel !== undefined && { channel }) }, say);
  if (channels.length === 0) throw new CommandError(say.pairing.unknownUser(printable(user), program));
  output.out(say.pairing.revoked(printable(user), channels.join(', ')));
  return EXIT.ok;
};

import { DEFAULT_APP_ID, DEFAULT_APP_SECRET, type Emulator, startEmulator } from '../../emulator/index.js';
import { type Cli, EXIT } from '../cli.js';
import { CommandError } from '../failures.js';
import { version } from '../version.js';

export type EmulatorOptions = {
  readonly port?: number;
  readonly appId?: string;
  readonly appSecret?: string;
  readonly webhook?: string;
};

/** A configuration to copy. A secret of somebody's own choosing may be a real one, and is not shown. */
const snippet = ({ urls }: Emulator, { appId, appSecret }: EmulatorOptions, ownSecret: string): string => {
  const text = (value: string): string => JSON.stringify(value);
  return [
    '{',
    '  channels: {',
    '    qq: {',
    `      appId: ${text(appId ?? DEFAULT_APP_ID)},`,
    `      appSecret: ${appSecret === undefined ? text(DEFAULT_APP_SECRET) : `"…" /* ${ownSecret} */`},`,
    `      endpoints: { token: ${text(urls.token)}, api: ${text(urls.api)} },`,
    '    },',
    '  },',
    '  agent: { driver: "demo" },',
    '}',
  ].join('\n');
};

const begin = async ({ webhook, ...options }: EmulatorOptions, { say }: Cli): Promise<Emulator> => {
  try {
    return await startEmulator({ ...options, ...(webhook !== undefined && { webhookUrl: webhook }) });
  } catch (error) {
    const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
    throw isTaken ? new CommandError(say.emulator.portTaken(options.port ?? 0)) : error;
  }
};

/** Says how the handshake of the callback address goes: each new turn of it once. */
const tellHandshake = (emulator: Emulator, { output, say }: Cli): void => {
  let told: string | undefined;
  emulator.on('callback', ({ kind, url, outcome, reason }) => {
    if (kind !== 'validation') return;
    const line = outcome === 'acknowledged' ? say.emulator.webhookTaken(url) : say.emulator.webhookFails(reason ?? '');
    if (line !== told) output.out(line);
    told = line;
  });
};

/** `rookery emulator`. */
export const emulate = async (options: EmulatorOptions, cli: Cli): Promise<number> => {
  const { output, say } = cli;
  const words = say.emulator;
  const signal = cli.untilSignal();
  const emulator = await begin(options, cli);
  const { token, api, gateway } = emulator.urls;
  for (const line of [
    words.title(version()),
    `${words.token}: ${token}/app/getAppAccessToken`,
    `${words.api}: ${api}`,
    `${words.gateway}: ${gateway}`,
    `${words.control}: ${api}/_emulator`,
    `${words.appId}: ${options.appId ?? DEFAULT_APP_ID}`,
    ...(options.webhook === undefined ? [] : [words.webhook(options.webhook)]),
    '',
    words.snippet,
    snippet(emulator, options, words.ownSecret),
  ]) {
    output.out(line);
  }
  if (options.webhook !== undefined) tellHandshake(emulator, cli);
  await signal;
  await emulator.close();
  output.out(words.stopped);
  return EXIT.ok;
};

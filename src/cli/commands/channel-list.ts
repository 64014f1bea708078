import type { ChannelState, ChannelStatus } from '../../app/events.js';
import { loadConfig } from '../../config/load.js';
import type { ServerSettings } from '../../config/resolved.js';
import { askChannels } from '../ask-router.js';
import { type Cli, EXIT } from '../cli.js';
import { table } from '../table.js';

export type ChannelListOptions = { readonly config?: string };

/** Where the demo mode begins to look for a port. */
const DEMO_SERVER: ServerSettings = { host: '127.0.0.1', port: 18_800 };

const cells = (channel: ChannelStatus, { say }: Cli): string[] => {
  const { name, state, bot, session, reconnects, conversations, fault } = channel;
  const number = fault?.platformCode === undefined ? '' : ` (${fault.platformCode})`;
  return [
    name,
    say.channel.state[state] ?? state,
    bot?.username ?? '–',
    session ?? '–',
    String(reconnects),
    String(conversations.busy),
    fault ? `${fault.code}${number}` : '–',
  ];
};

/** A channel that is switched off: the running router knows nothing of it. */
const disabled = (name: string): ChannelStatus => ({
  name,
  state: 'disabled' satisfies ChannelState,
  appId: '',
  transport: 'websocket',
  reconnects: 0,
  conversations: { living: 0, busy: 0 },
});

/** `rookery channel list`. */
export const channelList = async ({ config: file }: ChannelListOptions, cli: Cli): Promise<number> => {
  const { cwd, env, say, output } = cli;
  const loaded = await loadConfig({ file, cwd, env });
  const running = await askChannels(loaded.mode === 'run' ? loaded.config.server : DEMO_SERVER, say);
  const known = new Set(running.map(({ name }) => name));
  const off = loaded.mode === 'run' ? Object.values(loaded.config.channels).filter(({ enabled }) => !enabled) : [];
  const all = [...running, ...off.filter(({ name }) => !known.has(name)).map(({ name }) => disabled(name))];
  for (const line of table(
    say.list.columns,
    all.map((channel) => cells(channel, cli)),
  ))
    output.out(line);
  return EXIT.ok;
};

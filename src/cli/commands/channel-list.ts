import type { ChannelState, ChannelStatus } from '../../app/events.js';
import { askChannels, routerOf } from '../ask-router.js';
import { channelTable } from '../channel-table.js';
import { type Cli, EXIT } from '../cli.js';

export type ChannelListOptions = { readonly config?: string };

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
  const { say, output } = cli;
  const { server, config } = await routerOf(file, cli);
  const running = await askChannels(server, say);
  const known = new Set(running.map(({ name }) => name));
  const off = Object.values(config?.channels ?? {}).filter(({ enabled }) => !enabled);
  const all = [...running, ...off.filter(({ name }) => !known.has(name)).map(({ name }) => disabled(name))];
  for (const line of channelTable(all, say)) output.out(line);
  return EXIT.ok;
};

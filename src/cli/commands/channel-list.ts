import type { ChannelState, ChannelStatus } from '../../app/events.js';
import type { ChannelSettings } from '../../config/resolved.js';
import { RouterError } from '../../errors/router-error.js';
import { askChannels, routerOf } from '../ask-router.js';
import { channelTable } from '../channel-table.js';
import { type Cli, EXIT } from '../cli.js';
import { table } from '../table.js';

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

/** What is known of channels whose router does not run. */
const unheard = (channels: readonly ChannelSettings[], { say }: Cli): readonly string[] =>
  table(
    say.list.columns.slice(0, 2),
    channels.map(({ name, enabled }) => [name, enabled ? say.list.notRunning : (say.channel.state['disabled'] ?? '')]),
  );

/** `rookery channel list`. Errors: `server.unreachable` where no router runs, below what is configured. */
export const channelList = async ({ config: file }: ChannelListOptions, cli: Cli): Promise<number> => {
  const { say, output } = cli;
  const { server, config } = await routerOf(file, cli);
  const configured = Object.values(config?.channels ?? {});
  const print = (lines: readonly string[]): void => {
    for (const line of lines) output.out(line);
  };
  const running = await askChannels(server, say).catch((error: unknown) => {
    const isDown = error instanceof RouterError && error.code === 'server.unreachable';
    if (isDown && configured.length > 0) print(unheard(configured, cli));
    throw error;
  });
  const known = new Set(running.map(({ name }) => name));
  const off = configured.filter(({ name, enabled }) => !enabled && !known.has(name));
  print(channelTable([...running, ...off.map(({ name }) => disabled(name))], say));
  return EXIT.ok;
};

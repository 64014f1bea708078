import type { ChannelFault, RouterEvent } from '../app/events.js';
import type { ResolvedConfig } from '../config/resolved.js';
import type { Cli } from './cli.js';
import { durationText } from './durations.js';
import { remedyFor } from './failures.js';
import { printable } from './printable.js';

/** Code, number and detail of a fault in one phrase, with what an operator can do. */
export const faultText = (
  { code, platformCode, detail }: ChannelFault,
  { lang, say }: Pick<Cli, 'lang' | 'say'>,
): string => {
  // What was thrown says its code itself.
  const said = detail.startsWith(`${code}: `) ? detail.slice(code.length + 2) : detail;
  return say.channel.why(platformCode === undefined ? code : `${code} (${platformCode})`, said, remedyFor(code, lang));
};

/** The first word about each channel: the router begins with it. */
export const connectingLines = ({ channels }: Pick<ResolvedConfig, 'channels'>, { say }: Pick<Cli, 'say'>): string[] =>
  Object.values(channels)
    .filter(({ enabled }) => enabled)
    .map(({ name, transport }) => `${name}: ${say.channel.connecting(say.channel.transport[transport])}`);

/** What is printed when a channel's state changes; other events print nothing. */
export const channelLines = (
  event: RouterEvent,
  config: Pick<ResolvedConfig, 'channels'>,
  cli: Pick<Cli, 'lang' | 'say' | 'program'>,
): readonly string[] => {
  if (event.type === 'store.degraded') return [cli.say.store.degraded(event.code, remedyFor(event.code, cli.lang))];
  if (event.type === 'store.recovered') return [cli.say.store.recovered];
  const { channel: words } = cli.say;
  const transport = words.transport[config.channels[event.channel]?.transport ?? 'websocket'];
  const isOnlyOne = Object.values(config.channels).filter(({ enabled }) => enabled).length === 1;
  const state = (text: string): string => `${event.channel}: ${text}`;
  const known = (text: string | null): string[] =>
    text === null ? [] : [isOnlyOne ? text : `${text}${words.ofChannel(event.channel)}`];
  switch (event.type) {
    case 'channel.token':
      return known(words.gotToken);
    case 'channel.gateway':
      return known(words.gotGateway);
    case 'channel.ready':
      return [...known(words.isReady), state((event.resumed ? words.resumed : words.ready)(transport, event.username))];
    case 'channel.lost':
      return [state(words.lost(faultText(event.fault, cli), durationText(event.fault.nextTryInMs ?? 0, cli.lang)))];
    case 'channel.stopped':
      return [
        state(event.fault.code === 'shutdown' ? words.stoppedByCommand : words.stopped(faultText(event.fault, cli))),
      ];
    case 'access.decided': {
      const { what, user } = event.decision;
      return what === 'asked' && user !== undefined ? [state(cli.say.pairing.asks(printable(user), cli.program))] : [];
    }
    default:
      return [];
  }
};

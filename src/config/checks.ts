import { intentMask } from '../domain/intents.js';
import { foundAt, type Seen } from './issues.js';
import { asPlain, isPlain, type KeyPath, type Plain, pathText, valueAt } from './paths.js';
import type { ConfigProblem } from './problems.js';

const INTERACTION = intentMask(['interaction']);

const SCENES = ['c2c', 'group', 'guild', 'dm'] as const;

/** Shape: undefined for what does not parse. */
const parsedUrl = (value: unknown): URL | undefined =>
  typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);

const openHost = (seen: Seen): ConfigProblem[] => {
  const { host, token } = asPlain(valueAt(seen.value, ['server']));
  const closed = typeof host !== 'string' || isLoopback(host);
  return closed || token !== undefined
    ? []
    : [{ kind: 'openHost', path: 'server.host', found: foundAt(seen, ['server', 'host']) }];
};

const enabledChannels = (channels: Plain): [string, Plain][] =>
  Object.entries(channels)
    .map(([name, channel]): [string, Plain] => [name, asPlain(channel)])
    .filter(([, channel]) => channel['enabled'] !== false);

const noChannel = (channels: unknown): ConfigProblem[] => {
  const none = channels === undefined || (isPlain(channels) && enabledChannels(channels).length === 0);
  return none ? [{ kind: 'noChannel', path: 'channels' }] : [];
};

const sameAppId = (channels: Plain): ConfigProblem[] => {
  const first = new Map<unknown, string>();
  return enabledChannels(channels).flatMap(([name, { appId }]): ConfigProblem[] => {
    const path = pathText(['channels', name, 'appId']);
    const other = first.get(appId);
    if (other !== undefined) return [{ kind: 'sameAppId', path, other }];
    if (appId !== undefined && appId !== '') first.set(appId, path);
    return [];
  });
};

/** A shorthand and the setting it stands for may be written together, as long as they agree. */
const contradictions = (settings: Plain, path: KeyPath, seen: Seen): ConfigProblem[] => {
  const beside = (key: string): string => `${key}: ${foundAt(seen, [...path, key]).text ?? '…'}`;
  const { interruptOnNewMessage: interrupt, busy, mentionOnly, groupPolicy } = settings;
  const found: ConfigProblem[] = [];
  if (typeof interrupt === 'boolean' && typeof busy === 'string' && interrupt !== (busy === 'interrupt')) {
    found.push({
      kind: 'contradiction',
      path: pathText([...path, 'interruptOnNewMessage']),
      means: `busy: "${interrupt ? 'interrupt' : 'collect'}"`,
      other: beside('busy'),
    });
  }
  if (
    typeof mentionOnly === 'boolean' &&
    typeof groupPolicy === 'string' &&
    mentionOnly !== (groupPolicy === 'mention')
  ) {
    found.push({
      kind: 'contradiction',
      path: pathText([...path, 'mentionOnly']),
      means: `groupPolicy: "${mentionOnly ? 'mention' : 'all'}"`,
      other: beside('groupPolicy'),
    });
  }
  const { quietMs, atMostMs } = asPlain(settings['debounce']);
  if (typeof quietMs === 'number' && typeof atMostMs === 'number' && quietMs > atMostMs) {
    found.push({ kind: 'debounceOrder', path: pathText([...path, 'debounce']) });
  }
  return found;
};

const shardIds = (channel: Plain, path: KeyPath): ConfigProblem[] => {
  const { ids, count } = asPlain(channel['shards']);
  if (!Array.isArray(ids) || typeof count !== 'number') return [];
  const fine = new Set(ids).size === ids.length && ids.every((id) => id < count);
  return fine ? [] : [{ kind: 'shardIds', path: pathText([...path, 'shards', 'ids']) }];
};

/** With callbacks, events are chosen in the bot console; nothing here shows which. */
const deafButton = (channel: Plain, path: KeyPath): ConfigProblem[] => {
  const { intents, transport, scenes } = channel;
  const names = Array.isArray(intents) ? intents.filter((name) => typeof name === 'string') : null;
  const mask = names ? intentMask(names) : intents;
  if (transport === 'webhook' || typeof mask !== 'number' || (mask & INTERACTION) !== 0) return [];
  const places: KeyPath[] = [path, ...SCENES.map((scene): KeyPath => [...path, 'scenes', scene])];
  const settings = [channel, ...SCENES.map((scene) => asPlain(asPlain(scenes)[scene]))];
  return places.flatMap((at, index): ConfigProblem[] =>
    settings[index]?.['stopButton'] === true ? [{ kind: 'deafButton', path: pathText([...at, 'stopButton']) }] : [],
  );
};

const endpointPaths = (channel: Plain, path: KeyPath, seen: Seen): ConfigProblem[] =>
  Object.entries(asPlain(channel['endpoints'])).flatMap(([name, value]): ConfigProblem[] => {
    const url = parsedUrl(value);
    const at = [...path, 'endpoints', name];
    const bare = url === undefined || (url.pathname === '/' && url.search === '' && url.hash === '');
    return bare ? [] : [{ kind: 'urlHasPath', path: pathText(at), found: foundAt(seen, at) }];
  });

/** What no single key shows: settings that contradict each other. Shape: total over any value, checked or not. */
export const crossProblems = (seen: Seen): ConfigProblem[] => {
  const channels = valueAt(seen.value, ['channels']);
  return [
    ...noChannel(channels),
    ...sameAppId(asPlain(channels)),
    ...Object.entries(asPlain(channels)).flatMap(([name, value]): ConfigProblem[] => {
      const channel = asPlain(value);
      const path = ['channels', name];
      const scenes = asPlain(channel['scenes']);
      return [
        ...contradictions(channel, path, seen),
        ...SCENES.flatMap((scene) => contradictions(asPlain(scenes[scene]), [...path, 'scenes', scene], seen)),
        ...shardIds(channel, path),
        ...endpointPaths(channel, path, seen),
        ...deafButton(channel, path),
      ];
    }),
    ...openHost(seen),
  ];
};

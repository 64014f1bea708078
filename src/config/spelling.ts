import { asPlain, isPlain, type KeyPath, type Plain, pathText } from './paths.js';
import type { ConfigProblem } from './problems.js';

/** PRX's name for the section that holds the channels. */
const PRX_CHANNELS = 'channels_config';

/** Keys of PRX channels, in our spelling, that nothing here corresponds to: they are accepted and named in a warning. */
const PRX_CHANNEL_KEYS: ReadonlySet<string> = new Set(['draftUpdateIntervalMs', 'proxyUrl']);

/** What PRX keeps beside `qq` in its channels section: its terminal, and platforms that are not QQ. */
const PRX_NEIGHBOURS: ReadonlySet<string> = new Set([
  ...['cli', 'message_timeout_secs', 'telegram', 'discord', 'slack', 'mattermost', 'webhook', 'imessage', 'matrix'],
  ...['signal', 'whatsapp', 'wacli', 'linq', 'nextcloud_talk', 'email', 'irc', 'lark', 'feishu', 'dingtalk'],
]);

/** The written configuration in our own spelling, with what was noticed on the way. */
export type Spelled = {
  readonly value: unknown;
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly ConfigProblem[];
  /** Our path → the path as the file spells it, where the two differ. */
  readonly written: ReadonlyMap<string, string>;
};

/** What an agent's server, or its process, is given as it stands. */
const OPAQUE: ReadonlySet<string> = new Set([
  'headers',
  'body',
  'inputs',
  'env',
  'state',
  'forwardedProps',
  'input',
  'config',
]);

const camel = (key: string): string =>
  /^[a-z][a-z0-9]*(_+[a-z0-9]+)+$/.test(key)
    ? key.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
    : key;

/** Inside these, keys are the user's own words. */
const keepsKeys = (path: KeyPath): boolean => path.length === 1 && path[0] === 'channels';
const isOpaque = (path: KeyPath): boolean => OPAQUE.has(String(path.at(-1))) && path.includes('agent');

/**
 * Renames snake_case keys to the camelCase keys they spell, and makes a PRX `[channels_config.qq]` table an ordinary
 * channel. Shape: values are left as they are, except an appId written as a number, which becomes text.
 */
export const spell = (root: unknown): Spelled => {
  const problems: ConfigProblem[] = [];
  const warnings: ConfigProblem[] = [];
  const written = new Map<string, string>();

  const rename = (value: unknown, path: KeyPath, writtenPath: KeyPath): unknown => {
    if (Array.isArray(value)) {
      return value.map((item, index) => rename(item, [...path, index], [...writtenPath, index]));
    }
    if (!isPlain(value) || isOpaque(path)) return value;
    const spellings = new Map<string, string>();
    const entries = Object.entries(value).map(([key, item]): [string, unknown] => {
      const ours = keepsKeys(path) ? key : path.length === 0 && key === PRX_CHANNELS ? 'channels' : camel(key);
      const place = [...path, ours];
      const first = spellings.get(ours);
      if (first !== undefined)
        problems.push({
          kind: 'bothSpellings',
          path: pathText(place),
          first: pathText([...writtenPath, first]),
          second: pathText([...writtenPath, key]),
        });
      spellings.set(ours, key);
      const theirs = [...writtenPath, key];
      if (pathText(place) !== pathText(theirs)) written.set(pathText(place), pathText(theirs));
      return [ours, rename(item, place, theirs)];
    });
    return Object.fromEntries(entries);
  };

  const ignore = (path: KeyPath): void => {
    const text = pathText(path);
    const theirs = written.get(text);
    warnings.push({
      kind: 'ignoredKey',
      path: text,
      from: 'PRX',
      ...(theirs === undefined ? {} : { written: theirs }),
    });
  };

  const adaptChannel = (name: string, channel: Plain, inherited: Plain): Plain =>
    Object.fromEntries(
      Object.entries({ ...inherited, ...channel }).flatMap(([key, value]): [string, unknown][] => {
        if (PRX_CHANNEL_KEYS.has(key)) {
          ignore(['channels', name, key]);
          return [];
        }
        // TOML and YAML read an unquoted appId as a number.
        return [[key, key === 'appId' && Number.isSafeInteger(value) ? String(value) : value]];
      }),
    );

  /** What PRX means where it says nothing: its section-wide ackReactions, and nobody let in unasked. */
  const prxDefaults = (name: string, channel: Plain, section: Plain): Plain => {
    if (channel['allowedUsers'] === undefined) {
      warnings.push({ kind: 'pairingAssumed', path: pathText(['channels', name, 'allowedUsers']) });
    }
    return {
      allowedUsers: [],
      ...('ack_reactions' in section ? { ackReactions: section['ack_reactions'] } : {}),
    };
  };

  const adaptChannels = (section: Plain, fromPrx: boolean): Plain =>
    Object.fromEntries(
      Object.entries(section).flatMap(([name, channel]): [string, unknown][] => {
        if (fromPrx && name === 'ack_reactions') return [];
        if (fromPrx && PRX_NEIGHBOURS.has(name)) {
          ignore(['channels', name]);
          return [];
        }
        if (!isPlain(channel)) return [[name, channel]];
        return [[name, adaptChannel(name, channel, fromPrx ? prxDefaults(name, channel, section) : {})]];
      }),
    );

  const renamed = rename(root, [], []);
  if (!isPlain(renamed)) return { value: renamed, problems, warnings, written };
  const fromPrx = PRX_CHANNELS in asPlain(root);
  const value = isPlain(renamed['channels'])
    ? { ...renamed, channels: adaptChannels(renamed['channels'], fromPrx) }
    : renamed;
  return { value, problems, warnings, written };
};

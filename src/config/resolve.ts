import { resolve as resolvePath } from 'node:path';
import type { Scene } from '../domain/conversation.js';
import { intentMask } from '../domain/intents.js';
import { agentSecrets, agentSettings, withoutSlash } from './agent-settings.js';
import { crossProblems } from './checks.js';
import { fromEnvText, problemsFrom, type Seen, topLevelProblem } from './issues.js';
import { withValueAt } from './paths.js';
import { type ConfigProblem, configError } from './problems.js';
import type {
  ChannelSettings,
  ConversationSettings,
  ResolvedConfig,
  SceneSettings,
  StoreSettings,
} from './resolved.js';
import {
  type CheckedChannel,
  type CheckedConfig,
  type CheckedScene,
  configSchema,
  DEFAULT_ENDPOINTS,
  type WrittenConfig,
} from './schema.js';
import { Secret } from './secret.js';
import { spell } from './spelling.js';
import { type Env, substitute } from './substitute.js';

export type ResolveOptions = {
  /** What relative paths start from. */
  readonly baseDir: string;
  /** What `${NAME}` is taken from. Absent: texts are taken as they stand. */
  readonly env?: Env;
  /** The file's name, for the case that it holds no object at all. @default 'configuration' */
  readonly name?: string;
  /** The store of a configuration that names none. @default 'embedded' */
  readonly storeDriver?: StoreSettings['driver'];
};

export type Resolved = { readonly config: ResolvedConfig; readonly warnings: readonly ConfigProblem[] };

const DEBOUNCE: Readonly<Record<Scene, SceneSettings['debounce']>> = {
  c2c: { quietMs: 600, atMostMs: 2_500 },
  group: { quietMs: 300, atMostMs: 1_500 },
  guild: { quietMs: 300, atMostMs: 1_500 },
  dm: { quietMs: 600, atMostMs: 2_500 },
};

const groupPolicyOf = ({ groupPolicy, mentionOnly }: CheckedScene): SceneSettings['groupPolicy'] | undefined =>
  groupPolicy ?? (mentionOnly === undefined ? undefined : mentionOnly ? 'mention' : 'all');

const busyOf = ({ busy, interruptOnNewMessage }: CheckedScene): SceneSettings['busy'] | undefined =>
  busy ?? (interruptOnNewMessage === undefined ? undefined : interruptOnNewMessage ? 'interrupt' : 'collect');

const streamModeOf = ({ streamMode }: CheckedScene): SceneSettings['streamMode'] | undefined =>
  streamMode === 'none' ? 'final' : streamMode;

/** Where only one of the two is written, the other's default gives way. */
const debounceOf = (channel: CheckedChannel, own: CheckedScene, scene: Scene): SceneSettings['debounce'] => {
  const quietMs = own.debounce?.quietMs ?? channel.debounce?.quietMs;
  const atMostMs = own.debounce?.atMostMs ?? channel.debounce?.atMostMs;
  const usual = DEBOUNCE[scene];
  return {
    quietMs: quietMs ?? Math.min(usual.quietMs, atMostMs ?? usual.quietMs),
    atMostMs: Math.max(atMostMs ?? usual.atMostMs, quietMs ?? 0),
  };
};

/** Interrupts in a row before messages are collected. Source: turns §3.2. */
const PATIENCE: Readonly<Record<Scene, SceneSettings['patience']>> = {
  c2c: { interruptsMax: 5, withinMs: 30_000 },
  dm: { interruptsMax: 5, withinMs: 30_000 },
  group: { interruptsMax: 3, withinMs: 30_000 },
  guild: { interruptsMax: 3, withinMs: 30_000 },
};

/** Messages that wait: of one member, and where a group shares one conversation. Source: turns §3.2. */
const WAITING_MAX = { member: 20, group: 50 } as const;

/** Units: ms. Source: turns §3.4. */
const TURN_MAX_MS: Readonly<Record<Scene, number>> = { c2c: 900_000, dm: 300_000, group: 300_000, guild: 300_000 };

/** Each notice uses a scarce reply up, so most are off. Source: turns §3.2. */
const PRIVATE_NOTICES = { stopped: true, rejected: false, expired: false, failed: true, blocked: true } as const;
const PUBLIC_NOTICES = { ...PRIVATE_NOTICES, stopped: false } as const;
const NOTICES_ON: Readonly<Record<Scene, SceneSettings['notices']>> = {
  c2c: PRIVATE_NOTICES,
  dm: PRIVATE_NOTICES,
  group: PUBLIC_NOTICES,
  guild: PUBLIC_NOTICES,
};

/** A scene's own setting, else the channel's, else the default. */
const sceneSettings = (channel: CheckedChannel, scene: Scene): SceneSettings => {
  const own = channel.scenes[scene] ?? {};
  const conversationKey = own.conversationKey ?? channel.conversationKey ?? 'member';
  const isShared = conversationKey === 'group' && (scene === 'group' || scene === 'guild');
  return {
    groupPolicy: groupPolicyOf(own) ?? groupPolicyOf(channel) ?? 'mention',
    allowedUsers: own.allowedUsers ?? channel.allowedUsers ?? ['*'],
    allowedGroups: own.allowedGroups ?? channel.allowedGroups ?? null,
    ackReactions: own.ackReactions ?? channel.ackReactions ?? false,
    streamMode: streamModeOf(own) ?? streamModeOf(channel) ?? 'typing',
    busy: busyOf(own) ?? busyOf(channel) ?? 'interrupt',
    maxReplyChars: own.maxReplyChars ?? channel.maxReplyChars ?? 18_000,
    blockPause: own.blockPause ?? channel.blockPause ?? false,
    debounce: debounceOf(channel, own, scene),
    waitingMax: own.waitingMax ?? channel.waitingMax ?? WAITING_MAX[isShared ? 'group' : 'member'],
    concurrentMax: own.concurrentMax ?? channel.concurrentMax ?? 4,
    drop: own.drop ?? channel.drop ?? 'summarize',
    waitingLifeMs: own.waitingLifeMs ?? channel.waitingLifeMs ?? 90_000,
    interruptScope: own.interruptScope ?? channel.interruptScope ?? 'sender',
    admins: own.admins ?? channel.admins ?? [],
    interruptedHistory: own.interruptedHistory ?? channel.interruptedHistory ?? 'delivered',
    patience: { ...PATIENCE[scene], ...channel.patience, ...own.patience } as SceneSettings['patience'],
    mediaHoldMs: own.mediaHoldMs ?? channel.mediaHoldMs ?? 1_500,
    stopButton: own.stopButton ?? channel.stopButton ?? false,
    buttons: own.buttons ?? channel.buttons ?? 'turn',
    conversationKey,
    markdown: own.markdown ?? channel.markdown ?? false,
    activeMessages: own.activeMessages ?? channel.activeMessages ?? scene === 'c2c',
    notices: { ...NOTICES_ON[scene], ...channel.notices, ...own.notices } as SceneSettings['notices'],
  };
};

const webhookSettings = ({ url, ...rest }: CheckedChannel['webhook']): ChannelSettings['webhook'] => ({
  ...rest,
  ...(url !== undefined && { url }),
});

const channelSettings = (name: string, channel: CheckedChannel, baseDir: string): ChannelSettings => ({
  name,
  type: channel.type,
  enabled: channel.enabled,
  appId: channel.appId,
  appSecret: new Secret(channel.appSecret),
  sandbox: channel.sandbox,
  transport: channel.transport,
  webhook: webhookSettings(channel.webhook),
  intents: typeof channel.intents === 'number' ? channel.intents : intentMask(channel.intents),
  shards: channel.shards,
  interruptNote: channel.interruptNote,
  nativeStream: channel.nativeStream,
  endpoints: {
    token: withoutSlash(channel.endpoints.token),
    api: withoutSlash(
      channel.endpoints.api ?? (channel.sandbox ? DEFAULT_ENDPOINTS.sandboxApi : DEFAULT_ENDPOINTS.api),
    ),
  },
  scenes: {
    c2c: sceneSettings(channel, 'c2c'),
    group: sceneSettings(channel, 'group'),
    guild: sceneSettings(channel, 'guild'),
    dm: sceneSettings(channel, 'dm'),
  },
  ...(channel.agent === undefined ? {} : { agent: agentSettings(channel.agent, baseDir) }),
});

/** Beside the store, where it is on disk; a store in memory leaves nothing behind. */
const mediaSettings = (
  { media, store }: CheckedConfig,
  baseDir: string,
  storeDriver: StoreSettings['driver'],
): ResolvedConfig['media'] => {
  const { path, ...rest } = media;
  const isOnDisk = (store.driver ?? storeDriver) === 'embedded';
  if (path !== undefined) return { ...rest, path: resolvePath(baseDir, path) };
  return isOnDisk ? { ...rest, path: resolvePath(baseDir, store.path, 'media') } : rest;
};

const turnMaxOf = (given: number | undefined): ConversationSettings['turnMaxMs'] =>
  given === undefined ? TURN_MAX_MS : { c2c: given, dm: given, group: given, guild: given };

const settle = (checked: CheckedConfig, baseDir: string, storeDriver: StoreSettings['driver']): ResolvedConfig => {
  const { agent, server, store, log, conversation } = checked;
  const { token, ...listener } = server;
  return {
    channels: Object.fromEntries(
      Object.entries(checked.channels).map(([name, channel]) => [name, channelSettings(name, channel, baseDir)]),
    ),
    ...(agent === undefined ? {} : { agent: agentSettings(agent, baseDir) }),
    server: { ...listener, ...(token === undefined ? {} : { token: new Secret(token) }) },
    store: { driver: store.driver ?? storeDriver, path: resolvePath(baseDir, store.path) },
    media: mediaSettings(checked, baseDir, storeDriver),
    log,
    conversation: { ...conversation, turnMaxMs: turnMaxOf(conversation.turnMaxMs) },
  };
};

const deepFreeze = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
};

const parse = (seen: Seen): { data: CheckedConfig } | { problems: ConfigProblem[]; seen: Seen } => {
  const first = configSchema.safeParse(seen.value);
  if (first.success) return { data: first.data };
  const meant = first.error.issues.flatMap((issue) => fromEnvText(issue, seen) ?? []);
  if (meant.length === 0) return { problems: problemsFrom(first.error, seen), seen };
  const value = meant.reduce((root, { path, value }) => withValueAt(root, path, value), seen.value);
  return parse({ ...seen, value });
};

/** One problem per place: an unset variable is not also an empty value. */
const oncePerPlace = (problems: readonly ConfigProblem[]): ConfigProblem[] => {
  const places = new Set<string>();
  return problems.filter(({ path, kind }) => {
    if (kind === 'bothSpellings') return places.add(path);
    if (places.has(path)) return false;
    return places.add(path);
  });
};

/**
 * A written configuration, checked and filled in. Shape: frozen throughout; secrets are wrapped.
 * Errors: `config.invalid` with every problem at once.
 */
export const resolveConfig = (
  input: unknown,
  { baseDir, env, name = 'configuration', storeDriver = 'embedded' }: ResolveOptions,
): Resolved => {
  const notObject = topLevelProblem(input, name);
  if (notObject) throw configError('config.invalid', [notObject]);
  const spelled = spell(input);
  const filled = env
    ? substitute(spelled.value, env)
    : { value: spelled.value, problems: [], fromEnv: new Set<string>() };
  const parsed = parse(filled);
  const withWritten = (problem: ConfigProblem): ConfigProblem => {
    const written = problem.written ?? spelled.written.get(problem.path);
    return written === undefined || problem.kind === 'bothSpellings' ? problem : { ...problem, written };
  };
  const problems = oncePerPlace([
    ...spelled.problems,
    ...filled.problems,
    ...crossProblems('seen' in parsed ? parsed.seen : filled),
    ...('problems' in parsed ? parsed.problems : []),
  ]).map(withWritten);
  if (problems.length > 0 || !('data' in parsed)) throw configError('config.invalid', problems);
  return {
    config: deepFreeze(settle(parsed.data, baseDir, storeDriver)),
    warnings: spelled.warnings.map(withWritten),
  };
};

/**
 * The options of `createRouter`: the same shape as a file, texts taken as they stand, relative paths from `baseDir`. An
 * embedding program that names no store gets one in memory: nothing is written into its folder unasked.
 * Errors: `config.invalid`.
 */
export const resolveRouterOptions = (written: WrittenConfig, baseDir = '.'): ResolvedConfig =>
  resolveConfig(written, { baseDir, name: 'createRouter', storeDriver: 'memory' }).config;

/** Every secret of a configuration, for the scrubber of the log. */
export const secretsOf = (config: ResolvedConfig): Secret[] => [
  ...Object.values(config.channels).flatMap((channel) => [channel.appSecret, ...agentSecrets(channel.agent)]),
  ...agentSecrets(config.agent),
  ...(config.server.token ? [config.server.token] : []),
];

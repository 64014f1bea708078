import { z } from 'zod';
import { COMMANDS } from './control-commands.js';
import type {
  BotView,
  ConversationView,
  FaultsView,
  LinkView,
  Platform,
  ReceivedCall,
  RecordedKind,
  RecordKind,
  RecordKinds,
  SessionView,
  Switches,
  WebhookView,
} from './platform/index.js';

/** The whole of the platform at a glance. */
export type ControlState = {
  readonly nowMs: number;
  readonly gatewayUrl: string;
  readonly bots: readonly BotView[];
  /** The newest `conversationsMax`, newest last; `conversationsTotal` tells how many there are. */
  readonly conversations: readonly ConversationView[];
  readonly conversationsTotal: number;
  readonly sessions: readonly SessionView[];
  readonly links: readonly LinkView[];
  readonly webhooks: readonly WebhookView[];
  readonly faults: FaultsView;
  readonly switches: Readonly<Switches>;
};

const CONVERSATIONS_MAX = 500;

export const stateOf = (platform: Platform, nowMs: number): ControlState => {
  const conversations = platform.conversations().sort((a, b) => (a.lastAtMs ?? 0) - (b.lastAtMs ?? 0));
  return {
    nowMs,
    gatewayUrl: platform.gatewayUrl,
    bots: platform.bots(),
    conversations: conversations.slice(-CONVERSATIONS_MAX),
    conversationsTotal: conversations.length,
    sessions: platform.sessions(),
    links: platform.links(),
    webhooks: platform.webhooks(),
    faults: platform.faults(),
    switches: platform.switches(),
  };
};

/** The kinds of records that are kept, and how each is asked for. */
const KEPT: { readonly [K in RecordedKind]: (platform: Platform) => RecordKinds[K][] } = {
  received: (platform) => platform.received(),
  sent: (platform) => platform.sends(),
  refused: (platform) => platform.refusals(),
  session: (platform) => platform.sessionLog(),
  pushed: (platform) => platform.pushes(),
  callback: (platform) => platform.callbacks(),
  interaction: (platform) => platform.interactions(),
};

/** Every kind of happening the feed can tell of. */
export const KINDS: readonly RecordKind[] = [...(Object.keys(KEPT) as RecordedKind[]), 'entry'];

export const isRecorded = (kind: string): kind is RecordedKind => Object.hasOwn(KEPT, kind);

/** The newest `max` records of a kind, oldest first. */
export const recordsOf = (platform: Platform, kind: RecordedKind, max: number): unknown[] =>
  max === 0
    ? []
    : KEPT[kind](platform)
        .slice(-max)
        .map((record) => shown(kind, record));

/** A record as it may be shown: made-up tokens and secrets may be real ones of somebody's choosing. */
export const shown = (kind: RecordKind, record: RecordKinds[RecordKind]): unknown => {
  if (kind !== 'received' && kind !== 'refused') return record;
  const { headers, body, ...rest } = record as ReceivedCall;
  const { authorization, ...others } = headers ?? {};
  return {
    ...rest,
    ...(headers && { headers: authorization === undefined ? others : { ...others, authorization: '[token]' } }),
    body: withoutSecrets(body),
    // Frames: an Identify and a Resume carry a token, in `d` and in the text.
    ...('d' in rest && { d: withoutSecrets(rest.d), text: undefined }),
  };
};

const SECRETS = ['clientSecret', 'token'] as const;

const withoutSecrets = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const hidden = SECRETS.filter((key) => Object.hasOwn(value, key)).map((key) => [key, '[secret]']);
  return { ...value, ...Object.fromEntries(hidden) };
};

/** What can be asked for: each command with its kind, what it does, and the JSON Schema of its input. */
export const describeCommands = (): Record<string, { kind: string; about: string; input: unknown }> =>
  Object.fromEntries(
    Object.entries(COMMANDS).map(([name, { kind, about, input }]) => [
      name,
      { kind, about, input: z.toJSONSchema(input as z.ZodType, { io: 'input', unrepresentable: 'any' }) },
    ]),
  );

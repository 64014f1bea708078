import type { Scene } from '../domain/conversation.js';
import type { BusyPolicy, DropPolicy, StreamMode } from '../domain/turn.js';
import type { AgentSettings } from './agent-settings.js';
import type { Secret } from './secret.js';

export type { AgentSettings } from './agent-settings.js';

/** The configuration after defaults, environment and checks: every field is there, every unit is in its name. */
export type ResolvedConfig = {
  readonly channels: Readonly<Record<string, ChannelSettings>>;
  /** The agent of every channel that names none of its own. Absent: handlers are registered in code. */
  readonly agent?: AgentSettings;
  readonly server: ServerSettings;
  readonly store: StoreSettings;
  readonly media: MediaSettings;
  readonly log: { readonly level: LogLevel };
  readonly conversation: ConversationSettings;
};

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

export type ChannelSettings = {
  readonly name: string;
  readonly type: 'qq';
  readonly enabled: boolean;
  readonly appId: string;
  readonly appSecret: Secret;
  readonly sandbox: boolean;
  readonly transport: 'websocket' | 'webhook';
  /** `url`: the public address, for checks alone. `maxAgeMs` 0 takes callbacks of any age; `bodyMax` is in bytes. */
  readonly webhook: {
    readonly url?: string;
    readonly maxAgeMs: number;
    readonly refuseReplays: boolean;
    readonly bodyMax: number;
  };
  /** The bit mask of the configured intents. */
  readonly intents: number;
  readonly shards: 'auto' | { readonly ids: readonly number[]; readonly count: number };
  /** Tell an agent that keeps its own history, in one line, what became of an interrupted answer. */
  readonly interruptNote: boolean;
  /** Which generation of native streams `streamMode: "native"` speaks. */
  readonly nativeStream: 'stream_messages' | 'stream_object';
  /** No trailing slash. */
  readonly endpoints: { readonly token: string; readonly api: string };
  readonly scenes: Readonly<Record<Scene, SceneSettings>>;
  readonly agent?: AgentSettings;
};

export type SceneSettings = {
  readonly groupPolicy: 'mention' | 'all';
  /** Openids; `*` is everyone, empty is pairing mode. */
  readonly allowedUsers: readonly string[];
  /** Groups and guild channels where every member may write; `*` is all, null leaves it to each member. */
  readonly allowedGroups: readonly string[] | null;
  readonly ackReactions: boolean;
  readonly streamMode: StreamMode;
  readonly busy: BusyPolicy;
  /** Units: characters; a longer answer is cut with a notice. */
  readonly maxReplyChars: number;
  /** A pause between two messages of one answer. */
  readonly blockPause: boolean;
  /** A new turn waits until the user has been quiet this long, and at most that long. */
  readonly debounce: { readonly quietMs: number; readonly atMostMs: number };
  /** Messages that wait for one conversation's next turn. */
  readonly waitingMax: number;
  /** Turns of one conversation that run side by side under `concurrent`. */
  readonly concurrentMax: number;
  /** What happens to a message that finds the line full. */
  readonly drop: DropPolicy;
  /** A message that waits for longer is dropped. */
  readonly waitingLifeMs: number;
  /** Whose message may interrupt. */
  readonly interruptScope: 'sender' | 'anyone';
  /** Openids whose stop ends anybody's turn. */
  readonly admins: readonly string[];
  /** What an interrupted turn leaves in the transcript. */
  readonly interruptedHistory: 'delivered' | 'rollback';
  /** After so many interrupts within the time, messages are collected until a turn has run to its end. */
  readonly patience: { readonly interruptsMax: number; readonly withinMs: number };
  /** A picture or file without a word waits this long for its question. */
  readonly mediaHoldMs: number;
  /** What a press on a button is: a turn that says what stands in it, or an event. */
  readonly buttons: 'turn' | 'event';
  /** A button that stops it goes along with the first block of a long answer. */
  readonly stopButton: boolean;
  /** One conversation per member of a group or channel, or one for all. */
  readonly conversationKey: 'member' | 'group';
  /** Send answers as markdown; plain text where the bot turns out to have no right to it. */
  readonly markdown: boolean;
  /** What no reply can carry any more may go out without an anchor. */
  readonly activeMessages: boolean;
  readonly notices: {
    readonly stopped: boolean;
    readonly rejected: boolean;
    readonly expired: boolean;
    readonly failed: boolean;
    readonly blocked: boolean;
  };
};

export type ConversationSettings = {
  /** An idle conversation leaves memory after this long. */
  readonly retireAfterMs: number;
  /** How long a cancelled agent may take to stop before the next turn starts without it. */
  readonly graceMs: number;
  /** How long the outcome of a call in flight at the cancel point is waited for. */
  readonly settleMs: number;
  /** A turn is ended after this long. */
  readonly turnMaxMs: Readonly<Record<Scene, number>>;
  /** The longest an agent may hold off an interrupt. */
  readonly holdMaxMs: number;
  /** An agent that shows no sign of life for so long is given up. */
  readonly silenceMaxMs: number;
  /** Messages of a transcript that are kept. */
  readonly transcriptMax: number;
};

export type ServerSettings = {
  readonly host: string;
  readonly port: number;
  readonly token?: Secret;
  /** What is shown of the charts. Absent: nothing. */
  readonly inspect?: 'off' | 'states' | 'texts';
  /** Operators may look, and do nothing. */
  readonly readOnly?: boolean;
};

/** Units: bytes and ms, as the names say. */
export type MediaSettings = {
  /** Absent: a folder of the system's for things that may go, which is emptied at the end. */
  readonly path?: string;
  readonly sendBytesMax: number;
  readonly oneShotBytesMax: number;
  readonly receive: boolean;
  readonly receiveBytesMax: number;
  readonly spoolBytesMax: number;
  readonly spoolFilesMax: number;
  readonly spoolLifeMs: number;
  readonly waitMs: number;
};

export type StoreSettings = { readonly driver: 'memory' | 'embedded'; readonly path: string };

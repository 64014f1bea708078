import { z } from 'zod';
import { LANES_MAX } from '../domain/conversation.js';
import { INTENT_SPELLINGS } from '../domain/intents.js';
import { agentSchema } from './agent-schema.js';
import { mediaSchema } from './media-schema.js';
import { count, ms, text, webUrl } from './values.js';

export const BUSY_POLICIES = ['interrupt', 'steer', 'collect', 'enqueue', 'reject', 'concurrent'] as const;

export const DEFAULT_INTENTS = [
  'guilds',
  'public_guild_messages',
  'direct_messages',
  'group_and_c2c',
  'interaction',
] as const;

export const DEFAULT_ENDPOINTS = {
  token: 'https://bots.qq.com',
  api: 'https://api.sgroup.qq.com',
  sandboxApi: 'https://sandbox.api.sgroup.qq.com',
} as const;

const debounce = z
  .strictObject({
    quietMs: ms(0).optional().describe('Units: ms. Default: 600 in c2c and dm, 300 in group and guild.'),
    atMostMs: ms(0).optional().describe('Units: ms. Default: 2500 in c2c and dm, 1500 in group and guild.'),
  })
  .describe('A new turn waits until the user has been quiet for quietMs, and at most atMostMs.');

/** What a channel sets and each of its scenes may override. A default that a shorthand shares is filled in later. */
const sceneShape = {
  groupPolicy: z
    .enum(['mention', 'all'])
    .optional()
    .meta({ description: 'Which group and guild messages are answered.', default: 'mention' }),
  mentionOnly: z.boolean().optional().describe('Shorthand: true is groupPolicy "mention", false is "all".'),
  allowedUsers: z
    .array(text())
    .optional()
    .meta({ description: 'Openids that may write; "*" is everyone, [] is pairing mode.', default: ['*'] }),
  allowedGroups: z
    .array(text())
    .optional()
    .describe(
      'Group openids, guild ids (all channels of the guild) and guild channel ids where every member may write; "*" is all. Where it is set, "*" of allowedUsers lets nobody in elsewhere. Default: members are looked at one by one.',
    ),
  ackReactions: z.boolean().optional().meta({
    description: 'Show that a message was seen: a reaction in guild channels, typing in private chats.',
    default: false,
  }),
  streamMode: z
    .enum(['final', 'none', 'typing', 'block', 'native'])
    .optional()
    .meta({ description: 'How an answer is shown while it is written; "none" is "final".', default: 'typing' }),
  interruptOnNewMessage: z.boolean().optional().describe('Shorthand: true is busy "interrupt", false is "collect".'),
  busy: z
    .enum(BUSY_POLICIES)
    .optional()
    .meta({ description: 'What a message does that arrives while a turn runs.', default: 'interrupt' }),
  blockPause: z.boolean().optional().meta({
    description: 'A pause of 800 to 2500 ms between two messages of one answer, as a person would make.',
    default: false,
  }),
  maxReplyChars: count(1)
    .optional()
    .meta({ description: 'Longer answers are cut with a notice. Units: characters.', default: 18_000 }),
  debounce: debounce.optional(),
  waitingMax: count(1)
    .optional()
    .describe('Messages that wait for one conversation’s next turn. Default: 20, and 50 where a group shares one.'),
  concurrentMax: z.int().min(1).max(LANES_MAX).optional().meta({
    description: 'Turns of one conversation that run side by side under busy "concurrent".',
    default: 4,
  }),
  drop: z.enum(['summarize', 'old', 'new']).optional().meta({
    description:
      'What leaves a full line: the oldest, told to the next turn ("summarize") or not ("old"), or the newest.',
    default: 'summarize',
  }),
  waitingLifeMs: ms(1)
    .optional()
    .meta({ description: 'A message that waits for longer is dropped. Units: ms.', default: 90_000 }),
  interruptScope: z
    .enum(['sender', 'anyone'])
    .optional()
    .meta({ description: 'Whose message may interrupt a turn.', default: 'sender' }),
  admins: z.array(text()).optional().meta({
    description: 'Openids whose stop ends anybody’s turn, as an owner’s or admin’s of the group does.',
    default: [],
  }),
  interruptedHistory: z.enum(['delivered', 'rollback']).optional().meta({
    description: 'What an interrupted turn leaves in the transcript: what was delivered, or nothing.',
    default: 'delivered',
  }),
  patience: z
    .strictObject({ interruptsMax: count(1).optional(), withinMs: ms(1).optional() })
    .optional()
    .describe(
      'After so many interrupts within the time, messages are collected until a turn has run to its end. Default: 5 in 30 s, 3 in groups and guilds.',
    ),
  mediaHoldMs: ms(0).optional().meta({
    description: 'A picture or file without a word waits this long for its question. Units: ms.',
    default: 1_500,
  }),
  buttons: z.enum(['turn', 'event']).optional().meta({
    description: 'What a press on a button is: a turn that says what stands in it, or an event for listeners.',
    default: 'turn',
  }),
  stopButton: z.boolean().optional().meta({
    description:
      'A button that stops a long answer: with its first block, or where it comes as a whole or as a bubble, with a word of the router’s own after 5 s.',
    default: false,
  }),
  conversationKey: z
    .enum(['member', 'group'])
    .optional()
    .meta({ description: 'One conversation per member of a group or channel, or one for all.', default: 'member' }),
  markdown: z
    .boolean()
    .optional()
    .meta({ description: 'Send answers as markdown; plain text where the bot has no right to it.', default: false }),
  activeMessages: z
    .boolean()
    .optional()
    .describe('What no reply can carry any more may go out without an anchor. Default: true in c2c, false elsewhere.'),
  notices: z
    .strictObject({
      stopped: z.boolean().optional(),
      rejected: z.boolean().optional(),
      expired: z.boolean().optional(),
      failed: z.boolean().optional(),
      blocked: z.boolean().optional(),
    })
    .optional()
    .describe(
      'The router’s own words to users. Default: stopped in c2c and dm, failed and blocked everywhere, the others off.',
    ),
};

const scene = z.strictObject(sceneShape);

const channel = z.strictObject({
  type: z.literal('qq').default('qq'),
  enabled: z.boolean().default(true),
  appId: text().describe('From the QQ bot console.'),
  appSecret: text().describe('From the QQ bot console.'),
  sandbox: z.boolean().default(false).describe('Use the platform’s sandbox host.'),
  transport: z.enum(['websocket', 'webhook']).default('websocket'),
  webhook: z
    .strictObject({
      url: webUrl().optional().describe('The public address, as registered in the console; `channel doctor` calls it.'),
      maxAgeMs: ms(0)
        .default(300_000)
        .describe(
          'Callbacks signed longer ago than this, or ahead of this clock by more, are refused; 0 takes any age. Units: ms.',
        ),
      refuseReplays: z.boolean().default(true).describe('Refuse a callback that was acknowledged before.'),
      bodyMax: z
        .int()
        .min(1_024)
        .max(1_048_576)
        .default(262_144)
        .describe('Longer callbacks are refused. Units: bytes.'),
    })
    .prefault({})
    .describe('For transport "webhook": how careful /webhooks/{channel} is.'),
  intents: z
    .union([
      z.array(z.enum([...INTENT_SPELLINGS, ...INTENT_SPELLINGS.map((name) => name.toUpperCase())])),
      z
        .int()
        .min(0)
        .max(2 ** 31 - 1),
    ])
    .default([...DEFAULT_INTENTS])
    .describe('Event intents by name, or the bit mask.'),
  shards: z
    .union([z.literal('auto'), z.strictObject({ ids: z.array(z.int().min(0)).min(1), count: count(1) })])
    .default('auto')
    .describe('"auto" asks the platform.'),
  interruptNote: z
    .boolean()
    .default(true)
    .describe('Tell an agent that keeps its own history, in one line, what became of an interrupted answer.'),
  nativeStream: z
    .enum(['stream_messages', 'stream_object'])
    .default('stream_messages')
    .describe('Which generation of native streams streamMode "native" speaks.'),
  endpoints: z
    .strictObject({
      token: webUrl().default(DEFAULT_ENDPOINTS.token),
      api: webUrl()
        .optional()
        .meta({ description: '`sandbox` picks the sandbox host.', default: DEFAULT_ENDPOINTS.api }),
    })
    .prefault({})
    .describe('Scheme and host, no path.'),
  ...sceneShape,
  scenes: z
    .strictObject({ c2c: scene, group: scene, guild: scene, dm: scene })
    .partial()
    .prefault({})
    .describe('Settings that differ in one scene.'),
  agent: agentSchema.optional(),
});

/** The configuration as it is written: camelCase, strict. The one source of the checks and of the JSON Schema. */
export const configSchema = z.strictObject({
  $schema: z.string().optional().describe('For editors; not read.'),
  channels: z.record(z.string(), channel).describe('One entry per bot; the key is the channel’s name.'),
  agent: agentSchema.optional(),
  server: z
    .strictObject({
      host: text().default('127.0.0.1').describe('Anything but loopback needs a token.'),
      port: z.int().min(0).max(65_535).default(18_800).describe('0 takes a free one.'),
      token: text().optional().describe('The bearer token of the HTTP and WebSocket interface.'),
      inspect: z
        .enum(['off', 'states', 'texts'])
        .default('states')
        .describe('What /v1/inspect shows of the charts: nothing, all but what was said, or that too.'),
      readOnly: z.boolean().default(false).describe('The console and its interface may look, and do nothing.'),
    })
    .prefault({}),
  store: z
    .strictObject({
      driver: z
        .enum(['memory', 'embedded'])
        .optional()
        .meta({ description: '"memory" forgets everything when the process ends.', default: 'embedded' }),
      path: text().default('./rookery-data').describe('A directory, relative to the configuration file.'),
    })
    .prefault({}),
  media: mediaSchema,
  log: z
    .strictObject({
      level: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
    })
    .prefault({}),
  conversation: z
    .strictObject({
      retireAfterMs: ms(1).default(60_000).describe('An idle conversation leaves memory after this long.'),
      graceMs: ms(0).default(2_000).describe('How long a cancelled agent may take to stop.'),
      settleMs: ms(0).default(3_000).describe('How long the outcome of a call in flight at a cancel is waited for.'),
      turnMaxMs: ms(1)
        .optional()
        .describe('A turn is ended after this long. Units: ms. Default: 900000 in c2c, 300000 elsewhere.'),
      holdMaxMs: ms(0).default(60_000).describe('The longest an agent may hold off an interrupt.'),
      silenceMaxMs: ms(1).default(120_000).describe('An agent without a sign of life for so long is given up.'),
      transcriptMax: count(0).default(40).describe('Messages of a transcript that are kept.'),
    })
    .prefault({}),
});

/** What a file or `createRouter` may say. */
export type WrittenConfig = z.input<typeof configSchema>;

/** The same after the schema's own defaults. */
export type CheckedConfig = z.output<typeof configSchema>;
export type CheckedChannel = CheckedConfig['channels'][string];
export type CheckedScene = z.output<typeof scene>;

/** The JSON Schema of the written configuration, draft 7: the draft that editors support best. */
export const configJsonSchema = (): Record<string, unknown> => ({
  ...z.toJSONSchema(configSchema, { target: 'draft-7', io: 'input' }),
  title: 'Rookery configuration',
});

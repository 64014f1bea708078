import { z } from 'zod';
import { ACTS } from './control-acts.js';
import { command } from './control-command.js';
import { aim, aimed, bot, count, id, ids, maybe, milliseconds, scene, text, times } from './control-shapes.js';
import { type Rights, SWITCH_SIDES, type Switches } from './platform/index.js';

const fault = command('fault');
const setting = command('setting');

const target = { bot, scene, id };
const onOff = z.boolean().default(true);
const scenes = z.strictObject({
  c2c: maybe(z.boolean()),
  group: maybe(z.boolean()),
  guild: maybe(z.boolean()),
  dm: maybe(z.boolean()),
});

/** What goes wrong on the platform. */
const FAULTS = {
  closeAll: fault(
    'closes every socket; 1006 ends the stream without a close frame',
    { bot, code: z.int().min(1000).max(4999), reason: maybe(z.string().max(120)) },
    (platform, { code, reason, ...of }) => platform.closeAll(code, reason, of),
  ),
  sendReconnect: fault('op 7, and 4009 for who lingers', { bot, lingerMs: maybe(milliseconds) }, (platform, given) =>
    platform.sendReconnect(given),
  ),
  invalidateSession: fault(
    'op 9; `resumable` is its `d`',
    { bot, resumable: maybe(z.boolean()) },
    (platform, { resumable, ...of }) => platform.invalidateSession(resumable, of),
  ),
  forgetSessions: fault('the next Resume of each session is refused', { bot }, (platform, of) =>
    platform.forgetSessions(of),
  ),
  refuseResume: fault(
    'the next Resumes fail with op 9 or a close code',
    { how: z.union([z.literal('op9'), z.int().min(1000).max(4999)]).default('op9'), times: times.default(1) },
    (platform, { how, times: often }) => platform.refuseResume(how, often),
  ),
  dropAcks: fault('heartbeats are not answered', { on: onOff }, (platform, { on }) => platform.dropAcks(on)),
  sendHeartbeat: fault('the platform asks for a heartbeat', { bot }, (platform, of) => platform.sendHeartbeat(of)),
  stall: fault(
    'the sockets’ streams stand still, new ones too if asked for',
    { bot, newLinks: maybe(z.boolean()) },
    (platform, given) => platform.stall(given),
  ),
  unstall: fault('the streams flow again', {}, (platform) => platform.unstall()),
  pushTwice: fault('the next events come twice', { next: count.default(1) }, (platform, { next }) =>
    platform.pushTwice(next),
  ),
  pushOutOfOrder: fault(
    'each of the next events waits for one after it',
    { next: count.default(1) },
    (platform, { next }) => platform.pushOutOfOrder(next),
  ),
  mentionsNull: fault('the next events carry `mentions: null`', { next: count.default(1) }, (platform, { next }) =>
    platform.mentionsNull(next),
  ),
  failNext: fault(
    'the next calls fail; with `processed` they take effect first',
    {
      ...aim,
      status: z.int().min(200).max(599),
      code: maybe(z.int()),
      errCode: maybe(z.int()),
      message: maybe(text),
      body: maybe(z.union([text, z.record(z.string(), z.unknown())])),
      processed: maybe(z.boolean()),
    },
    (platform, given) => platform.failNext(aimed(given)),
  ),
  rateLimit429: fault(
    'the next sends are answered 429',
    { ...aim, code: maybe(z.int()), processed: maybe(z.boolean()) },
    (platform, given) => platform.rateLimit429(aimed(given)),
  ),
  swallowNext: fault(
    'the next sends take effect and their answers are lost',
    { ...aim, how: maybe(z.enum(['cut', 'hang'])), processed: maybe(z.boolean()) },
    (platform, given) => platform.swallowNext(aimed(given)),
  ),
  delayNext: fault('the next calls are answered late', { ...aim, ms: milliseconds }, (platform, { ms, ...given }) =>
    platform.delayNext(ms, aimed(given)),
  ),
  delayAll: fault('every call is answered late', { ms: milliseconds }, (platform, { ms }) => platform.delayAll(ms)),
  refuseAddress: fault('the caller’s address is off the allow-list', { on: onOff }, (platform, { on }) =>
    platform.refuseAddress(on),
  ),
  spoilCallbacks: fault(
    'the next deliveries to callback addresses are spoilt',
    {
      fault: z.enum(['wrongSignature', 'noSignature', 'alteredBody', 'otherAppId', 'stale']),
      next: maybe(times),
      ageMs: maybe(milliseconds),
    },
    (platform, { fault: what, ...more }) => platform.spoilCallbacks(what, more),
  ),
  expireTokens: fault('ends all tokens now', {}, (platform) => platform.expireTokens()),
  auditNext: fault(
    'the next guild messages wait for a human',
    {
      verdict: maybe(z.enum(['pass', 'reject'])),
      afterMs: maybe(milliseconds),
      status: maybe(z.union([z.literal(201), z.literal(202)])),
      times: maybe(times),
    },
    (platform, given) => platform.auditNext(given),
  ),
  clearFaults: fault('takes back what was asked for and is not spent', {}, (platform) => platform.clearFaults()),
} as const;

const RIGHTS = z.strictObject({
  markdown: maybe(scenes),
  keyboard: maybe(scenes),
  ark: maybe(z.boolean()),
  active: maybe(scenes),
});

const grant = (rights: Rights, { ark, ...byScene }: z.output<typeof RIGHTS>): Rights => {
  if (ark !== undefined) rights.ark = ark;
  for (const [what, given] of Object.entries(byScene)) Object.assign(rights[what as keyof typeof byScene], given);
  return rights;
};

const switches = z.strictObject(
  Object.fromEntries(
    Object.entries(SWITCH_SIDES).map(([name, sides]) => [
      name,
      maybe(z.literal(sides as readonly (string | number | boolean)[])),
    ]),
  ) as unknown as { [K in keyof Switches]: z.ZodExactOptional<z.ZodType<Switches[K], Switches[K]>> },
);

/** How the platform is set up. */
const SETTINGS = {
  setTokenLifetime: setting('life of new tokens', { seconds: count }, (platform, { seconds }) =>
    platform.setTokenLifetime(seconds),
  ),
  grantIntents: setting('granted intents, as a mask', { bot, mask: z.int().min(0) }, (platform, { mask, ...of }) =>
    platform.grantIntents(mask, of),
  ),
  setBotState: setting(
    '`offline` (4914) and `banned` (4915) also close what is open',
    { bot, state: z.enum(['online', 'offline', 'banned']) },
    (platform, { state, ...of }) => platform.setBotState(state, of),
  ),
  requireShards: setting('least shard count', { bot, count: times }, (platform, { count: least, ...of }) =>
    platform.requireShards(least, of),
  ),
  setRights: setting('what a bot may say beside plain text', { bot, rights: RIGHTS }, (platform, given) =>
    grant(platform.rights(given.bot), given.rights),
  ),
  allowActive: setting(
    'active messages in one conversation; null leaves it to the rights',
    { ...target, allowed: z.boolean().nullable() },
    (platform, { scene: where, id: whom, allowed, ...of }) =>
      platform.allowActive(where, whom, allowed ?? undefined, of),
  ),
  setDmOpen: setting('a guild DM takes active messages', { bot, guildId: id, open: z.boolean() }, (platform, given) => {
    const { guildId, open, ...of } = given;
    platform.setDmOpen(guildId, open, of);
  }),
  setGroupMode: setting(
    'a group’s bot hears everything, or mentions only',
    { bot, group: id, mode: z.enum(['mention', 'all']) },
    (platform, { group, mode, ...of }) => platform.setGroupMode(group, mode, of),
  ),
  setBotRole: setting(
    'what the bot is in a group',
    { bot, group: id, role: z.enum(['member', 'admin', 'owner']) },
    (platform, given) => {
      const { group, role: as, ...of } = given;
      platform.setBotRole(group, as, of);
    },
  ),
  setMuted: setting('the bot is muted there', { ...target, muted: z.boolean() }, (platform, given) => {
    const { scene: where, id: whom, muted, ...of } = given;
    platform.setMuted(where, whom, muted, of);
  }),
  registerDomains: setting('domains that pass the URL filter', { domains: ids }, (platform, { domains }) =>
    platform.registerDomains(...domains),
  ),
  blockWords: setting('words that moderation refuses', { words: ids }, (platform, { words }) =>
    platform.blockWords(...words),
  ),
  setSwitches: setting('sides in the sources’ disagreements', { switches }, (platform, given) =>
    platform.setSwitches(given.switches),
  ),
  setWebhook: setting(
    'a callback address; answers with how its handshake went',
    { bot, url: text, events: maybe(ids), check: maybe(z.boolean()) },
    (platform, { url, ...more }) => platform.setWebhook(url, more),
  ),
  clearWebhook: setting('events go to the sockets again', { bot }, (platform, of) => platform.clearWebhook(of)),
} as const;

/** Every command of the control surface, by its name. */
export const COMMANDS = { ...ACTS, ...FAULTS, ...SETTINGS } as const;

/** Everything that can be asked of an emulator from another process. */
export type CommandName = keyof typeof COMMANDS;
/** What a command is sent. Bytes go as base64. */
export type CommandInput<K extends CommandName> = z.input<(typeof COMMANDS)[K]['input']>;
/** What it answers; null where there is nothing to tell. */
export type CommandResult<K extends CommandName> = Awaited<ReturnType<(typeof COMMANDS)[K]['run']>>;

export const isCommand = (name: string): name is CommandName => Object.hasOwn(COMMANDS, name);

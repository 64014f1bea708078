import { z } from 'zod';
import { command } from './control-command.js';
import { act, bot, id, ids, maybe, scene, speech, text } from './control-shapes.js';

const user = command('act');

const role = z.enum(['member', 'admin', 'owner']);
const by = { ...act, by: maybe(id) };
const where = { ...act, guild: id, channel: id, user: maybe(id) };

/** What people around a bot do. */
export const ACTS = {
  sendC2c: user('a private message', { ...speech, quote: maybe(text), quoteId: maybe(id) }, (platform, given) =>
    platform.sendC2c(given),
  ),
  sendGroup: user(
    'a group message; it mentions the bot unless `at` is false',
    {
      ...speech,
      group: id,
      quote: maybe(text),
      quoteId: maybe(id),
      at: maybe(z.boolean()),
      mentions: maybe(ids),
      role: maybe(role),
    },
    (platform, given) => platform.sendGroup(given),
  ),
  sendGuild: user(
    'a message in a guild channel; it mentions the bot unless `at` is false',
    { ...speech, guild: maybe(id), channel: id, at: maybe(z.boolean()), quoteId: maybe(id) },
    (platform, given) => platform.sendGuild(given),
  ),
  sendDm: user('a direct message in a guild', { ...speech, guild: maybe(id) }, (platform, given) =>
    platform.sendDm(given),
  ),
  click: user(
    'a press on a button (type 11) or in the quick menu (type 12)',
    {
      ...act,
      scene: z.enum(['c2c', 'group', 'guild']),
      target: id,
      from: maybe(id),
      type: maybe(z.int()),
      buttonId: maybe(text),
      buttonData: maybe(text),
      messageId: maybe(id),
    },
    (platform, given) => platform.click(given),
  ),
  recallAs: user(
    'somebody takes a message back',
    { bot, messageId: id, by: maybe(id) },
    (platform, { messageId, ...more }) => platform.recallAs(messageId, more),
  ),
  reactAs: user(
    'a reaction to a guild message',
    {
      ...act,
      from: id,
      messageId: id,
      emoji: z.strictObject({ type: z.union([z.literal(1), z.literal(2)]), id }),
      removed: maybe(z.boolean()),
    },
    (platform, given) => platform.reactAs(given),
  ),
  addFriend: user('a user adds the bot', { bot, openid: id }, (platform, { openid, ...of }) =>
    platform.addFriend(openid, of),
  ),
  removeFriend: user('a user removes the bot', { bot, openid: id }, (platform, { openid, ...of }) =>
    platform.removeFriend(openid, of),
  ),
  addToGroup: user('the bot is taken into a group', { bot, group: id, by: id }, (platform, { group, by, ...of }) =>
    platform.addToGroup(group, by, of),
  ),
  removeFromGroup: user('the bot is put out of a group', { bot, group: id, by: id }, (platform, given) => {
    const { group, by, ...of } = given;
    return platform.removeFromGroup(group, by, of);
  }),
  switchMessages: user(
    'a user or a group switches active messages on or off',
    { bot, scene: z.enum(['c2c', 'group']), target: id, accepts: z.boolean(), by: maybe(id) },
    (platform, given) => platform.switchMessages(given),
  ),
  push: user(
    'any event whatever; with `target` it may be replied to',
    {
      bot,
      t: id,
      d: z.record(z.string(), z.unknown()),
      id: maybe(id),
      target: maybe(z.strictObject({ scene, id, guildId: maybe(id) })),
    },
    (platform, given) => platform.push(given),
  ),
  pressButton: user(
    'a press on a button that a message carries',
    { ...act, messageId: id, buttonId: id, from: id, role: maybe(role) },
    (platform, given) => platform.pressButton(given),
  ),
  enterGroup: user(
    'somebody is in a group now',
    { bot, group: id, openid: id, username: maybe(id) },
    (platform, { group, ...who }) => platform.enterGroup(group, who),
  ),
  leaveGroup: user('somebody leaves a group', { bot, group: id, openid: id }, (platform, { group, openid, ...of }) =>
    platform.leaveGroup(group, openid, of),
  ),
  askToJoin: user(
    'somebody asks to be let into a group where the bot is an admin',
    { ...act, group: id, from: id, username: maybe(id), message: maybe(text), invitedBy: maybe(id) },
    (platform, given) => platform.askToJoin(given),
  ),
  subscribe: user(
    'a decision on subscribed messages',
    { ...act, scene: z.enum(['c2c', 'group']), target: id, templateId: z.int(), accepts: z.boolean() },
    (platform, given) => platform.subscribe(given),
  ),
  openChat: user('a user opens the chat', { ...act, openid: id, source: maybe(id) }, (platform, given) => {
    const { openid, ...more } = given;
    return platform.openChat(openid, more);
  }),
  changeGuild: user(
    'the bot is in a guild now, or the guild changes',
    { ...by, guild: id, name: maybe(text), icon: maybe(text), description: maybe(text), ownerId: maybe(id) },
    (platform, given) => platform.changeGuild(given),
  ),
  leaveGuild: user('the bot is put out of a guild', { ...by, guild: id }, (platform, given) =>
    platform.leaveGuild(given),
  ),
  changeChannel: user(
    'a channel is made, or changes',
    {
      ...by,
      guild: id,
      channel: id,
      name: maybe(text),
      type: maybe(z.int()),
      subType: maybe(z.int()),
      position: maybe(z.int()),
    },
    (platform, given) => platform.changeChannel(given),
  ),
  deleteChannel: user('a channel goes', { ...by, guild: id, channel: id }, (platform, given) =>
    platform.deleteChannel(given),
  ),
  changeMember: user(
    'somebody is in a guild now, or changes',
    { ...by, guild: id, user: id, username: maybe(id), nick: maybe(id), roles: maybe(ids) },
    (platform, given) => platform.changeMember(given),
  ),
  removeMember: user('somebody leaves a guild', { ...by, guild: id, user: id }, (platform, given) =>
    platform.removeMember(given),
  ),
  forumHappening: user(
    'a thread, post or reply in a forum channel',
    {
      ...where,
      what: z.enum(['thread', 'post', 'reply']),
      change: z.enum(['CREATE', 'UPDATE', 'DELETE']),
      open: maybe(z.boolean()),
      text: maybe(text),
    },
    (platform, given) => platform.channelHappening(given),
  ),
  audioHappening: user(
    'audio in a channel starts, ends, or somebody takes the microphone',
    {
      ...where,
      change: z.enum(['START', 'FINISH', 'ON_MIC', 'OFF_MIC']),
      url: maybe(text),
      text: maybe(text),
    },
    (platform, given) => platform.channelHappening({ what: 'audio', ...given }),
  ),
  liveHappening: user(
    'somebody comes into an audio or live channel, or goes',
    { ...where, change: z.enum(['ENTER', 'EXIT']) },
    (platform, given) => platform.channelHappening({ what: 'live', ...given }),
  ),
  introduce: user(
    'makes somebody known to the bot without a word',
    { bot, scene, id, guildId: maybe(id) },
    (platform, { scene: where, id: whom, ...more }) => platform.introduce(where, whom, more),
  ),
} as const;

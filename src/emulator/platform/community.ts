import { Acting } from './acting.js';
import { type Press, type Pressed, press } from './buttons.js';
import type { GroupMember } from './conversation.js';
import { enterGroup, leaveGroup } from './groups.js';
import type { JsonObject } from './json.js';
import { type Act, publishAct } from './people.js';
import type { Pushed } from './records.js';
import {
  type ChannelChange,
  type ChannelHappening,
  changeChannel,
  changeGuild,
  changeMember,
  channelHappening,
  deleteChannel,
  type GuildChange,
  leaveGuild,
  type MemberChange,
  removeMember,
} from './structure.js';
import { rfc3339 } from './wire-text.js';

/** Somebody asks to be let into a group, §5.9. */
export type Asking = Act & {
  group: string;
  from: string;
  username?: string;
  /** What they say for themselves. */
  message?: string;
  /** Who brought them; then they did not come by themselves. */
  invitedBy?: string;
};

/** A user or a group decides on subscribed messages, §5.9. */
export type Subscription = Act & {
  scene: 'c2c' | 'group';
  target: string;
  templateId: number;
  accepts: boolean;
};

/** What goes on in groups and guilds beside talk: who comes and goes, what is set up, what buttons do. */
export class Community extends Acting {
  /** Presses a button that a message carries; the platform asks the bot, or the user's words follow, §7.4. */
  pressButton(given: Press): Pressed {
    return press(this.context, this.botNamed(given.bot), given);
  }

  /** Somebody is in a group now, §5.9 GROUP_MEMBER_ADD. */
  enterGroup(group: string, who: { openid: string; username?: string; bot?: string }): Pushed {
    const bot = this.botNamed(who.bot);
    return enterGroup(this.context, bot, bot.meet('group', group), who);
  }

  /** Somebody is in a group no longer, §5.9 GROUP_MEMBER_REMOVE. */
  leaveGroup(group: string, openid: string, { bot }: Act = {}): Pushed {
    const chosen = this.botNamed(bot);
    return leaveGroup(this.context, chosen, chosen.meet('group', group), openid);
  }

  /** What the bot is in a group: admins hear of join requests, and recall what others say. */
  setBotRole(group: string, role: GroupMember['role'], { bot }: Act = {}): void {
    this.botNamed(bot).meet('group', group).botRole = role;
  }

  /** §5.9 GROUP_JOIN_REQUEST; only a bot that is an admin there hears of it. */
  askToJoin(given: Asking): Pushed & { readonly joinRequestId: string } {
    const bot = this.botNamed(given.bot);
    const { group: id, from, username = from, message = '', invitedBy } = given;
    const group = bot.meet('group', id);
    if (group.botRole === 'member') throw new RangeError(`the bot is no admin in ${id}`);
    const joinRequestId = this.context.ids.opaque('j');
    const request = { id: joinRequestId, group, memberOpenid: from, username, decided: undefined, reason: undefined };
    bot.joinRequests.set(joinRequestId, request);
    const d: JsonObject = {
      group_openid: id,
      join_request_id: joinRequestId,
      member_openid: from,
      username,
      apply_at: rfc3339(this.context.timers.now()),
      apply_source: invitedBy === undefined ? 'self_apply' : 'invited',
      invited_by: invitedBy ?? '',
      bot: false,
      union_openid: '',
      risk_tips: '',
      verify_info: { method: 'verify_message', verify_message: message, review_qa_list: [] },
    };
    return { ...publishAct(this.context, bot, 'GROUP_JOIN_REQUEST', d, group, given), joinRequestId };
  }

  /** What became of a request to join; undefined while nobody has decided, or for none. */
  joinDecision(joinRequestId: string, bot?: string): 'approve' | 'decline' | undefined {
    return this.botNamed(bot).joinRequests.get(joinRequestId)?.decided;
  }

  /** §5.9 SUBSCRIBE_MESSAGE_STATUS. */
  subscribe(given: Subscription): Pushed {
    const bot = this.botNamed(given.bot);
    const nowS = Math.floor(this.context.timers.now() / 1000);
    const who = given.scene === 'c2c' ? { openid: given.target } : { group_openid: given.target };
    const result = {
      template_id: given.templateId,
      custom_template_id: String(given.templateId),
      op: given.accepts ? 1 : 2,
      subscribe_id: this.context.ids.opaque('s'),
      subscribe_ts: nowS,
      update_ts: nowS,
    };
    const conversation = bot.meet(given.scene, given.target);
    const d = { ...who, result: [result] };
    return publishAct(this.context, bot, 'SUBSCRIBE_MESSAGE_STATUS', d, conversation, given);
  }

  /** A user opens the chat with the bot, §4 ENTER_AIO. */
  openChat(openid: string, { source = 'search', ...act }: Act & { source?: string } = {}): Pushed {
    const bot = this.botNamed(act.bot);
    const d = { user_openid: openid, from_source: source };
    return publishAct(this.context, bot, 'ENTER_AIO', d, bot.meet('c2c', openid), act);
  }

  /** §5.10 GUILD_CREATE, or GUILD_UPDATE where the bot is in it already. */
  changeGuild(given: GuildChange): Pushed {
    return changeGuild(this.context, this.botNamed(given.bot), given);
  }

  /** §5.10 GUILD_DELETE. Errors: RangeError for an unknown guild, as below. */
  leaveGuild(given: Act & { guild: string; by?: string }): Pushed {
    return leaveGuild(this.context, this.botNamed(given.bot), given);
  }

  /** §5.10 CHANNEL_CREATE, or CHANNEL_UPDATE where it is there already. */
  changeChannel(given: ChannelChange): Pushed {
    return changeChannel(this.context, this.botNamed(given.bot), given);
  }

  /** §5.10 CHANNEL_DELETE. */
  deleteChannel(given: Act & { guild: string; channel: string; by?: string }): Pushed {
    return deleteChannel(this.context, this.botNamed(given.bot), given);
  }

  /** §5.10 GUILD_MEMBER_ADD, or GUILD_MEMBER_UPDATE for who is there already. */
  changeMember(given: MemberChange): Pushed {
    return changeMember(this.context, this.botNamed(given.bot), given);
  }

  /** §5.10 GUILD_MEMBER_REMOVE. */
  removeMember(given: Act & { guild: string; user: string; by?: string }): Pushed {
    return removeMember(this.context, this.botNamed(given.bot), given);
  }

  /** What goes on in forum, audio and live channels, §4. */
  channelHappening(given: ChannelHappening): Pushed {
    return channelHappening(this.context, this.botNamed(given.bot), given);
  }
}

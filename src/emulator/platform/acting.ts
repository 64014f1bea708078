import {
  befriend,
  type Click,
  click,
  introduce,
  joinGroup,
  switchMessages,
  userReacts,
  userRecalls,
} from './happenings.js';
import type { JsonObject } from './json.js';
import {
  type Act,
  type C2cSpeech,
  type DmSpeech,
  type GroupSpeech,
  type GuildSpeech,
  publishEvent,
  type Said,
  sayC2c,
  sayDm,
  sayGroup,
  sayGuild,
} from './people.js';
import type { Pushed, Scene } from './records.js';
import type { TranscriptEntry } from './transcript.js';
import { Views } from './views.js';

/** One human, to write tests that read like a chat. */
export type User = {
  readonly openid: string;
  /** Writes to the bot in private. */
  say(text: string, more?: Omit<C2cSpeech, 'from' | 'text'>): Said;
  /** Writes in a group, mentioning the bot unless told otherwise. */
  sayIn(group: string, text: string, more?: Omit<GroupSpeech, 'from' | 'text' | 'group'>): Said;
  /** What stands in the private chat. */
  sees(): TranscriptEntry[];
};

/** Acting as the people around a bot: what they write, press, switch and take back. */
export class Acting extends Views {
  /** Somebody; the same openid is the same person. */
  user(openid: string = this.context.ids.opaque('U').toUpperCase(), bot?: string): User {
    const chosen = bot === undefined ? {} : { bot };
    return {
      openid,
      say: (text, more = {}) => this.sendC2c({ ...chosen, ...more, from: openid, text }),
      sayIn: (group, text, more = {}) => this.sendGroup({ ...chosen, ...more, group, from: openid, text }),
      sees: () => this.transcript({ scene: 'c2c', id: openid, ...chosen }),
    };
  }

  /** A private message, §5.2. The user becomes known with the first. */
  sendC2c(speech: C2cSpeech): Said {
    return sayC2c(this.context, this.botNamed(speech.bot), speech);
  }

  /** A group message, §5.3, §5.4. The content has the mention cut out: it starts with a space. */
  sendGroup(speech: GroupSpeech): Said {
    return sayGroup(this.context, this.botNamed(speech.bot), speech);
  }

  /** A guild channel message, §5.5: `<@!bot> text`, escaped. */
  sendGuild(speech: GuildSpeech): Said {
    return sayGuild(this.context, this.botNamed(speech.bot), speech);
  }

  /** A guild direct message, §5.5. */
  sendDm(speech: DmSpeech): Said {
    return sayDm(this.context, this.botNamed(speech.bot), speech);
  }

  /** A press on a button or menu, §5.8. `interactionId` is what the bot acknowledges. */
  click(given: Click): Pushed & { readonly interactionId: string } {
    return click(this.context, this.botNamed(given.bot), given);
  }

  /** Code a click was answered with; undefined while it spins or after it gave up. */
  interactionAnswer(interactionId: string, bot?: string): number | undefined {
    return this.botNamed(bot).interactions.get(interactionId)?.answer;
  }

  /** A user adds the bot, §5.9 FRIEND_ADD. */
  addFriend(openid: string, { bot }: Act = {}): Pushed {
    return befriend(this.context, this.botNamed(bot), openid, true);
  }

  /** A user removes the bot, §5.9 FRIEND_DEL; sends to them are 40054004 from now on. */
  removeFriend(openid: string, { bot }: Act = {}): Pushed {
    return befriend(this.context, this.botNamed(bot), openid, false);
  }

  /** The bot is taken into a group, §5.9 GROUP_ADD_ROBOT. */
  addToGroup(group: string, by: string, { bot }: Act = {}): Pushed {
    return joinGroup(this.context, this.botNamed(bot), group, by, true);
  }

  /** The bot is put out of a group, §5.9 GROUP_DEL_ROBOT; sends to it are 40034101 from now on. */
  removeFromGroup(group: string, by: string, { bot }: Act = {}): Pushed {
    return joinGroup(this.context, this.botNamed(bot), group, by, false);
  }

  /** A user or a group switches active messages off (§5.9 …_MSG_REJECT) or on (…_MSG_RECEIVE). */
  switchMessages(given: Act & { scene: 'c2c' | 'group'; target: string; accepts: boolean; by?: string }): Pushed {
    return switchMessages(this.context, this.botNamed(given.bot), { ...given, by: given.by ?? given.target });
  }

  /** A user's reaction to a guild message, §5.7. Errors: RangeError for an unknown message. */
  reactAs(
    given: Act & { from: string; messageId: string; emoji: { type: 1 | 2; id: string }; removed?: boolean },
  ): Pushed {
    return userReacts(this.context, this.botNamed(given.bot), given);
  }

  /** Somebody takes a message back, §5.6; C2C and groups have no event for it. Errors: RangeError if unknown. */
  recallAs(messageId: string, { by, bot }: { by?: string; bot?: string } = {}): void {
    userRecalls(this.context, this.botNamed(bot), messageId, by);
  }

  /** Any event whatever. With `target` it may be replied to by its `id`; a guild's target also picks the shard. */
  push(given: {
    t: string;
    d: JsonObject;
    id?: string;
    target?: { scene: Scene; id: string; guildId?: string };
    bot?: string;
  }): Pushed {
    const bot = this.botNamed(given.bot);
    const { target } = given;
    const conversation = target && bot.meet(target.scene, target.id, target.guildId);
    return publishEvent(
      this.context,
      bot,
      given.t,
      given.d,
      conversation,
      given.id === undefined ? {} : { id: given.id },
    );
  }

  /** Makes a user, group, channel (with its guild) or DM known to the bot without a word said. */
  introduce(scene: Scene, id: string, more: { guildId?: string; bot?: string } = {}): void {
    introduce(this.botNamed(more.bot), scene, id, more.guildId);
  }
}

import type { Scene } from '../domain/conversation.js';
import { asRouterError } from '../errors/router-error.js';
import type { Logger } from '../log/logger.js';
import type { MessageApi } from '../ports/message-api.js';
import type { RouterEvent } from './events.js';

export type AckReactionsDeps = {
  readonly log: Logger;
  readonly api: Pick<MessageApi, 'react'>;
  readonly isOn: (scene: Scene) => boolean;
};

/** The platform's face 124, "OK". Source: qq-bot-api §6.7. */
const SEEN = { type: 1, id: '124' } as const;
/** Reactions that may be on their way; the word is a courtesy, and more of them go unsaid. */
const UNDER_WAY_MAX = 20;

/**
 * Shows that a message was seen when its turn starts: a reaction in guild channels. Private chats have the typing
 * indication in its place, which the conversation sends; groups and guild private chats have nothing, which is said once.
 */
export class AckReactions {
  readonly #deps: AckReactionsDeps;
  readonly #told = new Set<Scene>();
  #underWay = 0;
  #isRefused = false;

  constructor(deps: AckReactionsDeps) {
    this.#deps = deps;
  }

  /** Sees everything the router says. */
  watch(event: RouterEvent): void {
    if (event.type !== 'turn.started') return;
    const message = event.turn.inputs.at(-1);
    if (!message || !this.#deps.isOn(message.target.scene)) return;
    const { target, id, origin } = message;
    if (target.scene === 'guild') {
      if (origin === undefined) void this.#react(target.channelId, id);
    } else if (target.scene !== 'c2c') this.#sayNothingThere(target.scene);
  }

  #sayNothingThere(scene: Scene): void {
    if (this.#told.has(scene)) return;
    this.#told.add(scene);
    this.#deps.log.info({ scene }, 'ackReactions: the platform has no sign of "seen" here');
  }

  /** Never rejects. What the platform forbids is not tried again. */
  async #react(channelId: string, messageId: string): Promise<void> {
    if (this.#isRefused || this.#underWay >= UNDER_WAY_MAX) return;
    this.#underWay += 1;
    try {
      await this.#deps.api.react(channelId, messageId, SEEN);
    } catch (thrown) {
      const { code, more } = asRouterError(thrown, 'transport.lost');
      this.#isRefused = code === 'platform.notPermitted';
      const platformCode = more.platformCode === undefined ? {} : { platformCode: more.platformCode };
      this.#deps.log[this.#isRefused ? 'warn' : 'debug']({ code, ...platformCode }, 'a reaction was not accepted');
    } finally {
      this.#underWay -= 1;
    }
  }
}

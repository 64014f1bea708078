import { placeOf } from '../domain/conversation.js';
import type { SendPlace, SendReport, SendRequest } from '../domain/send.js';
import { RouterError } from '../errors/router-error.js';
import type { Bot } from './bot.js';

/** What a program says through a router outside of its turns. */
export interface Speaking {
  /**
   * Says a message: in its conversation's line, charged to its quotas, in answer to an open message where there is one.
   * With a `key` it is said once.
   * Shape: resolves once the outcome is known; what the platform refuses is a report, not an error.
   * Errors: `message.invalid` before anything is sent, `channel.notRunning`.
   */
  send(request: SendRequest): Promise<SendReport>;
}

export const speakingOf = (bots: () => readonly Bot[]): Speaking => ({
  send: async (request) => speaker(bots(), request).sends.send(request),
});

/** The bot that speaks at a place. Errors: `channel.notRunning`, `message.invalid` where several could be meant. */
const speaker = (bots: readonly Bot[], place: SendPlace): Bot => {
  const known = 'conversation' in place ? placeOf(place.conversation) : undefined;
  if (known === null) throw new RouterError('message.invalid', 'conversation: is no id of a conversation');
  const appId = known?.appId;
  const name = 'target' in place ? place.channel : undefined;
  const fits = bots.filter((bot) => (!appId || bot.appId === appId) && (!name || bot.name === name));
  const [bot] = fits;
  if (!bot) throw new RouterError('channel.notRunning', `no running channel for ${name ?? appId ?? 'this'}`);
  if ('target' in place && fits.length > 1) {
    throw new RouterError('message.invalid', 'channel: name one; several channels are running');
  }
  return bot;
};

import type { GatewayNotice } from '../actors/gateway-types.js';
import type { Logger } from '../log/logger.js';
import type { MessageApi } from '../ports/message-api.js';
import type { ChannelFault, ChannelState, ChannelStatus, RouterEvent } from './events.js';

export type BotStandingDeps = {
  readonly channel: string;
  readonly isEnabled: boolean;
  readonly log: Logger;
  readonly emit: (event: RouterEvent) => void;
  readonly refusedIntents: () => readonly string[] | undefined;
};

/** How a bot stands with the platform: who it is there, whether it is connected, and what is wrong where it is not. */
export class BotStanding {
  readonly #deps: BotStandingDeps;
  #state: ChannelState;
  #user: { id: string; username: string } | null = null;
  #fault: ChannelFault | null = null;

  constructor(deps: BotStandingDeps) {
    this.#deps = deps;
    this.#state = deps.isEnabled ? 'starting' : 'disabled';
  }

  get state(): ChannelState {
    return this.#state;
  }

  /** Empty as long as it is not known. */
  get userId(): string {
    return this.#user?.id ?? '';
  }

  view(): Pick<ChannelStatus, 'state' | 'bot' | 'fault'> {
    return { state: this.#state, ...(this.#user && { bot: this.#user }), ...(this.#fault && { fault: this.#fault }) };
  }

  connecting(): void {
    this.#state = 'connecting';
  }

  stopped(): void {
    this.#state = 'stopped';
  }

  /** RESUMED names no bot, and what is replayed comes before it: after a restart it is asked for first. Never rejects. */
  async learnUser(api: Pick<MessageApi, 'me'>): Promise<void> {
    try {
      this.#user = await api.me();
    } catch (error) {
      this.#deps.log.warn({ err: error }, 'the bot’s own name could not be read');
    }
  }

  hear(notice: GatewayNotice, api: Pick<MessageApi, 'me'>): void {
    const { channel, log, emit } = this.#deps;
    switch (notice.type) {
      case 'ready':
        this.#user = notice.bot;
        this.#fault = null;
        this.#state = 'ready';
        log.info({ session: notice.sessionId }, 'channel ready');
        this.#sayRefusedIntents();
        emit({ type: 'channel.ready', channel, username: notice.bot.username, resumed: false });
        break;
      case 'resumed':
        this.#fault = null;
        this.#state = 'ready';
        log.info({}, 'channel resumed');
        if (!this.#user) void this.learnUser(api);
        emit({ type: 'channel.ready', channel, username: this.#user?.username ?? '', resumed: true });
        break;
      case 'fault': {
        const fault = { ...notice.fault, nextTryInMs: notice.nextTryInMs };
        this.#fault = fault;
        this.#state = 'waiting';
        log.warn(fault, 'channel lost; it is tried again');
        emit({ type: 'channel.lost', channel, fault });
        break;
      }
      case 'stopped':
        this.#fault = notice.reason;
        this.#state = 'stopped';
        if (notice.reason.code !== 'shutdown') log.error(notice.reason, 'channel stopped');
        emit({ type: 'channel.stopped', channel, fault: notice.reason });
        break;
    }
  }

  #sayRefusedIntents(): void {
    const { log, refusedIntents } = this.#deps;
    const refused = refusedIntents();
    if (refused) log.warn({ refusedIntents: refused }, 'these intents are not granted; their events will not come');
  }
}

import { Controls } from './controls.js';
import { Webhook, type WebhookCheck } from './webhook.js';
import type { WebhookFault } from './webhook-faults.js';

/** A bot's callback address, as its console shows it. */
export type WebhookView = {
  readonly appId: string;
  readonly url: string;
  readonly events: readonly string[] | undefined;
};

/** Errors: RangeError for what is no http(s) URL. */
export const checkWebhookUrl = (url: string): void => {
  if (!URL.canParse(url) || !/^https?:$/u.test(new URL(url).protocol)) throw new RangeError(`no http(s) URL: ${url}`);
};

/** The console's page for callbacks, §10: addresses, and what goes wrong on the way to them. */
export class Webhooks extends Controls {
  /**
   * Sets a bot's callback address once it has passed the handshake of §10.4. From then on the bot's events go there
   * and no longer to its sockets. An address that fails leaves everything as it was.
   * Errors: RangeError for what is no http(s) URL.
   */
  async setWebhook(
    url: string,
    given: { bot?: string /** Event names; all by default. */; events?: readonly string[]; check?: boolean } = {},
  ): Promise<WebhookCheck> {
    checkWebhookUrl(url);
    const bot = this.botNamed(given.bot);
    const webhook = new Webhook(this.context, bot, url, given.events);
    const verdict = given.check === false ? ({ ok: true } as const) : await webhook.check();
    if (!verdict.ok) {
      webhook.stop();
      return verdict;
    }
    bot.webhook?.stop();
    bot.webhook = webhook;
    this.context.records.changed();
    return verdict;
  }

  /** Takes the callback address away: events go to the sockets again. */
  clearWebhook({ bot }: { bot?: string } = {}): void {
    const chosen = this.botNamed(bot);
    chosen.webhook?.stop();
    chosen.webhook = undefined;
    this.context.records.changed();
  }

  /** The addresses that hear of events now. */
  webhooks(): WebhookView[] {
    return [...this.context.bots.values()].flatMap(({ appId, webhook }) =>
      webhook ? [{ appId, url: webhook.url, events: webhook.events && [...webhook.events] }] : [],
    );
  }

  /** Spoils the next deliveries. `ageMs` is how old a `stale` one says it is. */
  spoilCallbacks(fault: WebhookFault, { next = 1, ageMs = 600_000 }: { next?: number; ageMs?: number } = {}): void {
    this.context.webhookFaults.order(fault, next, ageMs);
  }

  /** Tries an address again and again until it passes the handshake: whoever answers there may start later. */
  protected keepAsking(url: string, bot: string): void {
    this.setWebhook(url, { bot }).then(
      ({ ok }) => {
        if (ok || this.context.closed) return;
        this.context.timers.after(this.context.limits.webhookRetryMs, () => this.keepAsking(url, bot));
      },
      // Only a URL that is none gets here, and those were refused when the options were read.
      () => undefined,
    );
  }
}

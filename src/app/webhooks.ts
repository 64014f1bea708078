import { headerOf } from '../adapters/qq/webhook-callback.js';
import { configError } from '../config/problems.js';
import type { WebhookDesk, WebhookHandler } from './webhook-desk.js';

export type WebhookDoor = { readonly name: string; readonly appId: string; readonly desk: WebhookDesk };

/** What is not somebody's callback address. */
const NOBODY = { status: 404, headers: {}, body: '' } as const;

/** The callback addresses of a router: of one channel each, and one for all. */
export class Webhooks {
  readonly #doors: readonly WebhookDoor[];
  readonly #mounted = new Set<string>();

  constructor(doors: readonly WebhookDoor[]) {
    this.#doors = doors;
  }

  /** Without a name: one address for all channels, which the request's `X-Bot-Appid` tells apart. Null for no such channel. */
  handler(channel?: string): WebhookHandler | null {
    if (channel === undefined) {
      for (const { name } of this.#doors) this.#mounted.add(name);
      return async (request) => {
        const appId = headerOf(request, 'x-bot-appid');
        return this.#doors.find((door) => door.appId === appId)?.desk.handle(request) ?? NOBODY;
      };
    }
    const door = this.#doors.find(({ name }) => name === channel);
    if (!door) return null;
    this.#mounted.add(channel);
    return door.desk.handle;
  }

  /** Errors: `config.invalid` for a channel whose callbacks nobody would bring. */
  refuseUnmounted(): void {
    const problems = this.#doors
      .filter(({ name }) => !this.#mounted.has(name))
      .map(({ name }) => ({ kind: 'webhookWithoutServer', path: `channels.${name}.transport` }) as const);
    if (problems.length > 0) throw configError('config.invalid', problems);
  }
}

import type { Bot } from './bot.js';
import type { Context } from './context.js';
import { intentFor } from './intents.js';
import { type JsonObject, wireJson } from './json.js';
import type { Pushed } from './records.js';
import type { Session } from './session.js';

type Held = { readonly send: () => void; readonly cancel: () => void };

/** An event held back to arrive late goes out on its own after this long. */
const HELD_MS = 5000;

/** Makes events and brings them to each session that asked for them, §3.1, §4, §13.5, or to the callback address, §10. */
export class Events {
  readonly #context: Context;
  readonly #held = new Map<Bot, Held>();

  constructor(context: Context) {
    this.#context = context;
  }

  /**
   * Shape: the returned record's `sessions` counts where it went, or is kept for a Resume; an event that finds no
   * session is lost, as on the platform. `guildId` makes it a guild event, which goes to one shard.
   */
  publish(bot: Bot, t: string, d: JsonObject, more: { id?: string; guildId?: string | undefined } = {}): Pushed {
    const { faults, records, timers, ids } = this.#context;
    const id = more.id ?? ids.event(t);
    const data = faults.mentionsNull > 0 ? { ...d, mentions: null } : d;
    if (faults.mentionsNull > 0) faults.mentionsNull -= 1;
    const webhook = bot.webhook?.takes(t) ? bot.webhook : undefined;
    const sessions = bot.webhook ? [] : this.#receivers(bot, t, more.guildId);
    const tail = `"t":${JSON.stringify(t)},"id":${JSON.stringify(id)},"d":${wireJson(data)}}`;
    const send = (): void => {
      for (const session of sessions) session.dispatch(tail);
      webhook?.dispatch(t, id, tail);
    };
    const reached = sessions.length + (webhook ? 1 : 0);
    const record: Pushed = { atMs: timers.now(), appId: bot.appId, t, id, d: data, sessions: reached };
    if (faults.outOfOrder > 0 && !this.#held.has(bot)) {
      faults.outOfOrder -= 1;
      this.#held.set(bot, { send, cancel: timers.after(HELD_MS, () => this.flush(bot)) });
    } else {
      send();
      if (faults.pushTwice > 0) {
        faults.pushTwice -= 1;
        send();
      }
      this.flush(bot);
    }
    records.add('pushed', record);
    return record;
  }

  /** Sends what was held back. */
  flush(bot: Bot): void {
    const held = this.#held.get(bot);
    if (!held) return;
    this.#held.delete(bot);
    held.cancel();
    held.send();
  }

  #receivers(bot: Bot, t: string, guildId: string | undefined): Session[] {
    const intent = intentFor(t);
    const nowMs = this.#context.timers.now();
    const receivers: Session[] = [];
    // §3.10: a right that was withdrawn silences a running connection.
    if ((intent & ~bot.granted) !== 0) return receivers;
    for (const session of [...bot.sessions]) {
      if (!bot.liveSession(session.id, nowMs)) continue;
      if ((intent & ~session.intents) !== 0) continue;
      if (this.#isForShard(session, guildId)) receivers.push(session);
    }
    return receivers;
  }

  // §3.3: (guild_id >> 22) % count, and only for events that have a guild.
  #isForShard({ shard: [index, count] }: Session, guildId: string | undefined): boolean {
    if (count === 1) return true;
    if (guildId === undefined) return this.#context.switches.c2cShard === 'all' || index === 0;
    const snowflake = /^\d+$/u.test(guildId) ? BigInt(guildId) : 0n;
    return Number((snowflake >> 22n) % BigInt(count)) === index;
  }
}

import type { Bot } from './bot.js';
import { BoundedMap } from './bounded-map.js';
import type { Context } from './context.js';
import type { Reply } from './errors.js';
import { isObject, parseJson, textOf } from './json.js';
import { RateWindow } from './rates.js';

type Token = { readonly text: string; readonly bot: Bot; expiresAtMs: number };

/** How many tokens are remembered, so that an expired one is told from gibberish in the records. */
const TOKENS_MAX = 10_000;

/** Access tokens of all bots: the same one until its last minute, then a new one beside it, §1.2. */
export class Tokens {
  readonly #context: Context;
  readonly #byText = new BoundedMap<string, Token>(TOKENS_MAX);
  readonly #current = new Map<Bot, Token>();
  readonly #rates = new Map<Bot, RateWindow>();
  #lifeS: number;

  constructor(context: Context) {
    this.#context = context;
    this.#lifeS = context.limits.tokenLifeS;
  }

  /** Life of the tokens issued from now on, in seconds. */
  setLifetime(seconds: number): void {
    this.#lifeS = seconds;
  }

  /** Ends every token at once; the next call with one is 401/11244. */
  expireAll(): void {
    const nowMs = this.#context.timers.now();
    for (const token of this.#byText.values()) token.expiresAtMs = Math.min(token.expiresAtMs, nowMs);
    this.#current.clear();
  }

  /** The bot a token belongs to, while it is good. */
  ownerOf(text: string): Bot | undefined {
    const token = this.#byText.get(text);
    return token && this.#context.timers.now() < token.expiresAtMs ? token.bot : undefined;
  }

  /** `POST /app/getAppAccessToken`. Errors: 100007, 100016, 100001, with status 200 unless switched, §1.3. */
  answer(body: unknown): Reply {
    const given = typeof body === 'string' ? parseJson(body) : body;
    const bot = isObject(given) ? this.#context.bots.get(textOf(given, 'appId') ?? '') : undefined;
    if (!isObject(given) || !bot) return this.#error(100007, 'appid invalid');
    if (given['clientSecret'] !== bot.appSecret) return this.#error(100016, 'invalid appid or secret');
    if (!this.#rateOf(bot).tryTake(this.#context.timers.now())) return this.#error(100001, 'too many requests');
    const token = this.#issue(bot);
    const seconds = Math.floor((token.expiresAtMs - this.#context.timers.now()) / 1000);
    const expiresIn = this.#context.switches.expiresInAs === 'string' ? String(seconds) : seconds;
    return { status: 200, body: { access_token: token.text, expires_in: expiresIn } };
  }

  #issue(bot: Bot): Token {
    const nowMs = this.#context.timers.now();
    const current = this.#current.get(bot);
    if (current && current.expiresAtMs - nowMs > this.#context.limits.tokenOverlapS * 1000) return current;
    const token = { text: this.#context.ids.token(), bot, expiresAtMs: nowMs + this.#lifeS * 1000 };
    this.#byText.set(token.text, token);
    this.#current.set(bot, token);
    return token;
  }

  #error(code: number, message: string): Reply {
    return { status: this.#context.switches.tokenErrorStatus, body: { code, message } };
  }

  #rateOf(bot: Bot): RateWindow {
    const rate = this.#rates.get(bot) ?? new RateWindow(this.#context.limits.tokenCallsPerMinute, 60_000);
    this.#rates.set(bot, rate);
    return rate;
  }
}

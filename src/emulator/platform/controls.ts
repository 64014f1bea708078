import type { Bot, Rights } from './bot.js';
import { Community } from './community.js';
import type { Delay, Failure, FaultsView, Swallow } from './faults.js';
import { invalidSession } from './handshake.js';
import { BASE_INTENTS } from './intents.js';
import type { Link } from './link.js';
import type { Scene } from './records.js';
import { SWITCH_SIDES, type Switches } from './switches.js';

/** Reasons as the platform words them, informally, §3.8. */
const REASONS: Readonly<Record<number, string>> = {
  4004: 'authentication failed',
  4006: 'session id invalid',
  4007: 'bad seq',
  4008: 'sending too fast',
  4009: 'Session timed out',
  4014: 'intent not permitted',
  4902: 'reset by resume',
  4914: 'bot offline, sandbox only',
  4915: 'bot banned',
};

type OfBot = { /** App id; all bots when left out. */ bot?: string };

/** Faults and settings, in the platform's words. */
export class Controls extends Community {
  // ── the socket ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Closes every socket with a code, §3.8; 1006 ends the stream without a close frame. Codes that rule out Resume also end the session. */
  closeAll(code: number, reason: string = REASONS[code] ?? '', of: OfBot = {}): void {
    for (const link of this.#links(of)) link.close(code, reason);
  }

  /** §3.6: op 7 to all; who lingers is closed with 4009 after `limits.reconnectLingerMs`. */
  sendReconnect({ lingerMs = this.context.limits.reconnectLingerMs, ...of }: OfBot & { lingerMs?: number } = {}): void {
    for (const link of this.#links(of)) link.askToReconnect(lingerMs);
  }

  /** §3.7: op 9 to all. `resumable` is its `d` (left out: no `d`); unless true the sessions end with it. */
  invalidateSession(resumable?: boolean, of: OfBot = {}): void {
    for (const link of this.#links(of)) {
      const session = link.session;
      if (session && resumable !== true) session.bot.forgetSession(session);
      invalidSession(this.context, link, resumable);
    }
  }

  /** The platform loses its sessions: the next Resume of one is refused. Sockets stay as they are, and hear nothing more. */
  forgetSessions(of: OfBot = {}): void {
    for (const bot of this.#bots(of)) for (const session of [...bot.sessions]) bot.forgetSession(session);
  }

  /** The next Resumes fail: with op 9, or a close code such as 4006, 4007, 4902. */
  refuseResume(how: 'op9' | number = 'op9', times = 1): void {
    this.context.faults.refuseResume(how, times);
  }

  /** Heartbeats are heard, and not answered. */
  dropAcks(on = true): void {
    this.context.faults.dropAcks = on;
  }

  /** The platform asks for a heartbeat itself, §3.2; of a callback address, §10.2. */
  sendHeartbeat(of: OfBot = {}): void {
    for (const bot of this.#bots(of)) bot.webhook?.heartbeat();
    for (const link of this.#links(of)) link.send('{"op":1}');
  }

  /** The TCP streams stand still, both ways: nothing is read, written or closed. New sockets too, if asked for. */
  stall({ newLinks = false, ...of }: OfBot & { newLinks?: boolean } = {}): void {
    this.context.stallNewLinks = newLinks;
    for (const link of this.#links(of)) link.stall();
  }

  /** The streams flow again, with what was held. */
  unstall(): void {
    this.context.stallNewLinks = false;
    for (const link of [...this.context.links]) link.unstall();
  }

  // ── events ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The next events come twice, with equal ids, §5. */
  pushTwice(next = 1): void {
    this.context.faults.pushTwice = next;
  }

  /** Each of the next events waits for one that comes after it (or five seconds); `s` still rises by one. */
  pushOutOfOrder(next = 1): void {
    this.context.faults.outOfOrder = next;
  }

  /** The next events carry `mentions: null`, §5. */
  mentionsNull(next = Number.POSITIVE_INFINITY): void {
    this.context.faults.mentionsNull = next;
  }

  // ── REST ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The next calls fail; code, body and aim as told. With `processed` they take effect first. */
  failNext(failure: Failure): void {
    this.context.faults.fail(failure);
  }

  /** The next sends are answered 429 (22009 unless told), §8.2. */
  rateLimit429(given: Omit<Failure, 'status'> = {}): void {
    this.failNext({ match: 'sends', ...given, status: 429 });
  }

  /** The next sends take effect, and their answers are lost. */
  swallowNext(swallow: Swallow = {}): void {
    this.context.faults.swallow(swallow);
  }

  /** The next calls take effect at once and are answered `ms` later. */
  delayNext(ms: number, aim: Omit<Delay, 'ms'> = {}): void {
    this.context.faults.delay({ ms, ...aim });
  }

  /** Every call is answered `ms` later. */
  delayAll(ms: number): void {
    this.context.faults.delayAllMs = ms;
  }

  /** The caller's address is off the allow-list: 401, 11298 / 40023002, §1.4. */
  refuseAddress(on = true): void {
    this.context.faults.refuseAddress = on;
  }

  /** The faults that are not spent. */
  faults(): FaultsView {
    return this.context.faults.view();
  }

  /** Takes back every fault that was asked for and is not spent. Stalls and settings stay. */
  clearFaults(): void {
    this.context.faults.clear();
    this.context.webhookFaults.clear();
  }

  // ── tokens and rights ─────────────────────────────────────────────────────────────────────────────────────────────

  /** Life of tokens issued from now on, in seconds. */
  setTokenLifetime(seconds: number): void {
    this.context.tokens.setLifetime(seconds);
  }

  /** Ends all tokens now. */
  expireTokens(): void {
    this.context.tokens.expireAll();
  }

  /** Granted intents; 0, 1 and 30 always are, §4. What is taken away falls silent on running connections, §3.10. */
  grantIntents(mask: number, of: OfBot = {}): void {
    for (const bot of this.#bots(of)) bot.granted = mask | BASE_INTENTS;
  }

  /** `offline` (4914) and `banned` (4915) also close what is open, §3.8. */
  setBotState(state: Bot['state'], of: OfBot = {}): void {
    for (const bot of this.#bots(of)) bot.state = state;
    if (state !== 'online') this.closeAll(state === 'offline' ? 4914 : 4915, undefined, of);
  }

  /** Least shard count an Identify may name, else 4011. */
  requireShards(count: number, of: OfBot = {}): void {
    for (const bot of this.#bots(of)) bot.shards = count;
  }

  /** What the bot may say, by scene; a live object, to be changed in place. */
  rights(bot?: string): Rights {
    return this.botNamed(bot).rights;
  }

  /** Whether this one conversation takes active messages; undefined leaves it to the rights, §6.3. */
  allowActive(scene: Scene, id: string, allowed: boolean | undefined, { bot }: OfBot = {}): void {
    this.botNamed(bot).meet(scene, id).active = allowed;
  }

  /** The user of a DM (by its pseudo guild) takes no active messages, 304031, or takes them again. */
  setDmOpen(guildId: string, open: boolean, { bot }: OfBot = {}): void {
    this.botNamed(bot).meet('dm', guildId, guildId).refuses = !open;
  }

  /** Group hears all messages, or only mentions, §5.4. */
  setGroupMode(group: string, mode: 'mention' | 'all', { bot }: OfBot = {}): void {
    this.botNamed(bot).meet('group', group).hearsAll = mode === 'all';
  }

  /** The bot is muted there: 850018 in groups, 40054002 elsewhere. */
  setMuted(scene: Scene, id: string, muted: boolean, { bot }: OfBot = {}): void {
    this.botNamed(bot).meet(scene, id).muted = muted;
  }

  /** Changes sides in the sources' disagreements from now on. Errors: RangeError for a switch or a side there is not. */
  setSwitches(given: Partial<Switches>): Readonly<Switches> {
    for (const [name, value] of Object.entries(given)) {
      const sides: readonly unknown[] =
        (Object.hasOwn(SWITCH_SIDES, name) && SWITCH_SIDES[name as keyof Switches]) || [];
      if (!sides.includes(value)) throw new RangeError(`no such switch or side: ${name} ${String(value)}`);
    }
    this.context.switches = Object.freeze({ ...this.context.switches, ...given });
    return this.context.switches;
  }

  switches(): Readonly<Switches> {
    return this.context.switches;
  }

  /** Domains that pass the URL filter, §6.9. */
  registerDomains(...domains: string[]): void {
    this.context.domains.push(...domains.map((domain) => domain.toLowerCase()));
  }

  /** Words that moderation refuses: 40034006, in guilds 304025. */
  blockWords(...words: string[]): void {
    this.context.blockedWords.push(...words);
  }

  /** The next guild messages wait for a human: 202 now, MESSAGE_AUDIT_PASS or _REJECT `afterMs` later, §6.5. */
  auditNext({
    verdict = 'pass',
    afterMs = 1000,
    status = 202,
    times = 1,
  }: {
    verdict?: 'pass' | 'reject';
    afterMs?: number;
    status?: 201 | 202;
    times?: number;
  } = {}): void {
    this.context.audits.order({ verdict, afterMs, status, left: times });
  }

  #links({ bot }: OfBot): Link[] {
    const links = [...this.context.links];
    return bot === undefined ? links : links.filter(({ session }) => session?.bot.appId === bot);
  }

  #bots({ bot }: OfBot): Bot[] {
    return bot === undefined ? [...this.context.bots.values()] : [this.botNamed(bot)];
  }
}

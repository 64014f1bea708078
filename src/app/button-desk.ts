import { Observable } from 'rxjs';
import { type ButtonHandler, messageOfPress, RESULT, type ResultCode, readAnswer } from '../domain/button.js';
import { commandIn } from '../domain/command.js';
import type { Scene } from '../domain/conversation.js';
import type { Inbound } from '../domain/inbound.js';
import type { ButtonEvent, PlatformEvent } from '../domain/platform-event.js';
import { RecentIds } from '../domain/recent-ids.js';
import { asRouterError } from '../errors/router-error.js';
import type { Logger } from '../log/logger.js';
import type { Normalised } from '../pipelines/inbound.js';
import type { Clock } from '../ports/clock.js';
import type { DispatchFrame } from '../ports/gateway-codec.js';
import type { InteractionApi } from '../ports/interaction-api.js';

export type ButtonDeskDeps = {
  readonly channel: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly api: InteractionApi;
  readonly handler: () => ButtonHandler | null;
  readonly read: (dispatch: DispatchFrame) => PlatformEvent;
  /** Whether whoever pressed may write at all. */
  readonly isAllowed: (message: Inbound) => boolean;
  readonly modeOf: (scene: Scene) => 'turn' | 'event';
};

/** What becomes of a press: `refused` by the access policy, `repeated` by the platform. */
export type Verdict = 'turn' | 'event' | 'refused' | 'repeated';

export type Judged = { readonly verdict?: Verdict };

/** The client gives up some 3 s after the press; the way there takes a part of it. */
const ANSWER_MS = 2_500;
const CLIENT_WAITS_MS = 3_000;
/** Presses that wait for their handler; more are answered "too often" without it. */
const HELD_MAX = 1_000;
const KNOWN_MAX = 4_096;

/**
 * Answers every press in time, and decides what it becomes. It stands before the inbound line, for the line may wait for
 * the disk and a client does not.
 */
export class ButtonDesk {
  readonly #deps: ButtonDeskDeps;
  readonly #known = new RecentIds(KNOWN_MAX);
  #held = 0;

  constructor(deps: ButtonDeskDeps) {
    this.#deps = deps;
  }

  /**
   * Lets everything pass, presses with their verdict. A press whose handler takes its time is overtaken by what comes
   * behind it; all else stays in order.
   */
  judged<Dispatch extends DispatchFrame>(source: Observable<Dispatch>): Observable<Dispatch & Judged> {
    return new Observable((out) => {
      const waiting = new Set<() => void>();
      const outer = source.subscribe({
        next: (dispatch) => {
          const event = dispatch.t === 'INTERACTION_CREATE' ? this.#deps.read(dispatch) : null;
          if (event?.kind !== 'button') {
            out.next(dispatch);
            return;
          }
          let forget: (() => void) | null = null;
          let isSaid = false;
          forget = this.#judge(event, (verdict) => {
            isSaid = true;
            if (forget) waiting.delete(forget);
            out.next({ ...dispatch, verdict });
          });
          if (!isSaid) waiting.add(forget);
        },
        error: (error) => out.error(error),
        complete: () => out.complete(),
      });
      return () => {
        outer.unsubscribe();
        for (const forget of waiting) forget();
      };
    });
  }

  /** Says the verdict once, perhaps at once. Gives the way to wait no longer for it. */
  #judge(press: ButtonEvent, say: (verdict: Verdict) => void): () => void {
    const nothing = (): void => undefined;
    if (!this.#known.take(press.interaction)) {
      say('repeated');
      return nothing;
    }
    const message = messageOfPress(press);
    const dueMs = this.#deps.clock.now() + CLIENT_WAITS_MS;
    const answer = (code: ResultCode, verdict: Verdict): (() => void) => {
      void this.#acknowledge(press, code, dueMs);
      say(verdict);
      return nothing;
    };
    if (!message || !this.#deps.isAllowed(message)) return answer(RESULT.notAllowed, 'refused');
    if (commandIn(message.text)) return answer(RESULT.done, 'turn');
    const usual: Verdict = message.text !== '' && this.#deps.modeOf(message.target.scene) === 'turn' ? 'turn' : 'event';
    const handler = this.#deps.handler();
    if (!handler) return answer(RESULT.done, usual);
    if (this.#held >= HELD_MAX) return answer(RESULT.tooOften, 'event');
    return this.#ask(handler, press, ({ code, turn }) => {
      const isTurn = turn ?? (usual === 'turn' && code === RESULT.done);
      answer(code, isTurn && message.text !== '' ? 'turn' : 'event');
    });
  }

  #ask(
    handler: ButtonHandler,
    press: ButtonEvent,
    decide: (answer: ReturnType<typeof readAnswer>) => void,
  ): () => void {
    const { clock, log, channel } = this.#deps;
    let isOver = false;
    const end = (): boolean => {
      if (isOver) return false;
      isOver = true;
      this.#held -= 1;
      clock.clearTimeout(timer);
      return true;
    };
    this.#held += 1;
    const timer = clock.setTimeout(() => {
      if (!end()) return;
      log.warn({ interaction: press.interaction }, 'a button handler took too long; the press was answered without it');
      decide({ code: RESULT.done });
    }, ANSWER_MS);
    const settle = async (): Promise<void> => {
      try {
        const answer = await handler(press, channel);
        if (end()) decide(readAnswer(answer));
      } catch (error) {
        log.warn({ interaction: press.interaction, err: error }, 'a button handler failed');
        if (end()) decide({ code: RESULT.failed });
      }
    };
    void settle();
    return () => void end();
  }

  /** Tried once more where the first call failed on its way and the client still waits. */
  async #acknowledge({ interaction }: ButtonEvent, code: ResultCode, dueMs: number): Promise<void> {
    const { api, clock, log } = this.#deps;
    for (let tries = 1; ; tries += 1) {
      try {
        await api.acknowledge(interaction, code);
        return;
      } catch (error) {
        const { code: why, more } = asRouterError(error, 'transport.lost');
        const isWorthIt = why.startsWith('transport.') || why === 'platform.unavailable';
        if (tries === 1 && isWorthIt && clock.now() < dueMs) continue;
        const platformCode = more.platformCode === undefined ? {} : { platformCode: more.platformCode };
        log.warn({ interaction, code: why, ...platformCode }, 'a press could not be acknowledged');
        return;
      }
    }
  }
}

/** An event as its verdict has it, where it is a press on a button; any other as it is. */
export const byVerdict = (event: PlatformEvent, verdict: Verdict | undefined): Normalised => {
  if (event.kind !== 'button' || verdict === undefined || verdict === 'event') return { kind: 'event', event };
  if (verdict === 'repeated') return { kind: 'ignored', reason: 'a press that was judged before' };
  if (verdict === 'refused') return { kind: 'ignored', reason: 'a press by somebody who may not write' };
  const message = messageOfPress(event);
  return message ? { kind: 'message', message } : { kind: 'event', event };
};

import type { Receipt } from '../domain/turn.js';
import { RouterError } from '../errors/router-error.js';
import type { Logger } from '../log/logger.js';
import type { Clock } from '../ports/clock.js';
import type { Store } from '../ports/store.js';
import { AgentDesk, type DeskStatus } from '../sidecar/agent-desk.js';
import type { Answer } from '../sidecar/answers.js';
import { PlayedTurn } from './played-turn.js';
import { type Finding, no, untried, yes } from './promises.js';

export type NativeCheckOptions = {
  readonly clock: Clock;
  readonly log: Logger;
  readonly store: Store;
  readonly name: (length: number) => string;
  /** How long an agent is waited for. Units: ms. @default 60_000 */
  readonly waitMs?: number;
};

/** Long, so that an agent that says its question back is busy for a while. */
const LONG = Array.from({ length: 200 }, (_, n) => `word${n}`).join(' ');
const GRACE_MS = 2_000;
const ANSWER_MS = 30_000;
/** What comes after the word that the work has stopped would have come by then. */
const AFTERWARDS_MS = 1_500;
const PONG_MS = 40_000;
const BACK_MS = 15_000;

const TIMES = {
  acceptMs: 5_000,
  idleMs: 120_000,
  turnMs: { c2c: 900_000, dm: 300_000, group: 300_000, guild: 300_000 },
  graceMs: GRACE_MS,
};

type Heard = { readonly t: string; readonly turn?: string; readonly answer: Answer };

/**
 * A router's part, played to somebody's agent that dials in: each promise of the frames is tried by itself.
 * Shape: `desk` is to be served before `check` is called; findings come as they are made.
 */
export class NativeCheck {
  readonly desk: AgentDesk;
  readonly #options: NativeCheckOptions;
  readonly #heard: Heard[] = [];
  #epochs = 0;

  constructor(options: NativeCheckOptions) {
    this.#options = options;
    this.desk = new AgentDesk({
      clock: options.clock,
      log: options.log,
      name: options.name,
      times: TIMES,
      commands: {
        stopTurn: () => false,
        showTyping: () => null,
        send: async () => ({ status: 'rejected', code: 'channel.notRunning' }),
      },
      onFrame: (_, text, answer) => {
        const { t = '', turn } = JSON.parse(text) as { t?: string; turn?: string };
        this.#heard.push({ t, answer, ...(turn !== undefined && { turn }) });
      },
    });
  }

  /** From now on agents are let in. */
  open(): Promise<void> {
    return this.desk.open(this.#options.store);
  }

  /** Errors: `agent.detached` where nobody has said hello within `waitMs`. */
  async attached(): Promise<void> {
    const { waitMs = 60_000 } = this.#options;
    if (await this.#until(() => this.#isAttached(), waitMs)) return;
    throw new RouterError('agent.detached', `nobody said hello within ${waitMs / 1_000} s`);
  }

  /** A turn of somebody's own, closed once the agent has ended, or has not within the grace after a cancel. */
  ask(text: string, user: string): { readonly turn: PlayedTurn; readonly closed: Promise<Receipt> } {
    const turn = this.#turn(text, user);
    const close = async (): Promise<Receipt> => {
      const isOver = await turn.over(GRACE_MS);
      const ended = turn.isCancelled ? 'cancelled' : turn.failure ? 'failed' : 'completed';
      const receipt = turn.receipt(isOver ? ended : 'killed');
      this.desk.onClosed(turn.input.id, receipt);
      return receipt;
    };
    return { turn, closed: close() };
  }

  /** Shape: `open` comes first. */
  async *check(): AsyncGenerator<Finding> {
    const problem = await this.attached().then(
      () => null,
      (error: RouterError) => error.message,
    );
    if (problem !== null) {
      yield no('attaches', problem);
      return;
    }
    const [agent] = this.#status().agents;
    yield yes('attaches', `${agent?.name} ${agent?.version}`);
    yield* this.#answering();
    yield await this.#acknowledging();
    yield await this.#tolerating();
    yield* this.#ifThere(() => one(this.#atOnce()));
    yield* this.#ifThere(() => this.#cancelling());
    yield* this.#ifThere(() => one(this.#comingBack()));
    yield* this.#ifThere(() => one(this.#steering()));
    yield* this.#ifThere(() => one(this.#ponging()));
  }

  /** What cannot be tried because the agent is gone is left out: what made it go was named. */
  async *#ifThere(checks: () => AsyncGenerator<Finding>): AsyncGenerator<Finding> {
    if (await this.#until(() => this.#isAttached(), BACK_MS)) yield* checks();
  }

  async close(): Promise<void> {
    await this.desk.close();
  }

  async *#answering(): AsyncGenerator<Finding> {
    const turn = this.#turn('hello');
    const isOver = await this.#over(turn, ANSWER_MS);
    this.#closed(turn);
    const accepted = this.#of(turn).some(({ t }) => t === 'turn.accept');
    yield accepted ? yes('accepts') : no('accepts', 'no `turn.accept` within 5 s');
    if (!isOver) yield no('answers', `no \`turn.end\` within ${ANSWER_MS / 1_000} s`);
    else if (turn.failure) yield no('answers', turn.failure);
    else yield yes('answers', `${turn.said.length} characters`);
    const wrong = this.#of(turn).find(({ answer }) => answer.t === 'error');
    yield wrong ? no('numbers', `${wrong.t}: ${codeOf(wrong.answer)}`) : yes('numbers');
  }

  async #acknowledging(): Promise<Finding> {
    const isAcked = await this.#until(
      () => this.#status().agents.every(({ unackedFrames }) => unackedFrames === 0),
      5_000,
    );
    return isAcked ? yes('acknowledges') : no('acknowledges', 'frames are not acknowledged within 5 s');
  }

  /** A frame of a later version, and one with fields of a later version, are passed over. */
  async #tolerating(): Promise<Finding> {
    this.desk.sayToAll({ t: 'a.later.version' });
    const turn = this.#turn('are you there?');
    const isOver = await this.#over(turn, ANSWER_MS);
    this.#closed(turn);
    return isOver && !turn.failure ? yes('tolerates') : no('tolerates', 'an unknown frame stopped it');
  }

  async #atOnce(): Promise<Finding> {
    const slots = this.#status().agents.reduce((sum, { turns }) => sum + turns, 0);
    if (slots < 2) return untried('works at once', 'it takes one turn at a time');
    const turns = [this.#turn(LONG), this.#turn(LONG)];
    const isDone = (): boolean =>
      turns.every(({ said }) => said !== '') || turns.some(({ failure }) => failure !== null);
    const isBoth = (await this.#until(isDone, ANSWER_MS)) && turns.every(({ said }) => said !== '');
    for (const turn of turns) await this.#end(turn);
    return isBoth ? yes('works at once') : no('works at once', 'the second turn waited for the first');
  }

  async *#cancelling(): AsyncGenerator<Finding> {
    const turn = this.#turn(LONG);
    await this.#until(() => turn.events.length > 0 || this.#isOver(turn), ANSWER_MS);
    if (this.#isOver(turn)) {
      this.#closed(turn);
      for (const promise of ['stops', 'stays silent'] as const)
        yield untried(promise, 'it had ended before it could be cancelled');
    } else {
      const beforeMs = this.#options.clock.now();
      turn.cancel();
      const isOver = await this.#over(turn, GRACE_MS);
      const tookMs = this.#options.clock.now() - beforeMs;
      const from = this.#heard.length;
      yield isOver ? yes('stops', `${tookMs} ms`) : no('stops', `no \`turn.cancelled\` within ${GRACE_MS} ms`);
      this.#closed(turn);
      await this.#pause(AFTERWARDS_MS);
      const late = this.#heard
        .slice(from)
        .filter(({ turn: name, t }) => name === this.#wireOf(turn) && t !== 'turn.cancelled');
      yield late.length === 0 ? yes('stays silent') : no('stays silent', `${late.length} frames after it had stopped`);
    }
    const next = this.#turn('and now?');
    const isAnswered = await this.#over(next, ANSWER_MS);
    this.#closed(next);
    yield isAnswered && !next.failure ? yes('goes on') : no('goes on', 'the next turn was not answered');
  }

  /** Its connection is closed in the middle of a turn. */
  async #comingBack(): Promise<Finding> {
    const turn = this.#turn(LONG);
    await this.#until(() => turn.events.length > 0 || this.#isOver(turn), ANSWER_MS);
    this.desk.hangUp('refresh');
    const isBack = await this.#until(() => this.#isAttached(), BACK_MS);
    if (!isBack) {
      await this.#end(turn);
      return no('comes back', 'not within 15 s after `bye: refresh`');
    }
    await this.#end(turn);
    const next = this.#turn('again?');
    const isAnswered = await this.#over(next, ANSWER_MS);
    this.#closed(next);
    return isAnswered && !next.failure ? yes('comes back') : no('comes back', 'it is back, and answers no turn');
  }

  async #steering(): Promise<Finding> {
    if (!this.desk.isSteerable) return untried('steers', 'it does not claim `caps.steer`');
    const turn = this.#turn(LONG);
    await this.#until(() => turn.events.length > 0 || this.#isOver(turn), ANSWER_MS);
    const from = this.#heard.length;
    await turn.offer('and this?', this.#options.clock.now());
    const isAnswered = this.#heard.slice(from).some(({ t }) => t === 'turn.input.ok');
    await this.#end(turn);
    return isAnswered ? yes('steers') : no('steers', 'no `turn.input.ok` within a second');
  }

  async #ponging(): Promise<Finding> {
    const isHeard = await this.#until(() => this.#heard.some(({ t }) => t === 'pong'), PONG_MS);
    return isHeard ? yes('pongs') : no('pongs', `no \`pong\` within ${PONG_MS / 1_000} s`);
  }

  #turn(text: string, user = `user${this.#epochs + 1}`): PlayedTurn {
    this.#epochs += 1;
    const { clock } = this.#options;
    return new PlayedTurn(this.desk.driver({ waitMs: 20_000 }), clock, user, this.#epochs, text);
  }

  readonly #wires = new Map<PlayedTurn, string>();

  #wireOf(turn: PlayedTurn): string | undefined {
    const wire = this.desk.wireOf(turn.input.id) ?? this.#wires.get(turn);
    if (wire) this.#wires.set(turn, wire);
    return wire;
  }

  #of(turn: PlayedTurn): Heard[] {
    const prefix = `${turn.input.id}.`;
    return this.#heard.filter(({ turn: name }) => name?.startsWith(prefix));
  }

  #isOver(turn: PlayedTurn): boolean {
    const last = turn.events.at(-1)?.type;
    return last === 'end' || last === 'error';
  }

  async #over(turn: PlayedTurn, limitMs: number): Promise<boolean> {
    let isOver = false;
    void turn.ended.then(() => {
      isOver = true;
    });
    return this.#until(() => isOver, limitMs);
  }

  /** Cancels what is still under way, and closes it. */
  async #end(turn: PlayedTurn): Promise<void> {
    if (!this.#isOver(turn)) turn.cancel();
    await this.#over(turn, GRACE_MS);
    this.#closed(turn);
  }

  #closed(turn: PlayedTurn): void {
    this.#wireOf(turn);
    this.desk.onClosed(turn.input.id, turn.receipt(this.#isOver(turn) ? 'completed' : 'cancelled'));
  }

  #status(): DeskStatus {
    return this.desk.status();
  }

  #isAttached(): boolean {
    return this.#status().agents.some(({ isAttached }) => isAttached);
  }

  /** Looks every few ms: what is waited for is another process. */
  async #until(isTrue: () => boolean, limitMs: number): Promise<boolean> {
    const { clock } = this.#options;
    const untilMs = clock.now() + limitMs;
    while (!isTrue()) {
      if (clock.now() >= untilMs) return false;
      await this.#pause(10);
    }
    return true;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#options.clock.setTimeout(resolve, ms);
    });
  }
}

async function* one(finding: Promise<Finding>): AsyncGenerator<Finding> {
  yield await finding;
}

const codeOf = (answer: Answer): string => (answer.t === 'error' ? answer.code : 'ok');

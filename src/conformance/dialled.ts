import type { AgentDriver } from '../ports/agent-driver.js';
import type { Clock } from '../ports/clock.js';
import { PlayedTurn } from './played-turn.js';
import { type Finding, no, untried, yes } from './promises.js';

const ANSWER_MS = 60_000;
const STOP_MS = 2_000;
/** An answer that is given whole has its end by then. */
const WHOLE_MS = 200;
const OVER: ReadonlySet<string | undefined> = new Set(['end', 'error']);

const within = (work: Promise<void>, clock: Clock, limitMs: number): Promise<boolean> =>
  new Promise((resolve) => {
    const timer = clock.setTimeout(() => resolve(false), limitMs);
    void work.then(() => {
      clock.clearTimeout(timer);
      resolve(true);
    });
  });

/**
 * A router's part, played to an agent that is reached from here: what its driver promises is tried.
 * `forger`: the same way to it, with a secret that is not the agent's.
 */
export async function* checkDialled(
  driver: AgentDriver,
  clock: Clock,
  forger: AgentDriver | null = null,
): AsyncGenerator<Finding> {
  const problem = await driver.check?.().then(
    () => null,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  if (problem) {
    yield no('attaches', problem);
    return;
  }
  yield yes('attaches', driver.name);
  const first = new PlayedTurn(driver, clock, 'user1', 1, 'hello');
  const isOver = await within(first.ended, clock, ANSWER_MS);
  if (!isOver) yield no('answers', `no end within ${ANSWER_MS / 1_000} s`);
  else yield first.failure ? no('answers', first.failure) : yes('answers', `${first.said.length} characters`);

  const turns = [2, 3].map(
    (n) => new PlayedTurn(driver, clock, `user${n}`, n, 'Count from 1 to 500, one number a line.'),
  );
  await Promise.all(turns.map((turn) => within(Promise.race([turn.change(), turn.ended]), clock, ANSWER_MS)));
  const isBoth = turns.every(({ events }) => events.some(({ type }) => type !== 'error'));
  yield isBoth ? yes('works at once') : no('works at once', 'one of two turns had no answer');
  await within(
    Promise.all(turns.map(({ ended }) => ended)).then(() => undefined),
    clock,
    WHOLE_MS,
  );
  const open = turns.filter(({ events }) => !OVER.has(events.at(-1)?.type));
  for (const turn of turns) turn.cancel();
  if (open.length === 0) yield untried('stops', 'it had ended before it could be cancelled');
  else {
    const beforeMs = clock.now();
    const hasStopped = (await Promise.all(open.map((turn) => within(turn.ended, clock, STOP_MS)))).every(Boolean);
    const { cancel } = driver.capabilities;
    yield hasStopped
      ? yes('stops', `${clock.now() - beforeMs} ms, ${cancel}`)
      : no('stops', `not within ${STOP_MS} ms`);
  }
  const last = new PlayedTurn(driver, clock, 'user4', 4, 'and now?');
  const isAnswered = (await within(last.ended, clock, ANSWER_MS)) && !last.failure;
  yield isAnswered ? yes('goes on') : no('goes on', last.failure ?? 'the next turn was not answered');
  if (forger) {
    const forged = new PlayedTurn(forger, clock, 'user5', 5, 'forged');
    const isOver = await within(forged.ended, clock, ANSWER_MS);
    const isRefused = isOver && forged.failure?.startsWith('agent.refused');
    yield isRefused ? yes('refuses forgeries') : no('refuses forgeries', forged.failure ?? 'it was answered');
  }
}

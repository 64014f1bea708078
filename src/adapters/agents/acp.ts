import { access, constants } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import type { SettingsOf } from '../../config/agent-settings.js';
import { RouterError } from '../../errors/router-error.js';
import type { AgentCapabilities, AgentDriver, AgentEvent, TurnInput } from '../../ports/agent-driver.js';
import type { Clock } from '../../ports/clock.js';
import { AcpAgent } from './acp-agent.js';
import { childEnv } from './acp-child.js';
import { AcpPool } from './acp-pool.js';
import { promptEvents } from './acp-prompt.js';
import { errorEvent } from './error-event.js';
import { memoFor } from './memo.js';
import { ABORTED, orAborted, pause } from './or-aborted.js';
import { scrubFor } from './scrub.js';

export type AcpSettings = SettingsOf<'acp'>;

/** A cancelled prompt must be answered, and a process that does not is ended. Source: agents §1.2. */
const CAPABILITIES: AgentCapabilities = Object.freeze({
  cancel: 'confirmed',
  disconnect: 'stops',
  steer: false,
  history: 'agent',
  resume: false,
  progress: true,
});

type Seat = { readonly key: string; readonly agent: AcpAgent; readonly session: string };

const CANCELLED: AgentEvent = { type: 'end', reason: 'cancelled' };

/** Errors: `agent.unreachable` where no such program can be run. */
const findCommand = async (command: string, cwd: string, path: string): Promise<void> => {
  const isPath = command.includes('/') || command.includes('\\');
  const places = isPath ? [resolve(cwd, command)] : path.split(delimiter).map((folder) => join(folder, command));
  const found = await Promise.all(
    places.map((place) =>
      access(place, constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  );
  if (!found.includes(true))
    throw new RouterError('agent.unreachable', `agent.command: no program ${command} is found`);
};

/**
 * An agent that speaks the Agent Client Protocol on its standard streams, as a child process.
 * Shape: a session per conversation, found again after a restart where the agent can load one; a process per conversation
 * or one for all, `processesMax` at most. It sees the environment it is given and a few names every program needs.
 * Errors: `agent.unreachable` (it does not start, or its process ended), `agent.refused` (not logged in),
 * `agent.failed`, `agent.timeout`; `capacity.full` where every process is at work.
 */
export const acpDriver = (settings: AcpSettings, clock: Clock): AgentDriver => {
  const { command, args, cwd, idleMs, startMs, permissions, processesMax } = settings;
  const given = Object.fromEntries(Object.entries(settings.env).map(([name, value]) => [name, value.reveal()]));
  const env = childEnv(process.env, given);
  const scrub = scrubFor({ values: Object.values(given) });
  const memo = memoFor('acp');
  const running = new Map<string, AcpAgent>();
  const pool = new AcpPool({
    clock,
    processesMax: settings.process === 'bot' ? 1 : processesMax,
    waitMs: startMs,
    idleMs: settings.processIdleMs,
    make: () => new AcpAgent({ spec: { command, args, cwd, env }, clock, scrub, startMs }),
  });

  const keyOf = ({ conversation }: TurnInput): string => (settings.process === 'bot' ? '' : conversation.id);

  /**
   * A process with a session that is free, and quiet. One that still works on a cancelled prompt is not waited for where
   * nobody else works in it, and one that talks on after its answer not at all. Null where the signal was first.
   */
  const seatFor = async (turn: TurnInput, signal: AbortSignal): Promise<Seat | null> => {
    const key = keyOf(turn);
    for (;;) {
      const agent = await pool.take(key, signal);
      if (agent === ABORTED) return null;
      let isKept = false;
      try {
        const session = await orAborted(agent.sessionFor(turn.conversation.id, memo.read(turn)), signal);
        if (session === ABORTED) return null;
        memo.write(turn, session);
        const work = agent.workOf(session);
        const restMs = work ? null : agent.restOf(session);
        isKept = restMs === 0;
        if (restMs === 0) return { key, agent, session };
        if (restMs !== null) await pause(clock, restMs, signal);
        else if (work && !(work.isCancelled && settings.process === 'conversation')) await orAborted(work.over, signal);
        else agent.end();
      } finally {
        if (!isKept) pool.release(key, agent);
      }
    }
  };

  async function* work(turn: TurnInput, signal: AbortSignal): AsyncGenerator<AgentEvent> {
    const seat = await seatFor(turn, signal);
    if (!seat) return;
    const { key, agent, session } = seat;
    running.set(turn.id, agent);
    try {
      yield* promptEvents({ agent, session, turn, signal, clock, policy: permissions, idleMs });
    } finally {
      running.delete(turn.id);
      pool.release(key, agent);
    }
  }

  async function* run(turn: TurnInput, signal: AbortSignal): AsyncGenerator<AgentEvent> {
    try {
      yield* work(turn, signal);
      if (signal.aborted) yield CANCELLED;
    } catch (error) {
      const isPassing = error instanceof RouterError && error.next === 'retry';
      yield signal.aborted ? CANCELLED : errorEvent(error, 'agent.failed', isPassing);
    }
  }

  const check = async (): Promise<void> => {
    await findCommand(command, cwd, env['PATH'] ?? '');
    await pool.warm();
  };

  return {
    name: 'acp',
    capabilities: CAPABILITIES,
    run,
    kill: (turn) => running.get(turn)?.kill(),
    check,
    close: () => pool.close(),
  };
};

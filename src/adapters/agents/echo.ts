import type { AgentDriver } from '../../ports/agent-driver.js';
import { askedBy } from './asked.js';
import { IN_PROCESS } from './capabilities.js';

/** Says back what it was asked; of a message without text, what was attached. For trying out a channel. */
export const echoDriver: AgentDriver = {
  name: 'echo',
  capabilities: IN_PROCESS,
  async *run(turn, signal) {
    const answer = askedBy(turn);
    if (signal.aborted) yield { type: 'end', reason: 'cancelled' };
    else if (answer === '') yield { type: 'end', reason: 'silent' };
    else {
      yield { type: 'text', delta: answer };
      yield { type: 'end', reason: 'stop' };
    }
  },
};

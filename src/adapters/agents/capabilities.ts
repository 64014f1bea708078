import type { AgentCapabilities } from '../../ports/agent-driver.js';

/** Code in this process: it sees the abort, and its return is the answer to it. */
export const IN_PROCESS: AgentCapabilities = Object.freeze({
  cancel: 'confirmed',
  steer: false,
  history: 'router',
  resume: false,
  progress: true,
});

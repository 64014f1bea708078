export type { Clock } from '../ports/clock.js';
export type { AgentFrame, Hello } from '../sidecar/frames/from-agent.js';
export type { RouterFrame } from '../sidecar/frames/to-agent.js';
export { type AgentWire, TestAgent, type TestAgentOptions } from './test-agent.js';
export { VirtualClock } from './virtual-clock.js';

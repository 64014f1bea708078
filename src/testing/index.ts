/**
 * For tests of what is built on the router: `startRig` is a router before a platform in memory, on virtual time;
 * `TestAgent` plays an agent that dials in, `TestRouter` a router to an agent of yours.
 */

export type { Finding, Promised } from '../conformance/promises.js';
export type { Clock } from '../ports/clock.js';
export type { AgentFrame, Hello } from '../sidecar/frames/from-agent.js';
export type { RouterFrame } from '../sidecar/frames/to-agent.js';
export type { MoreSaid, Person, Place } from './person.js';
export { Rig, type RigOptions, startRig } from './rig.js';
export { type AgentWire, TestAgent, type TestAgentOptions } from './test-agent.js';
export { TestRouter, type TestRouterOptions, TestTurn } from './test-router.js';
export { VirtualClock } from './virtual-clock.js';

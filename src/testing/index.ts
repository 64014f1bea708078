export type { Clock } from '../ports/clock.js';
export { VirtualClock } from './virtual-clock.js';

/**
 * The QQ platform in a box, for tests without an account and without internet.
 * `startEmulator()` puts it on a loopback port; `createPlatform({ clock })` is the same platform in memory, on whatever
 * clock it is given. Written from the platform's documents alone; it shares no code with the client side.
 */
export { type ControlEvent, ControlFailure, EmulatorClient } from './control-client.js';
export type { CommandInput, CommandName, CommandResult } from './control-commands.js';
export type { ControlError, ControlProblem } from './control-server.js';
export type { ControlState } from './control-views.js';
export type { FetchLinks } from './http-fetch.js';
export * from './platform/index.js';
export { Emulator, type EmulatorOptions, type EmulatorUrls, startEmulator } from './server.js';

import fc from 'fast-check';
import { intentMask } from '../../src/domain/intents.js';
import { RECOVERABLE_CODES } from './reconnect-model.js';
import { ALL_INTENTS, type ReconnectWorld } from './reconnect-world.js';

type Do = (world: ReconnectWorld) => void | Promise<void>;

/** One thing that happens to the bot. After each, what must always hold is looked at. */
class Happening implements fc.AsyncCommand<object, ReconnectWorld> {
  constructor(
    readonly name: string,
    readonly happen: Do,
  ) {}

  check = (): boolean => true;

  async run(_model: object, world: ReconnectWorld): Promise<void> {
    await this.happen(world);
    await world.clock.advance(0);
    const found = world.findings();
    if (found.length > 0) throw new Error(found.join('; '));
  }

  toString = (): string => this.name;
}

const always = (name: string, happen: Do) => fc.constant(new Happening(name, happen));
/** What is on is more often off. */
const on = (name: string, happen: (world: ReconnectWorld, isOn: boolean) => void) =>
  fc.constantFrom(true, false, false).map((isOn) => new Happening(`${name}(${isOn})`, (world) => happen(world, isOn)));
const upTo = (name: string, max: number, happen: (world: ReconnectWorld, n: number) => void | Promise<void>) =>
  fc.integer({ min: 1, max }).map((n) => new Happening(`${name}(${n})`, (world) => happen(world, n)));

const WITHOUT_INTERACTION = ALL_INTENTS & ~intentMask(['interaction']);

/** Much of a bot's life is routine: without it there is little that could be lost. */
const routine = [
  upTo('push', 12, (world, n) => world.push(n)),
  upTo('settle', 15, (world, n) => world.settle(n)),
  upTo('waitMs', 300, (world, n) => world.clock.advance(n)),
  upTo('waitSeconds', 20, (world, n) => world.clock.advance(n * 1_000)),
  always('waitForReady', (world) => world.waitForReady()),
];

/** In the platform's words where it has some. */
const trouble = [
  upTo('waitMinutes', 8, (world, n) => world.clock.advance(n * 60_000)),
  fc
    .constantFrom(...RECOVERABLE_CODES)
    .map((code) => new Happening(`close(${code})`, ({ platform }) => platform.closeAll(code))),
  fc.constantFrom(...RECOVERABLE_CODES).map(
    (code) =>
      new Happening(`close(${code}) amid events`, (world) => {
        world.push(2);
        world.platform.closeAll(code);
        world.push(2);
      }),
  ),
  upTo('op7 lingerMs', 5_000, ({ platform }, lingerMs) => platform.sendReconnect({ lingerMs })),
  fc
    .constantFrom(true, false, undefined)
    .map((resumable) => new Happening(`op9(${resumable})`, ({ platform }) => platform.invalidateSession(resumable))),
  // A resume that is hung up on, again and again, is a dead session (§3.5); 4902 says so at once.
  fc
    .tuple(fc.constantFrom<'op9' | number>('op9', 1006, 4009, 4006, 4007, 4902), fc.integer({ min: 1, max: 4 }))
    .map(
      ([how, times]) =>
        new Happening(`refuseResume(${how}, ${times})`, ({ platform }) => platform.refuseResume(how, times)),
    ),
  on('dropAcks', ({ platform }, isOn) => platform.dropAcks(isOn)),
  on('stall', ({ platform }, isOn) => (isOn ? platform.stall({ newLinks: true }) : platform.unstall())),
  on('unplug', ({ net, platform }, isOn) => {
    net.isDown = isOn;
    if (isOn) platform.closeAll(1006);
  }),
  on('pauseLine', ({ gateway }, isOn) => (isOn ? gateway.pause() : gateway.flow())),
  on('grantInteraction', ({ platform }, isOn) => platform.grantIntents(isOn ? ALL_INTENTS : WITHOUT_INTERACTION)),
  always('expireTokens', ({ platform }) => platform.expireTokens()),
  always('forgetSessions', ({ platform }) => {
    platform.forgetSessions();
    platform.closeAll(4009);
  }),
  always('pushTwice', ({ platform }) => platform.pushTwice(3)),
  always('pushOutOfOrder', ({ platform }) => platform.pushOutOfOrder(3)),
  always('askForHeartbeat', ({ platform }) => platform.sendHeartbeat()),
  always('crash', (world) => world.crash()),
];

/** Short waits are common, so that troubles meet each other half-way. */
export const happenings = [...routine, ...routine, ...routine, ...trouble];

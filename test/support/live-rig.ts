import { vi } from 'vitest';
import type { RouterEvent } from '../../src/app/events.js';
import type { Runtime } from '../../src/app/router.js';
import type { WrittenConfig } from '../../src/config/schema.js';
import {
  DEFAULT_APP_ID,
  DEFAULT_APP_SECRET,
  type Emulator,
  type EmulatorOptions,
  startEmulator,
} from '../../src/emulator/index.js';
import { createRouter, type Router } from '../../src/index.js';
import type { TurnHandler } from '../../src/ports/turn-handler.js';

export type LiveRigOptions = {
  readonly handler?: TurnHandler;
  readonly emulator?: EmulatorOptions;
  readonly channel?: Partial<WrittenConfig['channels'][string]>;
  readonly config?: Partial<WrittenConfig>;
  readonly runtime?: Runtime;
};

/** A whole router before the emulator's server, on real sockets and real time. */
export class LiveRig {
  readonly events: RouterEvent[] = [];

  private constructor(
    readonly emulator: Emulator,
    readonly router: Router,
  ) {}

  static async start({ handler, emulator: given, channel, config, runtime }: LiveRigOptions = {}): Promise<LiveRig> {
    const emulator = await startEmulator({
      bots: [{ appId: DEFAULT_APP_ID, appSecret: DEFAULT_APP_SECRET }],
      ...given,
    });
    const router = createRouter(
      {
        channels: {
          qq: {
            appId: DEFAULT_APP_ID,
            appSecret: DEFAULT_APP_SECRET,
            streamMode: 'final',
            debounce: { quietMs: 1, atMostMs: 1 },
            mediaHoldMs: 0,
            endpoints: { token: emulator.urls.token, api: emulator.urls.api },
            ...channel,
          },
        },
        ...config,
      },
      { lang: 'en', ...runtime },
    );
    router.onTurn(handler ?? (() => undefined));
    const rig = new LiveRig(emulator, router);
    router.on((event) => rig.events.push(event));
    await router.start();
    return rig;
  }

  async stop(): Promise<void> {
    await this.router.stop();
    await this.emulator.close();
  }

  /** Paths of the bot's calls, their ids left out. */
  get calls(): string[] {
    return this.emulator
      .calls()
      .map(({ method, path }) => `${method} ${path.replace(/\/(users|groups|channels)\/[^/]+/, '/$1')}`);
  }

  /** Looks until it is true. */
  until<T>(look: () => T): Promise<T> {
    return vi.waitFor(look, { interval: 5, timeout: 5_000 });
  }
}

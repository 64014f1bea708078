import { MemoryStore } from '../../src/adapters/store/memory-store.js';
import type { RouterEvent } from '../../src/app/events.js';
import { routerFrom } from '../../src/app/router.js';
import { resolveRouterOptions } from '../../src/config/resolve.js';
import type { WrittenConfig } from '../../src/config/schema.js';
import {
  createPlatform,
  DEFAULT_APP_ID,
  DEFAULT_APP_SECRET,
  type Platform,
  type PlatformOptions,
} from '../../src/emulator/index.js';
import { createLogger } from '../../src/log/logger.js';
import type { Store } from '../../src/ports/store.js';
import { InMemoryNet, type WireTap } from '../../src/testing/in-memory-net.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';

export type Channel = Partial<WrittenConfig['channels'][string]>;

/** A store in memory whose disk can be made to stand still. */
export class StallingStore extends MemoryStore {
  #gate: Promise<void> = Promise.resolve();
  #open: () => void = () => undefined;

  stall(): void {
    this.#gate = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  go(): void {
    this.#open();
  }

  override async ingest(...given: Parameters<Store['ingest']>): ReturnType<Store['ingest']> {
    await this.#gate;
    return super.ingest(...given);
  }
}

export type BotsRigOptions = {
  readonly platform?: Partial<PlatformOptions>;
  readonly tap?: WireTap;
  /** An earlier life: its clock, its platform and its store are taken over. */
  readonly after?: BotsRig;
};

/** A whole router before the emulator's platform, on virtual time. Without an app id a channel is the platform's first bot. */
export class BotsRig {
  readonly clock: VirtualClock;
  readonly platform: Platform;
  readonly net: InMemoryNet;
  readonly store: StallingStore;
  readonly router;
  readonly events: RouterEvent[] = [];
  /** The lines of the log, at `info`. */
  readonly lines: string[] = [];

  constructor(channels: Readonly<Record<string, Channel>>, options: BotsRigOptions = {}) {
    this.clock = options.after?.clock ?? new VirtualClock();
    this.platform = options.after?.platform ?? createPlatform({ clock: this.clock, ...options.platform });
    this.net = new InMemoryNet(this.clock, this.platform, options.tap);
    this.store = options.after?.store ?? new StallingStore(this.clock);
    const { log } = createLogger({ level: 'info', destination: { write: (line: string) => this.lines.push(line) } });
    this.router = routerFrom(
      resolveRouterOptions({
        channels: Object.fromEntries(
          Object.entries(channels).map(([name, channel]) => [
            name,
            { appId: DEFAULT_APP_ID, appSecret: DEFAULT_APP_SECRET, streamMode: 'final' as const, ...channel },
          ]),
        ),
      }),
      { clock: this.clock, http: this.net, sockets: this.net, store: this.store, random: () => 0.5, log },
    );
    this.router.on((event) => this.events.push(event));
  }

  /** Resolves 10 s later, or once every channel has settled, whichever comes last. */
  async start(): Promise<void> {
    const starting = this.router.start();
    await this.clock.advance(10_000);
    await starting;
  }

  /** Moves time. Units: s. */
  async wait(seconds: number): Promise<void> {
    await this.clock.advance(seconds * 1_000);
  }
}

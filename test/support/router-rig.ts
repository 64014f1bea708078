import { MemoryStore } from '../../src/adapters/store/memory-store.js';
import { type Router, routerFrom } from '../../src/app/router.js';
import { resolveRouterOptions } from '../../src/config/resolve.js';
import type { WrittenConfig } from '../../src/config/schema.js';
import { createPlatform, DEFAULT_APP_ID, DEFAULT_APP_SECRET, type Platform } from '../../src/emulator/index.js';
import type { Store } from '../../src/ports/store.js';
import type { TurnHandler } from '../../src/ports/turn-handler.js';
import { InMemoryNet } from '../../src/testing/in-memory-net.js';
import { Life } from '../../src/testing/life.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';

export type RouterRigOptions = {
  readonly handler?: TurnHandler;
  readonly channel?: Partial<WrittenConfig['channels'][string]>;
  readonly platform?: Parameters<typeof createPlatform>[0];
  /** Shared with an earlier router, which is then taken for one that died. */
  readonly after?: RouterRig;
};

/** A whole router before the emulator's platform, on virtual time. */
export class RouterRig {
  readonly clock: VirtualClock;
  readonly platform: Platform;
  readonly store: Store;
  readonly net: InMemoryNet;
  readonly router: Router;
  readonly #life: Life;

  private constructor({ handler, channel, platform, after }: RouterRigOptions) {
    this.clock = after?.clock ?? new VirtualClock();
    this.platform = after?.platform ?? createPlatform({ clock: this.clock, ...platform });
    this.store = after?.store ?? new MemoryStore(this.clock);
    this.net = new InMemoryNet(this.clock, this.platform);
    const config = resolveRouterOptions({
      channels: { qq: { appId: DEFAULT_APP_ID, appSecret: DEFAULT_APP_SECRET, streamMode: 'final', ...channel } },
    });
    const { clock, net } = this;
    this.#life = new Life({ clock, net });
    this.router = routerFrom(config, {
      clock: this.#life,
      http: this.#life,
      sockets: this.#life,
      store: this.store,
      random: () => 0.5,
      lang: 'en',
    });
    this.router.onTurn(handler ?? (() => undefined));
  }

  /** Not started yet: whoever listens hears everything. */
  static make(options: RouterRigOptions = {}): RouterRig {
    return new RouterRig(options);
  }

  static async start(options: RouterRigOptions = {}): Promise<RouterRig> {
    const rig = new RouterRig(options);
    await rig.start();
    return rig;
  }

  async start(): Promise<void> {
    const starting = this.router.start();
    await this.wait(10);
    await starting;
  }

  /** The process is killed: nothing happens in it any more. */
  die(): void {
    this.#life.end();
  }

  /** Moves time. Units: s. */
  async wait(seconds: number): Promise<void> {
    await this.clock.advance(seconds * 1_000);
  }

  /** Lets `work` run to its end on virtual time. Units: s. */
  async within<T>(work: Promise<T>, seconds = 5): Promise<T> {
    // Its failure is for whoever awaits the result.
    work.catch(() => undefined);
    await this.wait(seconds);
    return work;
  }
}

import { MemoryStore } from '../../src/adapters/store/memory-store.js';
import { type Router, routerFrom } from '../../src/app/router.js';
import { resolveRouterOptions } from '../../src/config/resolve.js';
import type { WrittenConfig } from '../../src/config/schema.js';
import type { Frame } from '../../src/debug/inspect-frames.js';
import type { RecorderOptions } from '../../src/debug/inspect-recorder.js';
import { createInspection, type Inspection } from '../../src/debug/inspection.js';
import { createPlatform, DEFAULT_APP_ID, DEFAULT_APP_SECRET, type Platform } from '../../src/emulator/index.js';
import type { Turn } from '../../src/ports/turn-handler.js';
import { InMemoryNet } from '../../src/testing/in-memory-net.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';

export type InspectedOptions = {
  readonly texts?: boolean;
  readonly recorder?: RecorderOptions;
  readonly scrub?: (text: string) => string;
  readonly handler?: (turn: Turn, pause: (ms: number) => Promise<void>) => void | Promise<void>;
  readonly channel?: Partial<WrittenConfig['channels'][string]>;
  /** Beside the channel. */
  readonly config?: Omit<WrittenConfig, 'channels'>;
};

/** A client of the feed that keeps what it is told, and can be made to take nothing. */
export class Listener {
  readonly frames: Frame[] = [];
  isFull = false;
  isGivenUp = false;

  readonly sink = {
    write: (frame: Frame): void => {
      this.frames.push(frame);
    },
    isFull: (): boolean => this.isFull,
    giveUp: (): void => {
      this.isGivenUp = true;
    },
  };

  of<T extends Frame['type']>(type: T): Extract<Frame, { type: T }>[] {
    return this.frames.filter((frame): frame is Extract<Frame, { type: T }> => frame.type === type);
  }
}

/** A whole router before the emulator's platform, on virtual time, with its inspection on. */
export class InspectedRouter {
  readonly clock = new VirtualClock();
  readonly platform: Platform;
  readonly net: InMemoryNet;
  readonly router: Router;
  readonly inspection: Inspection;

  private constructor({ texts = true, recorder, scrub, handler, channel, config }: InspectedOptions) {
    const { clock } = this;
    const appSecret = channel?.appSecret ?? DEFAULT_APP_SECRET;
    this.platform = createPlatform({ clock, appSecret });
    this.net = new InMemoryNet(clock, this.platform);
    this.inspection = createInspection({
      clock,
      version: '1.2.3',
      texts,
      scrub: scrub ?? ((text) => text),
      ...(recorder && { recorder }),
    });
    this.router = routerFrom(
      resolveRouterOptions({ ...config, channels: { qq: { appId: DEFAULT_APP_ID, ...channel, appSecret } } }),
      {
        clock,
        http: this.net,
        sockets: this.net,
        store: new MemoryStore(clock),
        random: () => 0.5,
        inspectorFor: this.inspection.inspectorFor,
      },
    );
    this.inspection.join(this.router);
    const pause = (ms: number): Promise<void> => new Promise((resolve) => clock.setTimeout(resolve, ms));
    this.router.onTurn((turn) => (handler ?? echo)(turn, pause));
  }

  static async start(options: InspectedOptions = {}): Promise<InspectedRouter> {
    const made = new InspectedRouter(options);
    let isUp = false;
    const starting = made.router.start().finally(() => {
      isUp = true;
    });
    await made.clock.advance(2_000);
    // An agent that is a file is read in real time.
    while (!isUp) {
      await new Promise((resolve) => setImmediate(resolve));
      await made.clock.advance(100);
    }
    await starting;
    return made;
  }

  listen(actors: readonly string[] | '*' = [], overview = actors.length === 0): Listener & { leave: () => void } {
    const listener = new Listener();
    const leave = this.inspection.feed.open({ actors, overview }, listener.sink);
    return Object.assign(listener, { leave: leave ?? (() => undefined) });
  }

  async stop(): Promise<void> {
    const stopping = this.router.stop();
    await this.clock.advance(20_000);
    await stopping;
  }
}

const echo = async (turn: Turn): Promise<void> => {
  await turn.reply(`you said ${turn.text}`);
};

export const conversationKey = (user: string): string => `conversation/qq:${DEFAULT_APP_ID}:c2c:${user}`;

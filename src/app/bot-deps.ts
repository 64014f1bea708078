import type { InspectorFor } from '../actors/inspect.js';
import type { ConversationSettings } from '../config/resolved.js';
import type { ButtonHandler } from '../domain/button.js';
import type { Lang } from '../domain/notices.js';
import type { PaceLimits } from '../domain/reply-limits.js';
import type { Logger } from '../log/logger.js';
import type { Lanes } from '../pipelines/sending/lanes.js';
import type { AgentDriver } from '../ports/agent-driver.js';
import type { Clock } from '../ports/clock.js';
import type { HttpTransport } from '../ports/http.js';
import type { SocketTransport } from '../ports/socket.js';
import type { Store } from '../ports/store.js';
import type { RouterEvent } from './events.js';
import type { MediaRoom } from './media-room.js';
import type { Quarantine } from './quarantine.js';
import type { WebhookDesk } from './webhook-desk.js';

/** What all bots of a router share. */
export type BotDeps = {
  readonly clock: Clock;
  readonly random: () => number;
  readonly http: HttpTransport;
  /** Sends that may be with the transport at once, over all bots. */
  readonly lanes: Lanes;
  readonly sockets: SocketTransport;
  readonly store: Store;
  readonly quarantine: Quarantine;
  readonly driver: AgentDriver;
  readonly log: Logger;
  readonly lang: Lang;
  readonly conversation: ConversationSettings;
  readonly media: MediaRoom;
  readonly emit: (event: RouterEvent) => void;
  /** Where a channel that is called back hears the platform. */
  readonly webhook?: WebhookDesk;
  readonly traceparentOf?: (turn: string) => string | null;
  readonly inspectorFor?: InspectorFor;
  /** Who decides about presses on buttons, if anybody does. */
  readonly onButton: () => ButtonHandler | null;
  readonly paceLimits?: PaceLimits;
};

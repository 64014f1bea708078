import type { RouterEvent } from '../../src/app/events.js';
import type { Clock } from '../../src/ports/clock.js';

/** What happened, one line each, with the time since the beginning; what repeats itself is told once, with its count. */
export class Story {
  readonly #lines: { readonly time: string; readonly what: string; times: number }[] = [];
  readonly #clock: Clock;
  readonly #startMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startMs = clock.now();
  }

  get lines(): readonly string[] {
    return this.#lines.map(({ time, what, times }) => `${time}  ${what}${times > 1 ? ` (${times} times)` : ''}`);
  }

  tell(what: string): void {
    const last = this.#lines.at(-1);
    if (last?.what === what) {
      last.times += 1;
      return;
    }
    const ms = this.#clock.now() - this.#startMs;
    const days = Math.floor(ms / 86_400_000);
    const time = `${days > 0 ? `${days}d ` : ''}${new Date(ms).toISOString().slice(11, 23)}`;
    this.#lines.push({ time, what, times: 1 });
  }

  onRouterEvent(event: RouterEvent): void {
    const line = lineOf(event);
    if (line !== null) this.tell(line);
  }
}

const lineOf = (event: RouterEvent): string | null => {
  switch (event.type) {
    case 'channel.ready':
      return `the channel is ${event.resumed ? 'resumed' : 'ready'}`;
    case 'channel.lost':
    case 'channel.stopped':
      return `${event.type}: ${event.fault.code}`;
    case 'message.accepted':
      return `${event.message.id} is taken in`;
    case 'message.skipped':
      return `an event is skipped: ${event.why}`;
    case 'turn.started':
      return `turn ${event.turn.id} begins with ${event.turn.inputs.map(({ id }) => id).join(', ')}`;
    case 'turn.cancelled':
      return `turn ${event.turn.id} is cancelled: ${event.reason}`;
    case 'turn.closed': {
      const { status, certainty, delivered } = event.receipt;
      return `turn ${event.turn.id} is closed: ${status}, ${certainty}, said “${delivered.slice(0, 60)}”`;
    }
    case 'turn.settled':
      return `the last piece of turn ${event.turn} is ${event.outcome.status} after all`;
    case 'piece': {
      const { piece, status } = event.outcome;
      return piece.content.kind === 'typing' ? null : `piece ${piece.index} of turn ${piece.turn} is ${status}`;
    }
    default:
      return null;
  }
};

import type { OutgoingMessage } from '../../domain/message.js';
import type { Receipt } from '../../domain/turn.js';
import { refuseProblems } from '../../errors/message-problems.js';
import type { TurnInput } from '../../ports/agent-driver.js';
import type { Clock } from '../../ports/clock.js';
import type { ReplySource, Turn } from '../../ports/turn-handler.js';
import type { EventQueue } from './event-queue.js';
import { ABORTED, orAborted } from './or-aborted.js';
import { iterateSource, notText } from './reply-source.js';

export type TurnFacade = {
  readonly turn: Turn;
  /** Resolves when every reply has been written. Errors: what a source has thrown in a reply nobody has waited for. */
  readonly said: () => Promise<unknown>;
};

/** The source is done with, but not waited for: one that is stuck in an await answers late or never. */
const letGo = (chunks: AsyncIterator<string>): void => {
  Promise.resolve()
    .then(() => chunks.return?.())
    .catch(() => undefined);
};

/**
 * The turn a handler holds, written into `queue`.
 * `signal` is what the handler sees; `stop` fires with it, and also when nobody reads the queue any more.
 */
export const turnFacade = (
  input: TurnInput,
  signal: AbortSignal,
  stop: AbortSignal,
  queue: EventQueue,
  clock: Clock,
): TurnFacade => {
  const writing = new Set<Promise<void>>();
  let last: Promise<unknown> = Promise.resolve();
  /** A source that failed half-way has left text behind, which the next reply must not continue. */
  let isHalfSaid = false;
  let holds = 0;

  const write = async (source: ReplySource): Promise<void> => {
    if (stop.aborted) return;
    if (isHalfSaid) queue.push({ type: 'break' });
    const chunks = iterateSource(source);
    for (;;) {
      const chunk = await orAborted(chunks.next(), stop);
      if (chunk === ABORTED) return letGo(chunks);
      if (chunk.done) break;
      if (typeof chunk.value !== 'string') {
        letGo(chunks);
        throw notText(chunk.value);
      }
      if (chunk.value === '') continue;
      isHalfSaid = true;
      queue.push({ type: 'text', delta: chunk.value });
      const room = queue.room();
      if (room) await room;
    }
    isHalfSaid = false;
    await orAborted(new Promise<void>((resolve) => queue.push({ type: 'break' }, resolve)), stop);
  };

  const writeMessage = async (message: OutgoingMessage): Promise<void> => {
    if (stop.aborted) return;
    if (isHalfSaid) queue.push({ type: 'break' });
    isHalfSaid = false;
    await orAborted(new Promise<void>((resolve) => queue.push({ type: 'message', message }, resolve)), stop);
  };

  const reply = (source: ReplySource): Promise<Receipt> => inTurn(() => write(source));

  const inTurn = (work: () => Promise<void>): Promise<Receipt> => {
    const own = last.then(work).finally(() => writing.delete(own));
    writing.add(own);
    last = own.catch(() => undefined);
    const receipt = own.then(
      () => input.delivered(),
      (error: unknown) => {
        if (stop.aborted) return input.delivered();
        throw error;
      },
    );
    // A reply nobody waits for must not end the process; `said` reports it.
    receipt.catch(() => undefined);
    return receipt;
  };

  /** Of several at once, the last that is done, or that has had its time, lets go. */
  const hold = async <T>(work: () => T | Promise<T>, maxMs?: number): Promise<T> => {
    signal.throwIfAborted();
    let isHeld = true;
    const release = (): void => {
      if (!isHeld) return;
      isHeld = false;
      holds -= 1;
      if (holds === 0) input.hold(false);
    };
    holds += 1;
    if (holds === 1) input.hold(true);
    const timer = maxMs === undefined ? null : clock.setTimeout(release, maxMs);
    try {
      return await work();
    } finally {
      clock.clearTimeout(timer);
      release();
    }
  };

  const turn: Turn = {
    id: input.id,
    epoch: input.epoch,
    conversation: input.conversation,
    inputs: input.inputs,
    text: input.text,
    ...(input.interrupted && { interrupted: { ...input.interrupted, at: input.interrupted.atMs } }),
    ...(input.dropped && { dropped: input.dropped }),
    signal,
    messages: (options) => input.messages(options),
    reply,
    send: async (message) => {
      refuseProblems(message, input.conversation.scene);
      return inTurn(() => writeMessage(message));
    },
    hold,
    onSteer: (accept) => input.onSteer(accept),
    progress: (progress) => {
      if (!stop.aborted) queue.push({ type: 'progress', ...progress });
    },
  };
  return { turn, said: () => Promise.all(writing) };
};

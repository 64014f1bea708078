import { filter, map, type Observable } from 'rxjs';
import { type AccessPolicy, type Admission, admit } from '../domain/access.js';
import type { Scene } from '../domain/conversation.js';
import type { Inbound } from '../domain/inbound.js';
import type { PlatformEvent } from '../domain/platform-event.js';
import { RecentIds } from '../domain/recent-ids.js';
import type { DispatchFrame } from '../ports/gateway-codec.js';
import type { InboxEvent, Lease, Store } from '../ports/store.js';
import { batchWhileBusy } from './operators/batch-while-busy.js';

export type Normalised =
  | { readonly kind: 'message'; readonly message: Inbound }
  | { readonly kind: 'event'; readonly event: PlatformEvent }
  | { readonly kind: 'ignored'; readonly reason: string };

/** Why a dispatch became no message of a conversation. */
export type Skipped = Exclude<Admission, 'admitted'> | 'ignored' | 'duplicate' | 'overflow';

export type InboundDeps<Dispatch extends DispatchFrame> = {
  readonly normalise: (dispatch: Dispatch) => Normalised;
  readonly accessOf: (scene: Scene) => AccessPolicy;
  /** Whether an operator has let this user in; asked in pairing mode. */
  readonly isPaired: (user: string) => boolean;
  /** Somebody wrote whom no operator has let in yet. */
  readonly onStranger: (message: Inbound) => void;
  readonly store: Pick<Store, 'ingest'>;
  readonly lease: Lease;
  /** The message is safe and new: its conversation takes it. */
  readonly deliver: (message: Inbound, dispatch: Dispatch) => void;
  /** An event that is no message, in its place among the messages: a recall comes after what it takes back. */
  readonly hear: (event: PlatformEvent) => void;
  /** The event is safe, or deliberately dropped: the watermark may pass it. */
  readonly settle: (dispatch: Dispatch) => void;
  /** The line is full: reading stops, the watermark waits, and the platform's replay is the overflow. */
  readonly onPressure: (isFull: boolean) => void;
  /** `reason`: of an ignored one, constant per cause. */
  readonly onSkipped: (dispatch: Dispatch, why: Skipped, reason?: string) => void;
};

export type InboundOptions = {
  /** Events handed to the store in one call. @default 256 */
  readonly batchMax?: number;
  /** Waiting events at which the socket is paused. @default 512 */
  readonly highMark?: number;
  /** Waiting events at which it is read again. @default 128 */
  readonly lowMark?: number;
  /** Events that wait at most. @default 4_096 */
  readonly waitingMax?: number;
};

const DEFAULTS = {
  batchMax: 256,
  highMark: 512,
  lowMark: 128,
  waitingMax: 4_096,
} as const satisfies Required<InboundOptions>;

type Admitted<Dispatch> = { readonly dispatch: Dispatch } & (
  | { readonly event: InboxEvent }
  | { readonly heard: PlatformEvent }
);

/** Events that are known again; a bot's replay after a resume is a fraction of it. */
const HEARD_MAX = 4_096;

/** A guild's message that is taken back is told under two names where a bot asked for both intents. */
const eventKeyOf = (event: PlatformEvent): string =>
  event.kind === 'message.recalled' ? `recall ${event.messageId}` : event.id;

/** From a dispatch to a message that is safe and on its way to its conversation. Emits how many of each batch were new. */
export const inbound = <Dispatch extends DispatchFrame>(
  dispatch$: Observable<Dispatch>,
  deps: InboundDeps<Dispatch>,
  given: InboundOptions = {},
): Observable<number> => {
  const heard = new RecentIds(HEARD_MAX);

  const drop = (dispatch: Dispatch, why: Skipped, reason?: string): null => {
    deps.onSkipped(dispatch, why, reason);
    deps.settle(dispatch);
    return null;
  };

  const toEvent = (dispatch: Dispatch): Admitted<Dispatch> | null => {
    const normalised = deps.normalise(dispatch);
    if (normalised.kind === 'ignored') return drop(dispatch, 'ignored', normalised.reason);
    if (normalised.kind === 'event') return { dispatch, heard: normalised.event };
    const { message } = normalised;
    const admission = admit(message, deps.accessOf(message.target.scene), deps.isPaired);
    if (admission === 'not_paired') deps.onStranger(message);
    return admission === 'admitted' ? { dispatch, event: { id: message.id, message } } : drop(dispatch, admission);
  };

  const makeSafe = async (batch: readonly Admitted<Dispatch>[]): Promise<number> => {
    const events = batch.flatMap((admitted) => ('event' in admitted ? [admitted.event] : []));
    const answers = (events.length === 0 ? [] : await deps.store.ingest(deps.lease, events))[Symbol.iterator]();
    let fresh = 0;
    for (const admitted of batch) {
      const { dispatch } = admitted;
      if ('heard' in admitted) {
        if (heard.take(eventKeyOf(admitted.heard))) {
          deps.hear(admitted.heard);
          deps.settle(dispatch);
        } else drop(dispatch, 'duplicate');
      } else if (answers.next().value !== 'new') {
        drop(dispatch, 'duplicate');
      } else {
        fresh += 1;
        deps.settle(dispatch);
        deps.deliver(admitted.event.message, dispatch);
      }
    }
    return fresh;
  };

  return dispatch$.pipe(
    map(toEvent),
    filter((admitted) => admitted !== null),
    batchWhileBusy(makeSafe, {
      ...DEFAULTS,
      ...given,
      onPressure: deps.onPressure,
      // Not settled: the watermark stays below it, and the next resume brings it again.
      onOverflow: ({ dispatch }) => deps.onSkipped(dispatch, 'overflow'),
    }),
  );
};

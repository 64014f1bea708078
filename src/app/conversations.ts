import { filter, firstValueFrom, merge, Observable } from 'rxjs';
import type { ConversationDeps } from '../actors/conversation-deps.js';
import { Directory } from '../actors/directory.js';
import type { InspectorFor } from '../actors/inspect.js';
import { laneless } from '../actors/lanes.js';
import { createMessageApi } from '../adapters/qq/message-api.js';
import { createRest, type Rest } from '../adapters/qq/rest.js';
import { createStreamApi } from '../adapters/qq/stream-api.js';
import { createUploadApi } from '../adapters/qq/upload-api.js';
import type { ChannelSettings, ConversationSettings } from '../config/resolved.js';
import type { ConversationId, Scene } from '../domain/conversation.js';
import { droppedNote } from '../domain/dropped-note.js';
import { interruptNote } from '../domain/interrupt-note.js';
import type { Lang } from '../domain/notices.js';
import {
  ACTIVE_QUOTAS,
  BOT_QUOTAS,
  MESSAGE_LIMITS,
  PACE_LIMITS,
  type PaceLimits,
  REPLY_WINDOWS,
} from '../domain/reply-limits.js';
import { stopKeyboard } from '../domain/stop-button.js';
import type { Receipt, TurnInfo } from '../domain/turn.js';
import type { Logger } from '../log/logger.js';
import { ActiveLedger } from '../pipelines/active-ledger.js';
import { FileDesk, type UploadProgress } from '../pipelines/files/file-desk.js';
import { Reception } from '../pipelines/files/reception.js';
import { Uploader } from '../pipelines/files/upload.js';
import { OpenAnchors } from '../pipelines/open-anchors.js';
import { timerOn } from '../pipelines/operators/timer-on.js';
import { Pacer } from '../pipelines/pacer.js';
import { ReplyLedger } from '../pipelines/reply-ledger.js';
import { FramePace } from '../pipelines/sending/frame-pace.js';
import type { Lanes } from '../pipelines/sending/lanes.js';
import type { SendingDeps } from '../pipelines/sending/sending-deps.js';
import type { AgentDriver } from '../ports/agent-driver.js';
import type { Clock } from '../ports/clock.js';
import type { HttpTransport } from '../ports/http.js';
import type { MessageApi } from '../ports/message-api.js';
import type { ClosedTurn, ConversationRecord, Lease, Reach, Store } from '../ports/store.js';
import type { TokenSource } from '../ports/token-source.js';
import { type ConversationView, viewOf } from './conversation-view.js';
import type { LostRight, RouterEvent } from './events.js';
import { Intake, NEVER_ENDED } from './intake.js';
import type { MediaRoom } from './media-room.js';
import { createNotify, type Notify } from './notify.js';
import { type Quarantine, suspectKey } from './quarantine.js';
import { type OwnRights, rightsOf } from './rights.js';
import { sceneRuntime } from './scene-runtime.js';
import { sendLog } from './send-log.js';
import { Sends } from './sends.js';
import { strategyFor } from './strategy.js';

export type ConversationsDeps = {
  readonly settings: ChannelSettings;
  readonly conversation: ConversationSettings;
  readonly lang: Lang;
  readonly clock: Clock;
  readonly random: () => number;
  readonly http: HttpTransport;
  readonly tokens: TokenSource;
  readonly lanes: Lanes;
  readonly media: MediaRoom;
  readonly store: Store;
  readonly lease: Lease;
  /** Of the whole process. */
  readonly quarantine: Quarantine;
  readonly driver: AgentDriver;
  readonly online$: SendingDeps['online$'];
  readonly isOnline: () => boolean;
  /** Whether the gateway has been up since this life began. */
  readonly wasOnline: () => boolean;
  readonly log: Logger;
  readonly emit: (event: RouterEvent) => void;
  /** A write nobody waits for: its failure is said, never swallowed. */
  readonly own: (write: Promise<void>) => void;
  readonly paceLimits?: PaceLimits;
  readonly traceparentOf?: (turn: string) => string | null;
  readonly inspectorFor?: InspectorFor;
};

export type Conversations = {
  readonly directory: Directory;
  /** Their door: messages go in here. */
  readonly intake: Intake;
  /** What the bot says outside of its turns. */
  readonly sends: Sends;
  /** Whom earlier lives could still reach, and how; before anything is said. */
  readonly restoreReach: (reach: Reach) => void;
  /** An earlier life has used so many replies to this message. */
  readonly restoreReplies: ReplyLedger['restore'];
  readonly view: (id: ConversationId) => Promise<ConversationView | null>;
  /** How full the platform's rates and quotas are. */
  readonly rateLevels: () => readonly { readonly what: string; readonly used: number; readonly max: number }[];
  readonly lostRights: () => readonly LostRight[];
  readonly notify: Notify;
};

/** All conversations of one bot, wired to its agent, its store and its way to the platform. */
export const createConversations = (deps: ConversationsDeps): Conversations => {
  const { settings, conversation, lang, clock, random, store, lease, inspectorFor } = deps;
  const { scenes } = settings;
  const told = reports(deps, {
    doubt: (ids) => intake.doubt(ids),
    settled: (ids) => intake.settled(ids),
  });
  const runtimes = {
    c2c: sceneRuntime('c2c', scenes.c2c, conversation, lang, random),
    group: sceneRuntime('group', scenes.group, conversation, lang, random),
    guild: sceneRuntime('guild', scenes.guild, conversation, lang, random),
    dm: sceneRuntime('dm', scenes.dm, conversation, lang, random),
  };
  const api = createMessageApi(restOf(deps));
  const rights = rightsOf((scene) => scenes[scene].markdown, stopKeyboard(deps.lang));
  const files = fileDesk(deps);
  const reception = receptionOf(deps);
  const sending = { files, ...sendingOf(deps, api, rights) };
  const directory = new Directory(
    {
      clock,
      lease,
      driver: deps.driver,
      sending,
      outbound: {},
      settingsFor: (scene: Scene) => runtimes[scene],
      newStrategy: (scene, port) => strategyFor(scenes[scene], scene, port),
      transcriptMax: conversation.transcriptMax,
      silenceMaxMs: conversation.silenceMaxMs,
      killMs: KILL_MS,
      ...(settings.interruptNote && { noteOf: (interrupted) => interruptNote(interrupted, lang) }),
      droppedNoteOf: (dropped) => droppedNote(dropped, lang),
      ...(deps.traceparentOf && { traceparentOf: deps.traceparentOf }),
      ...(inspectorFor && {
        inspectorOf: (id) => inspectorFor({ chart: 'conversation', channel: settings.name, id }),
      }),
      load: (id) => store.loadConversation(lease, id),
      admit: (turn, signal) => admit(turn, signal, deps),
      claim: ({ id }) => store.claim(lease, [id]),
      ...(reception && { received: reception }),
      ...told,
      onOutcome: (outcome, tookMs) => {
        told.onOutcome(outcome, tookMs);
        sends.heard(outcome);
      },
      onFailed: (id, error) => deps.log.error({ conversation: id, err: error }, 'a conversation failed and was ended'),
      onResumed: ({ id, record, closed, again }) => {
        if (closed) told.onCutTurnClosed(closed.turn, closed.receipt, record);
        else deps.own(store.saveConversation(lease, record));
        intake.resumed(laneless(id), again);
      },
    },
    { retireAfterMs: conversation.retireAfterMs },
  );
  const intake: Intake = new Intake({
    quarantine: deps.quarantine,
    keyOf: (id) => suspectKey(lease.appId, id),
    now: clock.now,
    deliver: (message, takenAtMs) => directory.deliver(message, takenAtMs),
    preempt: (message) => directory.preempt(message),
    giveUp: ({ id }) => {
      deps.log.error({ message: id }, 'a message was given up: its turn never came to an end');
      deps.own(store.bury(lease, [id], NEVER_ENDED));
    },
    onDoubt: (ids) => deps.own(store.doubt(lease, ids)),
    onDropped: told.onDropped,
  });
  const anchors = new OpenAnchors((forgotten) => {
    if (forgotten % FORGOTTEN_EVERY !== 1) return;
    deps.log.warn(
      { forgotten },
      'more peers wait than are remembered: what programs say to the first counts as active',
    );
  });
  const repliesUsed = (ids: readonly string[]) => store.repliesUsed(lease, ids);
  const sends: Sends = new Sends({
    appId: settings.appId,
    lang,
    clock,
    directory,
    anchors,
    ledger: sending.ledger,
    rights,
    active: sending.active,
    keepAnchor: (peer, anchor) => deps.own(store.noteAnchor(lease, peer, anchor)),
    repliesUsed,
    reports: {
      load: (key) => store.loadReport(lease, key),
      save: (key, report) => store.saveReport(lease, key, report),
    },
    actions: api,
    files,
    ...(reception && { reception }),
  });
  const { ledger } = sending;
  return {
    directory,
    intake,
    sends,
    restoreReach: (reach) => {
      anchors.restore(reach.heard);
      sending.active.restore(reach, clock.now());
    },
    restoreReplies: (scene, anchor, used) => ledger.restore(scene, anchor, used),
    view: (id) => viewOf(id, { channel: settings.name, store, lease, directory, ledger, clock }),
    rateLevels: () => [...sending.pacer.levels(clock.now()), ...sending.active.fullest(clock.now())],
    lostRights: () => rights.lost(),
    notify: createNotify({ sending, lease, repliesUsed }),
  };
};

/** Where a life's numbers of sends beside the answers begin, drawn at random. */
const BESIDE_SPAN = 1_000_000_000;

const restOf = ({ settings, http, tokens }: ConversationsDeps): Rest =>
  createRest({ http, tokens, endpoint: settings.endpoints.api, appId: settings.appId });

const fileDesk = (deps: ConversationsDeps): FileDesk => {
  const { settings, media, clock, http, emit } = deps;
  const uploader = new Uploader({ api: createUploadApi(restOf(deps), http), clock }, media.settings);
  const onProgress = (progress: UploadProgress): void => emit({ type: 'upload', channel: settings.name, ...progress });
  return new FileDesk({ opener: media.opener, uploader, clock, onProgress }, media.settings);
};

const receptionOf = ({ media, clock, log }: ConversationsDeps): Reception | null =>
  media.receive
    ? new Reception(
        {
          clock,
          fetch: media.receive,
          onFailed: ({ id }, error) => log.info({ message: id, code: error.code }, 'a received file was not kept'),
        },
        media.settings,
      )
    : null;

const sendingOf = (deps: ConversationsDeps, api: MessageApi, rights: OwnRights): SendingDeps => {
  const { settings, clock, random, lanes, online$, isOnline, paceLimits } = deps;
  const { scenes, nativeStream } = settings;
  const active = new ActiveLedger(
    (scene) => scenes[scene].activeMessages,
    ACTIVE_QUOTAS,
    BOT_QUOTAS,
    (refusal) => deps.own(deps.store.saveRefusal(deps.lease, refusal)),
  );
  return {
    api,
    streams: createStreamApi(restOf(deps), nativeStream),
    clock,
    random,
    lanes,
    ledger: new ReplyLedger(REPLY_WINDOWS, Math.floor(random() * BESIDE_SPAN)),
    active,
    framePace: new FramePace(),
    pacer: new Pacer(paceLimits ?? PACE_LIMITS),
    rights,
    messageLimits: MESSAGE_LIMITS,
    log: sendLog(deps, (target) => active.guildOf(target)),
    online$,
    isOnline,
  };
};

type Reports = Pick<
  ConversationDeps,
  | 'onTurnStarted'
  | 'onTurnCancelled'
  | 'onTurnClosed'
  | 'onOutcome'
  | 'onLateOutcome'
  | 'onSaid'
  | 'onDropped'
  | 'onAgentError'
> & {
  /** Of a turn that a crash had cut. */
  readonly onCutTurnClosed: (turn: TurnInfo, receipt: Receipt, record: ConversationRecord) => void;
};

/** How long after a cancel an agent is ended by force. Source: turns §3.4. */
const KILL_MS = 5_000;

/** How long a turn of a new life waits for its gateway. Units: ms. */
const FIRST_ONLINE_MS = 20_000;

/** Of the peers that are forgotten, the first and every so manieth go to the log. */
const FORGOTTEN_EVERY = 10_000;

/**
 * That a turn begins is written down, but not before this life has been online: whoever ends a router while it starts,
 * three times over, is not to have its messages taken for poison.
 */
const admit = async (turn: TurnInfo, signal: AbortSignal, deps: ConversationsDeps): Promise<void> => {
  const { store, lease, wasOnline } = deps;
  if (!wasOnline()) await firstOnline(signal, deps);
  const ids = turn.inputs.map(({ id }) => id);
  if (!signal.aborted) await store.claim(lease, ids);
};

/** The first of: the gateway is up, the time is over, the turn is cancelled. */
const firstOnline = async (signal: AbortSignal, { online$, clock }: ConversationsDeps): Promise<void> => {
  const aborted$ = new Observable<void>((out) => {
    const leave = (): void => out.next();
    signal.addEventListener('abort', leave, { once: true });
    return () => signal.removeEventListener('abort', leave);
  });
  const first$ = merge(online$.pipe(filter(Boolean)), timerOn(clock, FIRST_ONLINE_MS), aborted$);
  await firstValueFrom(first$, { defaultValue: undefined });
};

const closedTurn = (turn: TurnInfo, receipt: Receipt, record: ConversationRecord, nowMs: number): ClosedTurn => {
  const inputIds = turn.inputs.map(({ id }) => id);
  const { id, conversation, epoch, askedAtMs } = turn;
  return {
    record,
    receipt: { turn: id, conversation, epoch, inputIds, askedAtMs, closedAtMs: nowMs, ...receipt },
    settledIds: inputIds,
  };
};

const reports = (
  { settings, store, lease, clock, log, emit, own }: ConversationsDeps,
  { doubt, settled }: { readonly [Name in 'doubt' | 'settled']: (ids: readonly string[]) => void },
): Reports => {
  const channel = settings.name;
  const close = (turn: TurnInfo, receipt: Receipt, record: ConversationRecord, isProven: boolean): void => {
    log.debug({ turn: turn.id, status: receipt.status, chars: receipt.delivered.length }, 'turn closed');
    emit({ type: 'turn.closed', channel, turn, receipt });
    const closed = closedTurn(turn, receipt, record, clock.now());
    if (!isProven) doubt(closed.settledIds);
    own(store.closeTurn(lease, closed));
    settled(closed.settledIds);
  };
  return {
    onTurnStarted: (turn) => emit({ type: 'turn.started', channel, turn }),
    onTurnCancelled: (turn, reason, receipt, record) => {
      log.info({ turn: turn.id, reason }, 'turn cancelled');
      emit({ type: 'turn.cancelled', channel, turn, reason });
      doubt(turn.inputs.map(({ id }) => id));
      // From here on a later life knows that nothing of it may start again.
      own(store.cancelTurn(lease, closedTurn(turn, receipt, record, clock.now())));
    },
    onTurnClosed: (_unit, turn, receipt, record) =>
      close(turn, receipt, record, receipt.status === 'completed' || receipt.status === 'failed'),
    onCutTurnClosed: (turn, receipt, record) => close(turn, receipt, record, false),
    onOutcome: (outcome, tookMs) => {
      if (outcome.status === 'refused' || outcome.status === 'unknown' || outcome.status === 'full') {
        const { piece, status, ...why } = outcome;
        const code = 'code' in why ? { code: why.code } : {};
        const platformCode = 'platformCode' in why ? { platformCode: why.platformCode } : {};
        const traceId = 'traceId' in why ? { traceId: why.traceId } : {};
        log.warn(
          { status, ...code, ...platformCode, ...traceId, turn: piece.turn, piece: piece.index },
          'a piece was not delivered',
        );
      }
      emit({ type: 'piece', channel, outcome, tookMs });
    },
    onLateOutcome: (turn, outcome, record) => {
      own(store.saveConversation(lease, record));
      log.info({ turn, status: outcome.status }, 'the outcome of a closed turn’s last piece is known');
      emit({ type: 'turn.settled', channel, turn, outcome });
    },
    onSaid: (record) => own(store.saveConversation(lease, record)),
    onDropped: ({ id, conversation }, why) => {
      const level = why === 'full' || why === 'failed' ? 'warn' : 'debug';
      log[level]({ conversation, message: id, why }, 'a message is in no turn');
      emit({ type: 'message.dropped', channel, conversation, message: id, why });
      doubt([id]);
      own(store.settle(lease, [id]));
      settled([id]);
    },
    onAgentError: (turn, error) => log.warn({ turn: turn.id, err: error }, 'the agent failed'),
  };
};

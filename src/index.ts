import { type Router, type Runtime, routerFrom } from './app/router.js';
import { resolveRouterOptions } from './config/resolve.js';
import type { WrittenConfig } from './config/schema.js';

/** What `rookery.config.json5` holds, in camelCase; only `channels` is needed. */
export type RouterOptions = WrittenConfig;

/**
 * A router in this process.
 * Errors: `config.invalid`, naming every key that is wrong.
 */
export const createRouter = (options: RouterOptions, runtime: Runtime = {}): Router =>
  routerFrom(resolveRouterOptions(options, runtime.baseDir), runtime);

export type { RunningTurn } from './actors/unit-view.js';
export { type ConverterOptions, fromAgUi, fromAiSdk, fromOpenAiChunks } from './adapters/agents/converters.js';
export type { CallbackRequest } from './adapters/qq/webhook-callback.js';
export type { ConversationListed, ConversationView } from './app/conversation-view.js';
export type { ChannelFault, ChannelState, ChannelStatus, RateLevel, RouterEvent } from './app/events.js';
export type { PairedUserView, PairingApproval, PairingRequestView, PairingView } from './app/pairing.js';
export type { Router, Runtime } from './app/router.js';
export type { WebhookAnswer, WebhookHandler, WebhookStatus } from './app/webhook-desk.js';
export { type Ark, type ArkItem, bigPicture, linkList, textWithThumbnail } from './domain/ark.js';
export type { ButtonAnswer, ButtonHandler, ResultCode } from './domain/button.js';
export type { ConversationId, Scene, Target } from './domain/conversation.js';
export type { GuildMessage } from './domain/guild-message.js';
export type { GuildPost } from './domain/guild-post.js';
export type { Attachment, Inbound, Sender } from './domain/inbound.js';
export type {
  Button,
  ButtonAction,
  Embed,
  Keyboard,
  Markdown,
  MediaKind,
  Mention,
  OutgoingMedia,
  OutgoingMessage,
} from './domain/message.js';
export type { AccessDecision } from './domain/pairing.js';
export type { ButtonEvent, PlatformEvent, PlatformEventKind } from './domain/platform-event.js';
export type { Outcome, Piece } from './domain/reply.js';
export type {
  Emoji,
  OpenDmRequest,
  ReactRequest,
  RecallRequest,
  SendMode,
  SendPlace,
  SendReport,
  SendRequest,
  UploadedFile,
  UploadRequest,
} from './domain/send.js';
export type {
  BusyPolicy,
  CancelReason,
  ChatMessage,
  Dropped,
  Receipt,
  ReceiptStatus,
  StreamMode,
  TurnInfo,
} from './domain/turn.js';
export type { TurnCancel } from './domain/turn-abort.js';
export { ERROR_CODES, type ErrorCode, type NextStep } from './errors/codes.js';
export { RouterError } from './errors/router-error.js';
export type { ConversationInfo as Conversation } from './ports/agent-driver.js';
export type { Clock } from './ports/clock.js';
export type { ConversationQuery, DeadLetter, StoreHealth, TurnReceipt } from './ports/store.js';
export type {
  ReplySource,
  TextObservable,
  TextStream,
  Turn,
  TurnHandler,
  TurnInterrupted as Interrupted,
  TurnProgress,
} from './ports/turn-handler.js';
export type { AgentDesk } from './sidecar/agent-desk.js';

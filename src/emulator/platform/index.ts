export type { User } from './acting.js';
export type { Attachment } from './attachments.js';
export type { BotOptions, Rights } from './bot.js';
export type { Press, Pressed } from './buttons.js';
export type { Asking, Subscription } from './community.js';
export { type Bounds, DEFAULT_BOUNDS } from './context.js';
export type { Answer } from './errors.js';
export type { Delay, Failure, FaultsView, Match, Swallow } from './faults.js';
export type { Click } from './happenings.js';
export { type Limits, PLATFORM_LIMITS, UNTHROTTLED } from './limits.js';
export type { Peer, ServerLink } from './link.js';
export type { OutgoingAnswer, OutgoingRequest, Outside } from './outside.js';
export type { Act, C2cSpeech, DmSpeech, GroupSpeech, GuildSpeech, Said, Speech } from './people.js';
export { createPlatform, DEFAULT_APP_ID, DEFAULT_APP_SECRET, Platform, type PlatformOptions } from './platform.js';
export type {
  CallbackRecord,
  EntryChange,
  InteractionChange,
  Pushed,
  Received,
  ReceivedCall,
  ReceivedFrame,
  RecordedKind,
  RecordKind,
  RecordKinds,
  Refused,
  Scene,
  Sent,
  SessionChange,
} from './records.js';
export type { PlatformRequest, UploadedFile } from './request.js';
export { isStoragePath } from './storage.js';
export type { ChannelChange, ChannelHappening, GuildChange, MemberChange } from './structure.js';
export { DEFAULT_SWITCHES, SWITCH_SIDES, type Switches } from './switches.js';
export type { EntryMedia, TranscriptEntry } from './transcript.js';
export type { BotView, ConversationView, LinkView, PeerName, SessionView } from './views.js';
export type { WebhookCheck } from './webhook.js';
export type { WebhookFault } from './webhook-faults.js';
export type { WebhookView } from './webhooks.js';

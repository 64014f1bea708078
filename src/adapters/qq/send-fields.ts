import type { Anchor } from '../../domain/reply.js';
import type { Json } from '../json.js';

/** The platform asks for at least 5 s: shorter ones make "sent, but no answer" common. Source: qq-bot-api §6. */
export const SEND_TIMEOUT_MS = 10_000;

/** What a passive reply names as its reason. Source: qq-bot-api §6.2. */
export const anchorFields = (anchor: Anchor | undefined): Json => {
  if (anchor === undefined) return {};
  return anchor.kind === 'message' ? { msg_id: anchor.id } : { event_id: anchor.id };
};

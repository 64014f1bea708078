import { pairingCodes } from '../adapters/crypto/pairing-codes.js';
import { anchorsOf } from '../domain/inbound.js';
import type { Logger } from '../log/logger.js';
import type { Lease } from '../ports/store.js';
import type { BotDeps } from './bot-deps.js';
import type { Notify } from './notify.js';
import { PairingDesk } from './pairing-desk.js';

/** The router's own words are told like all others. */
export const announced = (
  channel: string,
  notify: Notify,
  { clock, emit }: Pick<BotDeps, 'clock' | 'emit'>,
): Notify => {
  return async (to, text) => {
    const askedMs = clock.now();
    const outcome = await notify(to, text);
    emit({ type: 'piece', channel, outcome, tookMs: clock.now() - askedMs });
    return outcome;
  };
};

export type DoorParts = {
  readonly channel: string;
  readonly lease: Lease;
  readonly log: Logger;
  readonly say: Notify;
  /** This user is shut out: whatever of theirs is under way ends too. */
  readonly onShutOut: (user: string) => void;
};

/** A bot's door, which speaks to strangers through the bot itself. */
export const pairingDesk = (
  { store, clock, lang, emit }: BotDeps,
  { channel, lease, log, say, onShutOut }: DoorParts,
): PairingDesk =>
  new PairingDesk({
    store,
    lease,
    clock,
    lang,
    codes: pairingCodes,
    log,
    say: async (to, text) => {
      const { conversation, target } = to;
      const { status } = await say({ conversation, target, anchors: anchorsOf([to]) }, text);
      return status === 'sent' || status === 'arrived' || status === 'unknown';
    },
    wasTold: async ({ id }) => ((await store.repliesUsed(lease, [id])).get(id) ?? 0) > 0,
    onDecision: (decision) => {
      const { what, user } = decision;
      if (what === 'revoked' && user !== undefined) onShutOut(user);
      emit({ type: 'access.decided', channel, decision });
    },
  });

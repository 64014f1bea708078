import { z } from 'zod';
import type { PairingView } from '../app/pairing.js';
import type { ServerSettings } from '../config/resolved.js';
import { PAIRING_REFUSALS } from '../server/pairing.js';
import { notAsAsked, request } from './ask-router.js';
import type { Cli } from './cli.js';

const user = z.looseObject({ channel: z.string(), user: z.string(), scene: z.string(), name: z.string().optional() });
const viewSchema = z.object({
  requests: z.array(
    user.extend({ state: z.string(), askedAtMs: z.number(), expiresAtMs: z.number(), triesLeft: z.number() }),
  ),
  paired: z.array(user.extend({ approvedAtMs: z.number() })),
  trail: z.array(z.looseObject({ what: z.string() })),
});
const approvedSchema = z.object({ approved: user });
const revokedSchema = z.object({ revoked: z.object({ channels: z.array(z.string()) }) });
const refusalSchema = z.object({ error: z.object({ code: z.string() }) });

const refusalOf = (body: unknown): string | undefined => refusalSchema.safeParse(body).data?.error.code;

/** Who is paired, and who asks to be. Errors: as `askChannels`. */
export const askPairing = async (settings: ServerSettings, say: Cli['say']): Promise<PairingView> => {
  const answer = await request(settings, 'GET', '/v1/pairing', say);
  const parsed = viewSchema.safeParse(answer.body);
  if (!parsed.success) throw notAsAsked(answer, say);
  return parsed.data as unknown as PairingView;
};

/** Shape: whom it let in, or why it did not. Errors: as `askChannels`. */
export const askApproval = async (
  settings: ServerSettings,
  code: string,
  say: Cli['say'],
): Promise<{ readonly user: string; readonly channel: string } | 'unknown' | 'malformed'> => {
  const answer = await request(settings, 'POST', '/v1/pairing/approve', say, { code });
  const approved = approvedSchema.safeParse(answer.body);
  if (approved.success) return approved.data.approved;
  const refusal = refusalOf(answer.body);
  if (refusal === PAIRING_REFUSALS.unknownCode) return 'unknown';
  if (refusal === PAIRING_REFUSALS.malformedCode) return 'malformed';
  throw notAsAsked(answer, say);
};

/** Shape: the channels where the user was known. Errors: as `askChannels`. */
export const askRevocation = async (
  settings: ServerSettings,
  asked: { readonly user: string; readonly channel?: string },
  say: Cli['say'],
): Promise<readonly string[]> => {
  const answer = await request(settings, 'POST', '/v1/pairing/revoke', say, asked);
  const revoked = revokedSchema.safeParse(answer.body);
  if (revoked.success) return revoked.data.revoked.channels;
  if (refusalOf(answer.body) === PAIRING_REFUSALS.unknownUser) return [];
  throw notAsAsked(answer, say);
};

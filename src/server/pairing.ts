import { z } from 'zod';
import type { Router } from '../app/router.js';
import type { App } from './app.js';
import { refusal } from './refusals.js';
import { failure, scene } from './schemas.js';

export type PairingOffice = Pick<Router, 'pairing' | 'approvePairing' | 'revokePairing'>;

/** What a client may look for. */
export const PAIRING_REFUSALS = {
  unknownCode: 'unknownPairingCode',
  malformedCode: 'malformedPairingCode',
  unknownUser: 'unknownPairedUser',
} as const;

const who = { channel: z.string(), user: z.string(), scene, name: z.string().exactOptional() };
const pairedUser = z.object({ ...who, approvedAtMs: z.number() });
const pairingRequest = z.object({
  ...who,
  state: z.enum(['pending', 'locked']).meta({ description: '`locked`: too many wrong codes were tried' }),
  askedAtMs: z.number(),
  expiresAtMs: z.number(),
  triesLeft: z.int().meta({ description: 'wrong codes until it is locked' }),
});
const decision = z.object({
  channel: z.string(),
  atMs: z.number(),
  what: z.enum(['asked', 'renewed', 'approved', 'wrongCode', 'locked', 'expired', 'displaced', 'revoked']),
  user: z.string().exactOptional(),
});
const pairingView = z.object({
  requests: z.array(pairingRequest).readonly(),
  paired: z.array(pairedUser).readonly(),
  trail: z.array(decision).readonly().meta({ description: 'what was decided, the last first' }),
});
const approval = z.strictObject({ code: z.string().max(100).meta({ description: 'as the user shows it' }) });
const revocation = z.strictObject({
  user: z.string().min(1).max(512),
  channel: z.string().max(512).exactOptional().meta({ description: 'in this channel alone' }),
});

/** Who asks to be let in, and the operator's answer. Codes come in and never go out. */
export const servePairing = (app: App, office: PairingOffice): void => {
  app.get(
    '/v1/pairing',
    { schema: { summary: 'Who is paired, who asks to be, and what was decided', response: { 200: pairingView } } },
    async () => office.pairing(),
  );

  app.post(
    '/v1/pairing/approve',
    {
      schema: {
        summary: 'Lets the user in who was given this code',
        body: approval,
        response: { 200: z.object({ approved: pairedUser }), 400: failure, 404: failure },
      },
    },
    async ({ body }, reply) => {
      const answer = await office.approvePairing(body.code);
      switch (answer.status) {
        case 'approved':
          return { approved: answer.user };
        case 'malformed':
          reply.code(400);
          return refusal(PAIRING_REFUSALS.malformedCode, 'a code is eight letters and digits');
        case 'unknown':
          reply.code(404);
          return refusal(PAIRING_REFUSALS.unknownCode, 'no request waits with this code');
      }
    },
  );

  app.post(
    '/v1/pairing/revoke',
    {
      schema: {
        summary: 'Shuts a paired user out, or takes a request away',
        body: revocation,
        response: {
          200: z.object({ revoked: z.object({ user: z.string(), channels: z.array(z.string()).readonly() }) }),
          404: failure,
        },
      },
    },
    async ({ body: { user, channel } }, reply) => {
      const channels = await office.revokePairing(user, channel);
      if (channels.length > 0) return { revoked: { user, channels } };
      reply.code(404);
      return refusal(PAIRING_REFUSALS.unknownUser, 'this user is neither paired nor asks to be');
    },
  );
};

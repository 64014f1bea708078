import { createShards, type Shards } from '../actors/gateway-shards.js';
import { createWebhook, type WebhookConnection } from '../actors/webhook.actor.js';
import { gatewayCodec } from '../adapters/qq/frames.js';
import { createGatewayLocator } from '../adapters/qq/gateway-locator.js';
import type { Rest } from '../adapters/qq/rest.js';
import { sharedTokenSources } from '../adapters/qq/token-source.js';
import type { ChannelSettings } from '../config/resolved.js';
import type { Logger } from '../log/logger.js';
import type { MessageApi } from '../ports/message-api.js';
import type { Lease, SessionRecord } from '../ports/store.js';
import type { TokenSource } from '../ports/token-source.js';
import type { BotDeps } from './bot-deps.js';
import type { WebhookDesk } from './webhook-desk.js';

/** The bot's tokens; each new one is told. */
export const announcedTokens = (
  { name, appId, appSecret, endpoints }: ChannelSettings,
  { http, clock, emit }: Pick<BotDeps, 'http' | 'clock' | 'emit'>,
): TokenSource => {
  const tokens = sharedTokenSources.get({ http, clock, endpoint: endpoints.token, appId, secret: appSecret });
  let announced: string | null = null;
  return {
    get: async () => {
      const token = await tokens.get();
      if (token !== announced) {
        announced = token;
        emit({ type: 'channel.token', channel: name });
      }
      return token;
    },
    invalidate: (token) => tokens.invalidate(token),
  };
};

export type LinkParts = {
  readonly tokens: TokenSource;
  readonly rest: Rest;
  readonly lease: Lease;
  readonly log: Logger;
  readonly saveSession: (slot: number, record: SessionRecord | null) => void;
};

/** Holds one socket, or as many as the bot is divided into. */
export const linked = (
  { name, appId, intents, shards }: ChannelSettings,
  { store, clock, random, sockets, emit, inspectorFor }: BotDeps,
  { tokens, rest, lease, log, saveSession }: LinkParts,
): Promise<Shards> => {
  const locator = createGatewayLocator(rest);
  return createShards(
    {
      appId,
      sockets,
      tokens,
      locator: {
        locate: async () => {
          const found = await locator.locate();
          emit({ type: 'channel.gateway', channel: name });
          return found;
        },
      },
      codec: gatewayCodec,
      clock,
      random,
      log,
      loadSession: (slot) => store.loadSession(lease, slot),
      saveSession,
      ...(inspectorFor && {
        inspectorFor: ([index, count]) =>
          inspectorFor({ chart: 'gateway', channel: name, id: count === 1 ? name : `${name}/${index}` }),
      }),
    },
    { intents, plan: shards },
  );
};

/** The bot introduces itself with a token: the secret is right, and the platform lets this address speak. */
export const calledBack = (
  { name }: ChannelSettings,
  { clock, random, inspectorFor }: BotDeps,
  {
    tokens,
    api,
    desk,
  }: { readonly tokens: TokenSource; readonly api: Pick<MessageApi, 'me'>; readonly desk: WebhookDesk },
): WebhookConnection => {
  const connection = createWebhook({
    clock,
    random,
    introduce: async () => {
      await tokens.get();
      return api.me();
    },
    ...(inspectorFor && { inspect: inspectorFor({ chart: 'webhook', channel: name, id: name }) }),
  });
  desk.open(connection);
  return connection;
};

import type { Target } from '../../domain/conversation.js';
import type { Sender } from '../../domain/inbound.js';
import type { PlatformEvent } from '../../domain/platform-event.js';
import { idOf, type Json, textOf } from '../json.js';

/** What every event has is filled in around what its reader finds. */
type Envelope = 'name' | 'id' | 'atMs' | 'conversation' | 'anchor' | 'raw';
export type Bare<Event> = Event extends unknown ? Omit<Event, Envelope> : never;

/** Total over objects: nothing where an id is missing without which the event says nothing. */
export type EventReader = (d: Json) => Bare<PlatformEvent> | undefined;

/** A field under its name where it has a value, and no field where it has none. */
export const given = <Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): { readonly [K in Key]?: Value } => (value === undefined ? {} : ({ [key]: value } as { readonly [K in Key]: Value }));

export const personOf = (id: string | undefined, more: Json | undefined = undefined): Sender | undefined => {
  if (id === undefined) return undefined;
  return { id, ...given('name', textOf(more?.['username'])), ...(more?.['bot'] === true ? { bot: true } : {}) };
};

export const channelTarget = (channelId: string | undefined): { readonly target?: Target } =>
  given('target', channelId === undefined ? undefined : ({ scene: 'guild', channelId } as const));

export const guildPlace = (d: Json) => ({
  ...channelTarget(idOf(d['channel_id'])),
  ...given('guildId', idOf(d['guild_id'])),
});

import type { Platform } from '../../src/emulator/index.js';

/** The bot's words to a peer, message by message. */
export const shownTo = (
  platform: Pick<Platform, 'transcript'>,
  peer: Parameters<Platform['transcript']>[0],
): string[] =>
  platform
    .transcript(peer)
    .filter(({ by, kind }) => by === 'bot' && kind !== 'typing')
    .map(({ text }) => text);

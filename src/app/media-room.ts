import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFileOpener } from '../adapters/media/file-opener.js';
import { Spool } from '../adapters/media/spool.js';
import { createPublicFetch } from '../adapters/net/public-fetch.js';
import type { ChannelSettings, MediaSettings } from '../config/resolved.js';
import type { MediaKind } from '../domain/message.js';
import { RouterError } from '../errors/router-error.js';
import type { Logger } from '../log/logger.js';
import type { Clock } from '../ports/clock.js';
import type { FileOpener, PublicFetch } from '../ports/files.js';

/** The files of all bots of a router, on their way in and out. */
export type MediaRoom = {
  readonly settings: MediaSettings;
  readonly opener: FileOpener;
  /** Keeps a received file; absent: none is fetched. */
  readonly receive?: (url: string, kind: MediaKind, name: string | undefined) => Promise<string>;
  readonly close: () => Promise<void>;
};

export type MediaRoomDeps = {
  readonly channels: readonly ChannelSettings[];
  readonly clock: Clock;
  readonly log: Logger;
  /** Null: nothing is fetched from the network. */
  readonly fetch?: PublicFetch | null;
};

/** Its folder is made with the first file. */
export const createMediaRoom = (settings: MediaSettings, deps: MediaRoomDeps): MediaRoom => {
  const { channels, clock, log } = deps;
  const dir = settings.path ?? join(tmpdir(), `rookery-media-${randomUUID()}`);
  // An emulator on this machine may serve files; it is known by the very address that was configured.
  const trustedOrigins = channels.flatMap(({ endpoints }) => [endpoints.api, endpoints.token]);
  const fetch = deps.fetch === undefined ? createPublicFetch({ trustedOrigins }) : deps.fetch;
  const spool = new Spool({
    dir: join(dir, 'received'),
    bytesMax: settings.spoolBytesMax,
    filesMax: settings.spoolFilesMax,
    lifeMs: settings.spoolLifeMs,
    now: () => clock.now(),
  });
  let opening: Promise<void> | null = null;
  let hasOutgoing = false;
  const outgoing = (): string => {
    hasOutgoing = true;
    return join(dir, 'outgoing');
  };
  const receive = async (url: string, kind: MediaKind, name: string | undefined): Promise<string> => {
    opening ??= spool.open();
    await opening;
    const fetched = await (fetch as PublicFetch).fetch(url, settings.receiveBytesMax);
    return spool.save(kind, name ?? fetched.name, fetched);
  };
  return {
    settings,
    opener: createFileOpener({ fetch: fetch ?? UNREACHABLE, tempDir: outgoing }),
    ...(settings.receive && fetch && { receive }),
    close: async () => {
      await fetch?.close();
      // What was never made is not looked for.
      if (hasOutgoing) await rm(join(dir, 'outgoing'), { recursive: true, force: true });
      if (settings.path === undefined && (hasOutgoing || opening)) await rm(dir, { recursive: true, force: true });
      log.debug({ files: spool.size.files }, 'the media room is closed');
    },
  };
};

const UNREACHABLE: PublicFetch = {
  fetch: () => Promise.reject(new RouterError('media.unreadable', 'nothing is fetched from the network here')),
  close: async () => undefined,
};

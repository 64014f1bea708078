import type { RouterEvent } from '../app/events.js';
import { peerOf } from '../domain/conversation.js';
import type { Cli } from './cli.js';

/** An upload that is done within this time needs no line. Units: ms. */
const SILENT_MS = 1_000;
const STEP_PERCENT = 25;
/** Uploads that are followed at once; of more, nothing is printed. */
const FOLLOWED_MAX = 64;

type Upload = Extract<RouterEvent, { type: 'upload' }>;
type Followed = { readonly sinceMs: number; printedPercent: number };

const megabytes = (bytes: number): string => (bytes / 1_048_576).toFixed(1);

/** Follows uploads: a line at every quarter of those that take longer than a second. */
export const uploadLines = (
  { say }: Pick<Cli, 'say'>,
  now: () => number = Date.now,
): ((event: RouterEvent) => readonly string[]) => {
  const followed = new Map<string, Followed>();

  const lineFor = ({ channel, target, kind, name, sentBytes, totalBytes }: Upload): string | null => {
    const upload = [channel, peerOf(target), kind, name].join('/');
    const known = followed.get(upload) ?? { sinceMs: now(), printedPercent: 0 };
    const isDone = sentBytes >= totalBytes;
    if (isDone) followed.delete(upload);
    else if (followed.has(upload) || followed.size < FOLLOWED_MAX) followed.set(upload, known);
    else return null;
    const percent = totalBytes === 0 ? 100 : Math.floor((sentBytes / totalBytes) * 100);
    const isStep = isDone ? known.printedPercent > 0 : percent >= known.printedPercent + STEP_PERCENT;
    if (!isStep || now() - known.sinceMs < SILENT_MS) return null;
    known.printedPercent = percent;
    return `${channel}: ${say.channel.uploading(kind, percent, megabytes(totalBytes))}`;
  };

  return (event) => {
    const line = event.type === 'upload' ? lineFor(event) : null;
    return line === null ? [] : [line];
  };
};

import type { TranscriptEntry } from '../../emulator/platform/index.js';
import { eventsIn } from '../model/sse.js';
import { get, open, post } from './api.js';
import { Store } from './store.js';

export type Scene = 'c2c' | 'group' | 'guild';
export type Peer = { readonly scene: Scene; readonly id: string };
type Change = { readonly scene: string; readonly target: string; readonly entry: TranscriptEntry };

export const entries = new Store<readonly TranscriptEntry[]>([]);

/** Entries grow in place: the one of the same id is the same, later. */
const withEntry = (known: readonly TranscriptEntry[], entry: TranscriptEntry): readonly TranscriptEntry[] => {
  const at = known.findLastIndex(({ messageId, kind }) => messageId === entry.messageId && kind === entry.kind);
  return at < 0 ? [...known, entry] : known.with(at, entry);
};

/** What stands in one chat, and what comes; ends when it is not looked at any more. */
export const followChat = ({ scene, id }: Peer): (() => void) => {
  const controller = new AbortController();
  const follow = async (): Promise<void> => {
    const { body } = await open('/v1/platform/events?kinds=entry', controller.signal);
    const path = `/v1/platform/conversations/${scene}/${encodeURIComponent(id)}`;
    const found = await get<{ entries: readonly TranscriptEntry[] }>(path, controller.signal);
    entries.set(found.entries);
    if (!body) return;
    for await (const data of eventsIn(body)) {
      const change = JSON.parse(data) as Partial<Change>;
      if (change.entry && change.scene === scene && change.target === id) {
        const { entry } = change;
        entries.update((known) => withEntry(known, entry));
      }
    }
  };
  entries.set([]);
  follow().catch(() => undefined);
  return () => controller.abort();
};

export const say = ({ scene, id }: Peer, from: string, text: string): Promise<unknown> => {
  if (scene === 'c2c') return post('/v1/platform/sendC2c', { from, text });
  if (scene === 'group') return post('/v1/platform/sendGroup', { from, text, group: id });
  return post('/v1/platform/sendGuild', { from, text, channel: id });
};

/** Trouble, in the platform's own words. */
export const FAULTS = {
  close4009: [['closeAll', { code: 4009 }]],
  op7: [['sendReconnect', {}]],
  op9: [['invalidateSession', { resumable: false }]],
  dropAcks: [['dropAcks', { on: true }]],
  stall: [['stall', {}]],
  unstall: [['unstall', {}]],
  swallow: [['swallowNext', { how: 'cut' }]],
  rateLimit: [['rateLimit429', {}]],
  slow: [['delayNext', { ms: 3_000, match: 'sends' }]],
  // To the platform a stall is no fault that waits, but to whoever made it, it is trouble like the rest.
  clear: [
    ['clearFaults', {}],
    ['unstall', {}],
  ],
} as const satisfies Record<string, readonly (readonly [string, Readonly<Record<string, unknown>>])[]>;

export const makeTrouble = async (fault: keyof typeof FAULTS): Promise<void> => {
  for (const [command, input] of FAULTS[fault]) await post(`/v1/platform/${command}`, input);
};

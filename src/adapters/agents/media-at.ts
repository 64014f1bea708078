import type { Attachment } from '../../domain/inbound.js';
import type { AgentEvent } from '../../ports/agent-driver.js';
import { textOf } from '../json.js';

/** Units: characters of an address. */
const URL_MAX = 4_096;

/** A file that an agent names, as an event; none where the address is none of the web. `base`: where relative ones start. */
export const mediaAt = (url: unknown, kind: Attachment['kind'], base?: string, name?: unknown): AgentEvent[] => {
  const written = textOf(url);
  if (!written || written.length > URL_MAX || !URL.canParse(written, base)) return [];
  const { protocol, href } = new URL(written, base);
  if (protocol !== 'https:' && protocol !== 'http:') return [];
  const called = textOf(name);
  return [{ type: 'media', media: { kind, url: href, ...(called && { name: called.slice(0, 255) }) } }];
};

import { type AgentFrame, type AgentFrameType, FROM_AGENT } from './from-agent.js';
import type { FrameErrorCode } from './parts.js';

/** A frame that is none: what is answered. `re` and `turn` are named where they could be read. */
export type Unreadable = {
  readonly code: Extract<FrameErrorCode, 'unknown_type' | 'bad_frame'>;
  readonly message: string;
  readonly re?: string;
  readonly turn?: string;
};

export type ReadFrame = { readonly frame: AgentFrame } | { readonly unreadable: Unreadable };

/** Characters of an agent's own words that are said back to it. */
const ECHO_MAX = 64;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const shortText = (value: unknown): string | undefined =>
  typeof value === 'string' && value.length > 0 && value.length <= 512 ? value : undefined;

const refuse = (code: Unreadable['code'], message: string, said: Readonly<Record<string, unknown>> = {}): ReadFrame => {
  const re = shortText(said['id']);
  const turn = shortText(said['turn']);
  return { unreadable: { code, message, ...(re && { re }), ...(turn && { turn }) } };
};

const isFrameType = (t: string): t is AgentFrameType => Object.hasOwn(FROM_AGENT, t);

/**
 * One frame of an agent.
 * Shape: total, whatever the text is; unknown fields are left out.
 */
export const readFrame = (text: string): ReadFrame => {
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    return refuse('bad_frame', 'this is no JSON; one frame is one JSON object');
  }
  if (!isObject(said)) return refuse('bad_frame', 'a frame is a JSON object');
  const { t } = said;
  if (typeof t !== 'string') return refuse('bad_frame', '`t` is missing: it names what the frame is', said);
  if (!isFrameType(t))
    return refuse('unknown_type', `no frame is called ${JSON.stringify(t.slice(0, ECHO_MAX))}`, said);
  const read = FROM_AGENT[t].safeParse(said);
  if (read.success) return { frame: read.data };
  const [issue] = read.error.issues;
  const at = issue?.path.join('.') || t;
  return refuse('bad_frame', `${at}: ${(issue?.message ?? 'not readable').slice(0, 200)}`, said);
};

import type { Attachment } from '../../../src/domain/inbound.js';
import type { Interrupted, Receipt } from '../../../src/domain/turn.js';
import type { AgentEvent, TurnInput } from '../../../src/ports/agent-driver.js';

export const RECEIPT: Receipt = {
  status: 'completed',
  delivered: 'all of it',
  generatedChars: 9,
  certainty: 'exact',
  messageIds: ['sent-1'],
};

/** A turn of one message, as a conversation would hand it to a driver. */
export const turnInput = (
  text: string,
  more: {
    attachments?: readonly Attachment[];
    interrupted?: Interrupted;
    delivered?: () => Promise<Receipt>;
    hold?: (on: boolean) => void;
    onSteer?: TurnInput['onSteer'];
    memo?: string | null;
    remember?: (memo: string) => void;
    name?: string;
    trace?: string;
  } = {},
): TurnInput => {
  const target = { scene: 'c2c', openid: 'user-1' } as const;
  const sender = { id: 'user-1', ...(more.name && { name: more.name }) };
  return {
    id: 'turn-1',
    epoch: 1,
    conversation: { id: 'qq:app:c2c:user-1', scene: 'c2c', target, sender },
    inputs: [
      {
        id: 'message-1',
        conversation: 'qq:app:c2c:user-1',
        target,
        sender,
        text,
        mention: true,
        atMs: 0,
        attachments: more.attachments ?? [],
      },
    ],
    text,
    traceparent: () => more.trace ?? null,
    ...(more.interrupted && { interrupted: more.interrupted }),
    messages: () => [
      { role: 'user', content: 'before' },
      { role: 'assistant', content: 'then' },
      { role: 'user', content: text },
    ],
    memo: more.memo ?? null,
    remember: more.remember ?? (() => undefined),
    delivered: more.delivered ?? (() => Promise.resolve(RECEIPT)),
    hold: more.hold ?? (() => undefined),
    noteTools: () => undefined,
    onSteer: more.onSteer ?? (() => undefined),
    surface: () => ({ mode: 'final', maxChars: 18_000, repliesLeft: 4, markdown: false, windowMs: 3_600_000 }),
    hasSaid: () => false,
  };
};

export const collect = async (events: AsyncIterable<AgentEvent>): Promise<AgentEvent[]> => {
  const all: AgentEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
};

/** The text of an answer; a break shows as `|`. */
export const textIn = (events: readonly AgentEvent[]): string =>
  events.map((event) => (event.type === 'text' ? event.delta : event.type === 'break' ? '|' : '')).join('');

export const never = new AbortController().signal;

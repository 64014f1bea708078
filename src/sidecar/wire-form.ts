import type { Scene } from '../domain/conversation.js';
import type { Attachment, Inbound } from '../domain/inbound.js';
import type { OutgoingMedia } from '../domain/message.js';
import type { Interrupted, Receipt } from '../domain/turn.js';
import type { AgentEvent, ConversationInfo, TurnInput } from '../ports/agent-driver.js';
import type { AgentFrames, OutputFrame } from './frames/from-agent.js';
import type { RouterFrames, ToLog } from './frames/to-agent.js';
import type { TurnTimes } from './turn-holder.js';

type Start = RouterFrames['turn.start'];
type Offered = Extract<ToLog, { t: 'turn.start' }>;

const SCENE: Readonly<Record<Scene, Start['conv']['scene']>> = {
  c2c: 'c2c',
  group: 'group',
  guild: 'guild',
  dm: 'dms',
};

/** What of these is set. Shape: no key whose value is undefined. */
const set = <T extends object>(values: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;

export const wireScene = (scene: Scene): Start['conv']['scene'] => SCENE[scene];

export const wireConv = ({ id, scene, sender }: Pick<ConversationInfo, 'id' | 'scene' | 'sender'>): Start['conv'] => ({
  id,
  scene: wireScene(scene),
  ...(scene !== 'c2c' && scene !== 'dm' && { member: sender.id }),
});

const wireMedia = ({
  kind,
  url,
  name,
  bytes,
  text,
}: Attachment): NonNullable<Start['inputs'][number]['media']>[number] => set({ kind, url, name, bytes, text });

export const wireInput = ({
  id,
  atMs,
  sender,
  text,
  mention,
  quote,
  attachments,
}: Inbound): Start['inputs'][number] => ({
  id,
  at: atMs,
  sender: set({ id: sender.id, name: sender.name, bot: sender.bot, role: sender.role }),
  text,
  mention,
  ...(quote && { quote: set({ id: quote.id, text: quote.text, media: quote.attachments?.map(wireMedia) }) }),
  ...(attachments.length > 0 && { media: attachments.map(wireMedia) }),
});

export const wireInterrupted = ({
  atMs,
  inputs,
  tools,
  maybe,
  ...rest
}: Interrupted): NonNullable<Start['interrupted']> => ({
  at: atMs,
  inputs: inputs.map(({ id, text }) => ({ id, text })),
  ...rest,
  ...(maybe !== undefined && { maybe }),
  ...(tools && { tools: tools.map(({ id, label, state }) => ({ id, label, state })) }),
});

/** One offer of a turn to one agent. */
type OfferParts = {
  readonly wire: string;
  readonly attempt: number;
  readonly history: AgentFrames['hello']['caps']['history'];
  readonly times: TurnTimes;
  readonly credit: number;
};

/** The frame by which a turn is offered. `joined`: messages that were taken into it after it had begun. */
export const wireStart = (input: TurnInput, joined: readonly Inbound[], offer: OfferParts): Offered => {
  const { wire, attempt, history, times, credit } = offer;
  const { acceptMs, idleMs, turnMs } = times;
  const trace = input.traceparent();
  return {
    t: 'turn.start',
    turn: wire,
    epoch: input.epoch,
    attempt,
    conv: wireConv(input.conversation),
    inputs: [...input.inputs, ...joined].map(wireInput),
    ...(input.interrupted && { interrupted: wireInterrupted(input.interrupted) }),
    ...(input.dropped && { dropped: { count: input.dropped.count, texts: [...input.dropped.texts] } }),
    ...(history === 'router' && { history: input.messages() }),
    ...(history === 'agent' && input.note && { note: input.note }),
    surface: input.surface(),
    deadline: { acceptMs, idleMs, turnMs: turnMs[input.conversation.scene] },
    credit,
    ...(trace !== null && { trace }),
  };
};

/** A receipt as its turn's closing frame. */
export const wireClosed = (
  turn: string,
  epoch: number,
  receipt: Omit<Receipt, 'reason'> & { readonly reason?: string },
): Extract<ToLog, { t: 'turn.closed' }> => ({
  t: 'turn.closed',
  turn,
  epoch,
  status: receipt.status,
  ...(receipt.reason !== undefined && { reason: receipt.reason }),
  delivered: receipt.delivered,
  generatedChars: receipt.generatedChars,
  certainty: receipt.certainty,
  messageIds: [...receipt.messageIds],
});

/** Only what this names is taken over: an agent's frame can never name a file of this machine. */
export const mediaOf = ({ media }: AgentFrames['turn.media']): OutgoingMedia =>
  'base64' in media
    ? set({ kind: media.kind, name: media.name, data: Buffer.from(media.base64, 'base64') })
    : set({ kind: media.kind, name: media.name, url: media.url });

/** An output frame as what an agent says. */
export const eventOf = (frame: OutputFrame): AgentEvent => {
  switch (frame.t) {
    case 'turn.delta':
      return { type: 'text', delta: frame.text };
    case 'turn.set':
      return { type: 'replace', text: frame.text };
    case 'turn.break':
      return { type: 'break' };
    case 'turn.media':
      return { type: 'media', media: mediaOf(frame) };
  }
};

type Filter = AgentFrames['hello']['filter'];

/** Whether an agent with this filter wants this conversation. Shape: no filter wants all. */
export const isWanted = (filter: Filter, { id, scene }: { readonly id: string; readonly scene: Scene }): boolean => {
  const isScene = !filter?.scene || filter.scene.includes(wireScene(scene)) || filter.scene.includes(scene);
  const isConv =
    !filter?.conv || filter.conv.some((one) => (one.endsWith('*') ? id.startsWith(one.slice(0, -1)) : one === id));
  return isScene && isConv;
};

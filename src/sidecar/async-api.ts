import { z } from 'zod';
import { FROM_AGENT } from './frames/from-agent.js';
import { TO_AGENT } from './frames/to-agent.js';

type Json = Readonly<Record<string, unknown>>;
type Frames = Readonly<Record<string, z.ZodType>>;

const OWN_PARTS = '#/definitions/';
const SHARED_PARTS = '#/components/schemas/';

/** The same with what it refers to where the whole document has it. */
const shared = <T>(schema: T): T =>
  JSON.parse(JSON.stringify(schema), (key, value: unknown) =>
    key === '$ref' && typeof value === 'string' ? value.replace(OWN_PARTS, SHARED_PARTS) : value,
  ) as T;

/**
 * The messages, and the parts that several have.
 * Shape: JSON Schema of draft 7, which AsyncAPI's own is made of. Frames have room for fields of later versions, on both
 * sides.
 */
const componentsOf = (frames: Frames): Json => {
  const schemas: Record<string, unknown> = {};
  const messages: Record<string, Json> = {};
  for (const [t, schema] of Object.entries(frames)) {
    const whole = shared(z.toJSONSchema(schema, { target: 'draft-7', io: 'input' }) as Json);
    const { $schema: _, definitions, ...payload } = whole;
    Object.assign(schemas, definitions);
    messages[t] = { name: t, title: t, summary: schema.description, contentType: 'application/json', payload };
  }
  return { messages, schemas };
};

const refs = (at: string, frames: Frames): Json[] => Object.keys(frames).map((t) => ({ $ref: `${at}/${t}` }));

const channelOf = (address: string, summary: string, frames: Frames): Json => ({
  address,
  summary,
  messages: Object.fromEntries(Object.keys(frames).map((t) => [t, { $ref: `#/components/messages/${t}` }])),
});

const operation = (action: 'send' | 'receive', channel: string, summary: string, frames: Frames): Json => ({
  action,
  channel: { $ref: `#/channels/${channel}` },
  summary,
  messages: refs(`#/channels/${channel}/messages`, frames),
});

/** What a router and an agent say to each other, as AsyncAPI 3. Seen from the router: it sends what agents receive. */
export const asyncApiDocument = (): Json => {
  const both = { ...TO_AGENT, ...FROM_AGENT };
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Rookery sidecar',
      version: '1',
      description:
        'Frames between a router and an agent, one JSON object each, told apart by `t`. Frames with `seq` are replayed until they are acknowledged; unknown fields are ignored.',
    },
    defaultContentType: 'application/json',
    channels: {
      socket: channelOf('/v1/agent', 'WebSocket, sub-protocol `rookery.v1`, one frame a text message', both),
      events: channelOf('/v1/agent/events', 'Server-Sent Events, `id: <sid>.<seq>`', TO_AGENT),
      frames: channelOf('/v1/agent/frames', 'POST, one frame a line, one answer a line', FROM_AGENT),
    },
    operations: {
      say: operation('send', 'socket', 'What the router says', TO_AGENT),
      hear: operation('receive', 'socket', 'What an agent says', FROM_AGENT),
      sayEvents: operation('send', 'events', 'What the router says', TO_AGENT),
      hearFrames: operation('receive', 'frames', 'What an agent says', FROM_AGENT),
    },
    components: componentsOf(both),
  };
};

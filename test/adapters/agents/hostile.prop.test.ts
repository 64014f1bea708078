import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AcpUpdates } from '../../../src/adapters/agents/acp-updates.js';
import { AgUiReader } from '../../../src/adapters/agents/ag-ui-reader.js';
import { createDriver, type DialledOut } from '../../../src/adapters/agents/create.js';
import { DifyStream } from '../../../src/adapters/agents/dify-stream.js';
import { EventQueue } from '../../../src/adapters/agents/event-queue.js';
import { LangGraphReader } from '../../../src/adapters/agents/langgraph-reader.js';
import { OpenAiStream } from '../../../src/adapters/agents/openai-stream.js';
import { usageOf } from '../../../src/adapters/agents/usage.js';
import { WebhookReader } from '../../../src/adapters/agents/webhook-reader.js';
import { systemClock } from '../../../src/adapters/clock/system-clock.js';
import type { Json } from '../../../src/adapters/json.js';
import { resolveRouterOptions } from '../../../src/config/resolve.js';
import type { AgentEvent } from '../../../src/ports/agent-driver.js';
import { WIRE_AGENTS } from '../../support/wire-agents.js';
import { collect, never, turnInput } from './turn-input.js';

const KEYS = [
  ...['type', 'event', 'data', 'choices', 'delta', 'content', 'text', 'message', 'error', 'role', 'id', 'name'],
  ...['answer', 'task_id', 'conversation_id', 'url', 'kind', 'media', 'status', 'title', 'node_id', 'tool', 'usage'],
  ...['messageId', 'toolCallId', 'toolCallName', 'stepName', 'subagentRunId', 'outcome', 'interrupts', 'messages'],
  ...['sessionUpdate', 'entries', 'uri', 'update', 'tool_calls', '__interrupt__', 'value', 'finish_reason', 'label'],
  ...['__proto__', 'constructor', 'reasoning_content', 'metadata', 'run_id', 'state', 'belongs_to', 'reason'],
];
const WORDS = [
  ...['text', 'end', 'error', 'progress', 'media', 'replace', 'usage', 'item', 'stop', 'length', 'ai', 'tool', 'image'],
  ...['message', 'agent_message', 'message_end', 'message_file', 'agent_thought', 'node_finished', 'workflow_finished'],
  ...['TEXT_MESSAGE_CHUNK', 'TEXT_MESSAGE_START', 'TOOL_CALL_START', 'RUN_FINISHED', 'RUN_ERROR', 'MESSAGES_SNAPSHOT'],
  ...['agent_message_chunk', 'tool_call', 'plan', 'in_progress', 'completed', 'interrupt', 'messages', 'updates'],
  ...['javascript:alert(1)', 'file:///etc/passwd', 'https://a.b/c.png', '../../etc/passwd', '[DONE]', ''],
];

const { value } = fc.letrec<{ value: unknown; object: Json }>((tie) => ({
  object: fc.dictionary(fc.constantFrom(...KEYS), tie('value'), { maxKeys: 6 }) as fc.Arbitrary<Json>,
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constantFrom(...WORDS),
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.constantFrom(null, true, -1, 1e308, 0.5),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
}));
const object = fc.dictionary(fc.constantFrom(...KEYS), value, { maxKeys: 8 }) as fc.Arbitrary<Json>;
const data = fc.oneof({ weight: 6, arbitrary: object.map((one) => JSON.stringify(one)) }, fc.string({ maxLength: 50 }));
const named = fc.record({ name: fc.constantFrom(...WORDS, 'custom', 'metadata', 'answer', 'toolCall'), data });

const scrub = (text: string): string => text.slice(0, 300);
const no = (): void => undefined;

/** What a reader gives to what a hostile agent sends, in any order. */
const READERS: Readonly<
  Record<string, () => (one: { name: string; data: string; object: Json }) => readonly AgentEvent[]>
> = {
  openai: () => {
    const reader = new OpenAiStream(scrub);
    return (one) => reader.read(one);
  },
  dify: () => {
    const reader = new DifyStream({ scrub, baseUrl: 'http://127.0.0.1:1/v1', onTask: no, onConversation: no });
    return (one) => reader.read(one);
  },
  'ag-ui': () => {
    const reader = new AgUiReader(scrub);
    return (one) => reader.read(one.object);
  },
  acp: () => {
    const reader = new AcpUpdates();
    return (one) => reader.read(one.object);
  },
  webhook: () => {
    const reader = new WebhookReader(scrub);
    return (one) => [...reader.line(one.data), ...reader.whole(one.object)];
  },
  langgraph: () => {
    const reader = new LangGraphReader({ scrub, nodes: [], onRun: no });
    return (one) => [...reader.read(one), ...reader.read({ name: 'messages', data: `[${one.data},{}]` })];
  },
};

/** Why an event is none that the router may be given; null where it is one. */
const wrongWith = (event: AgentEvent): string | null => {
  switch (event.type) {
    case 'text':
    case 'reasoning':
      return typeof event.delta === 'string' ? null : 'its delta is no text';
    case 'replace':
      return typeof event.text === 'string' ? null : 'its text is none';
    case 'progress':
      return typeof event.id === 'string' && event.label.length <= 300 ? null : 'its label is none, or too long';
    case 'media':
      return 'url' in event.media && /^https?:\/\//.test(event.media.url) && event.media.url.length <= 4_200
        ? null
        : 'its address is none';
    case 'usage':
      return Object.values(event.usage).every(Number.isFinite) ? null : 'it counts in something else than numbers';
    case 'error':
      return event.message.length <= 300 ? null : 'its message is too long';
    default:
      return null;
  }
};

describe('an agent that cannot be held back', () => {
  it('leaves no more behind than a reader who rests may find', async () => {
    const updates = new AcpUpdates();
    const queue = new EventQueue();
    const flood = [
      { sessionUpdate: 'usage_update', used: 1 },
      { sessionUpdate: 'tool_call', toolCallId: 't', title: 'again' },
      { sessionUpdate: 'agent_message_chunk', content: { type: 'image', uri: 'https://a.b/c.png' } },
      { sessionUpdate: 'plan', entries: [{ content: 'x', status: 'in_progress' }] },
    ];
    for (let n = 0; n < 2_000; n += 1)
      for (const one of flood) for (const event of updates.read(one)) queue.push(event);
    queue.finish();
    let waiting = 0;
    while (await queue.next()) waiting += 1;
    expect(waiting).toBeLessThanOrEqual(256 + 32);
  });
});

it('an agent that counts a thousand things is told of by thirty-two', () => {
  const counts = Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`count${n}`, n]));
  expect(Object.keys(usageOf(counts) ?? {})).toHaveLength(32);
});

describe('whatever an agent sends', () => {
  it.each(Object.entries(READERS))('%s: it is read, and what comes out of it is well-formed', (_, make) => {
    const one = fc.record({ named, object });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 12 }), (sent) => {
        const read = make();
        const events = sent.flatMap((each) => read({ ...each.named, object: each.object }));
        expect(events.map(wrongWith).filter(Boolean)).toEqual([]);
      }),
      { numRuns: 300 },
    );
    expect(({} as Record<string, unknown>)['text']).toBeUndefined();
  });

  const line = fc.oneof(
    data.map((text) => Buffer.from(`data: ${text}\n\n`)),
    named.map((event) => Buffer.from(`event: ${event.name}\ndata: ${event.data}\n\n`)),
    object.map((one) => Buffer.from(`${JSON.stringify(one)}\n`)),
    object.map((params) => Buffer.from(`${JSON.stringify({ jsonrpc: '2.0', method: 'session/update', params })}\n`)),
    object.map((params) =>
      Buffer.from(`${JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'session/request_permission', params })}\n`),
    ),
    object.map((error) => Buffer.from(`${JSON.stringify({ jsonrpc: '2.0', id: 99, error })}\n`)),
    fc.uint8Array({ maxLength: 200 }),
  );

  const kinds = Object.entries(WIRE_AGENTS).filter(([name]) => !name.includes('rude'));

  it.each(kinds)('%s: the run ends, once, and the driver is good for the next one', async (name, make) => {
    const agent = await make();
    const options = resolveRouterOptions({ channels: { qq: { appId: '1', appSecret: 's' } }, agent: agent.settings });
    const driver = await createDriver(options.agent as DialledOut, { clock: systemClock, baseDir: '.' });
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(line, { maxLength: 6 }), fc.boolean(), async (sent, dies) => {
          const reading = collect(driver.run(turnInput('hi'), never));
          const run = await agent.next();
          for (const bytes of sent) run.raw(bytes);
          if (dies) run.die();
          else run.end();
          const events = await reading;
          expect(events.map(wrongWith).filter(Boolean)).toEqual([]);
          const last = events.filter(({ type }) => type === 'end' || type === 'error');
          expect([last.length, events.at(-1)?.type]).toEqual([1, last[0]?.type]);
        }),
        { numRuns: name === 'acp' ? 12 : 40 },
      );
    } finally {
      await driver.close?.();
      await agent.close();
    }
  });
});

import { z } from 'zod';
import { count, ms, text, webUrl } from './values.js';

/** The drivers that exist; `LATER_DRIVERS` are planned and refused by name. */
export const AGENT_DRIVERS = [
  'openai',
  'dify',
  'ag-ui',
  'acp',
  'webhook',
  'langgraph',
  'native',
  'module',
  'echo',
  'demo',
] as const;
export const LATER_DRIVERS: readonly string[] = ['responses', 'coze', 'a2a'];

/** In these, `{{conv}}`, `{{user}}`, `{{name}}`, `{{scene}}`, `{{turn}}` and `{{text}}` are filled in for each turn. */
const FILLED = 'Sent with every request; {{conv}}, {{user}} and the like are filled in.';

const headers = () => z.record(z.string(), z.string()).default({}).describe(FILLED);
const onDisconnect = () =>
  z.enum(['stops', 'continues']).default('stops').describe('What a closed connection does to the agent.');
const idleMs = () => ms(1).default(120_000).describe('Silence of the stream after which the turn fails. Units: ms.');

const openai = z.strictObject({
  driver: z.literal('openai').describe('Chat Completions, streamed.'),
  baseUrl: webUrl().describe('`/chat/completions` is appended.'),
  apiKey: text().optional(),
  model: text(),
  system: z.string().optional().describe('The system prompt.'),
  headers: headers(),
  body: z.record(z.string(), z.unknown()).default({}).describe('Merged into every request body, filled like headers.'),
  sessionHeader: text().optional().describe('The header in which an agent that keeps sessions takes the key of one.'),
  sessionField: text().optional().describe('The same as a field of the body, e.g. "chatId" or "user".'),
  sessionKey: text().optional().meta({ description: 'What is sent there.', default: '{{conv}}' }),
  history: z
    .enum(['router', 'agent'])
    .optional()
    .describe(
      'Who remembers what was said. Default: "agent" where a session is named, which then gets the new question only; else "router".',
    ),
  onDisconnect: onDisconnect(),
  idleMs: idleMs(),
});

const dify = z.strictObject({
  driver: z.literal('dify').describe('An app of Dify, through its chat API.'),
  baseUrl: webUrl().describe('With its version, e.g. "https://api.dify.ai/v1".'),
  apiKey: text().describe('The key of the app.'),
  user: text()
    .default('{{conv}}')
    .describe(
      'Who asks, to Dify. A conversation of Dify belongs to one user: keep it as constant as the conversation.',
    ),
  inputs: z.record(z.string(), z.unknown()).default({}).describe('The app’s variables, filled like headers.'),
  headers: headers(),
  idleMs: idleMs(),
});

const agUi = z.strictObject({
  driver: z.literal('ag-ui').describe('An agent behind the AG-UI protocol.'),
  url: webUrl().describe('Where runs are posted to.'),
  apiKey: text().optional().describe('Sent as a bearer token.'),
  threadId: text().optional().meta({
    description: 'The thread of a conversation, filled like headers.',
    default: 'a UUID made of the conversation’s id',
  }),
  history: z
    .enum(['router', 'agent'])
    .default('router')
    .describe('Who remembers what was said; "agent" is sent the new question only.'),
  state: z.record(z.string(), z.unknown()).default({}).describe('The state a run starts from, filled like headers.'),
  forwardedProps: z
    .record(z.string(), z.unknown())
    .default({})
    .describe('Passed on to the agent, filled like headers.'),
  headers: headers(),
  onDisconnect: onDisconnect(),
  idleMs: idleMs(),
});

const native = z.strictObject({
  driver: z.literal('native').describe('Agents that dial in to /v1/agent, in any language.'),
  waitMs: ms(1).default(60_000).describe('A turn that no agent has taken by then fails. Units: ms.'),
});

const acp = z.strictObject({
  driver: z.literal('acp').describe('A program that speaks the Agent Client Protocol on its standard streams.'),
  command: text().describe('The program, by name or by path.'),
  args: z.array(z.string()).default([]),
  env: z
    .record(z.string(), z.string())
    .default({})
    .describe('What it sees of an environment, beside PATH, HOME, the language and the like.'),
  cwd: text().default('.').describe('The folder it works in, relative to the configuration file.'),
  process: z
    .enum(['conversation', 'bot'])
    .default('conversation')
    .describe('A process for each conversation, or one with a session for each.'),
  processesMax: count(1).default(8).describe('Processes that may live at once.'),
  processIdleMs: ms(1).default(600_000).describe('A process without work is ended after this long. Units: ms.'),
  permissions: z
    .enum(['deny', 'allow', 'ask'])
    .default('deny')
    .describe(
      'What it is answered when it wants to be allowed something; "ask" asks the user, and needs busy "steer".',
    ),
  startMs: ms(1).default(60_000).describe('How long it may take to start, or to open a session. Units: ms.'),
  idleMs: idleMs(),
});

const webhook = z.strictObject({
  driver: z
    .literal('webhook')
    .describe('One POST a turn; the answer is JSON, plain text, NDJSON or server-sent events.'),
  url: webUrl().describe('Where turns are posted to.'),
  apiKey: text().optional().describe('Sent as a bearer token.'),
  secret: text()
    .optional()
    .describe(
      'Signs each request: x-rookery-signature is "v1=" and the HMAC-SHA256 of x-rookery-timestamp, ".", body.',
    ),
  headers: headers(),
  onDisconnect: onDisconnect(),
  idleMs: idleMs(),
});

const langgraph = z.strictObject({
  driver: z.literal('langgraph').describe('A graph on a LangGraph server.'),
  baseUrl: webUrl(),
  apiKey: text().optional().describe('Sent as x-api-key.'),
  assistantId: text().default('agent').describe('The assistant, or the graph’s name.'),
  nodes: z.array(text()).default([]).describe('Whose words are the answer; [] is every node’s.'),
  input: z.record(z.string(), z.unknown()).default({}).describe('Beside the messages, filled like headers.'),
  config: z.record(z.string(), z.unknown()).default({}).describe('The run’s config, filled like headers.'),
  headers: headers(),
  onDisconnect: z
    .enum(['cancel', 'continue'])
    .default('cancel')
    .describe('What the server does with a run whose connection breaks.'),
  idleMs: idleMs(),
});

const module = z.strictObject({
  driver: z.literal('module').describe('A file whose default export is a turn handler.'),
  path: text().describe('Relative to the configuration file.'),
});

const echo = z.strictObject({ driver: z.literal('echo').describe('Repeats what the user wrote, for trying out.') });
const demo = z.strictObject({ driver: z.literal('demo').describe('The agent of the demo mode.') });

export const agentSchema = z
  .discriminatedUnion('driver', [openai, dify, agUi, acp, webhook, langgraph, native, module, echo, demo])
  .describe('What answers.');

export type CheckedAgent = z.output<typeof agentSchema>;

import { simulateReadableStream } from 'ai';
import { MockLanguageModelV3 } from 'ai/test';

/** What `model: 'openai/…'` means in the examples' test: a model that rolls a die, then tells what came of it. */
const usage = { inputTokens: { total: 1 }, outputTokens: { total: 1 } };
const finish = (unified) => ({ type: 'finish', finishReason: { unified, raw: undefined }, usage });
const text = (delta) => [
  { type: 'text-start', id: 't' },
  { type: 'text-delta', id: 't', delta },
  { type: 'text-end', id: 't' },
];
const STEPS = {
  user: [
    ...text('Let me roll.'),
    { type: 'tool-call', toolCallId: 'c1', toolName: 'roll', input: '{"sides":1}' },
    finish('tool-calls'),
  ],
  tool: [...text('It is a one.'), finish('stop')],
};

const model = new MockLanguageModelV3({
  doStream: async ({ prompt }) => ({ stream: simulateReadableStream({ chunks: STEPS[prompt.at(-1).role] }) }),
});
globalThis.AI_SDK_DEFAULT_PROVIDER = { specificationVersion: 'v3', languageModel: () => model };

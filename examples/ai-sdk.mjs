// A QQ bot around the AI SDK, with a tool. npm install ai zod; AI_GATEWAY_API_KEY=… node examples/ai-sdk.mjs
import { stepCountIs, streamText, tool } from 'ai';
import { createRouter, fromAiSdk } from 'rookery';
import { z } from 'zod';

const { QQ_BOT_APP_ID: appId, QQ_BOT_APP_SECRET: appSecret, QQ_ENDPOINTS } = process.env;
const endpoints = QQ_ENDPOINTS ? JSON.parse(QQ_ENDPOINTS) : {};

const router = createRouter({ channels: { qq: { appId, appSecret, endpoints } } });

const roll = tool({
  description: 'Rolls a die.',
  inputSchema: z.object({ sides: z.number() }),
  execute: ({ sides }) => 1 + Math.floor(Math.random() * sides),
});

router.onTurn(async (turn) => {
  const { fullStream } = streamText({
    model: 'openai/gpt-5-mini',
    messages: turn.messages(),
    tools: { roll },
    stopWhen: stepCountIs(5),
    abortSignal: turn.signal, // a new message of the user's ends the request
    onError: () => {}, // the stream says it, too, and the router tells the user
  });
  const receipt = await turn.reply(fromAiSdk(fullStream, { progress: turn.progress }));
  if (receipt.status === 'cancelled') console.log('seen before the interruption:', receipt.delivered);
});

await router.start();
console.log('ready:', router.channels()[0]?.state);
process.once('SIGTERM', () => router.stop());

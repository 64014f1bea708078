// A QQ bot around any OpenAI-compatible server, without a line of agent code.
// OPENAI_BASE_URL=http://127.0.0.1:11434/v1 OPENAI_MODEL=qwen3 node examples/openai-compatible.mjs
import { createRouter } from 'rookery';

const { QQ_BOT_APP_ID: appId, QQ_BOT_APP_SECRET: appSecret, QQ_ENDPOINTS } = process.env;
const { OPENAI_BASE_URL: baseUrl, OPENAI_API_KEY: apiKey, OPENAI_MODEL: model } = process.env;
const endpoints = QQ_ENDPOINTS ? JSON.parse(QQ_ENDPOINTS) : {};

const router = createRouter({
  channels: { qq: { appId, appSecret, endpoints, streamMode: 'block' } },
  agent: { driver: 'openai', baseUrl, apiKey, model, system: 'Answer in the language of the question.' },
});

router.on((event) => {
  if (event.type === 'turn.closed') console.log(event.receipt.status, JSON.stringify(event.receipt.delivered));
});

await router.start();
console.log('ready:', router.channels()[0]?.state);
process.once('SIGTERM', () => router.stop());

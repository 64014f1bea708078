// A QQ bot around a plain function. QQ_BOT_APP_ID=… QQ_BOT_APP_SECRET=… node examples/plain-function.mjs
import { createRouter } from 'rookery';

const { QQ_BOT_APP_ID: appId, QQ_BOT_APP_SECRET: appSecret, QQ_ENDPOINTS } = process.env;
// An emulator's addresses, where there is no bot yet: `rookery emulator` prints them.
const endpoints = QQ_ENDPOINTS ? JSON.parse(QQ_ENDPOINTS) : {};

const router = createRouter({ channels: { qq: { appId, appSecret, endpoints } } });

/** Counts to three, slowly: time enough to be interrupted. */
async function* count(signal) {
  for (const word of ['one', 'two', 'three']) {
    if (signal.aborted) return;
    yield `${word} `;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

router.onTurn(async (turn) => {
  const before = turn.interrupted ? `(You had seen “${turn.interrupted.delivered}”.) ` : '';
  if (turn.text === 'count') {
    const receipt = await turn.reply(count(turn.signal));
    console.log(receipt.status, receipt.reason ?? '', JSON.stringify(receipt.delivered));
  } else await turn.reply(`${before}You said: ${turn.text}`);
});

await router.start();
console.log('ready:', router.channels()[0]?.state);
process.once('SIGTERM', () => router.stop());

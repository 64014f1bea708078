import type { RouterFrame } from '../../src/sidecar/frames/to-agent.js';
import { TestAgent } from '../../src/testing/test-agent.js';

/** An agent in a process of its own: answers at once, but waits for the cancel where it is asked to. */
const [url = ''] = process.argv.slice(2);
const agent = await TestAgent.connect(url, { hello: { turns: 1_000, caps: { history: 'agent', flow: true } } });
const { hear } = agent;
agent.hear = (text) => {
  hear.call(agent, text);
  // What was heard is not looked at again.
  agent.heard.length = 0;
  const frame = JSON.parse(text) as RouterFrame;
  if (frame.t === 'turn.cancel') agent.say({ t: 'turn.cancelled', turn: frame.turn });
  if (frame.t !== 'turn.start') return;
  agent.accept(frame.turn);
  if (frame.inputs.at(-1)?.sender.id.startsWith('CANCEL')) return;
  agent.say({ t: 'turn.delta', turn: frame.turn, n: 1, text: 'ok' });
  agent.say({ t: 'turn.end', turn: frame.turn, n: 1, reason: 'stop' });
};
process.on('message', () => process.exit(0));
process.send?.('ready');

// An agent beside the router that may be killed at any time: node marking-agent.mjs ws://HOST:PORT/v1/agent MEMORY
// It says the marks of each turn, and remembers in the file MEMORY up to where it is done with what it was given.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import WebSocket from 'ws';

const [url, memory] = process.argv.slice(2);
const { ROOKERY_TOKEN: token } = process.env;

/** Turns that are not closed yet, by name. `seq`: their start's, which is not acknowledged before they are closed. */
const turns = new Map();
let socket = null;
let sid = null;
let seen = 0;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const say = (frame) => {
  if (socket?.readyState === WebSocket.OPEN && sid !== null) socket.send(JSON.stringify(frame));
};

/** Every third message is answered to the end, whatever is cancelled meanwhile. */
const isRude = (ids) => Number(ids.at(-1).slice(1)) % 3 === 0;

/** What was said before is said again after a new connection: by its number it counts once. */
const utter = (turn, frame) => {
  turn.frames.push(frame);
  say(frame);
};

const work = async (turn) => {
  const { name, ids } = turn;
  utter(turn, { t: 'turn.accept', turn: name });
  for (let place = 0; place < 3; place += 1) {
    await pause(40);
    if (turn.isCancelled && !isRude(ids)) return utter(turn, { t: 'turn.cancelled', turn: name });
    utter(turn, { t: 'turn.delta', turn: name, n: place + 1, text: `[${ids.join('+')}:${place}] and so on. ` });
  }
  utter(turn, { t: 'turn.end', turn: name, n: 3, reason: 'stop' });
};

/** The file is written before the router hears of it: after a kill nothing is missing that was acknowledged. */
const acknowledge = () => {
  const done = Math.min(seen, ...[...turns.values()].map(({ seq }) => seq - 1));
  writeFileSync(`${memory}.new`, `${sid}.${done}`);
  renameSync(`${memory}.new`, memory);
  say({ t: 'ack', seq: done });
};

const take = (frame) => {
  const turn = turns.get(frame.turn);
  if (frame.t === 'turn.start' && !turn) {
    const begun = { name: frame.turn, seq: frame.seq, ids: frame.inputs.map(({ id }) => id), frames: [] };
    turns.set(frame.turn, begun);
    void work(begun);
  }
  if (frame.t === 'turn.cancel' && turn) turn.isCancelled = true;
  if (frame.t === 'turn.closed') turns.delete(frame.turn);
  if (frame.t === 'ping') say({ t: 'pong', re: frame.id });
  if (frame.t === 'hello.ok') {
    sid = frame.sid;
    if (!frame.resumed) turns.clear();
    seen = frame.seq;
    for (const { frames } of turns.values()) for (const one of frames) say(one);
  } else if (frame.seq !== undefined) {
    seen = Math.max(seen, frame.seq);
    acknowledge();
  }
};

const remembered = () => {
  try {
    return { resume: readFileSync(memory, 'utf8') };
  } catch {
    return {};
  }
};

const connect = () =>
  new Promise((resolve) => {
    sid = null;
    socket = new WebSocket(url, 'rookery.v1', { headers: { authorization: `Bearer ${token}` } });
    const hello = {
      t: 'hello',
      v: 1,
      agent: { name: 'marking', version: '1' },
      caps: { history: 'router' },
      turns: 16,
    };
    socket.on('open', () => socket.send(JSON.stringify({ ...hello, ...remembered() })));
    socket.on('message', (data) => take(JSON.parse(data)));
    // An error is followed by `close`.
    socket.on('error', () => undefined);
    socket.on('close', resolve);
  });

for (;;) {
  await connect();
  await pause(50);
}

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { Chat, startAgUi, startLangGraph } from './rig.mjs';

/* The `ag-ui` driver before what AG-UI's LangGraph integration says, in the words of its own encoder. */

let graph;
let server;
let chat;
before(async () => {
  graph = await startLangGraph();
  server = await startAgUi(graph.url);
});
after(() => {
  server.close();
  graph.close();
});
beforeEach(async () => {
  chat = await Chat.start({ driver: 'ag-ui', url: server.url });
});
afterEach(() => chat.stop());

describe('an agent behind AG-UI', () => {
  it('is asked by what its schema takes, and answers with every word', async () => {
    assert.match((await chat.ask('hello')).shown.join(''), /^You said: hello/);
    assert.match((await chat.ask('again')).shown.join(''), /^You said: again/);
    assert.ok(server.runs.every(({ events }) => events.includes('RUN_STARTED') && events.includes('RUN_FINISHED')));
    assert.ok(server.runs.every(({ events }) => events.includes('TEXT_MESSAGE_CONTENT')));
  });

  it('is cancelled in the midst: its connection is closed, and nothing of it is said after the next question', async () => {
    chat.say('count');
    await chat.until(() => chat.shown.length > 0);
    const seen = chat.shown.length;
    const next = chat.closed.length + 2;
    chat.say('hello');
    await chat.until(() => chat.closed.length === next);
    const [cancelled, answered] = chat.closed.slice(-2);
    assert.deepEqual([cancelled.status, answered.status], ['cancelled', 'completed']);
    assert.equal(chat.shown.slice(0, seen).join('\n\n').trim(), cancelled.delivered.trim());
    assert.match(chat.shown.slice(seen).join('\n\n'), /^You said: .*hello/s);
    assert.equal(server.runs.at(-2).isCut, true);
  });

  it('that fails is told as such, and answers the next question', async () => {
    assert.equal((await chat.ask('fail')).status, 'failed');
    assert.match((await chat.ask('hello')).shown.join(''), /You said: hello/);
  });
});

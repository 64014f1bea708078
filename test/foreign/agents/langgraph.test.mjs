import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { Chat, startLangGraph } from './rig.mjs';

/* The `langgraph` driver before LangGraph's own server, in JavaScript. */

let server;
let chat;
before(async () => {
  server = await startLangGraph();
});
after(() => server.close());
beforeEach(async () => {
  chat = await Chat.start({ driver: 'langgraph', baseUrl: server.url });
});
afterEach(() => chat.stop());

describe('a graph on a LangGraph server', () => {
  it('answers with every word of its model, and remembers the conversation itself', async () => {
    assert.deepEqual((await chat.ask('hello')).shown, ['You said: hello (1)']);
    assert.deepEqual((await chat.ask('again')).shown, ['You said: again (3)']);
  });

  it('is cancelled in the midst: the run is over on the server, and nothing of it is said after the next question', async () => {
    chat.say('count');
    await chat.until(() => chat.shown.length > 0);
    const seen = chat.shown.length;
    const next = chat.closed.length + 2;
    chat.say('hello');
    await chat.until(() => chat.closed.length === next);
    const [cancelled, answered] = chat.closed.slice(-2);
    assert.equal(cancelled.status, 'cancelled');
    assert.equal(answered.status, 'completed');
    assert.match(chat.shown.slice(seen).join('\n\n'), /^You said: .*hello \(\d+\)$/s);
    assert.equal(chat.shown.slice(0, seen).join('\n\n').trim(), cancelled.delivered.trim());
    const statuses = (await server.runs()).slice(-2).map(({ status }) => status);
    assert.ok(['interrupted', 'error'].includes(statuses[0]), statuses[0]);
    assert.equal(statuses[1], 'success');
  });

  it('that fails is told as such, and answers the next question', async () => {
    assert.equal((await chat.ask('fail')).status, 'failed');
    assert.match((await chat.ask('hello')).shown.join(''), /You said: hello/);
  });

  it('that stops to ask a person is answered by the next message', async () => {
    assert.deepEqual((await chat.ask('ask')).shown, ['Really?']);
    assert.deepEqual((await chat.ask('yes')).shown, ['You answered: "yes"']);
  });
});

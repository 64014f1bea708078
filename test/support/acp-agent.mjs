import { spawn } from 'node:child_process';
import { createConnection } from 'node:net';
import { createInterface } from 'node:readline';
import { Readable, Writable } from 'node:stream';
import { agent, methods, ndJsonStream, RequestError } from '@agentclientprotocol/sdk';

/**
 * An ACP agent that is played by a test over a socket: it tells what it is asked, and does what it is told.
 * How it is: `ACP_MANNERS`, words out of: rude (answers no cancel), deaf (ignores SIGTERM), loads, resumes, loggedOut,
 * mute (never answers `initialize`), old (another version), chatty (logs on stdout), forgets (loads nothing).
 */
const manners = new Set((process.env.ACP_MANNERS ?? '').split(' '));
const has = (word) => manners.has(word);

if (has('crash')) {
  process.stderr.write(`cannot start with ${process.env.ACP_TOKEN}\n`);
  process.exit(3);
}

const control = createConnection({ port: Number(process.env.ACP_CONTROL), host: '127.0.0.1' });
const tell = (message) => control.write(`${JSON.stringify(message)}\n`);
control.on('error', () => process.exit(0));

const grandchild = has('parent') ? spawn('sleep', ['600'], { stdio: ['ignore', 'inherit', 'inherit'] }) : null;
tell({ type: 'started', pid: process.pid, grandchild: grandchild?.pid ?? null, env: process.env, cwd: process.cwd() });
if (has('deaf')) process.on('SIGTERM', () => tell({ type: 'term' }));
if (has('chatty')) process.stdout.write('Loading…\n{"log": true}\n\n[1, 2]\n');

/** By session: the prompt that is worked on. */
const prompts = new Map();
let sessions = 0;
let client = null;

const app = agent({ name: 'played' })
  .onRequest(methods.agent.initialize, async ({ params, client: peer }) => {
    client = peer;
    tell({ type: 'initialize', params });
    if (has('mute')) await new Promise(() => undefined);
    return {
      protocolVersion: has('old') ? 7 : params.protocolVersion,
      agentCapabilities: {
        loadSession: has('loads'),
        ...(has('resumes') && { sessionCapabilities: { resume: {} } }),
      },
    };
  })
  .onRequest(methods.agent.session.new, ({ params }) => {
    if (has('loggedOut')) throw RequestError.authRequired();
    sessions += 1;
    const sessionId = `s${process.pid}-${sessions}`;
    tell({ type: 'new', session: sessionId, params });
    return { sessionId };
  })
  .onRequest(methods.agent.session.load, async ({ params, client: peer }) => {
    tell({ type: 'load', session: params.sessionId });
    if (has('forgets')) throw new Error('no such session');
    const update = { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: 'of old times' } };
    await peer.notify(methods.client.session.update, { sessionId: params.sessionId, update });
    return {};
  })
  .onRequest(methods.agent.session.resume, ({ params }) => {
    tell({ type: 'resume', session: params.sessionId });
    return {};
  })
  .onRequest(methods.agent.session.prompt, ({ params, client: peer }) => {
    client = peer;
    return new Promise((resolve, reject) => {
      prompts.set(params.sessionId, { resolve, reject });
      tell({ type: 'prompt', session: params.sessionId, prompt: params.prompt });
    });
  })
  .onNotification(methods.agent.session.cancel, ({ params }) => {
    tell({ type: 'cancel', session: params.sessionId });
    if (!has('rude')) prompts.get(params.sessionId)?.resolve({ stopReason: 'cancelled' });
  });

app.connect(ndJsonStream(Writable.toWeb(process.stdout), Readable.toWeb(process.stdin)));

const DO = {
  update: ({ session, update }) => client.notify(methods.client.session.update, { sessionId: session, update }),
  end: ({ session, stopReason }) => prompts.get(session)?.resolve({ stopReason }),
  fail: ({ session, message }) => prompts.get(session)?.reject(new Error(message)),
  exit: ({ code }) => process.exit(code),
  raw: ({ text }) => process.stdout.write(Buffer.from(text, 'base64')),
  permission: async ({ session, request }) => {
    const answer = await client.request(methods.client.session.requestPermission, { sessionId: session, ...request });
    tell({ type: 'permission', outcome: answer.outcome });
  },
  ask: async ({ method, params }) => {
    const error = await client.request(method, params).then(
      () => null,
      ({ code }) => code,
    );
    tell({ type: 'asked', error });
  },
};

createInterface({ input: control }).on('line', (line) => {
  const command = JSON.parse(line);
  Promise.resolve(DO[command.do](command)).catch(() => undefined);
});

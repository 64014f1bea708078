import { mkdtemp } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RunAgentInputSchema } from '@ag-ui/core/schemas';
import { EventEncoder } from '@ag-ui/encoder';
import { LangGraphAgent } from '@ag-ui/langgraph';
import { startServer } from '@langchain/langgraph-api/server';
import { DEFAULT_APP_ID, DEFAULT_APP_SECRET, startEmulator } from '../../../dist/src/emulator/index.js';
import { createRouter } from '../../../dist/src/index.js';

let users = 0;

/** A port nobody has just now, for servers that want to be told one. */
const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

/** LangGraph's own development server, in this process. */
export const startLangGraph = async () => {
  const port = await freePort();
  const cwd = await mkdtemp(join(tmpdir(), 'rookery-langgraph-'));
  const graph = fileURLToPath(new URL('./graph.mjs', import.meta.url));
  const server = await startServer({ port, host: '127.0.0.1', nWorkers: 4, cwd, graphs: { agent: `${graph}:graph` } });
  const url = `http://127.0.0.1:${port}`;
  const ask = async (path, body) => {
    const init = body && {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    };
    return (await fetch(`${url}${path}`, init)).json();
  };
  /** Every run there was, the oldest first, as the server tells of it. */
  const runs = async () => {
    const threads = await ask('/threads/search', {});
    const all = await Promise.all(threads.map(({ thread_id }) => ask(`/threads/${thread_id}/runs`)));
    return all.flat().toSorted((a, b) => a.created_at.localeCompare(b.created_at));
  };
  return { url, runs, close: () => server.cleanup() };
};

/** A whole router before the emulated platform, with that agent behind it, and a user of its own. */
export class Chat {
  static async start(agent) {
    const chat = new Chat();
    users += 1;
    chat.user = `U${users}`;
    chat.emulator = await startEmulator();
    const { token, api } = chat.emulator.urls;
    const bot = { appId: DEFAULT_APP_ID, appSecret: DEFAULT_APP_SECRET };
    chat.router = createRouter({
      channels: {
        qq: { ...bot, endpoints: { token, api }, streamMode: 'block', debounce: { quietMs: 0, atMostMs: 0 } },
      },
      agent,
    });
    chat.closed = [];
    chat.waiting = new Set();
    chat.router.on((event) => {
      if (event.type === 'turn.closed') chat.closed.push(event.receipt);
      for (const look of chat.waiting) look();
    });
    await chat.router.start();
    return chat;
  }

  say(text) {
    this.emulator.sendC2c({ from: this.user, text });
  }

  get shown() {
    return this.emulator
      .transcript(this.user)
      .filter(({ by, kind }) => by === 'bot' && kind !== 'typing')
      .map(({ text }) => text);
  }

  /** Looks whenever something has happened in the router. The test's own limit is the end of it. */
  until(probe) {
    return new Promise((resolve) => {
      const look = () => {
        if (!probe()) return;
        this.waiting.delete(look);
        resolve();
      };
      this.waiting.add(look);
      look();
    });
  }

  /** What the turn ended as, and what was shown of it. */
  async ask(text) {
    const before = this.closed.length;
    const from = this.shown.length;
    this.say(text);
    await this.until(() => this.closed.length > before);
    return { ...this.closed.at(-1), shown: this.shown.slice(from) };
  }

  async stop() {
    await this.router.stop();
    await this.emulator.close();
  }
}

/** The server tells no schema of a graph in JavaScript, after seconds of trying: this is what the agent makes of that. */
class SchemalessAgent extends LangGraphAgent {
  async getSchemaKeys() {
    return { config: [], context: [], input: this.constantSchemaKeys, output: this.constantSchemaKeys };
  }
}

/** The AG-UI face of that graph, as AG-UI's own LangGraph integration gives it: its events, its encoder, its schema. */
export const startAgUi = async (deploymentUrl) => {
  const runs = [];
  const server = createHttpServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const input = RunAgentInputSchema.safeParse(JSON.parse(Buffer.concat(chunks).toString() || '{}'));
    if (!input.success) {
      response.writeHead(request.method === 'POST' ? 422 : 405).end(JSON.stringify({ error: input.error.message }));
      return;
    }
    const encoder = new EventEncoder({ accept: request.headers.accept });
    response.writeHead(200, { 'content-type': encoder.getContentType() });
    const agent = new SchemalessAgent({ deploymentUrl, graphId: 'agent' });
    const run = { input: input.data, events: [], isCut: false };
    runs.push(run);
    const events = agent.run(input.data).subscribe({
      next: (event) => {
        run.events.push(event.type);
        response.write(encoder.encode(event));
      },
      error: (error) => response.end(encoder.encode({ type: 'RUN_ERROR', message: String(error?.message ?? error) })),
      complete: () => response.end(),
    });
    response.once('close', () => {
      run.isCut = !response.writableFinished;
      if (run.isCut) agent.abortRun();
      events.unsubscribe();
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, runs, close: () => server.close() };
};

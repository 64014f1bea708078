import { AgentServer, Exchange, type Handler } from './agent-server.js';

/** One request of a Chat Completions client, and the answer to it as the script writes it. */
export class OpenAiExchange extends Exchange {
  delta(delta: Readonly<Record<string, unknown>>): void {
    this.event({ object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: null }] });
  }

  say(...tokens: readonly string[]): void {
    for (const content of tokens) this.delta({ content });
  }

  /** The model has finished; the stream stays open. */
  finish(reason = 'stop'): void {
    this.event({ choices: [{ index: 0, delta: {}, finish_reason: reason }] });
  }

  /** Ends the answer properly, with `[DONE]` unless told otherwise. */
  close(done = true): void {
    if (done) this.event('[DONE]');
    this.end();
  }
}

export type Script = Handler<OpenAiExchange>;

const listModels: Script = (exchange) => exchange.answer(200, { object: 'list', data: [{ id: 'fake' }] });

const sayHello: Script = (exchange) => {
  exchange.say('Hello', ' from', ' the', ' model');
  exchange.finish();
  exchange.close();
};

/** A Chat Completions server. Shape: `models` answers `GET /v1/models`, `script` all else; a test may set either. */
export class OpenAiServer extends AgentServer<OpenAiExchange> {
  script: Script = sayHello;
  models: Script = listModels;

  static start(): Promise<OpenAiServer> {
    return new OpenAiServer(OpenAiExchange).listen();
  }

  protected handle(exchange: OpenAiExchange): void | Promise<void> {
    return exchange.path.endsWith('/models') ? this.models(exchange) : this.script(exchange);
  }
}

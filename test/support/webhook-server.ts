import { AgentServer, Exchange, type Handler } from './agent-server.js';

export type WebhookScript = Handler;

/** Somebody's webhook at `/hook`. */
export class WebhookServer extends AgentServer {
  script: WebhookScript = (exchange) => exchange.answer(200, { text: 'Hello from a webhook' });

  static start(): Promise<WebhookServer> {
    return new WebhookServer(Exchange).listen();
  }

  get url(): string {
    return `${this.origin}/hook`;
  }

  protected handle(exchange: Exchange): void | Promise<void> {
    return exchange.method === 'POST' ? this.script(exchange) : exchange.answer(405, {});
  }
}

import type { AGUIEvent, RunAgentInput } from '@ag-ui/core';
import { EventSchema, RunAgentInputSchema } from '@ag-ui/core/schemas';
import { AgentServer, Exchange, type Handler } from './agent-server.js';

type Fields = Readonly<Record<string, unknown>>;

/** One run as the agent sees it. What it tells is checked against the protocol's own schemas. */
export class AgUiExchange extends Exchange {
  get input(): RunAgentInput {
    return this.body as unknown as RunAgentInput;
  }

  tell(type: `${AGUIEvent['type']}`, fields: Fields = {}): void {
    const { threadId, runId } = this.input;
    const ofRun = type === 'RUN_STARTED' || type === 'RUN_FINISHED' ? { threadId, runId } : {};
    const event = { type, ...ofRun, ...fields };
    EventSchema.parse(event);
    this.event(event);
  }

  say(...deltas: readonly string[]): void {
    for (const delta of deltas) this.tell('TEXT_MESSAGE_CHUNK', { messageId: 'm1', delta });
  }

  close(fields: Fields = {}): void {
    this.tell('RUN_FINISHED', fields);
    this.end();
  }
}

export type AgUiScript = Handler<AgUiExchange>;

const sayHello: AgUiScript = (exchange) => {
  exchange.tell('RUN_STARTED');
  exchange.say('Hello', ' from', ' AG-UI');
  exchange.close();
};

/** An AG-UI 1.0 agent at `/run`. An input that the protocol's schema does not take is answered 422. */
export class AgUiServer extends AgentServer<AgUiExchange> {
  script: AgUiScript = sayHello;

  static start(): Promise<AgUiServer> {
    return new AgUiServer(AgUiExchange).listen();
  }

  get url(): string {
    return `${this.origin}/run`;
  }

  protected handle(exchange: AgUiExchange): void | Promise<void> {
    if (exchange.method !== 'POST') return exchange.answer(405, {});
    const checked = RunAgentInputSchema.safeParse(exchange.body);
    return checked.success ? this.script(exchange) : exchange.answer(422, { detail: checked.error.message });
  }
}

import { BoundedMap } from '../../domain/bounded-map.js';
import { RouterError } from '../../errors/router-error.js';
import type { AgentEvent } from '../../ports/agent-driver.js';
import type { Clock } from '../../ports/clock.js';
import { type Json, objectOf, textOf } from '../json.js';
import { AcpChild, type ChildSpec } from './acp-child.js';
import { outcomeFor, type PermissionRequest, permissionIn } from './acp-permission.js';
import { AcpUpdates, isOfPrompt, namedIn } from './acp-updates.js';
import { JsonRpc, METHOD_NOT_FOUND, RpcError } from './json-rpc.js';
import type { Scrub } from './scrub.js';

const PROTOCOL_VERSION = 1;
const AUTH_REQUIRED = -32_000;
/** A process that is asked to end is ended by force after this. Source: turns §3.4. */
const KILL_AFTER_MS = 3_000;
/** Sessions that one process is known to hold; the first named is forgotten, and found again by its memo. */
const SESSIONS_MAX = 1_000;
/** A session whose prompt was cancelled is asked again once it has been quiet for so long … */
const QUIET_MS = 200;
/** … and given up where it talks on for so long. */
const TALK_MS_MAX = 2_000;
/** Units: characters of a session's id. */
const SESSION_ID_MAX = 512;

export type AcpAgentOptions = {
  readonly spec: ChildSpec;
  readonly clock: Clock;
  readonly scrub: Scrub;
  /** Until it has answered `initialize`, or named a session. Units: ms. */
  readonly startMs: number;
};

/** Who listens while a prompt is worked on. */
export type PromptSink = {
  readonly event: (event: AgentEvent) => void;
  /** The option that is chosen; null takes the question back. */
  readonly permission: (request: PermissionRequest) => Promise<string | null>;
};

type OpenPrompt = {
  readonly sink: PromptSink;
  readonly updates: AcpUpdates;
  readonly over: Promise<unknown>;
  isCancelled: boolean;
};

/** What a cancelled prompt has left behind in its session. */
type Left = {
  /** Messages and tools it had named. */
  readonly named: ReadonlySet<string>;
  /** When it was answered, and when the session last spoke after that; null until then. */
  answeredAtMs: number | null;
  spokeAtMs: number;
};

export type PromptEnd = { readonly stopReason: string; readonly hasSpoken: boolean };

/** One process that speaks the Agent Client Protocol, version 1, and its sessions. */
export class AcpAgent {
  /** Resolves once the process has ended. */
  readonly gone: Promise<void>;
  readonly #options: AcpAgentOptions;
  readonly #child: AcpChild;
  readonly #rpc: JsonRpc;
  readonly #sessions = new Map<string, Promise<string>>();
  readonly #prompts = new Map<string, OpenPrompt>();
  /** By session: what the prompt that was cancelled last has left. */
  readonly #left = new BoundedMap<string, Left>(SESSIONS_MAX);
  #loads: 'session/resume' | 'session/load' | null = null;
  #isEnding = false;
  #killing: unknown = null;

  constructor(options: AcpAgentOptions) {
    const { spec, clock } = options;
    this.#options = options;
    let onGone: () => void = () => undefined;
    this.gone = new Promise((resolve) => {
      onGone = resolve;
    });
    this.#rpc = new JsonRpc((line) => this.#child.write(line), {
      request: (method, params) => this.#asked(method, params),
      notification: (method, params) => this.#heard(method, params),
    });
    const ended = (why: string): void => {
      clock.clearTimeout(this.#killing);
      this.#rpc.close(this.#goneError(why));
      onGone();
    };
    this.#child = new AcpChild(spec, { line: (line) => this.#rpc.take(line), ended }, clock);
  }

  /** It lives, and nobody has told it to end. */
  get isUsable(): boolean {
    return !this.#child.isOver && !this.#isEnding;
  }

  /** Errors: `agent.unreachable` where it does not start or speaks another version. */
  async start(): Promise<void> {
    const asked = { protocolVersion: PROTOCOL_VERSION, clientCapabilities: {}, clientInfo: CLIENT };
    const answer = objectOf(await this.#within(this.#rpc.request('initialize', asked), 'initialize'));
    if (answer?.['protocolVersion'] !== PROTOCOL_VERSION) {
      throw new RouterError('agent.unreachable', 'the agent does not speak version 1 of ACP');
    }
    const can = objectOf(answer['agentCapabilities']);
    const canResume = objectOf(objectOf(can?.['sessionCapabilities'])?.['resume']) !== undefined;
    this.#loads = canResume ? 'session/resume' : can?.['loadSession'] === true ? 'session/load' : null;
  }

  /** The conversation's session: the one it has here, else the one it once had, else a new one. */
  sessionFor(conversation: string, known: string | null): Promise<string> {
    const here = this.#sessions.get(conversation);
    if (here) return here;
    const found = this.#open(known);
    const [first] = this.#sessions.keys();
    if (this.#sessions.size >= SESSIONS_MAX && first !== undefined) this.#sessions.delete(first);
    this.#sessions.set(conversation, found);
    found.catch(() => this.#sessions.delete(conversation));
    return found;
  }

  /** Errors: `agent.failed`, `agent.refused`; `agent.unreachable` where the process has ended. */
  async prompt(session: string, prompt: readonly object[], sink: PromptSink): Promise<PromptEnd> {
    const left = this.#left.get(session);
    const updates = new AcpUpdates(left?.named);
    if (left) left.answeredAtMs = null;
    const over = this.#rpc.request('session/prompt', { sessionId: session, prompt });
    this.#prompts.set(session, { sink, updates, over, isCancelled: false });
    try {
      const answer = objectOf(await over);
      return { stopReason: textOf(answer?.['stopReason']) ?? '', hasSpoken: updates.hasSpoken };
    } catch (error) {
      throw this.#said(error);
    } finally {
      const open = this.#prompts.get(session);
      if (open?.sink === sink) this.#prompts.delete(session);
      if (open?.isCancelled) this.#rest(session);
    }
  }

  /**
   * How long this session is to be left alone before it is asked again. An update names its session and never its prompt,
   * so what a cancelled prompt says after its answer, which the protocol forbids, could not be told from the next one's.
   * Units: ms; 0 where it may be asked, null where it does not become quiet.
   * Source: agentclientprotocol.com/protocol/prompt-turn#cancellation.
   */
  restOf(session: string): number | null {
    const left = this.#left.get(session);
    if (!left || left.answeredAtMs === null) return 0;
    const restMs = Math.max(0, left.spokeAtMs + QUIET_MS - this.#options.clock.now());
    return restMs > 0 && left.spokeAtMs - left.answeredAtMs >= TALK_MS_MAX ? null : restMs;
  }

  /** The prompt that this session is at work on; null where it is free. A second one would hear the first one's words. */
  workOf(session: string): { readonly isCancelled: boolean; readonly over: Promise<unknown> } | null {
    const open = this.#prompts.get(session);
    return open ? { isCancelled: open.isCancelled, over: open.over.catch(() => undefined) } : null;
  }

  cancel(session: string): void {
    const open = this.#prompts.get(session);
    if (open) {
      open.isCancelled = true;
      this.#left.set(session, { named: open.updates.named, answeredAtMs: null, spokeAtMs: 0 });
    }
    this.#rpc.notify('session/cancel', { sessionId: session });
  }

  /** Asks it to end, and ends it by force where it does not. */
  end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#child.signal('SIGTERM');
    this.#killing = this.#options.clock.setTimeout(() => this.kill(), KILL_AFTER_MS);
  }

  kill(): void {
    this.#isEnding = true;
    this.#child.signal('SIGKILL');
  }

  async #open(known: string | null): Promise<string> {
    return (known !== null && (await this.#load(known))) || this.#newSession();
  }

  async #newSession(): Promise<string> {
    const asked = this.#rpc.request('session/new', this.#place());
    const session = textOf(objectOf(await this.#within(asked, 'session/new'))?.['sessionId']);
    if (session === undefined || session.length > SESSION_ID_MAX) {
      throw new RouterError('agent.failed', 'the agent named no session');
    }
    return session;
  }

  /** Null where it has forgotten the session, or keeps none. */
  async #load(session: string): Promise<string | null> {
    if (!this.#loads) return null;
    const asked = this.#rpc.request(this.#loads, { sessionId: session, ...this.#place() });
    return this.#within(asked, this.#loads).then(
      () => session,
      (error: unknown) => (this.isUsable ? null : Promise.reject(error)),
    );
  }

  #place(): object {
    return { cwd: this.#options.spec.cwd, mcpServers: [] };
  }

  /** The agent has answered a prompt that was cancelled. */
  #rest(session: string): void {
    const left = this.#left.get(session);
    if (!left) return;
    left.answeredAtMs = this.#options.clock.now();
    left.spokeAtMs = left.answeredAtMs;
  }

  async #asked(method: string, params: Json): Promise<object> {
    if (method !== 'session/request_permission') throw new RpcError(METHOD_NOT_FOUND, 'not offered here');
    const session = textOf(params['sessionId']) ?? '';
    const prompt = this.#prompts.get(session);
    const tool = textOf(objectOf(params['toolCall'])?.['toolCallId']);
    const isStale = tool !== undefined && this.#left.get(session)?.named.has(tool);
    return outcomeFor(prompt && !isStale ? await prompt.sink.permission(permissionIn(params)) : null);
  }

  #heard(method: string, params: Json): void {
    if (method !== 'session/update') return;
    const session = textOf(params['sessionId']) ?? '';
    const prompt = this.#prompts.get(session);
    const update = objectOf(params['update']);
    if (!update || prompt?.updates.isFull) return;
    if (!prompt) {
      const left = this.#left.get(session);
      // What names something of the old prompt will be known again.
      const isNameless = isOfPrompt(update) && !left?.named.has(namedIn(update) ?? '');
      if (left && isNameless) left.spokeAtMs = this.#options.clock.now();
      return;
    }
    for (const event of prompt.updates.read(update)) prompt.sink.event(event);
    if (prompt.updates.isFull) prompt.sink.event({ type: 'end', reason: 'length' });
  }

  async #within<T>(answer: Promise<T>, what: string): Promise<T> {
    const { clock, startMs } = this.#options;
    let timer: unknown;
    const late = new Promise<never>((_, reject) => {
      const error = new RouterError('agent.unreachable', `no answer to ${what} for ${startMs} ms`);
      timer = clock.setTimeout(() => reject(error), startMs);
    });
    try {
      return await Promise.race([answer, late]);
    } catch (error) {
      throw this.#said(error);
    } finally {
      clock.clearTimeout(timer);
    }
  }

  #said(error: unknown): unknown {
    if (!(error instanceof RpcError)) return error;
    const words = this.#options.scrub(error.message);
    return error.code === AUTH_REQUIRED
      ? new RouterError('agent.refused', `the agent wants to be logged in, with its own command: ${words}`)
      : new RouterError('agent.failed', words || 'the agent reported an error');
  }

  #goneError(why: string): RouterError {
    const words = this.#options.scrub(this.#child?.lastWords.trim().split('\n').at(-1) ?? '');
    return new RouterError(
      'agent.unreachable',
      `the agent’s process: ${why}${words === '' ? '' : `; it said: ${words}`}`,
    );
  }
}

const CLIENT = { name: 'rookery', version: '0.1.0' };

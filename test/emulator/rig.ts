import {
  type Answer,
  createPlatform,
  DEFAULT_APP_ID,
  DEFAULT_APP_SECRET,
  type Platform,
  type PlatformOptions,
  type ServerLink,
} from '../../src/emulator/index.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';

export type Frame = { op: number; s?: number; t?: string; id?: string; d?: unknown };
export type Json = Record<string, unknown>;

export const C2C_AND_GROUP = 1 << 25;

/** A bot's end of a socket, in memory. */
export type Client = {
  readonly link: ServerLink;
  readonly frames: Frame[];
  readonly closes: { code: number; reason: string }[];
  say(frame: unknown): void;
  /** Event names seen so far, READY and RESUMED among them. */
  events(): string[];
  last(): Frame | undefined;
};

export type Rig = {
  readonly clock: VirtualClock;
  readonly platform: Platform;
  token(appId?: string, appSecret?: string): string;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Answer;
  post(path: string, body: unknown): Answer;
  connect(): Client;
  identify(intents?: number, more?: Json): Client;
  resume(sessionId: string, seq: number): Client;
};

/** The platform on virtual time, with a bot's hands. */
export const makeRig = (options: Partial<PlatformOptions> = {}): Rig => {
  const clock = new VirtualClock();
  const platform = createPlatform({ clock, ...options });
  const first = options.bots?.[0] ?? { appId: DEFAULT_APP_ID, appSecret: DEFAULT_APP_SECRET };
  const token = (appId = first.appId, clientSecret = first.appSecret): string => {
    const body = { appId, clientSecret };
    const answer = platform.request({ method: 'POST', path: '/app/getAppAccessToken', headers: {}, body });
    return (answer.body as { access_token: string }).access_token;
  };
  const call = (method: string, path: string, body?: unknown, headers?: Record<string, string>): Answer =>
    platform.request({ method, path, headers: headers ?? { authorization: `QQBot ${token()}` }, body });
  const connect = (): Client => {
    const frames: Frame[] = [];
    const closes: { code: number; reason: string }[] = [];
    const link = platform.connect({
      send: (text) => frames.push(JSON.parse(text) as Frame),
      close: (code, reason) => closes.push({ code, reason }),
    });
    return {
      link,
      frames,
      closes,
      say: (frame) => link.receive(JSON.stringify(frame)),
      events: () => frames.flatMap(({ t }) => (t === undefined ? [] : [t])),
      last: () => frames.at(-1),
    };
  };
  return {
    clock,
    platform,
    token,
    call,
    post: (path, body) => call('POST', path, body),
    connect,
    identify: (intents = C2C_AND_GROUP, more = {}) => {
      const client = connect();
      client.say({ op: 2, d: { token: `QQBot ${token()}`, intents, shard: [0, 1], ...more } });
      return client;
    },
    resume: (sessionId, seq) => {
      const client = connect();
      client.say({ op: 6, d: { token: `QQBot ${token()}`, session_id: sessionId, seq } });
      return client;
    },
  };
};

/** The code in an answer's body. */
export const codeOf = (answer: Answer): unknown => (answer.body as Json | undefined)?.['code'];

export const sessionIdOf = (client: Client): string => {
  const ready = client.frames.find(({ t }) => t === 'READY')?.d as { session_id: string } | undefined;
  if (!ready) throw new Error('no READY');
  return ready.session_id;
};

export const textReply = (msgId: string, msgSeq = 1, content = 'pong'): Json => ({
  msg_type: 0,
  content,
  msg_id: msgId,
  msg_seq: msgSeq,
});

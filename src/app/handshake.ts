import { recoveryFor } from '../../machines/gateway/close-codes.js';
import { ERROR_CODES, type ErrorCode } from '../errors/codes.js';
import { RouterError } from '../errors/router-error.js';
import type { Clock } from '../ports/clock.js';
import type { BotUser, GatewayCodec, GatewayFrame } from '../ports/gateway-codec.js';
import type { Socket, SocketTransport } from '../ports/socket.js';

export type HandshakeDeps = {
  readonly sockets: SocketTransport;
  readonly codec: GatewayCodec;
  readonly clock: Clock;
};

export type HandshakeOptions = {
  readonly url: string;
  readonly token: string;
  readonly intents: number;
  readonly shard: readonly [index: number, count: number];
  /** Units: ms from opening to READY. @default 15_000 */
  readonly limitMs?: number;
};

const LIMIT_MS = 15_000;

const isKnown = (code: string): code is ErrorCode => Object.hasOwn(ERROR_CODES, code);

const closeError = (code: number, reason: string): RouterError => {
  const { code: name } = recoveryFor(code);
  const said = reason === '' ? '' : ` (${reason})`;
  return new RouterError(isKnown(name) ? name : 'transport.lost', `the link was closed with ${code}${said}`, {
    platformCode: code,
  });
};

/**
 * One WebSocket up to READY, closed with 1000 right after. It uses one session start.
 * Shape: resolves with the bot as READY names it, once the socket is gone.
 * Errors: by the close code; `gateway.intentsRefused` for op 9, `gateway.unreachable` where no hello came,
 * `transport.timeout`.
 */
export const handshake = (options: HandshakeOptions, { sockets, codec, clock }: HandshakeDeps): Promise<BotUser> =>
  new Promise((resolve, reject) => {
    const { url, token, intents, shard, limitMs = LIMIT_MS } = options;
    let phase: 'connecting' | 'identifying' | 'ready' = 'connecting';
    let bot: BotUser | undefined;

    const fail = (error: RouterError): void => {
      clock.clearTimeout(timer);
      socket.detach();
      reject(error);
    };
    const hear = (frame: GatewayFrame): void => {
      if (frame.kind === 'hello') {
        phase = 'identifying';
        socket.send(codec.identify({ token, intents, shard }));
      } else if (frame.kind === 'ready') {
        phase = 'ready';
        bot = frame.user;
        socket.close(1000, 'checked');
      } else if (frame.kind === 'invalidSession') {
        const what = 'the platform refused to start a session';
        fail(new RouterError('gateway.intentsRefused', what, { platformCode: 9 }));
      }
    };
    const socket: Socket = sockets.open(url, {
      opened: () => undefined,
      text: (text) => hear(codec.decode(text)),
      closed: (code, reason) => {
        if (bot) {
          clock.clearTimeout(timer);
          resolve(bot);
        } else if (phase === 'connecting' && code < 4000) {
          fail(new RouterError('gateway.unreachable', `the gateway did not accept the connection (${code} ${reason})`));
        } else {
          fail(closeError(code, reason));
        }
      },
    });
    const timer = clock.setTimeout(
      () => fail(new RouterError('transport.timeout', `the gateway was ${phase} for ${limitMs} ms`)),
      limitMs,
    );
  });

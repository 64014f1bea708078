import { createRest } from '../../src/adapters/qq/rest.js';
import { createTokenSource } from '../../src/adapters/qq/token-source.js';
import { Secret } from '../../src/config/secret.js';
import {
  createPlatform,
  DEFAULT_APP_ID,
  DEFAULT_APP_SECRET,
  type Platform,
  type PlatformOptions,
} from '../../src/emulator/index.js';
import { RouterError } from '../../src/errors/router-error.js';
import type { HttpAnswer, HttpRequest, HttpTransport } from '../../src/ports/http.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';

/** What happens to one call: `lost` never arrives, `swallowed` takes effect and goes unanswered, `502` likewise or not. */
export type Fate = 'fine' | 'lost' | 'swallowed' | '502' | '502 processed' | '429';

/** The emulator's platform behind HTTP that needs no socket. Sends meet their `fates` in turn, and are fine after them. */
export class PlatformHttp implements HttpTransport {
  fates: Fate[] = [];

  constructor(readonly platform: Platform) {}

  readonly request = async (request: HttpRequest): Promise<HttpAnswer> => {
    const { method, headers, body } = request;
    const path = new URL(request.url).pathname;
    const fate = /messages$/u.test(path) ? (this.fates.shift() ?? 'fine') : 'fine';
    if (fate === 'lost') throw new RouterError('transport.timeout', 'no answer');
    if (fate === '502') return { status: 502, headers: {}, body: '<html>' };
    if (fate === '429') return { status: 429, headers: {}, body: '{"code":50002}' };
    const answer = this.platform.request({ method, path, headers, body: body === undefined ? body : JSON.parse(body) });
    if (fate === 'swallowed') throw new RouterError('transport.timeout', 'no answer');
    if (fate === '502 processed') return { status: 502, headers: {}, body: '<html>' };
    return { status: answer.status, headers: answer.headers, body: JSON.stringify(answer.body ?? '') };
  };
}

/** Authorised calls to the emulator, on virtual time. */
export const platformRig = (options: Partial<PlatformOptions> = {}) => {
  const clock = new VirtualClock();
  const platform = createPlatform({ clock, ...options });
  const http = new PlatformHttp(platform);
  const appId = DEFAULT_APP_ID;
  const secret = new Secret(DEFAULT_APP_SECRET);
  const tokens = createTokenSource({ http, clock, endpoint: 'https://tokens.example', appId, secret });
  return { clock, platform, http, rest: createRest({ http, tokens, endpoint: 'https://api.example', appId }) };
};

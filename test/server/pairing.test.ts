import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '../../src/log/logger.js';
import { type App, createApp } from '../../src/server/app.js';
import { type PairingOffice, servePairing } from '../../src/server/pairing.js';

const ANN = { channel: 'qq', user: 'u1', scene: 'c2c', name: 'Ann', approvedAtMs: 1 } as const;
const asked: unknown[] = [];
const office: PairingOffice = {
  pairing: async () => ({ requests: [], paired: [ANN], trail: [] }),
  approvePairing: async (code) => {
    asked.push(code);
    if (code === 'ABCD2345') return { status: 'approved', user: ANN };
    return { status: code === 'x' ? 'malformed' : 'unknown' };
  },
  revokePairing: async (user, channel) => {
    asked.push([user, channel]);
    return user === 'u1' ? ['qq'] : [];
  },
};

let app: App;
beforeEach(async () => {
  const { log } = createLogger({ level: 'silent', destination: null });
  app = await createApp(log, '1.2.3', async () => undefined);
  servePairing(app, office);
});
afterEach(async () => {
  asked.length = 0;
  await app.close();
});
const post = async (path: string, payload: unknown) => {
  const answer = await app.inject({
    method: 'POST',
    url: `/v1/pairing/${path}`,
    headers: { 'content-type': 'application/json' },
    payload: JSON.stringify(payload),
  });
  return { status: answer.statusCode, body: answer.json() };
};

it('shows who is paired', async () => {
  const answer = await app.inject('/v1/pairing');
  expect(answer.json()).toEqual({ requests: [], paired: [ANN], trail: [] });
});

describe('approve', () => {
  it.each([
    [{ code: 'ABCD2345' }, 200, { approved: ANN }],
    [{ code: 'ZZZZZZZ9' }, 404, { error: { code: 'unknownPairingCode' } }],
    [{ code: 'x' }, 400, { error: { code: 'malformedPairingCode' } }],
    [{ code: 7 }, 400, { error: { code: 'invalid' } }],
    [{ code: 'A'.repeat(101) }, 400, { error: { code: 'invalid' } }],
    [{}, 400, { error: { code: 'invalid' } }],
    [[], 400, { error: { code: 'invalid' } }],
    [null, 400, { error: { code: 'invalid' } }],
    [{ code: 'ABCD2345', channel: 'qq' }, 400, { error: { code: 'invalid' } }],
  ])('%j is answered %i', async (payload, status, body) => {
    expect(await post('approve', payload)).toMatchObject({ status, body });
  });

  it('what is no request is not tried', async () => {
    await post('approve', { code: 7 });
    expect(asked).toEqual([]);
  });
});

describe('revoke', () => {
  it.each([
    [{ user: 'u1' }, 200, { revoked: { user: 'u1', channels: ['qq'] } }, [['u1', undefined]]],
    [{ user: 'u1', channel: 'qq' }, 200, { revoked: { user: 'u1', channels: ['qq'] } }, [['u1', 'qq']]],
    [{ user: 'u2' }, 404, { error: { code: 'unknownPairedUser' } }, [['u2', undefined]]],
    [{ user: '' }, 400, { error: { code: 'invalid' } }, []],
    [{}, 400, { error: { code: 'invalid' } }, []],
  ])('%j is answered %i', async (payload, status, body, wasAsked) => {
    expect(await post('revoke', payload)).toMatchObject({ status, body });
    expect(asked).toEqual(wasAsked);
  });
});

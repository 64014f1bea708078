import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Callback,
  type CallbackRequest,
  type CallbackTerms,
  readCallback,
} from '../../src/adapters/qq/webhook-callback.js';
import { isSigned, signatureOf, webhookKeyOf } from '../../src/adapters/qq/webhook-signature.js';

const OWN = 'router-test-secret';
const EVENT = '{"id":"ev-1","op":0,"s":7,"t":"C2C_MESSAGE_CREATE","d":{"content":"hi"}}';
const TIME = '1760000000';
const NOW_MS = 1_760_000_000_000;

// qq-bot-api §10.6.
describe('the key and its signatures', () => {
  // The vector of the platform's own Go SDK: tencent-connect/botgo, interaction/signature.
  const BOTGO =
    '{"id":"ROBOT1.0_veoihSEXDc8Q.g-6eLpNIa11bH8MisOjn-m-LKxCPntMk6exUXgcWCGpVO7L2QKTNZzjZzFFDSbiOFcqAPWyVA!!","content":"哦一下","timestamp":"2024-10-15T16:33:15+08:00","author":{"id":"675860273","user_openid":"675860273"}}';
  const PRETTY = '{\n  "op": 0,\n  "d": {},\n  "t": "GATEWAY_EVENT_NAME"\n}';
  it.each([
    [
      'V1',
      'DG5g3B4j9X2KOErG',
      '1725442341',
      'Arq0D5A61EgUu4OxUvOp',
      '87befc99c42c651b3aac0278e71ada338433ae26fcb24307bdc5ad38c1adc2d01bcfcadc0842edac85e85205028a1132afe09280305f13aa6909ffc2d652c706',
    ],
    [
      'V2',
      'naOC0ocQE3shWLAfffVLB1rhYPG7',
      '1725442341',
      PRETTY,
      '865ad13a61752ca65e26bde6676459cd36cf1be609375b37bd62af366e1dc25a8dc789ba7f14e017ada3d554c671a911bfdf075ba54835b23391d509579ed002',
    ],
    [
      'V3',
      '123456abcdef',
      '1728981195',
      BOTGO,
      'e949b5b94ef4103df903fb031d1d16e358db3db83e79e117edd404c8508be3ce8a76d7bad1bed353194c126a1a5915b4ad8b5288c1191cc53a12acffccd82004',
    ],
    [
      'V4',
      OWN,
      TIME,
      EVENT,
      '85ad5785f5fe44c507e4a64f6669629928297e31f5599a735d2bb685db927b1a385fc58d3c4c8728310ba743fcbb75c2034219e79dfcbc1993b606f2ede2ae06',
    ],
    [
      'V5',
      OWN,
      TIME,
      'plainTOKEN123',
      '87c8a1cbcd9cc8caf611c5906e8223007504c2479aa1ef6ce22f205bb1350cde508d1799c7af3861a33f0145b0f1c465da0082502e63b1f92bf68f1c62105501',
    ],
    [
      'V6',
      'a-secret-that-is-longer-than-thirty-two-bytes',
      TIME,
      '{"op":0}',
      '3b433436583712c9f01e81178c8aabd02ee913956d916b3e6b0aa418a0d8112693c11c8df9dba340aa2d836768637d15d9e85c710a731693a180eecdc2ee0802',
    ],
  ])('%s', (_, secret, time, body, signature) => {
    const key = webhookKeyOf(secret);
    expect(signatureOf(key, time, body)).toBe(signature);
    expect(isSigned(key, signature, time, body)).toBe(true);
    expect(isSigned(key, signature.toUpperCase(), time, Buffer.from(body))).toBe(true);
  });

  it('the public keys are the documented ones', () => {
    const hex = (secret: string): string =>
      webhookKeyOf(secret).publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex');
    expect(hex('naOC0ocQE3shWLAfffVLB1rhYPG7')).toBe(
      'd7c362fe78aef81ff23287b493628b5db02a3c4fe30b215e4d19609b5d76673a',
    );
    expect(hex(OWN)).toBe('6239fe049dccda95fa2e9dc9a9974e93d603dcb92ed8b038fce326d906d9fb71');
  });

  // §12 trap 34, LangBot#1862: a body that was read and written again has no signature.
  it('a body that was read and written again is another body', () => {
    const key = webhookKeyOf('naOC0ocQE3shWLAfffVLB1rhYPG7');
    const signature = signatureOf(key, '1725442341', PRETTY);
    expect(isSigned(key, signature, '1725442341', JSON.stringify(JSON.parse(PRETTY)))).toBe(false);
  });

  // SA pads a short secret once only.
  it('a secret of one letter is repeated until it is long enough', () => {
    const key = webhookKeyOf('x');
    expect(signatureOf(key, 'a')).toBe(signatureOf(webhookKeyOf('x'.repeat(32)), 'a'));
  });

  it('a second form of a good signature is none: the number beyond the group’s order is refused', () => {
    const key = webhookKeyOf(OWN);
    const good = Buffer.from(signatureOf(key, TIME, EVENT), 'hex');
    const order = (1n << 252n) + 27742317777372353535851937790883648493n;
    const s = BigInt(`0x${Buffer.from(good.subarray(32)).reverse().toString('hex')}`) + order;
    const other = Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse();
    expect(isSigned(key, Buffer.concat([good.subarray(0, 32), other]).toString('hex'), TIME, EVENT)).toBe(false);
    good[63] = (good[63] ?? 0) | 0x20;
    expect(isSigned(key, good.toString('hex'), TIME, EVENT)).toBe(false);
  });
});

const key = webhookKeyOf(OWN);
const terms = (more: Partial<CallbackTerms> = {}): CallbackTerms => ({
  appId: '1',
  key,
  nowMs: NOW_MS,
  maxAgeMs: 300_000,
  bodyMax: 1_000,
  ...more,
});
const request = (body: string, headers: CallbackRequest['headers'] = {}): CallbackRequest => ({
  method: 'POST',
  headers: { 'X-Bot-Appid': '1', ...headers },
  body: Buffer.from(body),
});
const signed = (body: string, { time = TIME, by = key, ...headers } = {}): CallbackRequest =>
  request(body, { 'X-Signature-Timestamp': time, 'X-Signature-Ed25519': signatureOf(by, time, body), ...headers });
const why = (callback: Callback): string =>
  callback.kind === 'refused' ? `${callback.status} ${callback.why}` : callback.kind;

describe('a callback', () => {
  it('is read from the very bytes that were signed', () => {
    expect(readCallback(signed(EVENT), terms())).toEqual({
      kind: 'event',
      t: 'C2C_MESSAGE_CREATE',
      id: 'ev-1',
      d: { content: 'hi' },
      signature: signatureOf(key, TIME, EVENT),
    });
  });

  it.each<[string, CallbackRequest, string]>([
    // lobehub#16538: accepted without checking the signature.
    ['without a signature', request(EVENT), '401 noSignature'],
    ['with an empty one', request(EVENT, { 'x-signature-ed25519': '' }), '401 noSignature'],
    ['with one that is none', signed(EVENT, { 'X-Signature-Ed25519': 'zz' } as object), '401 badSignature'],
    ['signed by another', signed(EVENT, { by: webhookKeyOf('another') }), '401 badSignature'],
    ['with a byte added', { ...signed(EVENT), body: Buffer.from(`${EVENT} `) }, '401 badSignature'],
    ['with another time', signed(EVENT, { 'X-Signature-Timestamp': '1760000001' } as object), '401 badSignature'],
    ['for another bot', signed(EVENT, { 'X-Bot-Appid': '2' } as object), '403 otherBot'],
    ['for nobody by name', signed(EVENT, { 'X-Bot-Appid': undefined } as object), 'event'],
    ['that is too long', signed(JSON.stringify({ op: 0, t: 'X', d: 'x'.repeat(1_000) })), '413 tooLarge'],
    ['that is fetched', { ...signed(EVENT), method: 'GET' }, '405 method'],
    ['five minutes old', signed(EVENT, { time: '1759999700' }), 'event'],
    ['older', signed(EVENT, { time: '1759999699' }), '403 stale'],
    ['five minutes ahead', signed(EVENT, { time: '1760000300' }), 'event'],
    ['further ahead', signed(EVENT, { time: '1760000301' }), '403 stale'],
    ['with names of headers in another case', signed(EVENT, { 'x-bot-appid': '1' } as object), 'event'],
    ['that is a heartbeat', signed('{"op":1,"d":5}'), 'heartbeat'],
    ['that is no JSON', signed('<html>'), 'unreadable'],
    ['that is empty', signed(''), 'unreadable'],
    ['that is a list', signed('[]'), 'unreadable'],
    ['with an opcode nobody knows', signed('{"op":99}'), 'unreadable'],
    ['without a name', signed('{"op":0,"d":{}}'), 'unreadable'],
  ])('%s', (_, given, expected) => {
    expect(why(readCallback(given, terms()))).toBe(expected);
  });

  it('of any age is taken where age is not looked at', () => {
    expect(why(readCallback(signed(EVENT, { time: '1' }), terms({ maxAgeMs: 0 })))).toBe('event');
  });

  it('cannot move the border between time and body', () => {
    const body = '1{"op":0,"t":"X","d":{}}';
    const signature = signatureOf(key, '17600000', body);
    const moved = (time: string, rest: string): CallbackRequest =>
      request(rest, { 'X-Signature-Timestamp': time, 'X-Signature-Ed25519': signature });
    expect(why(readCallback(moved('176000001', body.slice(1)), terms()))).toBe('403 stale');
    expect(why(readCallback(moved('176000001{', body.slice(2)), terms({ maxAgeMs: 0 })))).toBe('401 badSignature');
  });
});

// §10.4.
describe('the proof of an address', () => {
  const ask = (plain_token: unknown, event_ts: unknown = TIME): string =>
    JSON.stringify({ op: 13, d: { plain_token, event_ts } });

  it.each([
    ['unsigned', request(ask('plainTOKEN123'))],
    ['signed', signed(ask('plainTOKEN123'))],
  ])('is given, asked %s', (_, given) => {
    expect(readCallback(given, terms())).toEqual({
      kind: 'validation',
      answer: { plain_token: 'plainTOKEN123', signature: signatureOf(key, TIME, 'plainTOKEN123') },
    });
  });

  it('is not given to one who signs wrongly', () => {
    expect(why(readCallback(signed(ask('plainTOKEN123'), { by: webhookKeyOf('another') }), terms()))).toBe(
      '401 badSignature',
    );
  });

  // Time and token are signed as one string, as time and body of an event are.
  it('signs nothing that could be an event', () => {
    for (const token of [EVENT, '{', ` ${EVENT}`, '0{"op":0}', '\n{}', '\ufeff{}', '', 7, null, 'x'.repeat(257)]) {
      expect(why(readCallback(request(ask(token)), terms())), JSON.stringify(token)).toBe('403 badToken');
    }
    for (const time of ['', '1{', `${TIME}{"op":0}`, 'x', null, '1'.repeat(17)]) {
      expect(why(readCallback(request(ask('token', time)), terms())), JSON.stringify(time)).toBe('403 badToken');
    }
  });

  it('whatever it signs, no event can be made of it', () => {
    const digits = fc.string({ unit: fc.constantFrom('0', '1', '9'), maxLength: 16 });
    const before = fc.oneof(digits, fc.constantFrom(' ', '\n', '\ufeff', 'x'));
    const envelope = fc.constantFrom(EVENT, '{"op":1,"d":5}', '{"op":0,"t":"X"}');
    const token = fc.oneof(
      fc.string(),
      fc.tuple(before, envelope, fc.constantFrom('', ' ')).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(token, fc.oneof(fc.string(), fc.constant(TIME), digits), fc.nat(100), (token, time, cut) => {
        const told = readCallback(request(ask(token, time)), terms({ maxAgeMs: 0 }));
        if (told.kind !== 'validation') return;
        const whole = time + token;
        const forged = request(whole.slice(cut), {
          'X-Signature-Timestamp': whole.slice(0, cut),
          'X-Signature-Ed25519': told.answer.signature,
        });
        expect(['event', 'heartbeat']).not.toContain(readCallback(forged, terms({ maxAgeMs: 0 })).kind);
      }),
      { numRuns: 1_000 },
    );
  });
});

it('whatever comes without a good signature is refused, and nothing throws', () => {
  const header = fc.oneof(fc.constant(undefined), fc.string(), fc.array(fc.string(), { maxLength: 2 }));
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    fc.json().map((text) => Buffer.from(text)),
    fc.constant(Buffer.from(EVENT)),
  );
  fc.assert(
    fc.property(
      fc.constantFrom('POST', 'POST', 'PUT', ''),
      fc.record({
        'x-bot-appid': fc.constantFrom('1', '1', undefined, '2'),
        'x-signature-ed25519': fc.oneof(
          header,
          fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 128, maxLength: 128 }),
        ),
        'x-signature-timestamp': fc.oneof(header, fc.constant(TIME)),
      }),
      body,
      (method, headers, bytes) => {
        const callback = readCallback({ method, headers, body: bytes }, terms());
        expect(['refused', 'validation']).toContain(callback.kind);
      },
    ),
    { numRuns: 2_000 },
  );
});

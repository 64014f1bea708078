import { createPrivateKey, type KeyObject, sign } from 'node:crypto';

/** RFC 8410: what stands before a bare Ed25519 seed in PKCS#8. */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');
const SEED_BYTES = 32;

/**
 * §10.3: the key of a bot, made from its secret: repeated until it has 32 bytes, and cut there.
 * Errors: RangeError for an empty secret.
 */
export const callbackKey = (appSecret: string): KeyObject => {
  const secret = Buffer.from(appSecret);
  if (secret.length === 0) throw new RangeError('a bot without a secret signs nothing');
  const seed = Buffer.alloc(SEED_BYTES, secret);
  return createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: 'der', type: 'pkcs8' });
};

/** Hex of the 64-byte signature over the texts, one after the other. */
export const signed = (key: KeyObject, ...texts: readonly string[]): string =>
  sign(null, Buffer.from(texts.join('')), key).toString('hex');

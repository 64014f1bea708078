import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';

/** PKCS#8 around an Ed25519 seed. Source: qq-bot-api §10.3. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const SEED_BYTES = 32;
const SIGNATURE = /^[0-9a-f]{128}$/i;

/** The key pair both sides derive from a bot's secret. */
export type WebhookKey = { readonly privateKey: KeyObject; readonly publicKey: KeyObject };

/** Shape: a secret of any length but none; a short one is repeated, a long one cut. Source: qq-bot-api §10.3. */
export const webhookKeyOf = (secret: string): WebhookKey => {
  let seed = Buffer.from(secret);
  while (seed.length < SEED_BYTES) seed = Buffer.concat([seed, Buffer.from(secret)]);
  const der = Buffer.concat([PKCS8_PREFIX, seed.subarray(0, SEED_BYTES)]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return { privateKey, publicKey: createPublicKey(privateKey) };
};

/** Shape: 128 hex digits. */
export const signatureOf = ({ privateKey }: WebhookKey, ...parts: readonly (string | Uint8Array)[]): string =>
  sign(null, joined(parts), privateKey).toString('hex');

/** Whether `signature` is of these bytes, in this order. Shape: total; what is no signature is none. */
export const isSigned = (
  { publicKey }: WebhookKey,
  signature: string,
  ...parts: readonly (string | Uint8Array)[]
): boolean => {
  if (!SIGNATURE.test(signature)) return false;
  const bytes = Buffer.from(signature, 'hex');
  // A number beyond the group's order would make a second signature of the first.
  if (((bytes[63] ?? 0xff) & 0xe0) !== 0) return false;
  return verify(null, joined(parts), publicKey, bytes);
};

const joined = (parts: readonly (string | Uint8Array)[]): Buffer =>
  Buffer.concat(parts.map((part) => Buffer.from(part)));

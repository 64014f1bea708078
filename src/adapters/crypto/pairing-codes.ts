import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';
import { CODE_ALPHABET, CODE_LENGTH } from '../../domain/pairing.js';
import type { PairingCodes } from '../../ports/pairing-codes.js';

/**
 * A few ms a try: a code has 40 bits, and whoever steals a store has an hour to find one. At most three requests of a bot
 * are looked at in one try, so nothing waits long for it.
 */
const COST = { N: 2_048, r: 8, p: 1 } as const;
const HASH_BYTES = 32;
const SALT_BYTES = 16;

const hashOf = (code: string, salt: string): Buffer =>
  scryptSync(code, Buffer.from(salt, 'base64'), HASH_BYTES, { ...COST });

/** Codes from the system's own chance. The alphabet has 32 letters, so that five bits are one, evenly. */
export const pairingCodes: PairingCodes = {
  draw: () => {
    const code = [...randomBytes(CODE_LENGTH)].map((byte) => CODE_ALPHABET[byte % CODE_ALPHABET.length]).join('');
    const salt = randomBytes(SALT_BYTES).toString('base64');
    return { code, kept: { salt, hash: hashOf(code, salt).toString('base64') } };
  },
  fits: (code, { salt, hash }) => {
    const kept = Buffer.from(hash, 'base64');
    return kept.length === HASH_BYTES && timingSafeEqual(hashOf(code, salt), kept);
  },
};

import type { CodeHash } from '../domain/pairing.js';

/** One-time codes: drawn, kept as hashes, compared. */
export interface PairingCodes {
  /** A new code, and how it is kept. */
  draw(): { readonly code: string; readonly kept: CodeHash };
  /** Shape: takes as long whether it fits or not. */
  fits(code: string, kept: CodeHash): boolean;
}

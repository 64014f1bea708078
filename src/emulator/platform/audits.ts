import type { Audit } from './guild-sends.js';

/** Audits that were ordered: the next guild messages wait for a human, §13.9. */
export class Audits {
  #ordered: Audit | undefined;

  order(audit: Audit): void {
    this.#ordered = audit;
  }

  take(): Audit | undefined {
    const audit = this.#ordered;
    if (!audit || audit.left <= 0) return undefined;
    audit.left -= 1;
    return audit;
  }
}

/**
 * What is wrong with a delivery.
 * Shape: `wrongSignature` is signed with another key, `noSignature` lacks both headers, `alteredBody` had a byte added
 * after it was signed, `otherAppId` names another bot, `stale` is signed with a time `ageMs` ago.
 */
export type WebhookFault = 'wrongSignature' | 'noSignature' | 'alteredBody' | 'otherAppId' | 'stale';

type Ordered = { readonly fault: WebhookFault; readonly ageMs: number; left: number };

const ORDERED_MAX = 1000;

/** Spoilt deliveries that were asked for, in order. */
export class WebhookFaults {
  readonly #ordered: Ordered[] = [];

  order(fault: WebhookFault, times: number, ageMs: number): void {
    if (this.#ordered.length >= ORDERED_MAX) throw new RangeError(`more than ${ORDERED_MAX} faults wait`);
    if (times > 0) this.#ordered.push({ fault, ageMs, left: times });
  }

  take(): { readonly fault: WebhookFault; readonly ageMs: number } | undefined {
    const first = this.#ordered[0];
    if (!first) return undefined;
    first.left -= 1;
    if (first.left <= 0) this.#ordered.shift();
    return first;
  }

  clear(): void {
    this.#ordered.length = 0;
  }
}

/**
 * Where ids come from: counted, so that equal runs on a virtual clock get equal ids, and salted with the start time,
 * so that a client which remembers an earlier emulator meets no id twice.
 */
export class Ids {
  #count = 0;
  readonly #salt: string;

  constructor(startedMs: number) {
    this.#salt = startedMs.toString(36);
  }

  #next(): string {
    this.#count += 1;
    return `${this.#salt}${this.#count.toString(36).padStart(5, '0')}`;
  }

  /** A C2C or group message; the platform's ids contain `.`, `!` and `-`, §6. */
  message = (): string => `ROBOT1.0_${this.#next()}.a-b!`;
  guildMessage = (): string => `08${this.#next()}`;
  event = (type: string): string => `${type}:${this.#next()}`;
  session = (): string => `session-${this.#next()}`;
  token = (): string => `tok_${this.#next()}`;
  trace = (): string => this.#next();
  reference = (): string => `REFIDX_${this.#next()}==`;
  opaque = (prefix: string): string => `${prefix}${this.#next()}`;
  /** Guild-side ids are decimal, §0.3. */
  decimal = (): string => {
    this.#count += 1;
    return (9_000_000_000_000_000_000n + BigInt(this.#count)).toString();
  };
}

import { MemoryStore } from '../../src/adapters/store/memory-store.js';
import { createPairing, type Pairing } from '../../src/app/pairing.js';
import { PairingDesk } from '../../src/app/pairing-desk.js';
import type { Inbound } from '../../src/domain/inbound.js';
import { type AccessDecision, CODE_ALPHABET, CODE_LENGTH } from '../../src/domain/pairing.js';
import { createLogger } from '../../src/log/logger.js';
import type { PairingCodes } from '../../src/ports/pairing-codes.js';
import type { Store } from '../../src/ports/store.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';
import { messageOf, START_MS } from './samples.js';

/** Codes in order, kept as they are read backwards: what is kept is not the code. */
export const countedCodes = (): PairingCodes & { readonly drawn: readonly string[] } => {
  const drawn: string[] = [];
  const backwards = (code: string): string => [...code].reverse().join('');
  return {
    drawn,
    draw: () => {
      let n = drawn.length + 1;
      let code = '';
      for (let at = 0; at < CODE_LENGTH; at += 1) {
        code = CODE_ALPHABET.charAt(n % CODE_ALPHABET.length) + code;
        n = Math.floor(n / CODE_ALPHABET.length);
      }
      drawn.push(code);
      return { code, kept: { salt: '', hash: backwards(code) } };
    },
    fits: (code, { hash }) => backwards(code) === hash,
  };
};

/** One bot's door, or several, over a store that survives restarts and can be made to fail. */
export class PairingRig {
  readonly clock = new VirtualClock(START_MS);
  readonly memory = new MemoryStore(this.clock);
  readonly codes = countedCodes();
  readonly said: { readonly to: string; readonly text: string; readonly anchor: string }[] = [];
  readonly decided: AccessDecision[] = [];
  /** Writes of the door fail. */
  isBroken = false;
  /** What is said does not arrive. */
  isMute = false;
  desk!: PairingDesk;
  pairing!: Pairing;
  #messages = 0;

  static async make(): Promise<PairingRig> {
    const rig = new PairingRig();
    await rig.restart();
    return rig;
  }

  /** A new life over the same store. */
  async restart(): Promise<void> {
    const lease = await this.memory.lease('app');
    const store: Pick<Store, 'loadPeers' | 'saveAccess' | 'accessTrail'> = {
      loadPeers: (by) => this.memory.loadPeers(by),
      accessTrail: (by, limit) => this.memory.accessTrail(by, limit),
      saveAccess: async (by, change) => {
        if (this.isBroken) throw new Error('the disk is gone');
        await this.memory.saveAccess(by, change);
      },
    };
    this.desk = new PairingDesk({
      store,
      lease,
      clock: this.clock,
      codes: this.codes,
      log: createLogger({ level: 'silent', destination: null }).log,
      lang: 'en',
      say: async ({ id, sender }, text) => {
        if (this.isMute) return false;
        this.said.push({ to: sender.id, text, anchor: id });
        return true;
      },
      wasTold: async ({ id }) => this.said.some(({ anchor }) => anchor === id),
      onDecision: (decision) => this.decided.push(decision),
    });
    await this.desk.load();
    this.pairing = createPairing(() => [{ name: 'qq', desk: this.desk }]);
  }

  /** A stranger writes; everything that follows from it has happened. */
  async writes(user: string, changes: Partial<Inbound> = {}): Promise<void> {
    this.#messages += 1;
    const target = { scene: 'c2c', openid: user } as const;
    this.desk.ask(
      messageOf(`m${this.#messages}`, { target, sender: { id: user }, atMs: this.clock.now(), ...changes }),
    );
    await this.clock.advance(0);
  }

  /** Codes a user was told, in order. */
  codesOf(user: string): string[] {
    return this.said.filter(({ to }) => to === user).flatMap(({ text }) => /code (\S{8})/.exec(text)?.[1] ?? []);
  }
}

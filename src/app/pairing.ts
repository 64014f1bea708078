import type { AccessDecision, PairedUser, PairingRequest } from '../domain/pairing.js';
import { codeIn, WRONG_TRIES_MAX } from '../domain/pairing.js';
import type { PairingDesk } from './pairing-desk.js';
import { serial } from './serial.js';

/** A request as an operator sees it: its code is known to its user alone. */
export type PairingRequestView = Omit<PairingRequest, 'code' | 'wrongTries'> & {
  readonly channel: string;
  readonly triesLeft: number;
};
/** A user who was let in, and where. */
export type PairedUserView = Omit<PairedUser, 'state'> & { readonly channel: string };

/** Who asks to be let in, who was, and the last decisions; of all running channels. */
export type PairingView = {
  readonly requests: readonly PairingRequestView[];
  readonly paired: readonly PairedUserView[];
  readonly trail: readonly (AccessDecision & { readonly channel: string })[];
};

/** `malformed`: it can be no code, and was not tried. */
export type PairingApproval =
  | { readonly status: 'approved'; readonly user: PairedUserView }
  | { readonly status: 'unknown' | 'malformed' };

export type Pairing = {
  readonly view: () => Promise<PairingView>;
  readonly approve: (code: string) => Promise<PairingApproval>;
  /** Of one channel, or of all. Shape: the channels where something changed. */
  readonly revoke: (user: string, channel?: string) => Promise<readonly string[]>;
};

export type Door = { readonly name: string; readonly desk: PairingDesk };

/** Codes that wait to be tried; a person types one at a time. */
const WAITING_MAX = 16;

const paired = (channel: string, { state: _, ...user }: PairedUser): PairedUserView => ({ channel, ...user });

/** The doors of all channels, for whoever decides. One code after the other: what counts against tries must have counted. */
export const createPairing = (doors: () => readonly Door[]): Pairing => {
  const line = serial(WAITING_MAX);
  return {
    view: async () => {
      const views = await Promise.all(
        doors().map(async ({ name, desk }) => ({
          requests: desk.requests().map(({ code: _, wrongTries, ...request }) => {
            return { channel: name, ...request, triesLeft: Math.max(0, WRONG_TRIES_MAX - wrongTries) };
          }),
          paired: desk.paired().map((user) => paired(name, user)),
          trail: (await desk.trail()).map((decision) => ({ channel: name, ...decision })),
        })),
      );
      return {
        requests: views.flatMap(({ requests }) => requests).sort((one, other) => one.askedAtMs - other.askedAtMs),
        paired: views.flatMap(({ paired }) => paired),
        trail: views.flatMap(({ trail }) => trail).sort((one, other) => other.atMs - one.atMs),
      };
    },

    approve: (given) =>
      line(async () => {
        const code = codeIn(given);
        if (code === null) return { status: 'malformed' };
        for (const { name, desk } of doors()) {
          const user = await desk.approve(code);
          if (user) return { status: 'approved', user: paired(name, user) };
        }
        await Promise.all(doors().map(({ desk }) => desk.countWrongCode()));
        return { status: 'unknown' };
      }),

    revoke: async (user, channel) => {
      const asked = doors().filter(({ name }) => channel === undefined || name === channel);
      const changed = await Promise.all(asked.map(async ({ name, desk }) => ((await desk.revoke(user)) ? [name] : [])));
      return changed.flat();
    },
  };
};

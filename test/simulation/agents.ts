import type { TurnInput } from '../../src/ports/agent-driver.js';
import type { Clock } from '../../src/ports/clock.js';
import type { Turn, TurnHandler } from '../../src/ports/turn-handler.js';
import type { Deed, Manner } from './plan.js';

/** A message's text is an order to the agent that answers it. */
export const textOf = ({ id, manner, pieces, gapMs }: Extract<Deed, { does: 'write' }>): string =>
  `${id} ${manner} ${pieces} ${gapMs}`;

type Order = { readonly manner: Manner; readonly pieces: number; readonly gapMs: number };

const orderIn = (text: string): Order => {
  const [, manner = 'instant', pieces = '1', gapMs = '0'] = text.split(' ');
  return { manner: manner as Manner, pieces: Number(pieces), gapMs: Number(gapMs) };
};

/** What an answer is made of: which messages it answers, and its place. Said twice, it is seen twice. */
export type Mark = { readonly ids: readonly string[]; readonly place: number; readonly text: string };

const MARK = /\[([^\]:]+):(\d+)\]/g;

export const marksIn = (text: string): Mark[] =>
  [...text.matchAll(MARK)].map(([whole, ids = '', place]) => ({
    ids: ids.split('+'),
    place: Number(place),
    text: whole,
  }));

const LONG_MARKS = 14;
const FILLER = 'and so it goes on for a while, until there is nothing to add. '.repeat(3);

/** The marks of a whole answer. */
export const marksOf = (turn: Pick<TurnInput, 'inputs'>): readonly string[] => {
  const ids = turn.inputs.map(({ id }) => id).join('+');
  const { manner, pieces } = orderIn(turn.inputs.at(-1)?.text ?? '');
  const count =
    manner === 'silent' || manner === 'kills' ? 0 : manner === 'long' ? LONG_MARKS : manner === 'instant' ? 1 : pieces;
  return Array.from({ length: count }, (_, place) => `[${ids}:${place}]`);
};

const never = (): Promise<never> => new Promise(() => undefined);

/** The agent of one life: it dies with the life's clock. `kill` takes the life with it. */
export const agentOn = (clock: Clock, kill: () => void): TurnHandler => {
  const pause = (ms: number): Promise<void> =>
    ms === 0
      ? Promise.resolve()
      : new Promise((resolve) => {
          clock.setTimeout(resolve, ms);
        });

  return async (turn: Turn) => {
    const { manner, gapMs } = orderIn(turn.inputs.at(-1)?.text ?? '');
    const marks = marksOf(turn);
    const isPolite = manner !== 'rude';
    const chunks = async function* (): AsyncGenerator<string> {
      for (const mark of marks) {
        await pause(gapMs);
        if (isPolite && turn.signal.aborted) return;
        yield `${mark} ${manner === 'long' ? FILLER : 'so. '}`;
      }
    };
    switch (manner) {
      case 'silent':
        return;
      case 'kills':
        kill();
        return;
      case 'streams':
      case 'long':
      case 'instant':
        await turn.reply(chunks());
        return;
      case 'holds':
        await turn.hold(() => pause(gapMs));
        await turn.reply(chunks());
        return;
      case 'awaits':
        for (const mark of marks) {
          if (turn.signal.aborted) return;
          await turn.reply(mark);
          await pause(gapMs);
        }
        return;
      case 'speaks':
      case 'rude':
      case 'throws':
      case 'stuck':
        for (const mark of marks) {
          await pause(gapMs);
          if (isPolite && turn.signal.aborted) return;
          void turn.reply(mark);
        }
        if (manner === 'throws') throw new Error('the agent broke down');
        if (manner === 'stuck') await never();
    }
  };
};

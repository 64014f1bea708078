import type { TurnInput } from '../../ports/agent-driver.js';

export type Memo = {
  readonly read: (turn: TurnInput) => string | null;
  readonly write: (turn: TurnInput, value: string) => void;
};

/**
 * A conversation's memo, as one kind of agent keeps it.
 * Shape: what another kind has left reads as nothing, for a configuration may change between two turns.
 */
export const memoFor = (kind: string): Memo => {
  const mark = `${kind}:`;
  return {
    read: ({ memo }) => (memo?.startsWith(mark) ? memo.slice(mark.length) : null),
    write: (turn, value) => turn.remember(mark + value),
  };
};

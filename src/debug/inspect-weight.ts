import type { AnyEventObject, AnyMachineSnapshot } from 'xstate';
import type { ConversationContext, ConversationEvent } from '../../machines/conversation/conversation.types.js';
import type { ChartKind } from '../actors/inspect.js';
import type { RouterEvent } from '../app/events.js';
import type { Inbound } from '../domain/inbound.js';
import { type Outcome, saidBy, textOfPiece } from '../domain/reply.js';

const charsOfMessages = (messages: readonly Inbound[]): number =>
  messages.reduce((sum, { text }) => sum + text.length, 0);

const charsOfOutcome = (outcome: Outcome): number => textOfPiece(outcome.piece).length + (saidBy(outcome)?.length ?? 0);

const charsOfEvent = (given: AnyEventObject): number => {
  const event = given as ConversationEvent;
  switch (event.type) {
    case 'message.received':
      return event.message.text.length;
    case 'reply.piece':
      return 'text' in event.content ? event.content.text.length : 0;
    case 'piece.settled':
      return charsOfOutcome(event.outcome);
    default:
      return 0;
  }
};

/**
 * How many characters of text are kept because of a step: those of its event, and those its context has and the context
 * before had not. What grows counts whole each time, for each of its lengths is a text of its own.
 * Shape: no look at a text, only at its length; 0 for charts that keep none.
 */
export const charsOfStep = (
  chart: ChartKind,
  event: AnyEventObject,
  snapshot: AnyMachineSnapshot,
  before: AnyMachineSnapshot | undefined,
): number => {
  if (chart !== 'conversation') return 0;
  const context = snapshot.context as ConversationContext;
  const known = before?.context as ConversationContext | undefined;
  let chars = charsOfEvent(event);
  if (context === known) return chars;
  const { current, line, interrupted, parked } = context;
  if (parked !== known?.parked) chars += parked.length;
  if (interrupted && interrupted !== known?.interrupted) {
    chars += interrupted.delivered.length + (interrupted.maybe?.length ?? 0);
  }
  if (line.waiting !== known?.line.waiting) chars += charsOfMessages(line.waiting);
  if (!current || current === known?.current) return chars;
  const was = known?.current;
  if (current.delivered !== was?.delivered) chars += current.delivered.length;
  if (current.carried !== was?.carried) chars += current.carried.length;
  if (current.parked !== was?.parked) chars += current.parked.length;
  if (current.turn !== was?.turn) chars += charsOfMessages(current.turn.inputs);
  return chars;
};

export const charsOfFact = (fact: RouterEvent): number => {
  switch (fact.type) {
    case 'turn.settled':
    case 'piece':
      return charsOfOutcome(fact.outcome);
    case 'turn.closed':
      return fact.receipt.delivered.length;
    default:
      return 0;
  }
};

import type { AgentDriver } from '../../ports/agent-driver.js';
import type { Clock } from '../../ports/clock.js';
import type { TurnHandler } from '../../ports/turn-handler.js';
import { answerTo, HELP } from './demo-script.js';
import { embeddedDriver } from './embedded.js';

/** Slow enough to be interrupted by hand, quick enough not to bore. */
const WORD_MS = 120;

async function* typed(words: readonly string[], clock: Clock): AsyncGenerator<string> {
  for (const word of words) {
    await new Promise<void>((resolve) => clock.setTimeout(resolve, WORD_MS));
    yield word;
  }
}

/**
 * The agent of a router without one: tells about Rookery for 5 to 8 seconds, in the language of the question.
 * It is a turn handler as anyone may write it. The abort needs no line in it: `reply` leaves the text where it is.
 */
export const demoDriver = (clock: Clock): AgentDriver => {
  const answer: TurnHandler = async (turn) => {
    const asked = turn.text.trim();
    if (asked === '/help') await turn.reply(`${HELP.zh}\n\n${HELP.en}`);
    else await turn.reply(typed(answerTo(asked, turn.interrupted), clock));
  };
  return embeddedDriver(answer, 'demo', clock);
};

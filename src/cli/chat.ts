import type { RouterEvent } from '../app/events.js';
import type { Emulator } from '../emulator/index.js';
import type { Cli } from './cli.js';

/** The openid of whoever sits at the terminal. */
const YOU = 'you';

/** What the person at the terminal sees of the bot; more than its answers, for what was held back is the point. */
export const chatLines = (event: RouterEvent, { chat }: Cli['say']): readonly string[] => {
  if (event.type !== 'turn.closed' || event.receipt.status !== 'cancelled') return [];
  const held = event.receipt.generatedChars - [...event.receipt.delivered].length;
  return held > 0 ? [`  ${chat.fenced(held)}`] : [];
};

/**
 * Makes whoever sits at the terminal a QQ user: lines go to the bot, answers and typing come back as they arrive.
 * Shape: the result ends it.
 */
export const chat = (
  emulator: Emulator,
  lines: AsyncIterable<string>,
  { chat: words }: Cli['say'],
  print: (line: string) => void,
): (() => void) => {
  let printed = '';
  const stop = emulator.on('entry', ({ target, entry }) => {
    const { by, kind, text, stream, messageId } = entry;
    // A line of a terminal cannot grow: a bubble is printed once it has ended.
    if (target !== YOU || by !== 'bot' || messageId === printed || stream?.state === 'open') return;
    printed = messageId;
    print(kind === 'typing' ? `  ${words.typing}` : `  ${words.bot}: ${text}`);
  });
  let isOver = false;
  const read = async (): Promise<void> => {
    for await (const line of lines) {
      if (isOver) return;
      if (line.trim() !== '') emulator.sendC2c({ from: YOU, text: line });
    }
  };
  // Whoever closes the terminal's input only stops typing.
  read().catch(() => undefined);
  return () => {
    isOver = true;
    stop();
  };
};

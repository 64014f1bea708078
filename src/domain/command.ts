/** What a user orders instead of asking. Commands are never queued and never reach an agent. */
export type Command = { readonly type: 'stop'; readonly all: boolean };

/** Exact matches of the whole text; not `等等` or `wait`, which mean "more is coming". Source: turns §3.2. */
const COMMANDS: Readonly<Record<string, Command>> = {
  '/stop': { type: 'stop', all: false },
  stop: { type: 'stop', all: false },
  停: { type: 'stop', all: false },
  停止: { type: 'stop', all: false },
  取消: { type: 'stop', all: false },
  '/stop all': { type: 'stop', all: true },
};

export const commandIn = (text: string): Command | null => {
  const word = text.trim().toLowerCase();
  return Object.hasOwn(COMMANDS, word) ? (COMMANDS[word] ?? null) : null;
};

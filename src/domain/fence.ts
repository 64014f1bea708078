/** The line that opens a fenced code block. */
export type Fence = {
  /** At most three blanks; more would make it plain code. */
  readonly indent: string;
  /** Three or more backticks or tildes. */
  readonly run: string;
  readonly info: string;
};

/** The fence that `line` opens outside a code block. Source: spec.commonmark.org/0.31.2/#fenced-code-blocks */
export const openingOf = (line: string): Fence | null => {
  const [, indent = '', run = '', info = ''] = /^( {0,3})(`{3,}|~{3,})(.*)$/s.exec(line) ?? [];
  // With a backtick in its info it is a code span that begins a paragraph.
  if (run === '' || (run.startsWith('`') && info.includes('`'))) return null;
  return { indent, run, info: info.trimEnd() };
};

/** Whether `line`, inside `fence`, is its end. */
export const closes = (line: string, fence: Fence): boolean => {
  const run = /^ {0,3}(`{3,}|~{3,})[ \t\r]*$/.exec(line)?.[1] ?? '';
  return run.startsWith(fence.run);
};

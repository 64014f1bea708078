/** A Markdown text as its reader sees it, line by line; written apart from the code it tests. */
export type Parsed = {
  /** Everything outside code blocks, without any whitespace. */
  readonly prose: string;
  /** The lines of the code blocks, each with its line end. */
  readonly code: string;
  /** The last code block has its end. */
  readonly isBalanced: boolean;
};

export const parseFences = (markdown: string): Parsed => {
  let prose = '';
  let code = '';
  let open: { mark: string; length: number } | null = null;
  for (const line of markdown.split('\n')) {
    const bare = line.replace(/^ {1,3}(?! )/, '');
    const mark = bare.charAt(0);
    let length = 0;
    while (mark !== '' && bare.charAt(length) === mark) length += 1;
    const behind = bare.slice(length);
    const isFence = (mark === '`' || mark === '~') && length >= 3;
    if (open) {
      if (isFence && mark === open.mark && length >= open.length && behind.trim() === '') open = null;
      else code += `${line}\n`;
    } else if (isFence && !(mark === '`' && behind.includes('`'))) open = { mark, length };
    else prose += line.replace(/\s/g, '');
  }
  return { prose, code, isBalanced: open === null };
};

import { resolve as resolvePath } from 'node:path';
import { parseConfig } from '../../config/formats.js';
import { importConfig } from '../../config/import/import-config.js';
import { renderNote } from '../../config/import/notes.js';
import { readText } from '../../config/load.js';
import { type Cli, EXIT } from '../cli.js';

/** `rookery import FILE`: the configuration to stdout, what to look at to stderr. */
export const importFile = async (file: string, { cwd, say, lang, output, program }: Cli): Promise<number> => {
  const path = resolvePath(cwd, file);
  const imported = importConfig(parseConfig(path, await readText(path)), path);
  output.out(imported.text.trimEnd());
  output.err(say.import.from(file, imported.from));
  for (const note of imported.notes) output.err(`  ${renderNote(note, lang)}`);
  output.err(say.import.next(program));
  return EXIT.ok;
};

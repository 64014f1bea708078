import { extname } from 'node:path';
import { parseJSON5, parseTOML, parseYAML } from 'confbox';
import { type ConfigProblem, configError } from './problems.js';

// JSON is read as JSON5: comments and trailing commas do no harm, and its errors quote none of the file's text.
const PARSERS: Readonly<Record<string, (text: string) => unknown>> = {
  '.json5': (text) => parseJSON5(text),
  '.json': (text) => parseJSON5(text),
  '.toml': (text) => parseTOML(text),
  '.yaml': (text) => parseYAML(text),
  '.yml': (text) => parseYAML(text),
};

/** In the order they are looked for. */
export const FORMATS: readonly string[] = Object.keys(PARSERS);

type ParserError = {
  message?: string;
  reason?: string;
  line?: number;
  column?: number;
  lineNumber?: number;
  columnNumber?: number;
  mark?: { line: number; column: number };
};

/**
 * What a parser says, without the lines of the file that the TOML and YAML parsers quote below it: one of them may
 * hold a secret. Quoted words go for the same reason.
 */
const syntaxProblem = (file: string, error: ParserError): ConfigProblem => {
  const [firstLine = ''] = (error.reason ?? error.message ?? 'invalid syntax').split('\n');
  const reason = firstLine
    .replace(/^(JSON5|Invalid TOML document): /, '')
    .replace(/ at \d+:\d+$/, '')
    .replace(/"[^"]*"/g, '"…"');
  const line = error.lineNumber ?? error.line ?? (error.mark === undefined ? undefined : error.mark.line + 1);
  const column = error.columnNumber ?? error.column ?? (error.mark === undefined ? undefined : error.mark.column + 1);
  return {
    kind: 'fileSyntax',
    path: file,
    reason,
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
  };
};

/** The file's content as a value. Errors: `config.unreadable` for an unknown ending or broken syntax. */
export const parseConfig = (file: string, text: string): unknown => {
  const parse = PARSERS[extname(file).toLowerCase()];
  if (parse === undefined) {
    throw configError('config.unreadable', [{ kind: 'fileFormat', path: file, formats: FORMATS }]);
  }
  try {
    return parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw configError('config.unreadable', [syntaxProblem(file, error as ParserError)]);
  }
};

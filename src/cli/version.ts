import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The nearest `package.json` above this file: it lies one folder higher above `dist/src` than above `src`. */
const packageFile = (dir: string): string => {
  const file = join(dir, 'package.json');
  return existsSync(file) || dirname(dir) === dir ? file : packageFile(dirname(dir));
};

/** The version of this package. */
export const version = (): string => {
  const file = packageFile(dirname(fileURLToPath(import.meta.url)));
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
};

import { stringifyJSON5 } from 'confbox';
import { asPlain, isPlain } from '../paths.js';
import { configError } from '../problems.js';
import { resolveConfig } from '../resolve.js';
import type { ImportNote } from './notes.js';
import { fromOpenPollen } from './openpollen.js';
import { fromPrx } from './prx.js';
import { Source } from './source.js';

export type Imported = {
  readonly from: 'OpenPollen' | 'PRX';
  /** JSON5, ready to be saved as `rookery.config.json5`. It holds no secret. */
  readonly text: string;
  readonly notes: readonly ImportNote[];
};

const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** Fits wherever a text, a secret or an address is asked for. */
const STAND_IN = 'https://stand-in.example';

/** Stand-ins for what the environment will hold, so that all else can be checked now. */
const standIns = (text: string): Record<string, string> =>
  Object.fromEntries([...text.matchAll(REFERENCE)].map(([, name = '']) => [name, STAND_IN]));

/**
 * Another program's configuration as one of ours. Secrets become references to the environment: what is printed is
 * copied about, and a secret that is not in it cannot get out with it.
 * Errors: `config.invalid` for a file of neither program, one without QQ, and where a value is one we would refuse.
 */
export const importConfig = (value: unknown, file: string): Imported => {
  const root = asPlain(value);
  const isPrx = isPlain(root['channels_config']);
  const isOpenPollen =
    !isPrx && isPlain(root['channels']) && ['agent', 'gateway', 'providers'].some((key) => key in root);
  if (!isPrx && !isOpenPollen) throw configError('config.invalid', [{ kind: 'importUnknown', path: file }]);
  const source = new Source(root);
  const section = isPrx ? 'channels_config' : 'channels';
  if (!source.has(section, 'qq')) {
    throw configError('config.invalid', [{ kind: 'importWithoutQq', path: `${section}.qq` }]);
  }
  const config = isPrx ? fromPrx(source) : fromOpenPollen(source);
  const body = stringifyJSON5(config, { indent: 2 });
  const from = isPrx ? 'PRX' : 'OpenPollen';
  const env = standIns(body);
  // An agent that is missing is named in a note; whatever else is wrong is wrong in the file.
  resolveConfig(config, { baseDir: '.', env, name: file });
  return { from, text: `// Imported from ${from}.\n${body}\n`, notes: source.notes };
};

import { asPlain, isPlain, type KeyPath, type Plain, pathText, valueAt } from '../paths.js';
import type { ImportNote } from './notes.js';

/** Another program's configuration, read part by part: what nobody asked for is named at the end. */
export class Source {
  readonly notes: ImportNote[] = [];
  readonly #root: Plain;
  readonly #taken = new Set<string>();

  constructor(root: Plain) {
    this.#root = root;
  }

  /** The value there, which is dealt with from now on. Shape: undefined where there is none. */
  take(...path: KeyPath): unknown {
    this.#taken.add(pathText(path));
    return valueAt(this.#root, path);
  }

  text(...path: KeyPath): string | undefined {
    const value = this.take(...path);
    return typeof value === 'string' && value !== '' ? value : undefined;
  }

  keysAt(...path: KeyPath): readonly string[] {
    return Object.keys(asPlain(valueAt(this.#root, path)));
  }

  has(...path: KeyPath): boolean {
    return valueAt(this.#root, path) !== undefined;
  }

  note(note: ImportNote): void {
    this.notes.push(note);
  }

  /**
   * A secret as a reference to the environment; one that was a reference already stays what it was.
   * Shape: undefined where there is none. Its value goes nowhere.
   */
  secret(variable: string, ...path: KeyPath): string | undefined {
    const value = this.text(...path);
    if (value === undefined) return undefined;
    if (/^\$\{[A-Za-z_][A-Za-z0-9_]*\}$/.test(value)) return value;
    return this.hide(variable, pathText(path));
  }

  /** A reference in place of what stands there. */
  hide(variable: string, path: string): string {
    this.note({ kind: 'secret', path, variable });
    return `\${${variable}}`;
  }

  /** Every part that nobody took, the largest whole one each; `kindOf` says why it is left out. */
  leftOver(kindOf: (path: KeyPath) => 'noEquivalent' | 'otherPlatform'): void {
    const look = (value: unknown, path: KeyPath): void => {
      const text = pathText(path);
      if (this.#taken.has(text)) return;
      const isTouched = [...this.#taken].some((one) => one.startsWith(`${text}.`));
      if (path.length > 0 && !(isPlain(value) && isTouched)) {
        this.note({ kind: kindOf(path), path: text });
        return;
      }
      for (const [key, item] of Object.entries(asPlain(value))) look(item, [...path, key]);
    };
    look(this.#root, []);
  }
}

import { inspect } from 'node:util';

/** A value that does not print: neither JSON, nor a log, nor an inspector shows it. */
export class Secret {
  readonly reveal: () => string;

  constructor(value: string) {
    this.reveal = () => value;
  }

  readonly toJSON = (): string => '[secret]';
  readonly toString = (): string => '[secret]';
  readonly [inspect.custom] = (): string => '[secret]';
}

import pc from 'picocolors';
import { type Logger, pino } from 'pino';
import type { LogLevel } from '../config/resolved.js';
import type { Secret } from '../config/secret.js';
import { errorFields } from './errors.js';
import { formatLogLine } from './format.js';
import { type LogFileOptions, type LogSink, openLogFile } from './log-files.js';
import { CENSOR, createScrubber, type Scrubber, SECRET_KEYS } from './scrubber.js';

export type { Logger } from 'pino';

/** Where lines go that a person or a supervisor reads: `process.stderr`, or a stand-in. */
export type LogDestination = {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  on?(event: 'error', listener: (error: Error) => void): unknown;
};

export type LogOptions = {
  readonly level: LogLevel;
  /** The rotated files beside the store. @default none */
  readonly file?: LogFileOptions;
  /** null: the files alone. @default process.stderr */
  readonly destination?: LogDestination | null;
  /** Lines for a person instead of JSON, on `destination`. @default whether it is a terminal */
  readonly pretty?: boolean;
  /** @default in a terminal, as NO_COLOR and FORCE_COLOR have it */
  readonly color?: boolean;
  /** Shared with whatever else leaves the process. @default one of its own */
  readonly scrubber?: Scrubber;
};

export type RootLogger = {
  readonly log: Logger;
  readonly scrubber: Scrubber;
  /** Keeps a value out of every later line, wherever it stands; the result undoes that. */
  registerSecret(value: Secret | string): () => void;
  /** Resolves when every line is written; later lines are lost. */
  close(): Promise<void>;
};

const destinationSink = (destination: LogDestination, pretty: boolean, color: boolean): LogSink => {
  let broken = false;
  // A closed pipe (`rookery start 2>&1 | head`) must not end the router.
  destination.on?.('error', () => {
    broken = true;
  });
  return {
    write(line) {
      if (!broken) destination.write(pretty ? `${formatLogLine(line, { color })}\n` : line);
    },
    close: async () => {},
  };
};

/**
 * The root of all logs. Lines are JSON: `time` in ISO, `level` as a word, `room`, then fields, then `msg`.
 * Every line passes the scrubber last, so a secret inside an error's text does not get out either.
 */
export const createLogger = (options: LogOptions): RootLogger => {
  const { level, file, destination = process.stderr, scrubber = createScrubber() } = options;
  const terminal = destination?.isTTY === true;
  const { pretty = terminal, color = terminal && pc.isColorSupported } = options;
  const sinks: LogSink[] = [];
  if (destination !== null) sinks.push(destinationSink(destination, pretty, color));

  const log = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      errorKey: 'error',
      serializers: { error: errorFields, err: errorFields },
      // The outermost keys, which cost nothing here. A wildcard costs 7 µs a line and level, so the scrubber, which
      // looks at every line anyway, takes the deeper ones.
      redact: { paths: [...SECRET_KEYS], censor: CENSOR },
    },
    {
      write(line: string): void {
        const clean = scrubber.scrubLine(line);
        for (const sink of sinks) sink.write(clean);
      },
    },
  );

  if (file) {
    sinks.push(
      openLogFile(file, ({ message: why }) =>
        log.error({ room: 'log', dir: file.dir, why }, 'log file cannot be written'),
      ),
    );
  }

  return {
    log,
    scrubber,
    registerSecret: (value) => scrubber.register(value),
    close: async () => {
      await Promise.all(sinks.map((sink) => sink.close()));
    },
  };
};

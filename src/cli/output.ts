/** Where a command writes: results for whoever called it, and everything else beside them. */
export type Output = {
  /** A result; a newline is added. */
  readonly out: (text: string) => void;
  /** A log line, a hint or an error; a newline is added. */
  readonly err: (text: string) => void;
  /** Whether results go to a terminal that shows colours; the same for the other stream. */
  readonly outColor: boolean;
  readonly errColor: boolean;
  /** Fires when nobody reads the results any more: `rookery logs -f | head`. */
  readonly gone: AbortSignal;
  /** Resolves once all that was written has left the process. */
  readonly flush: () => Promise<void>;
};

type Stream = NodeJS.WriteStream;

const hasColor = (stream: Stream): boolean => stream.isTTY === true && stream.hasColors?.() === true;

const flushed = (stream: Stream): Promise<void> =>
  new Promise((resolve) => {
    if (stream.destroyed || !stream.writable) resolve();
    else stream.write('', () => resolve());
  });

export type ProcessOutput = Output & {
  /** Results could not be written, as on a full disk; a reader that has gone has what it wanted. */
  readonly hasFailed: () => boolean;
};

/** The process's own streams: the one place that writes to them. */
export const processOutput = (): ProcessOutput => {
  const { stdout, stderr } = process;
  const reader = new AbortController();
  let hasFailed = false;
  // A closed pipe is no reason to end a router; without a listener it would.
  stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    hasFailed ||= code !== 'EPIPE';
    reader.abort();
  });
  stderr.on('error', () => undefined);
  return {
    out: (text) => {
      if (!reader.signal.aborted) stdout.write(`${text}\n`);
    },
    err: (text) => {
      stderr.write(`${text}\n`);
    },
    outColor: hasColor(stdout),
    errColor: hasColor(stderr),
    gone: reader.signal,
    hasFailed: () => hasFailed,
    flush: async () => {
      await Promise.all([flushed(stdout), flushed(stderr)]);
    },
  };
};

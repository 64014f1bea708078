/** A value of a column. Integers come back as numbers: everything stored here stays below 2^53. */
export type Value = string | number | null;
export type Row = Readonly<Record<string, Value>>;

/** Shape: `run` gives how many rows changed; `get` gives undefined where there is no row. */
export interface Statement {
  run(...values: Value[]): number;
  get<R extends Row>(...values: Value[]): R | undefined;
  all<R extends Row>(...values: Value[]): R[];
  iterate<R extends Row>(...values: Value[]): IterableIterator<R>;
}

/** One connection. Used from one thread; every call blocks. */
export interface Database {
  /** Runs statements that give nothing back. */
  exec(sql: string): void;
  /** The same text gives the same statement. */
  prepare(sql: string): Statement;
  /** The value of a pragma, set before where `sql` says so. */
  pragma(sql: string): Value;
  close(): void;
}

export type Driver = { readonly name: string; open(file: string, timeoutMs: number): Database };

/** What `node:sqlite` and `@photostructure/sqlite` have in common, as far as it is used here. */
type NativeStatement = {
  run(...values: Value[]): { changes: number | bigint };
  get(...values: Value[]): unknown;
  all(...values: Value[]): unknown[];
  iterate(...values: Value[]): IterableIterator<unknown>;
};
type NativeDatabase = { exec(sql: string): void; prepare(sql: string): NativeStatement; close(): void };
type NativeModule = { DatabaseSync: new (file: string, options: { timeout: number }) => NativeDatabase };

/** `node:sqlite` needs no flag from this version on. */
const BUILT_IN_SINCE = [22, 13] as const;

const hasBuiltIn = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > BUILT_IN_SINCE[0] || (major === BUILT_IN_SINCE[0] && minor >= BUILT_IN_SINCE[1]);
};

/** The driver this Node has: its own, else the one that is installed beside us. */
export const loadDriver = async (nodeVersion: string = process.versions.node): Promise<Driver> => {
  const name: string = hasBuiltIn(nodeVersion) ? 'node:sqlite' : '@photostructure/sqlite';
  const { DatabaseSync } = (await import(name)) as NativeModule;
  return { name, open: (file, timeoutMs) => wrap(new DatabaseSync(file, { timeout: timeoutMs })) };
};

const wrap = (native: NativeDatabase): Database => {
  const statements = new Map<string, Statement>();
  const iterators = new Set<IterableIterator<unknown>>();

  const prepare = (sql: string): Statement => {
    const known = statements.get(sql);
    if (known) return known;
    const inner = native.prepare(sql);
    const statement: Statement = {
      run: (...values) => Number(inner.run(...values).changes),
      get: <R extends Row>(...values: Value[]) => inner.get(...values) as R | undefined,
      all: <R extends Row>(...values: Value[]) => inner.all(...values) as R[],
      iterate: function* <R extends Row>(...values: Value[]) {
        const rows = inner.iterate(...values);
        iterators.add(rows);
        try {
          yield* rows as IterableIterator<R>;
        } finally {
          iterators.delete(rows);
        }
      },
    };
    statements.set(sql, statement);
    return statement;
  };

  return {
    exec: (sql) => native.exec(sql),
    prepare,
    pragma: (sql) => {
      const row = native.prepare(`pragma ${sql}`).get() as Row | undefined;
      return row ? (Object.values(row)[0] ?? null) : null;
    },
    /**
     * An iterator left in the middle holds its file open, so each is ended here. `@photostructure/sqlite` has no way to
     * finalise a statement: what is left of them goes with its thread, and with it the last hold on the file.
     */
    close: () => {
      for (const rows of iterators) rows.return?.();
      iterators.clear();
      statements.clear();
      native.close();
    },
  };
};

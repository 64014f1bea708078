import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCalls } from '../../../src/adapters/store/embedded/calls.js';
import { type Database, loadDriver } from '../../../src/adapters/store/embedded/driver.js';
import { GroupCommit } from '../../../src/adapters/store/embedded/group-commit.js';
import type { Answer, Pulse, Request } from '../../../src/adapters/store/embedded/protocol.js';
import { migrate } from '../../../src/adapters/store/embedded/schema.js';
import { RETENTION } from '../../../src/adapters/store/retention.js';

/** SQLite's codes: disk full, database busy, I/O error at a sync. */
const [FULL, BUSY, FSYNC] = [13, 5, 1_034] as const;
const RETRY_MS = 5;
const BY = ['app', 1] as const;

const ingest = (id: number, ...ids: readonly string[]): Request => ({
  id,
  name: 'ingest',
  args: [BY, ids.map((event) => [event, '{}', null, 0]), 1],
});
const unsettled = (id: number): Request => ({ id, name: 'unsettled', args: ['app', 0, 99] });

describe('GroupCommit', () => {
  let db: Database;
  let commits: GroupCommit;
  let answers: Answer[];
  let pulse: Pulse;
  /** What each commit answers, in turn; then all is well. */
  let faults: number[];
  let commitCount: number;

  const until = async (done: () => boolean): Promise<void> => {
    while (!done()) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  const answerTo = (id: number): unknown => answers.find((answer) => answer.id === id);

  beforeEach(async () => {
    const inner = (await loadDriver()).open(':memory:', 0);
    migrate(inner, ':memory:');
    [answers, faults, commitCount] = [[], [], 0];
    db = {
      ...inner,
      exec: (sql) => {
        if (sql === 'commit') {
          commitCount += 1;
          const errcode = faults.shift();
          if (errcode !== undefined) throw Object.assign(new Error('from the disk'), { errcode });
        }
        inner.exec(sql);
      },
    };
    commits = new GroupCommit(
      {
        db,
        calls: createCalls(db, RETENTION),
        dir: '/',
        bytes: () => 0,
        post: (given, latest) => {
          answers.push(...given);
          pulse = latest;
        },
      },
      { retryMs: RETRY_MS, groupMax: 4 },
    );
    commits.take([{ id: 0, name: 'lease', args: ['app'] }]);
    commitCount = 0;
  });
  afterEach(() => {
    commits.close();
    db.close();
  });

  it('writes what came together in one transaction, and no more than a group in one', () => {
    commits.take([ingest(1, 'a'), ingest(2, 'b'), ingest(3, 'a')]);
    expect(commitCount).toBe(1);
    expect(answers.slice(1)).toEqual([
      { id: 1, value: ['new'] },
      { id: 2, value: ['new'] },
      { id: 3, value: ['duplicate'] },
    ]);
    commits.take([1, 2, 3, 4, 5].map((n) => ingest(10 + n, `x${n}`)));
    expect(commitCount).toBe(3);
  });

  it('syncs nothing for reads', () => {
    commits.take([unsettled(1), { id: 2, name: 'tally', args: [] }]);
    expect(commitCount).toBe(0);
    expect(answerTo(1)).toEqual({ id: 1, value: [] });
  });

  it.each([
    ['a full disk', FULL, 'store.full'],
    ['a file somebody else holds', BUSY, 'store.locked'],
  ])('on %s writes keep their order and wait, and reads go on', async (_, errcode, code) => {
    faults = [errcode, errcode];
    commits.take([ingest(1, 'a'), { id: 2, name: 'lease', args: ['app'] }]);
    commits.take([ingest(3, 'b'), unsettled(4)]);
    expect(pulse.degraded).toBe(code);
    expect(answers.slice(1)).toEqual([{ id: 4, value: [] }]);
    await until(() => answers.length === 5);
    expect(pulse.degraded).toBeNull();
    expect([answerTo(1), answerTo(2)]).toEqual([
      { id: 1, value: ['new'] },
      { id: 2, value: 2 },
    ]);
    expect(answerTo(3)).toMatchObject({ failure: { code: 'store.fenced' } });
  });

  it('what waited when it was closed is refused, not forgotten', () => {
    faults = [FULL];
    commits.take([ingest(1, 'a')]);
    commits.close();
    expect(answerTo(1)).toMatchObject({ failure: { code: 'store.closed' } });
  });

  it('after a sync that failed every write is refused: nobody knows what is on the disk', () => {
    faults = [FSYNC];
    commits.take([ingest(1, 'a')]);
    expect(answerTo(1)).toMatchObject({ failure: { code: 'store.failed' } });
    commits.take([ingest(2, 'b'), unsettled(3)]);
    expect(answerTo(2)).toMatchObject({ failure: { code: 'store.failed' } });
    expect(answerTo(3)).toEqual({ id: 3, value: [] });
    expect(pulse.degraded).toBe('store.failed');
  });

  it('a request that cannot be carried out takes none of its group with it', () => {
    const broken: Request = { id: 2, name: 'settleSend', args: [BY, { no: 'key' }, 'outcome'] };
    commits.take([ingest(1, 'a'), broken, ingest(3, 'b')]);
    expect([answerTo(1), answerTo(3)]).toEqual([
      { id: 1, value: ['new'] },
      { id: 3, value: ['new'] },
    ]);
    expect(answerTo(2)).toMatchObject({ failure: { code: 'store.failed' } });
    expect(pulse.degraded).toBeNull();
    expect(pulse.unsettled).toBe(2);
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RetentionOptions } from '../../../src/adapters/store/retention.js';
import type { Clock } from '../../../src/ports/clock.js';
import type { FrameChange, Lease, OutboxEntry, Review, Store } from '../../../src/ports/store.js';
import { pieceOf, START_MS } from '../../support/samples.js';
import {
  closedOf,
  DatedClock,
  entryOf,
  eventOf,
  eventsOf,
  peerOf,
  receiptOf,
  recordOf,
} from './support/store-samples.js';

export type MakeStore = (clock: Clock, options: RetentionOptions & { unsettledMax?: number }) => Store;

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** What every store promises, whatever it is made of. */
export const storeContract = (name: string, make: MakeStore): void => {
  describe(`${name} store`, () => {
    let clock: DatedClock;
    let store: Store;
    let lease: Lease;
    const opened: Store[] = [];

    const open = async (options: Parameters<MakeStore>[1] = {}): Promise<void> => {
      store = make(clock, options);
      opened.push(store);
      await store.open();
      lease = await store.lease('app');
    };
    const unsettledIds = async (): Promise<string[]> =>
      (await store.unsettled(lease, { limit: 100 })).map(({ id }) => id);

    beforeEach(async () => {
      clock = new DatedClock();
      await open();
    });
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((one) => one.close()));
    });

    describe('leases', () => {
      it('each is a newer epoch, and ends the one before', async () => {
        expect(lease.valid()).toBe(true);
        const next = await store.lease('app');
        expect(next.epoch).toBeGreaterThan(lease.epoch);
        expect([lease.valid(), next.valid()]).toEqual([false, true]);
      });

      it('those of other bots are left alone', async () => {
        const other = await store.lease('other');
        expect([lease.valid(), other.valid()]).toEqual([true, true]);
      });

      it('every write under a stale one is refused and changes nothing', async () => {
        await store.ingest(lease, [eventOf('m1')]);
        const stale = lease;
        lease = await store.lease('app');
        const writes = [
          () => store.ingest(stale, [eventOf('m2')]),
          () => store.settle(stale, ['m1']),
          () => store.claim(stale, ['m1']),
          () => store.doubt(stale, ['m1']),
          () => store.release(stale),
          () => store.bury(stale, ['m1'], 'why'),
          () => store.saveAccess(stale, { peers: [peerOf('u1')], gone: [], trail: [] }),
          () => store.saveSession(stale, 0, { sessionId: 's', seq: 1, atMs: 1 }),
          () => store.enqueueSend(stale, entryOf('m1', 1)),
          () => store.settleSend(stale, 'm1#1', { status: 'arrived', said: 'ok' }),
          () => store.reviseSend(stale, entryOf('m1', 1)),
          () => store.cancelTurn(stale, closedOf('t1', ['m1'])),
          () => store.closeTurn(stale, closedOf('t1', ['m1'])),
          () => store.saveConversation(stale, recordOf('u1')),
          () => store.writeFrames(stale, []),
        ];
        for (const write of writes) await expect(write()).rejects.toMatchObject({ code: 'store.fenced' });
        expect(await store.unsettled(lease, { limit: 9 })).toMatchObject([{ id: 'm1', attempts: 0 }]);
        expect(await store.loadSession(lease, 0)).toBeNull();
        expect(await store.loadPeers(lease)).toEqual([]);
        expect(await store.unsettledSends(lease)).toEqual([]);
        expect(await store.countConversations()).toBe(0);
      });

      it('a close ends them all, and what comes after it is refused', async () => {
        await store.close();
        expect(lease.valid()).toBe(false);
        await expect(store.ingest(lease, [eventOf('m1')])).rejects.toMatchObject({ code: 'store.closed' });
        await expect(store.lease('app')).rejects.toMatchObject({ code: 'store.closed' });
      });

      it('a store that is opened again refuses the leases of before', async () => {
        const stale = lease;
        await store.close();
        await store.open();
        await expect(store.settle(stale, [])).rejects.toMatchObject({ code: 'store.fenced' });
        expect((await store.lease('app')).epoch).toBeGreaterThan(stale.epoch);
      });
    });

    describe('inbox', () => {
      it('takes an id once per bot, also within one call', async () => {
        const other = await store.lease('other');
        expect(await store.ingest(lease, [eventOf('m1'), eventOf('m2'), eventOf('m1')])).toEqual([
          'new',
          'new',
          'duplicate',
        ]);
        expect(await store.ingest(lease, [eventOf('m2')])).toEqual(['duplicate']);
        expect(await store.ingest(other, [eventOf('m2')])).toEqual(['new']);
      });

      it('gives back what is unsettled, as it came, in order, page by page', async () => {
        await store.ingest(lease, eventsOf('a', 3));
        await store.ingest(lease, eventsOf('b', 3));
        await store.settle(lease, ['a1', 'b0', 'nobody']);
        const first = await store.unsettled(lease, { limit: 3 });
        expect(first.map(({ id }) => id)).toEqual(['a0', 'a2', 'b1']);
        expect(first[0]).toMatchObject({ ...eventOf('a0'), attempts: 0 });
        const after = first[2]?.position ?? 0;
        expect((await store.unsettled(lease, { after, limit: 3 })).map(({ id }) => id)).toEqual(['b2']);
      });

      it('knows a settled id', async () => {
        await store.ingest(lease, [eventOf('m1')]);
        await store.settle(lease, ['m1']);
        expect(await store.ingest(lease, [eventOf('m1')])).toEqual(['duplicate']);
      });

      it('keeps the bots apart', async () => {
        const other = await store.lease('other');
        await store.ingest(lease, [eventOf('m1')]);
        await store.ingest(other, [eventOf('m1'), eventOf('m2')]);
        await store.settle(other, ['m1']);
        expect(await unsettledIds()).toEqual(['m1']);
        expect(await store.unsettled(other, { limit: 9 })).toMatchObject([{ id: 'm2' }]);
      });

      it('counts the turns that began with an event', async () => {
        await store.ingest(lease, eventsOf('m', 2));
        await store.claim(lease, ['m0', 'm1']);
        await store.claim(lease, ['m1', 'nobody']);
        expect(await store.unsettled(lease, { limit: 9 })).toMatchObject([{ attempts: 1 }, { attempts: 2 }]);
      });

      it('says when an event was taken in', async () => {
        await store.ingest(lease, [eventOf('m0')]);
        clock.move(7);
        await store.ingest(lease, [eventOf('m1')]);
        const takenAtMs = clock.now();
        expect(await store.unsettled(lease, { limit: 9 })).toMatchObject([{ takenAtMs: takenAtMs - 7 }, { takenAtMs }]);
      });

      it('waits while it is full, and goes on once there is room', async () => {
        await open({ unsettledMax: 2 });
        await store.ingest(lease, eventsOf('a', 2));
        let isTaken = false;
        const waiting = store.ingest(lease, [eventOf('b')]).then((answers) => {
          isTaken = true;
          return answers;
        });
        expect(await store.unsettled(lease, { limit: 9 })).toHaveLength(2);
        expect(isTaken).toBe(false);
        await store.settle(lease, ['a0']);
        expect(await waiting).toEqual(['new']);
        expect(store.health().unsettled).toBe(2);
      });

      it('an event that waits for room is refused when the store closes', async () => {
        await open({ unsettledMax: 1 });
        await store.ingest(lease, [eventOf('a')]);
        const waiting = store.ingest(lease, [eventOf('b')]);
        const refused = expect(waiting).rejects.toMatchObject({ code: 'store.closed' });
        await store.close();
        await refused;
      });
    });

    describe('claims', () => {
      const next = async (): Promise<void> => {
        await store.close();
        await store.open();
        lease = await store.lease('app');
      };
      /** Which ids were under way, life by life. */
      const seen = async (): Promise<string[]> => {
        const byLife = new Map<number, string[]>();
        for (const { life, appId, id } of await store.claims()) {
          byLife.set(life, [...(byLife.get(life) ?? []), `${appId}/${id}`]);
        }
        return [...byLife.values()].map((keys) => keys.sort().join(' '));
      };

      it('stand over the lives in which they were made, for all bots', async () => {
        const other = await store.lease('other');
        await store.ingest(lease, eventsOf('m', 3));
        await store.ingest(other, [eventOf('m0')]);
        await store.claim(lease, ['m0', 'm1', 'nobody']);
        await store.claim(other, ['m0']);
        expect(await store.claims()).toEqual([]);
        await next();
        expect(await seen()).toEqual(['app/m0 app/m1 other/m0']);
        await store.claim(lease, ['m1', 'm2']);
        await next();
        expect(await seen()).toEqual(['app/m0 app/m1 other/m0', 'app/m1 app/m2']);
      });

      it('fall with their event', async () => {
        await store.ingest(lease, eventsOf('m', 3));
        await store.claim(lease, ['m0', 'm1', 'm2']);
        await next();
        await store.settle(lease, ['m0']);
        await store.closeTurn(lease, closedOf('t1', ['m1']));
        expect(await seen()).toEqual(['app/m2']);
        await next();
        expect(await seen()).toEqual(['app/m2']);
      });

      it('of a life that ended in good order are none, those of earlier lives stand', async () => {
        await store.ingest(lease, eventsOf('m', 2));
        await store.claim(lease, ['m0']);
        await next();
        await store.claim(lease, ['m0', 'm1']);
        await store.release(lease);
        await next();
        expect(await seen()).toEqual(['app/m0']);
      });

      it('of lives in which somebody was cut are doubtful, for as long as there are any', async () => {
        await store.ingest(lease, eventsOf('m', 3));
        await store.claim(lease, ['m0', 'm1']);
        await next();
        await store.claim(lease, ['m1', 'm2']);
        await next();
        await store.doubt(lease, ['m0']);
        await store.settle(lease, ['m0']);
        await next();
        const claims = await store.claims();
        const [first] = claims.map(({ life }) => life);
        expect(claims.filter(({ id }) => id === null).map(({ life }) => life)).toEqual([first]);
        expect(claims.flatMap(({ id }) => id ?? []).sort()).toEqual(['m1', 'm1', 'm2']);
        await store.settle(lease, ['m1', 'm2']);
        await next();
        expect(await store.claims()).toEqual([]);
      });

      it('of the lives that a buried one may have ended are explained', async () => {
        await store.ingest(lease, eventsOf('m', 3));
        await store.claim(lease, ['m0', 'm1']);
        await next();
        await store.claim(lease, ['m1', 'm2']);
        await next();
        await store.bury(lease, ['m0'], 'why');
        expect(await seen()).toEqual(['app/m1 app/m2']);
        await store.revive('m0');
        expect(await seen()).toEqual(['app/m1 app/m2']);
      });
    });

    describe('dead letters', () => {
      beforeEach(async () => {
        await store.ingest(lease, eventsOf('m', 3));
        await store.claim(lease, ['m1']);
        await store.bury(lease, ['m1', 'nobody'], 'it brought its turn down');
      });

      it('are offered no more, and are listed with why', async () => {
        expect(await unsettledIds()).toEqual(['m0', 'm2']);
        const buriedAtMs = clock.now();
        const letter = { ...eventOf('m1'), appId: 'app', attempts: 1, why: 'it brought its turn down', buriedAtMs };
        expect(await store.deadLetters(lease)).toEqual([letter]);
        expect(await store.deadLetters(await store.lease('other'))).toEqual([]);
        expect(await store.deadLetters()).toEqual([letter]);
      });

      it('the last buried comes first', async () => {
        clock.move(1);
        await store.bury(lease, ['m0'], 'again');
        expect((await store.deadLetters()).map(({ id }) => id)).toEqual(['m0', 'm1']);
      });

      it('one that is revived is back in its place, as if it were new', async () => {
        clock.move(DAY_MS);
        expect(await store.revive('m1')).toBe(true);
        expect(await store.revive('m1')).toBe(false);
        expect(await store.unsettled(lease, { limit: 9 })).toMatchObject([
          { id: 'm0' },
          { id: 'm1', attempts: 0, takenAtMs: clock.now(), message: { atMs: clock.now() } },
          { id: 'm2' },
        ]);
        expect(await store.deadLetters()).toEqual([]);
      });

      it('one that is dropped stays known', async () => {
        expect(await store.dropDead('m1')).toBe(true);
        expect(await store.dropDead('m1')).toBe(false);
        expect(await store.deadLetters()).toEqual([]);
        expect(await store.ingest(lease, [eventOf('m1')])).toEqual(['duplicate']);
      });

      it('what is not unsettled is not buried', async () => {
        await store.settle(lease, ['m2']);
        await store.bury(lease, ['m2', 'm1'], 'late');
        expect(await store.deadLetters()).toMatchObject([{ id: 'm1', why: 'it brought its turn down' }]);
      });
    });

    describe('access', () => {
      const asked = (user: string) => ({ atMs: 1, what: 'asked', user }) as const;

      it('keeps who is known at a door, replaced and taken away, per bot', async () => {
        const other = await store.lease('other');
        await store.saveAccess(lease, { peers: [peerOf('u2'), peerOf('u1')], gone: [], trail: [] });
        await store.saveAccess(other, { peers: [peerOf('u1')], gone: [], trail: [] });
        await store.saveAccess(lease, { peers: [{ ...peerOf('u1'), name: 'Ann' }], gone: ['u2', 'u9'], trail: [] });
        expect(await store.loadPeers(lease)).toEqual([{ ...peerOf('u1'), name: 'Ann' }]);
        expect(await store.loadPeers(other)).toEqual([peerOf('u1')]);
      });

      it('keeps what was decided, the last first, per bot, and no more than so many', async () => {
        await open({ trailMax: 3 });
        const other = await store.lease('other');
        for (const user of ['u1', 'u2', 'u3']) {
          await store.saveAccess(lease, { peers: [], gone: [], trail: [asked(user), { atMs: 2, what: 'wrongCode' }] });
        }
        await store.saveAccess(other, { peers: [], gone: [], trail: [asked('u4')] });
        const wrong = { atMs: 2, what: 'wrongCode' };
        expect(await store.accessTrail(lease, 9)).toEqual([wrong, asked('u3'), wrong]);
        expect(await store.accessTrail(lease, 2)).toEqual([wrong, asked('u3')]);
        expect(await store.accessTrail(other, 9)).toEqual([asked('u4')]);
      });

      it('refuses one too many, and changes nothing then; one who is known, or takes a place, is let through', async () => {
        await open({ peersMax: 2 });
        await store.saveAccess(lease, { peers: [peerOf('u1'), peerOf('u2')], gone: [], trail: [] });
        const full = store.saveAccess(lease, { peers: [peerOf('u3')], gone: ['u9'], trail: [asked('u3')] });
        await expect(full).rejects.toMatchObject({ code: 'capacity.full' });
        expect(await store.accessTrail(lease, 9)).toEqual([]);
        await store.saveAccess(lease, { peers: [{ ...peerOf('u1'), name: 'Ann' }], gone: [], trail: [] });
        await store.saveAccess(lease, { peers: [peerOf('u3')], gone: ['u2'], trail: [] });
        expect((await store.loadPeers(lease)).map(({ user }) => user)).toEqual(['u1', 'u3']);
      });
    });

    describe('sessions', () => {
      it('are kept per shard, replaced and taken away', async () => {
        const session = { sessionId: 's1', seq: 7, atMs: 1 };
        expect(await store.loadSession(lease, 0)).toBeNull();
        await store.saveSession(lease, 0, session);
        await store.saveSession(lease, 1, { ...session, seq: 9 });
        expect(await store.loadSession(lease, 0)).toEqual(session);
        await store.saveSession(lease, 0, { ...session, seq: 8 });
        expect(await store.loadSession(lease, 0)).toEqual({ ...session, seq: 8 });
        await store.saveSession(lease, 0, null);
        expect(await store.loadSession(lease, 0)).toBeNull();
        expect(await store.loadSession(lease, 1)).toMatchObject({ seq: 9 });
      });

      it('are each bot’s own', async () => {
        const other = await store.lease('other');
        await store.saveSession(lease, 0, { sessionId: 'mine', seq: 1, atMs: 1 });
        expect(await store.loadSession(other, 0)).toBeNull();
        await store.saveSession(other, 0, { sessionId: 'theirs', seq: 2, atMs: 2 });
        expect(await store.loadSession(lease, 0)).toMatchObject({ sessionId: 'mine', seq: 1 });
        await store.saveSession(other, 0, null);
        expect(await store.loadSession(lease, 0)).toMatchObject({ sessionId: 'mine' });
      });
    });

    describe('outbox', () => {
      it('keeps a send until its outcome is known', async () => {
        expect(await store.enqueueSend(lease, entryOf('m1', 1))).toBe('new');
        expect(await store.enqueueSend(lease, entryOf('m1', 2))).toBe('new');
        expect(await store.unsettledSends(lease)).toEqual([entryOf('m1', 1), entryOf('m1', 2)]);
        expect(store.health().outbox).toBe(2);
        await store.settleSend(lease, 'm1#1', { status: 'sent', sentId: 'R1', said: 'ok' });
        expect(await store.unsettledSends(lease)).toEqual([entryOf('m1', 2)]);
      });

      it('takes a key once, whatever has become of it', async () => {
        await store.enqueueSend(lease, entryOf('m1', 1));
        expect(await store.enqueueSend(lease, entryOf('m1', 1))).toBe('duplicate');
        await store.settleSend(lease, 'm1#1', { status: 'arrived', said: 'ok' });
        await store.settleSend(lease, 'm1#1', { status: 'arrived', said: 'ok' });
        expect(await store.enqueueSend(lease, entryOf('m1', 1))).toBe('duplicate');
        expect(await store.unsettledSends(lease)).toEqual([]);
        expect(store.health().outbox).toBe(0);
      });

      it('knows how often each message was answered', async () => {
        await store.enqueueSend(lease, entryOf('m1', 1));
        await store.enqueueSend(lease, entryOf('m1', 3));
        await store.enqueueSend(lease, entryOf('m1', 2));
        await store.enqueueSend(lease, entryOf('m2', 1));
        await store.settleSend(lease, 'm2#1', { status: 'unknown', code: 'transport.lost', maybe: 'ok' });
        expect([...(await store.repliesUsed(lease, ['m1', 'm2', 'm3']))]).toEqual([
          ['m1', 3],
          ['m2', 1],
        ]);
      });

      it('an entry is revised until its outcome is known', async () => {
        const entry = entryOf('m1', 1);
        await store.enqueueSend(lease, entry);
        await store.reviseSend(lease, { ...entry, isTried: true });
        await store.reviseSend(lease, { ...entry, key: 'unknown' });
        expect(await store.unsettledSends(lease)).toEqual([{ ...entry, isTried: true }]);
        await store.settleSend(lease, entry.key, { status: 'arrived', said: 'ok' });
        await store.reviseSend(lease, entry);
        expect(await store.unsettledSends(lease)).toEqual([]);
      });

      it('gives the outcomes of what was said to a message, in order, with anchor or without', async () => {
        const keys = ['m1#1', 'm1#a1.0.0', 'm1#2', 'm10#1', 'm1#3'];
        for (const [index, key] of keys.entries()) {
          const active = { ...entryOf('m1', index), key, anchor: null };
          await store.enqueueSend(lease, key.includes('#a') ? active : { ...active, anchor: entryOf('m1', 1).anchor });
          if (key !== 'm1#3') await store.settleSend(lease, key, { status: 'arrived', said: key });
        }
        const said = async (...ids: string[]): Promise<unknown[]> =>
          (await store.settledSends(lease, ids)).map((outcome) => 'said' in outcome && outcome.said);
        expect(await said('m1')).toEqual(['m1#1', 'm1#a1.0.0', 'm1#2']);
        expect(await said('m10', 'nobody')).toEqual(['m10#1']);
      });

      it('knows of messages that were answered along with another', async () => {
        const { piece, ...entry } = entryOf('m2', 1);
        const anchors = ['m2', 'm1'].map((id) => ({ kind: 'message' as const, id, atMs: entry.atMs }));
        await store.enqueueSend(lease, { ...entry, piece: { ...piece, anchors } });
        expect(await store.repliesUsed(lease, ['m1', 'm2', 'm3'])).toEqual(
          new Map([
            ['m1', 0],
            ['m2', 1],
          ]),
        );
        await store.enqueueSend(lease, entryOf('m1', 1));
        expect(await store.repliesUsed(lease, ['m1'])).toEqual(new Map([['m1', 1]]));
      });
    });

    describe('turns and conversations', () => {
      it('the end of a turn is one step: record, receipt, events', async () => {
        await store.ingest(lease, eventsOf('m', 3));
        const closed = closedOf('t1', ['m0', 'm2']);
        await store.closeTurn(lease, closed);
        expect(await store.loadTurn('t1')).toEqual(closed.receipt);
        expect(await store.loadTurn('t2')).toBeNull();
        expect(await store.loadConversation(lease, 'qq:app:c2c:u1')).toEqual(closed.record);
        expect(await unsettledIds()).toEqual(['m1']);
      });

      it('a turn that is cancelled is settled at once, and closed with its last words', async () => {
        await store.ingest(lease, eventsOf('m', 1));
        await store.cancelTurn(lease, closedOf('t1', ['m0']));
        expect(await unsettledIds()).toEqual([]);
        const closed = { ...closedOf('t1', ['m0']), receipt: receiptOf('t1', { delivered: 'more' }) };
        await store.closeTurn(lease, closed);
        expect(await store.loadTurn('t1')).toEqual(closed.receipt);
      });

      it('a turn that is closed again has its last receipt', async () => {
        await store.closeTurn(lease, closedOf('t1', []));
        const receipt = receiptOf('t1', { status: 'failed', delivered: '' });
        await store.closeTurn(lease, { record: recordOf('u1'), receipt, settledIds: [] });
        expect(await store.loadTurn('t1')).toEqual(receipt);
      });

      it('what was said under a key is known by it, for its bot alone', async () => {
        const other = await store.lease('other');
        expect(await store.loadReport(lease, 'k')).toBeNull();
        void store.saveReport(lease, 'k', { status: 'uncertain', code: 'transport.lost' });
        await store.saveReport(lease, 'k', { status: 'delivered', messageId: 'm1' });
        expect(await store.loadReport(lease, 'k')).toEqual({ status: 'delivered', messageId: 'm1' });
        expect(await store.loadReport(other, 'k')).toBeNull();
        await store.lease('app');
        await expect(store.saveReport(lease, 'k', { status: 'rejected' })).rejects.toMatchObject({
          code: 'store.fenced',
        });
      });

      it('reviews wait until they are ended, each as it was last written, for their bot alone', async () => {
        const other = await store.lease('other');
        const review = (audit: string): Review => ({ audit, piece: pieceOf(0), said: `said ${audit}` });
        void store.saveReview(lease, review('a'));
        void store.saveReview(lease, review('b'));
        await store.saveReview(lease, { ...review('a'), isRejected: true, isTold: true });
        const reviews = [...(await store.reviews(lease))].sort((one, two) => one.audit.localeCompare(two.audit));
        expect(reviews).toEqual([{ ...review('a'), isRejected: true, isTold: true }, review('b')]);
        expect(await store.reviews(other)).toEqual([]);
        await store.endReview(lease, 'a');
        await store.endReview(lease, 'never begun');
        expect(await store.reviews(lease)).toEqual([review('b')]);
        await store.lease('app');
        await expect(store.saveReview(lease, review('c'))).rejects.toMatchObject({ code: 'store.fenced' });
      });

      it('knows what may still be answered: messages and events, settled or not, but no bare press', async () => {
        const other = await store.lease('other');
        const press = { ...eventOf('p'), message: { ...eventOf('p').message, origin: 'press' as const } };
        await store.ingest(lease, [eventOf('m1'), press]);
        await store.settle(lease, ['m1']);
        clock.move(1);
        const late = { kind: 'event', id: 'GROUP_ADD_ROBOT:1', atMs: clock.now() } as const;
        await store.noteAnchor(lease, 'group:G', late);
        await store.noteAnchor(lease, 'group:G', late);
        await store.ingest(other, [eventOf('theirs')]);
        const heard = async (heardMs: number) => (await store.loadReach(lease, { heardMs, activeMs: 0 })).heard;
        const first = { peer: 'c2c:u1', id: 'm1', atMs: START_MS };
        const second = { peer: 'group:G', id: 'GROUP_ADD_ROBOT:1', atMs: START_MS + 1 };
        expect(await heard(0)).toEqual([first, second]);
        expect(await heard(START_MS)).toEqual([second]);
        // It is known by its id as a message is, and waits for nothing.
        expect(await unsettledIds()).toEqual(['p']);
        expect(store.health().unsettled).toBe(2);
      });

      it('knows all that may be answered, also after more than 20,000 messages and most of an hour', async () => {
        await store.ingest(lease, [eventOf('first')]);
        for (let n = 0; n < 25; n += 1) {
          const events = eventsOf(`m${n}-`, 1_000);
          await store.ingest(lease, events);
          await store.settle(
            lease,
            events.map(({ id }) => id),
          );
        }
        await store.settle(lease, ['first']);
        clock.move(59 * MINUTE_MS);
        await store.prune(clock.now());
        const { heard } = await store.loadReach(lease, { heardMs: clock.now() - 60 * MINUTE_MS, activeMs: 0 });
        expect([heard.length, heard[0]?.id]).toEqual([25_001, 'first']);
      }, 60_000);

      it('knows what went out without an anchor, once it is tried; a wake-up counts elsewhere', async () => {
        const active = (key: string, more: Partial<OutboxEntry> = {}): OutboxEntry => ({
          ...entryOf(key, 1),
          key,
          anchor: null,
          isTried: true,
          ...more,
        });
        const woken = { ...pieceOf(0), send: { mode: 'proactive', untilMs: 0, wakeUp: true } } as const;
        for (const entry of [active('a'), active('b', { guildId: 'G' }), active('w', { piece: woken })]) {
          const { isTried: _, ...fresh } = entry;
          await store.enqueueSend(lease, fresh);
        }
        const spent = async (activeMs = 0) => (await store.loadReach(lease, { heardMs: 0, activeMs })).active;
        expect(await spent()).toEqual([]);
        await store.reviseSend(lease, active('a'));
        clock.move(5);
        await store.reviseSend(lease, active('b', { guildId: 'G' }));
        await store.reviseSend(lease, active('b', { guildId: 'G' }));
        await store.reviseSend(lease, active('w', { piece: woken }));
        const second = { peer: 'c2c:u1', atMs: START_MS + 5, guildId: 'G' };
        expect(await spent()).toEqual([{ peer: 'c2c:u1', atMs: START_MS }, second]);
        expect(await spent(START_MS)).toEqual([second]);
      });

      it('knows who refuses, until it is over or taken back', async () => {
        const refusals = async () => (await store.loadReach(lease, { heardMs: 0, activeMs: 0 })).refusals;
        const untilMs = clock.now() + DAY_MS;
        await store.saveRefusal(lease, { peer: 'c2c:a', untilMs, isUntilHeard: false });
        await store.saveRefusal(lease, { peer: 'c2c:b', untilMs: untilMs + 1, isUntilHeard: true });
        expect(await refusals()).toEqual([
          { peer: 'c2c:a', untilMs, isUntilHeard: false },
          { peer: 'c2c:b', untilMs: untilMs + 1, isUntilHeard: true },
        ]);
        await store.saveRefusal(lease, { peer: 'c2c:a', untilMs: 0, isUntilHeard: false });
        expect(await refusals()).toMatchObject([{ peer: 'c2c:b' }]);
        clock.move(DAY_MS + 1);
        expect(await refusals()).toEqual([]);
        expect(await store.prune(clock.now())).toBe(1);
      });

      it('a conversation has its last record; a read sees a write that was not awaited', async () => {
        void store.saveConversation(lease, recordOf('u1', 'first'));
        void store.saveConversation(lease, { ...recordOf('u1', 'second'), epoch: 4 });
        expect(await store.loadConversation(lease, 'qq:app:c2c:u1')).toMatchObject({ epoch: 4 });
        expect(await store.loadConversation(lease, 'qq:app:c2c:nobody')).toBeNull();
        expect(await store.countConversations()).toBe(1);
      });

      it('lists the last touched first, page by page', async () => {
        for (const user of ['a', 'b', 'c', 'd']) {
          await store.saveConversation(lease, recordOf(user));
          clock.move(1);
        }
        await store.saveConversation(lease, recordOf('b', 'word again'));
        const first = await store.listConversations({ limit: 3 });
        expect(first.conversations.map(({ conversation }) => conversation)).toEqual([
          'qq:app:c2c:b',
          'qq:app:c2c:d',
          'qq:app:c2c:c',
        ]);
        expect(first.conversations[0]).toEqual({
          conversation: 'qq:app:c2c:b',
          scene: 'c2c',
          epoch: 3,
          atMs: clock.now(),
          lastText: 'word again',
        });
        const second = await store.listConversations({ limit: 3, after: first.next ?? '' });
        expect(second).toMatchObject({ conversations: [{ conversation: 'qq:app:c2c:a' }], next: null });
      });

      it('lists those of a scene, or with a text in id or last words, whatever its case', async () => {
        await store.saveConversation(lease, recordOf('ann', 'Über den Wolken'));
        await store.saveConversation(lease, recordOf('bob:1', 'hello', 'group'));
        await store.saveConversation(lease, recordOf('ANNA:2', 'x'.repeat(500), 'group'));
        const idsOf = async (query: { scene?: 'group'; text?: string }): Promise<string[]> =>
          (await store.listConversations({ limit: 9, ...query })).conversations.map(({ conversation }) => conversation);
        expect((await idsOf({ scene: 'group' })).sort()).toEqual(['qq:app:group:ANNA:2', 'qq:app:group:bob:1']);
        expect((await idsOf({ text: 'ANN' })).sort()).toEqual(['qq:app:c2c:ann', 'qq:app:group:ANNA:2']);
        expect(await idsOf({ text: 'ÜBER' })).toEqual(['qq:app:c2c:ann']);
        expect(await idsOf({ scene: 'group', text: 'ann' })).toEqual(['qq:app:group:ANNA:2']);
        expect(await idsOf({ text: 'no such' })).toEqual([]);
      });
    });

    describe('what is kept', () => {
      it('an id for its time, and the last ids beyond it', async () => {
        await open({ dedupeMs: 30 * MINUTE_MS, dedupeMin: 2 });
        await store.ingest(lease, eventsOf('m', 5));
        await store.settle(lease, ['m0', 'm1', 'm3', 'm4']);
        clock.move(29 * MINUTE_MS);
        await store.prune(clock.now());
        expect(await store.ingest(lease, [eventOf('m0')])).toEqual(['duplicate']);
        clock.move(2 * MINUTE_MS);
        await store.prune(clock.now());
        expect(await unsettledIds()).toEqual(['m2']);
        expect(await store.ingest(lease, [eventOf('m2'), eventOf('m4'), eventOf('m3')])).toEqual([
          'duplicate',
          'duplicate',
          'duplicate',
        ]);
        expect(await store.ingest(lease, [eventOf('m0'), eventOf('m1')])).toEqual(['new', 'new']);
      });

      it('no more ids than may be, however young', async () => {
        await open({ dedupeMin: 2, dedupeMax: 3 });
        await store.ingest(lease, eventsOf('m', 6));
        await store.settle(lease, ['m0', 'm1', 'm2', 'm3', 'm4', 'm5']);
        await store.prune(clock.now());
        expect(await store.ingest(lease, [eventOf('m5'), eventOf('m4'), eventOf('m3')])).toEqual([
          'duplicate',
          'duplicate',
          'duplicate',
        ]);
        expect(await store.ingest(lease, [eventOf('m0')])).toEqual(['new']);
      });

      it('keys for their time, and no more of them than may be', async () => {
        await open({ reportsMs: DAY_MS, reportsMax: 2 });
        for (const key of ['a', 'b', 'c']) {
          await store.saveReport(lease, key, { status: 'delivered' });
          clock.move(1);
        }
        await store.prune(clock.now());
        const known = () =>
          Promise.all(['a', 'b', 'c'].map(async (key) => (await store.loadReport(lease, key)) !== null));
        expect(await known()).toEqual([false, true, true]);
        clock.move(DAY_MS);
        await store.prune(clock.now());
        expect(await known()).toEqual([false, false, false]);
      });

      it('reviews and active messages for their time, and no more of them than may be', async () => {
        await open({ reviewsMs: DAY_MS, reviewsMax: 2, activeMs: DAY_MS, activeMax: 2 });
        for (const key of ['a', 'b', 'c']) {
          await store.saveReview(lease, { audit: key, piece: pieceOf(0), said: '' });
          await store.enqueueSend(lease, { ...entryOf(key, 1), anchor: null });
          await store.reviseSend(lease, { ...entryOf(key, 1), anchor: null, isTried: true });
          clock.move(1);
        }
        await store.prune(clock.now());
        const known = async () => [
          (await store.reviews(lease)).map(({ audit }) => audit),
          (await store.loadReach(lease, { heardMs: 0, activeMs: 0 })).active.length,
        ];
        expect(await known()).toEqual([['b', 'c'], 2]);
        clock.move(DAY_MS);
        await store.prune(clock.now());
        expect(await known()).toEqual([[], 0]);
      });

      it('receipts, conversations and reply counters for their time', async () => {
        await open({ receiptsMs: DAY_MS, conversationsMs: 2 * DAY_MS, anchorsMs: DAY_MS, sentMs: DAY_MS });
        await store.closeTurn(lease, closedOf('t1', []));
        await store.enqueueSend(lease, entryOf('m1', 1));
        await store.enqueueSend(lease, entryOf('m2', 1));
        await store.settleSend(lease, 'm1#1', { status: 'arrived', said: 'ok' });
        clock.move(DAY_MS - 1);
        expect(await store.prune(clock.now())).toBe(0);
        clock.move(1);
        expect(await store.prune(clock.now())).toBe(4);
        expect(await store.loadTurn('t1')).toBeNull();
        expect(await store.repliesUsed(lease, ['m1'])).toEqual(new Map());
        expect(await store.unsettledSends(lease)).toEqual([entryOf('m2', 1)]);
        expect(await store.countConversations()).toBe(1);
        clock.move(DAY_MS);
        expect(await store.prune(clock.now())).toBe(1);
        expect(await store.countConversations()).toBe(0);
        expect(await store.loadConversation(lease, 'qq:app:c2c:u1')).toBeNull();
      });

      it('no more conversations, receipts and dead letters than may be; the oldest go', async () => {
        await open({ conversationsMax: 2, receiptsMax: 1, deadMax: 1 });
        await store.ingest(lease, eventsOf('m', 3));
        for (const user of ['a', 'b', 'c']) {
          await store.closeTurn(lease, closedOf(`t-${user}`, [], user));
          clock.move(1);
        }
        for (const id of ['m0', 'm1', 'm2']) {
          await store.bury(lease, [id], 'why');
          clock.move(1);
        }
        await store.prune(clock.now());
        expect(await store.countConversations()).toBe(2);
        expect(await store.loadConversation(lease, 'qq:app:c2c:a')).toBeNull();
        expect([await store.loadTurn('t-b'), await store.loadTurn('t-c')]).toMatchObject([null, { turn: 't-c' }]);
        expect((await store.deadLetters()).map(({ id }) => id)).toEqual(['m2']);
        expect(await store.ingest(lease, [eventOf('m0')])).toEqual(['duplicate']);
      });
    });

    describe('frames', () => {
      const named = (sid: string): FrameChange => ({
        kind: 'session',
        sid,
        profile: `who ${sid} is`,
        atMs: clock.now(),
      });
      const frame = (sid: string, seq: number): FrameChange => {
        return { kind: 'frame', sid, seq, text: `frame ${seq} of ${sid}`, atMs: clock.now() };
      };
      const frames = (sid: string, ...seqs: number[]): FrameChange[] => seqs.map((seq) => frame(sid, seq));
      const seqsOf = async (sid: string): Promise<number[] | undefined> =>
        (await store.loadFrames(lease, sid))?.frames.map(({ seq }) => seq);

      it('come back in order, with who the agent is and what it has acknowledged', async () => {
        await store.writeFrames(lease, [named('a'), named('b'), ...frames('a', 1, 2, 7), frame('b', 1)]);
        await store.writeFrames(lease, [{ kind: 'ack', sid: 'a', seq: 1 }]);
        expect(await store.loadFrames(lease, 'a')).toEqual({
          profile: 'who a is',
          acked: 1,
          head: 7,
          frames: [2, 7].map((seq) => ({ seq, text: `frame ${seq} of a`, atMs: clock.now() })),
          turns: [],
        });
        expect(await seqsOf('b')).toEqual([1]);
        expect(await store.loadFrames(lease, 'nobody')).toBeNull();
      });

      it('keep their highest number when all are acknowledged, and an acknowledgement never goes back', async () => {
        const ack = (seq: number): FrameChange => ({ kind: 'ack', sid: 'a', seq });
        await store.writeFrames(lease, [named('a'), ...frames('a', 1, 2, 3), ack(3), ack(1)]);
        expect(await store.loadFrames(lease, 'a')).toMatchObject({ acked: 3, head: 3, frames: [] });
      });

      it('come with the turns the agent holds, whatever it has acknowledged', async () => {
        const held = (sid: string, wire: string): FrameChange => ({ kind: 'held', sid, wire, epoch: 4 });
        await store.writeFrames(lease, [named('a'), frame('a', 1), held('a', 't1'), held('a', 't2'), held('b', 't9')]);
        await store.writeFrames(lease, [
          { kind: 'ack', sid: 'a', seq: 1 },
          { kind: 'let go', sid: 'a', wire: 't1' },
        ]);
        expect(await store.loadFrames(lease, 'a')).toMatchObject({ frames: [], turns: [{ wire: 't2', epoch: 4 }] });
        await store.writeFrames(lease, [{ kind: 'forget', sid: 'a' }, named('a')]);
        expect(await store.loadFrames(lease, 'a')).toMatchObject({ turns: [] });
      });

      it('that are dropped are not acknowledged', async () => {
        await store.writeFrames(lease, [named('a'), ...frames('a', 1, 2, 3), { kind: 'drop', sid: 'a', seq: 3 }]);
        expect(await store.loadFrames(lease, 'a')).toMatchObject({ acked: 0, head: 3, frames: [{ seq: 3 }] });
      });

      it('go with their agent; what comes for one that is not there is passed over', async () => {
        await store.writeFrames(lease, [named('a'), frame('a', 1), { kind: 'forget', sid: 'a' }, frame('a', 2)]);
        expect(await store.loadFrames(lease, 'a')).toBeNull();
      });

      it('are kept for their time, and no more of them than may be', async () => {
        await open({ framesMs: DAY_MS, framesMax: 2 });
        await store.writeFrames(lease, [named('a'), ...frames('a', 1, 2, 3)]);
        await store.prune(clock.now());
        expect(await seqsOf('a')).toEqual([2, 3]);
        clock.move(DAY_MS - 1);
        await store.writeFrames(lease, [frame('a', 900)]);
        clock.move(1);
        await store.prune(clock.now());
        expect(await seqsOf('a')).toEqual([900]);
        clock.move(DAY_MS);
        await store.prune(clock.now());
        expect(await store.loadFrames(lease, 'a')).toBeNull();
      });

      it('are kept for so many agents; the one longest untouched goes', async () => {
        await open({ agentsMax: 2 });
        for (const sid of ['a', 'b', 'c']) {
          await store.writeFrames(lease, [named(sid), frame(sid, 1)]);
          clock.move(1);
        }
        expect([await seqsOf('a'), await seqsOf('b'), await seqsOf('c')]).toEqual([undefined, [1], [1]]);
      });
    });

    it('says how it is', async () => {
      await store.ingest(lease, eventsOf('m', 2));
      await store.enqueueSend(lease, entryOf('m0', 1));
      const health = store.health();
      expect(health).toMatchObject({ unsettled: 2, outbox: 1 });
      expect(health.degraded).toBeUndefined();
    });
  });
};

import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../../src/adapters/store/memory-store.js';
import type { AccessPolicy } from '../../src/domain/access.js';
import type { Inbound } from '../../src/domain/inbound.js';
import type { PlatformEvent } from '../../src/domain/platform-event.js';
import { type InboundDeps, type InboundOptions, inbound } from '../../src/pipelines/inbound.js';
import type { DispatchFrame } from '../../src/ports/gateway-codec.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';
import { messageOf, START_MS } from '../support/samples.js';

const LEASE = { appId: 'app', epoch: 1, valid: () => true };

const recallOf = (messageId: string, seq: number): PlatformEvent => ({
  kind: 'message.recalled',
  name: 'MESSAGE_DELETE',
  id: `MESSAGE_DELETE:${seq}`,
  atMs: START_MS,
  conversation: 'qq:app:guild:c1:u1',
  messageId,
  author: { id: 'u1' },
  raw: null,
});

class InboundRig {
  readonly clock = new VirtualClock(START_MS);
  readonly heard: string[] = [];
  error: unknown = null;
  #seq = 0;
  readonly #dispatches = new Subject<DispatchFrame>();

  constructor(
    options: InboundOptions & { store?: InboundDeps<DispatchFrame>['store']; access?: Partial<AccessPolicy> } = {},
  ) {
    const { store = new MemoryStore(this.clock), access, ...limits } = options;
    inbound(
      this.#dispatches,
      {
        normalise: ({ d }) =>
          d === null
            ? { kind: 'ignored', reason: 'test' }
            : typeof d === 'string'
              ? { kind: 'event', event: recallOf(d, this.#seq) }
              : { kind: 'message', message: d as Inbound },
        accessOf: () => ({ groupPolicy: 'mention', allowedUsers: ['*'], allowedGroups: null, ...access }),
        isPaired: (user) => user === 'paired',
        onStranger: ({ id }) => this.heard.push(`stranger ${id}`),
        store,
        lease: LEASE,
        deliver: ({ id }) => this.heard.push(`deliver ${id}`),
        hear: (event) => this.heard.push(event.kind === 'message.recalled' ? `recall ${event.messageId}` : event.kind),
        settle: ({ s }) => this.heard.push(`settle ${s}`),
        onPressure: (isFull) => this.heard.push(isFull ? 'full' : 'flowing'),
        onSkipped: ({ s }, why) => this.heard.push(`skip ${s} ${why}`),
      },
      limits,
    ).subscribe({ error: (error: unknown) => (this.error = error) });
  }

  /** A string takes the message of that id back; `null` is none of the router's business. */
  async push(...messages: readonly (Inbound | string | null)[]): Promise<void> {
    for (const d of messages) {
      this.#seq += 1;
      this.#dispatches.next({ kind: 'dispatch', s: this.#seq, t: 'C2C_MESSAGE_CREATE', d });
    }
    await this.clock.advance(0);
  }

  all(word: string): string[] {
    return this.heard.filter((fact) => fact.startsWith(word));
  }
}

/** A store whose every answer the test gives by hand. */
class SlowStore {
  readonly batches: string[][] = [];
  readonly #doors: (() => void)[] = [];

  ingest(_: unknown, events: readonly { readonly id: string }[]): Promise<readonly 'new'[]> {
    this.batches.push(events.map(({ id }) => id));
    return new Promise((resolve) => this.#doors.push(() => resolve(events.map(() => 'new' as const))));
  }

  open(): void {
    this.#doors.shift()?.();
  }
}

describe('inbound', () => {
  it('hands messages on in order, each after it is safe', async () => {
    const rig = new InboundRig();
    await rig.push(messageOf('a'), messageOf('b'), messageOf('c'));
    expect(rig.heard).toEqual(['settle 1', 'deliver a', 'settle 2', 'deliver b', 'settle 3', 'deliver c']);
  });

  // QwenPaw#7946, hermes-agent#119848: a replay after a resume was answered twice.
  // nonebot/adapter-qq#102: applications were told to do it themselves.
  it('hands a message on once, however often the platform pushes it', async () => {
    const rig = new InboundRig();
    await rig.push(messageOf('a'), messageOf('a'));
    await rig.push(messageOf('a'));
    expect(rig.all('deliver')).toEqual(['deliver a']);
    expect(rig.all('skip')).toEqual(['skip 2 duplicate', 'skip 3 duplicate']);
  });

  // tencent-connect/openclaw-qqbot#225: some were swallowed without a word.
  it('settles each event once, whatever becomes of it', async () => {
    const rig = new InboundRig({ access: { allowedUsers: ['u1'] } });
    const bot = messageOf('b', { sender: { id: 'u1', bot: true } });
    const stranger = messageOf('s', { sender: { id: 'u2' } });
    const aside = messageOf('g', { target: { scene: 'group', groupOpenid: 'g1' }, mention: false });
    await rig.push(messageOf('a'), null, bot, stranger, aside, messageOf('a'));
    expect(rig.all('settle').sort()).toEqual([1, 2, 3, 4, 5, 6].map((seq) => `settle ${seq}`));
    expect(rig.all('deliver')).toEqual(['deliver a']);
    expect(rig.all('skip').sort()).toEqual([
      'skip 2 ignored',
      'skip 3 bot',
      'skip 4 not_allowed',
      'skip 5 not_addressed',
      'skip 6 duplicate',
    ]);
  });

  // openclaw/openclaw#109996: the number was kept before the handlers were done.
  it('gathers what comes while the store writes, and settles nothing before it has written', async () => {
    const store = new SlowStore();
    const rig = new InboundRig({ store });
    await rig.push(messageOf('a'), messageOf('b'), messageOf('c'));
    expect([store.batches, rig.heard]).toEqual([[['a']], []]);
    store.open();
    await rig.clock.advance(0);
    expect(store.batches).toEqual([['a'], ['b', 'c']]);
    expect(rig.all('settle')).toEqual(['settle 1']);
  });

  it('asks the socket to pause while the store blocks, and to go on when it flows', async () => {
    const store = new SlowStore();
    const rig = new InboundRig({ store, highMark: 2, lowMark: 0, batchMax: 8 });
    await rig.push(messageOf('a'), messageOf('b'), messageOf('c'));
    expect(rig.heard).toEqual(['full']);
    store.open();
    await rig.clock.advance(0);
    expect(rig.heard).toEqual(['full', 'settle 1', 'deliver a', 'flowing']);
  });

  it('hands a recall on behind what came before it, and settles it too', async () => {
    const store = new SlowStore();
    const rig = new InboundRig({ store });
    await rig.push(messageOf('a'), messageOf('b'), 'a', messageOf('c'));
    expect(store.batches).toEqual([['a']]);
    store.open();
    await rig.clock.advance(0);
    expect(store.batches).toEqual([['a'], ['b', 'c']]);
    store.open();
    await rig.clock.advance(0);
    expect(rig.heard.slice(2)).toEqual(['settle 2', 'deliver b', 'recall a', 'settle 3', 'settle 4', 'deliver c']);
  });

  it('leaves what finds no place unsettled, so that the platform brings it again', async () => {
    const store = new SlowStore();
    const rig = new InboundRig({ store, highMark: 1, lowMark: 0, waitingMax: 1 });
    await rig.push(messageOf('a'), messageOf('b'), messageOf('c'));
    expect(rig.heard).toEqual(['full', 'skip 3 overflow']);
    for (let n = 0; n < 3; n += 1) {
      store.open();
      await rig.clock.advance(0);
    }
    expect(rig.all('settle')).toEqual(['settle 1', 'settle 2']);
  });

  it('waits behind a full inbox, and goes on once something there is answered', async () => {
    const clock = new VirtualClock(START_MS);
    const store = new MemoryStore(clock, { unsettledMax: 1 });
    const rig = new InboundRig({ store });
    await rig.push(messageOf('a'), messageOf('b'));
    expect(rig.all('deliver')).toEqual(['deliver a']);
    await store.settle(LEASE, ['a']);
    await rig.clock.advance(0);
    expect(rig.all('deliver')).toEqual(['deliver a', 'deliver b']);
  });

  it('ends with an error where the store fails: nothing of the batch is settled', async () => {
    const rig = new InboundRig({ store: { ingest: () => Promise.reject(new Error('disk full')) } });
    await rig.push(messageOf('a'));
    expect([rig.error, rig.heard]).toEqual([new Error('disk full'), []]);
  });
});

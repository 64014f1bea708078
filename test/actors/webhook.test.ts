import { beforeEach, describe, expect, it } from 'vitest';
import type { GatewayDispatch, GatewayNotice } from '../../src/actors/gateway-types.js';
import {
  createWebhook,
  type Taken,
  type WebhookConnection,
  type WebhookOptions,
} from '../../src/actors/webhook.actor.js';
import { RouterError } from '../../src/errors/router-error.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';

let clock: VirtualClock;
let webhook: WebhookConnection;
let heard: GatewayDispatch[];
let noticed: GatewayNotice[];
let introduce: () => Promise<{ id: string; username: string }>;

const make = async (options: WebhookOptions = {}): Promise<void> => {
  webhook = createWebhook({ clock, random: () => 1, introduce: () => introduce() }, options);
  webhook.dispatches$.subscribe((dispatch) => heard.push(dispatch));
  webhook.notices$.subscribe((notice) => noticed.push(notice));
  webhook.start();
  await clock.advance(0);
};
const take = (id: string): Promise<Taken> => webhook.take({ t: 'X', id, d: {} });
/** What has been answered so far. */
const answers = (...taking: Promise<Taken>[]): (Taken | null)[] => {
  const told: (Taken | null)[] = taking.map(() => null);
  taking.forEach((one, index) => void one.then((taken) => (told[index] = taken)));
  return told;
};

beforeEach(async () => {
  clock = new VirtualClock();
  heard = [];
  noticed = [];
  introduce = async () => ({ id: 'b', username: 'bot' });
  await make();
});

describe('an event', () => {
  it('is answered once it is safe, and not before', async () => {
    const told = answers(take('e1'), take('e2'));
    await clock.advance(1_000);
    expect(told).toEqual([null, null]);
    const [first, second] = heard;
    if (first && second) {
      webhook.settle(second);
      await clock.advance(0);
      expect(told).toEqual([null, 'safe']);
      webhook.settle(first);
    }
    await clock.advance(0);
    expect(told).toEqual(['safe', 'safe']);
    expect(webhook.statuses()[0]?.lagEvents).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('that is not safe in time must come again; when it is safe afterwards, that is well too', async () => {
    const told = answers(take('e1'));
    await clock.advance(2_499);
    expect(told).toEqual([null]);
    await clock.advance(1);
    expect(told).toEqual(['busy']);
    if (heard[0]) webhook.settle(heard[0]);
  });

  it('has a number of its own, in the order of arrival', () => {
    void take('e1');
    void take('e2');
    expect(heard.map(({ s, id }) => [s, id])).toEqual([
      [1, 'e1'],
      [2, 'e2'],
    ]);
  });

  it.each<[string, () => void | Promise<void>]>([
    ['the line behind it is full', () => webhook.pause()],
    ['the bot has stopped', () => webhook.stop()],
  ])('is sent away where %s', async (_, act) => {
    await act();
    expect(await take('e1')).toBe('busy');
    expect(heard).toEqual([]);
  });

  it('is sent away where too many wait', async () => {
    await make({ pendingMax: 2 });
    void take('e1');
    void take('e2');
    expect(await take('e3')).toBe('busy');
  });

  it('is sent away before the bot has begun', async () => {
    const unstarted = createWebhook({ clock, random: () => 1, introduce });
    expect(await unstarted.take({ t: 'X', d: {} })).toBe('busy');
  });

  it('is taken while the platform is out of reach: it is answered once it can be', async () => {
    introduce = async () => Promise.reject(new RouterError('auth.unavailable', 'down'));
    await make();
    expect(webhook.statuses()[0]?.state).toBe('backingOff');
    void take('e1');
    expect(heard).toHaveLength(1);
  });
});

describe('the bot', () => {
  it('is online once the platform knows it', async () => {
    const seen: boolean[] = [];
    webhook.online$.subscribe((value) => seen.push(value));
    expect(seen).toEqual([true]);
    expect(noticed).toMatchObject([{ type: 'ready', bot: { username: 'bot' } }]);
    await webhook.stop();
    expect(seen).toEqual([true, false]);
  });

  it('is given up where its secret is wrong, and tried again by command', async () => {
    introduce = async () => Promise.reject(new RouterError('auth.rejected', 'wrong', { platformCode: 100016 }));
    await make();
    expect(noticed.at(-1)).toMatchObject({ type: 'stopped', reason: { code: 'auth.rejected', platformCode: 100016 } });
    expect(await take('e1')).toBe('busy');
    introduce = async () => ({ id: 'b', username: 'bot' });
    webhook.reconnect();
    await clock.advance(0);
    expect(webhook.statuses()[0]).toMatchObject({ state: 'listening', lastFault: { code: 'auth.rejected' } });
  });

  it('waits a minute where its address is not allowed', async () => {
    introduce = async () => Promise.reject(new RouterError('auth.ipNotAllowed', 'no'));
    await make();
    introduce = async () => ({ id: 'b', username: 'bot' });
    await clock.advance(59_999);
    expect(webhook.statuses()[0]?.state).toBe('pausing');
    await clock.advance(1);
    expect(webhook.statuses()[0]?.state).toBe('listening');
  });

  it('may be stopped twice', async () => {
    await webhook.stop();
    await webhook.stop();
    expect(noticed.filter(({ type }) => type === 'stopped')).toHaveLength(1);
  });
});

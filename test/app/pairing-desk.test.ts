import { beforeEach, describe, expect, it } from 'vitest';
import type { Target } from '../../src/domain/conversation.js';
import {
  CODE_LIFE_MS,
  HAD_PLACE_MS,
  HOLDS_PLACE_MS,
  KEEPS_PLACE_MS,
  REMIND_AFTER_MS,
  REQUESTS_MAX,
  WRONG_TRIES_MAX,
} from '../../src/domain/pairing.js';
import { PairingRig } from '../support/pairing-rig.js';

let rig: PairingRig;
beforeEach(async () => {
  rig = await PairingRig.make();
});

const codeOf = (user: string): string => rig.codesOf(user).at(-1) ?? 'none';
const wrong = async (times: number): Promise<void> => {
  for (let tries = 0; tries < times; tries += 1) {
    expect(await rig.pairing.approve('ZZZZZZZ9')).toEqual({ status: 'unknown' });
  }
};

describe('a stranger', () => {
  it('is told a code, and is let in with it', async () => {
    await rig.writes('u1', { sender: { id: 'u1', name: 'Ann' } });
    expect(rig.said).toMatchObject([{ to: 'u1', anchor: 'm1' }]);
    expect(rig.said[0]?.text).toContain(`rookery pairing approve ${codeOf('u1')} (valid for 60 min)`);
    expect(rig.desk.isPaired('u1')).toBe(false);
    expect(await rig.pairing.approve(codeOf('u1').toLowerCase())).toMatchObject({
      status: 'approved',
      user: { channel: 'qq', user: 'u1', name: 'Ann', scene: 'c2c' },
    });
    expect(rig.desk.isPaired('u1')).toBe(true);
    await rig.clock.advance(0);
    expect(rig.said[1]).toMatchObject({ to: 'u1', text: 'You are paired: go ahead and write.' });
  });

  it('is not told the same again with every message, and is reminded of the same code after a while', async () => {
    await rig.writes('u1');
    for (let count = 0; count < 20; count += 1) await rig.writes('u1');
    expect(rig.said).toHaveLength(1);
    await rig.clock.advance(REMIND_AFTER_MS);
    await rig.writes('u1');
    expect(rig.codesOf('u1')).toEqual([codeOf('u1'), codeOf('u1')]);
    expect(rig.said[1]?.text).toContain('valid for 50 min');
    expect(rig.codes.drawn).toHaveLength(1);
  });

  it('is told one code where the platform pushes the message twice at once', async () => {
    const target = { scene: 'c2c', openid: 'u1' } as const;
    await Promise.all([rig.writes('u1', { id: 'same', target }), rig.writes('u1', { id: 'same', target })]);
    expect(rig.said).toHaveLength(1);
  });

  it('is told with the next message what did not arrive', async () => {
    rig.isMute = true;
    await rig.writes('u1');
    rig.isMute = false;
    await rig.writes('u1');
    expect(rig.codesOf('u1')).toEqual(rig.codes.drawn);
  });

  it('who speaks to others in a group is not spoken to', async () => {
    const target: Target = { scene: 'group', groupOpenid: 'g1' };
    await rig.writes('u1', { target, mention: false });
    expect(rig.said).toEqual([]);
    await rig.writes('u1', { target });
    expect(rig.said).toHaveLength(1);
  });

  it('is given another code after a restart, for only a hash was kept; the one before is worth nothing', async () => {
    await rig.writes('u1');
    const before = codeOf('u1');
    await wrong(3);
    await rig.restart();
    expect(rig.desk.requests()).toMatchObject([{ user: 'u1', state: 'pending', wrongTries: 3 }]);
    await rig.writes('u1');
    expect(codeOf('u1')).not.toBe(before);
    expect(await rig.pairing.approve(before)).toEqual({ status: 'unknown' });
    expect(rig.desk.requests()).toMatchObject([{ wrongTries: 4 }]);
    expect(await rig.pairing.approve(codeOf('u1'))).toMatchObject({ status: 'approved' });
  });
});

describe('requests', () => {
  it(`${REQUESTS_MAX} wait at most; a place is free again once one is over`, async () => {
    for (const user of ['u1', 'u2', 'u3', 'u4']) await rig.writes(user);
    expect(rig.desk.requests().map(({ user }) => user)).toEqual(['u1', 'u2', 'u3']);
    expect(rig.codesOf('u4')).toEqual([]);
    await rig.pairing.approve(codeOf('u2'));
    await rig.writes('u4');
    await rig.writes('u5');
    expect(rig.desk.requests().map(({ user }) => user)).toEqual(['u1', 'u3', 'u4']);
    await rig.clock.advance(CODE_LIFE_MS);
    expect(rig.desk.requests()).toEqual([]);
    await rig.writes('u5');
    expect(rig.desk.requests().map(({ user }) => user)).toEqual(['u5']);
  });

  it('three who went quiet do not hold the door for an hour: a newer stranger takes the longest quiet one’s place', async () => {
    for (const user of ['u1', 'u2', 'u3']) {
      await rig.writes(user);
      await rig.clock.advance(1_000);
    }
    const [first, second] = [codeOf('u1'), codeOf('u2')];
    await rig.clock.advance(KEEPS_PLACE_MS - 4_000);
    await rig.writes('u4');
    expect(rig.codesOf('u4')).toEqual([]);
    // Who writes again keeps the place.
    await rig.writes('u1');
    await rig.clock.advance(2_000);
    await rig.writes('u4');
    expect(rig.desk.requests().map(({ user }) => user)).toEqual(['u1', 'u3', 'u4']);
    expect(rig.decided.slice(-2)).toMatchObject([
      { what: 'displaced', user: 'u2' },
      { what: 'asked', user: 'u4' },
    ]);
    // One place was left, and is taken.
    await rig.writes('u5');
    await rig.writes('u2');
    expect([rig.codesOf('u5'), rig.codesOf('u2').length]).toEqual([[], 1]);
    // The code of who had to leave is nobody's, also after a restart; the others' are good.
    await rig.restart();
    expect(await rig.pairing.approve(second)).toEqual({ status: 'unknown' });
    expect(await rig.pairing.approve(first)).toMatchObject({ status: 'approved', user: { user: 'u1' } });
    expect(await rig.pairing.approve(codeOf('u4'))).toMatchObject({ status: 'approved', user: { user: 'u4' } });
    // Nobody was told another's code.
    for (const { to, text } of rig.said.filter(({ text }) => text.includes('code'))) {
      expect(rig.codesOf(to).some((code) => text.includes(code))).toBe(true);
    }
    expect(new Set(rig.codes.drawn).size).toBe(rig.codes.drawn.length);
  });

  it('three who keep writing hold the door for twenty minutes, and do not take it back from whoever comes then', async () => {
    const holders = ['u1', 'u2', 'u3'];
    const write = async (users: readonly string[], minutes: number): Promise<void> => {
      for (let minute = 0; minute < minutes; minute += 1) {
        for (const user of users) await rig.writes(user);
        await rig.clock.advance(60_000);
      }
    };
    await write(holders, HOLDS_PLACE_MS / 60_000 - 1);
    await rig.writes('n1');
    expect(rig.codesOf('n1')).toEqual([]);
    await write(holders, 1);
    await rig.writes('n1');
    expect(rig.codesOf('n1')).toHaveLength(1);
    // The one who lost the place goes on, and so do the others, until the hour of them all is over.
    await write([...holders, 'n1'], 38);
    expect(rig.desk.requests().map(({ user }) => user)).toEqual(['u2', 'u3', 'n1']);
    await write([...holders, 'n1'], 3);
    expect(rig.desk.requests().map(({ user }) => user)).toEqual(expect.arrayContaining(['n1']));
    // Those who had a place take one that is free, and leave it to the next newcomer after twenty minutes again.
    await write(holders, 18);
    expect(await rig.pairing.approve(codeOf('n1'))).toMatchObject({ status: 'approved' });
    await write(holders, 2);
    await rig.writes('n2');
    expect(rig.codesOf('n2')).toHaveLength(1);
  });

  it('who had a place an hour ago is a newcomer again', async () => {
    await rig.writes('u1');
    await rig.clock.advance(CODE_LIFE_MS + HAD_PLACE_MS - KEEPS_PLACE_MS);
    for (const user of ['n1', 'n2', 'n3']) await rig.writes(user);
    await rig.clock.advance(KEEPS_PLACE_MS - 1);
    await rig.writes('u1');
    expect(rig.codesOf('u1')).toHaveLength(1);
    await rig.clock.advance(1);
    await rig.writes('u1');
    expect(rig.codesOf('u1')).toHaveLength(2);
  });

  it('as many newcomers at once as there are quiet ones take a place', async () => {
    for (const user of ['u1', 'u2', 'u3']) await rig.writes(user);
    await rig.clock.advance(KEEPS_PLACE_MS);
    await Promise.all(Array.from({ length: 20 }, (_, index) => rig.writes(`n${index}`)));
    expect(rig.desk.requests().map(({ user }) => user)).toEqual(['n0', 'n1', 'n2']);
  });

  it('many strangers at once are no more than that', async () => {
    await Promise.all(Array.from({ length: 50 }, (_, index) => rig.writes(`u${index}`)));
    expect(rig.said).toHaveLength(REQUESTS_MAX);
    expect(rig.desk.requests()).toHaveLength(REQUESTS_MAX);
  });

  it('a code is good for an hour', async () => {
    await rig.writes('u1');
    await rig.clock.advance(CODE_LIFE_MS - 1);
    await rig.writes('u2');
    await rig.clock.advance(1);
    expect(await rig.pairing.approve(codeOf('u1'))).toEqual({ status: 'unknown' });
    expect(await rig.pairing.approve(codeOf('u2'))).toMatchObject({ status: 'approved' });
  });

  it('no code is good twice, and none of a user who was shut out', async () => {
    await rig.writes('u1');
    const code = codeOf('u1');
    expect(await rig.pairing.approve(code)).toMatchObject({ status: 'approved' });
    expect(await rig.pairing.approve(code)).toEqual({ status: 'unknown' });
    expect(await rig.pairing.revoke('u1')).toEqual(['qq']);
    expect(await rig.pairing.approve(code)).toEqual({ status: 'unknown' });
    expect(rig.desk.isPaired('u1')).toBe(false);
  });

  it('what can be no code is not tried', async () => {
    await rig.writes('u1');
    for (const text of ['', 'ABC', 'AAAA0000', `${codeOf('u1')}A`]) {
      expect(await rig.pairing.approve(text)).toEqual({ status: 'malformed' });
    }
    expect(rig.desk.requests()).toMatchObject([{ wrongTries: 0 }]);
  });
});

// qq-bot-api has nothing on pairing; the numbers are issue 5 §6.
describe('who guesses codes', () => {
  it(`has ${WRONG_TRIES_MAX} tries, also where all are made at once; then the right code lets nobody in`, async () => {
    await rig.writes('u1');
    const guesses = [...Array.from({ length: 10 }, (_, index) => `ZZZZZZ2${index % 8 === 0 ? 'A' : 2 + (index % 8)}`)];
    const answers = await Promise.all([...guesses, codeOf('u1')].map((code) => rig.pairing.approve(code)));
    expect(answers.every(({ status }) => status === 'unknown')).toBe(true);
    expect(rig.desk.isPaired('u1')).toBe(false);
    expect(rig.desk.requests()).toMatchObject([{ user: 'u1', state: 'locked' }]);
  });

  it('gains nothing from a restart, nor from a new code, nor from asking again', async () => {
    await rig.writes('u1');
    await wrong(4);
    await rig.restart();
    await rig.writes('u1');
    await wrong(1);
    expect(rig.desk.requests()).toMatchObject([{ state: 'locked' }]);
    await rig.restart();
    await rig.clock.advance(REMIND_AFTER_MS);
    const drawn = rig.codes.drawn.length;
    await rig.writes('u1');
    expect(rig.codes.drawn).toHaveLength(drawn);
    expect(await rig.pairing.approve(codeOf('u1'))).toEqual({ status: 'unknown' });
  });

  it('gains nothing from a stranger who takes a quiet one’s place: the tries stay with it', async () => {
    for (const user of ['u1', 'u2', 'u3']) await rig.writes(user);
    await wrong(WRONG_TRIES_MAX - 1);
    await rig.clock.advance(KEEPS_PLACE_MS);
    await rig.writes('u4');
    expect(rig.desk.requests().find(({ user }) => user === 'u4')).toMatchObject({ wrongTries: WRONG_TRIES_MAX - 1 });
    await wrong(1);
    expect(await rig.pairing.approve(codeOf('u4'))).toEqual({ status: 'unknown' });
    // The locked keep their places, however quiet they are.
    await rig.clock.advance(KEEPS_PLACE_MS);
    await rig.writes('u5');
    expect(rig.codesOf('u5')).toEqual([]);
  });

  it('keeps the places of the locked from being taken anew within the hour', async () => {
    for (const user of ['u1', 'u2', 'u3']) await rig.writes(user);
    await wrong(WRONG_TRIES_MAX);
    await rig.writes('u4');
    expect(rig.codes.drawn).toHaveLength(3);
    await rig.clock.advance(CODE_LIFE_MS);
    await rig.writes('u4');
    expect(await rig.pairing.approve(codeOf('u4'))).toMatchObject({ status: 'approved' });
  });
});

describe('a store that cannot be written', () => {
  it('lets nobody in, gives out no code, and takes the right code once it can', async () => {
    await rig.writes('u1');
    rig.isBroken = true;
    await expect(rig.pairing.approve(codeOf('u1'))).rejects.toThrow('the disk is gone');
    expect(rig.desk.isPaired('u1')).toBe(false);
    await rig.writes('u2');
    expect(rig.codesOf('u2')).toEqual([]);
    rig.isBroken = false;
    expect(await rig.pairing.approve(codeOf('u1'))).toMatchObject({ status: 'approved' });
    await rig.writes('u2');
    expect(rig.codesOf('u2')).toHaveLength(1);
  });

  it('does not keep a user in who was shut out, and does not forget a wrong code', async () => {
    await rig.writes('u1');
    await rig.pairing.approve(codeOf('u1'));
    await rig.writes('u2');
    rig.isBroken = true;
    await expect(rig.pairing.revoke('u1')).rejects.toThrow('the disk is gone');
    expect(rig.desk.isPaired('u1')).toBe(false);
    await expect(rig.pairing.approve('ZZZZZZZ9')).rejects.toThrow('the disk is gone');
    expect(rig.desk.requests()).toMatchObject([{ user: 'u2', wrongTries: 1 }]);
  });
});

it('what was decided stands in the trail, over restarts, without codes', async () => {
  await rig.writes('u1');
  await rig.writes('u2');
  await rig.pairing.approve(codeOf('u1'));
  await wrong(1);
  await rig.pairing.revoke('u1');
  await rig.clock.advance(CODE_LIFE_MS);
  await rig.writes('u3');
  await rig.restart();
  const { trail, paired, requests } = await rig.pairing.view();
  expect(trail.map(({ what, user }) => `${what} ${user ?? ''}`)).toEqual([
    'asked u3',
    'expired u2',
    'revoked u1',
    'wrongCode ',
    'approved u1',
    'asked u2',
    'asked u1',
  ]);
  expect(paired).toEqual([]);
  expect(requests).toMatchObject([{ channel: 'qq', user: 'u3', state: 'pending', triesLeft: WRONG_TRIES_MAX }]);
  const all = JSON.stringify([trail, paired, requests]);
  for (const code of rig.codes.drawn) expect(all).not.toContain(code);
  expect(rig.decided.map(({ what }) => what)).toEqual(trail.map(({ what }) => what).reverse());
});

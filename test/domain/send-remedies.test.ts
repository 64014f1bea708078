import { describe, expect, it } from 'vitest';
import { knownPlatformCodes, refusalOf, refusedWith } from '../../src/adapters/qq/error-codes.js';
import { remedyFor, SEND_REMEDIES, type SendRemedy } from '../../src/domain/send-remedies.js';
import { RouterError } from '../../src/errors/router-error.js';

/** What the protocol reference asks for, by the groups of its table of codes (§8.2). */
const REACTIONS: readonly (readonly [string, SendRemedy, readonly number[]])[] = [
  ['the token is refreshed by the call itself, then tried again', { next: 'retry' }, [11241, 11243, 11244]],
  ['check failed on their side', { next: 'retry' }, [11242, 11252, 11263, 11273, 11281]],
  ['fatal', { next: 'refuse' }, [11245, 11251, 11261, 11275, 11254, 11265]],
  ['permission missing', { next: 'refuse' }, [11253, 11264, 11274, 11282, 11293]],
  ['no retry', { next: 'refuse' }, [11255, 11301, 11302, 11303, 11304, 11305, 11306, 12001, 12002, 12003, 10000]],
  ['address not on the allow-list: slow retry', { next: 'retryLater' }, [11298, 40023002]],
  ['rate', { next: 'retryLater' }, [20028, 22009, 1100100, 1100308, 50002, 40034100, 100001, 100017]],
  [
    'quota of active messages used up',
    { next: 'park', forget: 'active' },
    [304045, 304046, 304047, 304048, 304049, 304050, 304022, 304035],
  ],
  ['treat as already sent', { next: 'settled' }, [40054005]],
  ['window over', { next: 'active' }, [40034128, 40034005, 304103, 304027, 40034026]],
  ['no anchor', { next: 'active' }, [40034024, 40034025, 304026, 40034027, 50048]],
  ['message may not be replied to', { next: 'refuse' }, [304028, 50045, 50046]],
  ['active messages not permitted', { next: 'park', forget: 'active' }, [40034105, 40034102]],
  ['user refuses messages', { next: 'park', forget: 'target' }, [40054013, 304031]],
  ['wake-up', { next: 'refuse' }, [40034122, 40034123]],
  ['muted', { next: 'park', forget: 'target' }, [40054002, 850018]],
  ['not in the group, no friend', { next: 'refuse', forget: 'target' }, [40034101, 40054003, 40054004]],
  ['friend check failed', { next: 'retry' }, [40054006]],
  ['bot offline', { next: 'retryLater' }, [40054016, 304018]],
  ['content wrong', { next: 'refuse' }, [22006, 50006, 304061, 340069, 50035]],
  ['content blocked', { next: 'refuse' }, [40034006, 1100101, 304025, 1100103]],
  ['link not allowed', { next: 'mendUrl' }, [304003, 40054010]],
  ['too long', { next: 'split' }, [40054007, 40054018, 304005]],
  ['markdown right missing', { next: 'plainText', forget: 'markdown' }, [40034012, 40034127, 304036, 304041, 50056]],
  [
    'markdown parameters',
    { next: 'plainText' },
    [40034008, 40034009, 40034010, 40034011, 40034124, 50037, 50041, 50042, 50054, 50055, 50057],
  ],
  ['card right', { next: 'plainText' }, [304004, 304011, 304012, 304013, 304014]],
  ['keyboard', { next: 'noKeyboard', forget: 'keyboard' }, [40034029, 304037, 304038, 304039, 304040, 304057, 305007]],
  ['command buttons', { next: 'noKeyboard', forget: 'keyboard' }, [40034106, 40034108, 40034109]],
  ['typing', { next: 'refuse', forget: 'typing' }, [50059]],
  ['@everyone', { next: 'noMention' }, [304019]],
  ['media', { next: 'reupload' }, [304080, 40034004, 304010, 304017, 304021, 304082, 304083, 850026, 850027]],
  ['review', { next: 'pending' }, [304023, 304024]],
  [
    'streams',
    { next: 'refuse' },
    [40007, 40034016, 40034017, 40034018, 40034019, 40034020, 40034021, 40034022, 40054014, 40054015],
  ],
  [
    'transient',
    { next: 'retry' },
    [50001, 50055001, 50055002, 50055006, 340067, 50065001, 306003, 306005, 306006, 1100300],
  ],
];

const refused = (code: number): RouterError =>
  refusedWith(refusalOf(400, { code, err_code: code }), 'send', { status: 400 });

describe.each(REACTIONS)('%s', (_, remedy, codes) => {
  it.each([...codes])('%i', (code) => {
    expect(knownPlatformCodes()).toContain(code);
    expect(remedyFor(refused(code))).toEqual(remedy);
  });
});

it('no code of the table is without a remedy', () => {
  for (const code of knownPlatformCodes()) expect(remedyFor(refused(code)).next).toBeTypeOf('string');
});

describe('without an action the error’s next step decides', () => {
  it.each([
    ['transport.timeout', 'retry'],
    ['transport.lost', 'retry'],
    ['auth.unavailable', 'retry'],
    ['auth.busy', 'retryLater'],
    ['auth.rejected', 'refuse'],
    ['gateway.banned', 'refuse'],
    ['capacity.full', 'refuse'],
  ] as const)('%s', (code, next) => {
    expect(remedyFor(new RouterError(code, 'x'))).toEqual({ next });
  });
});

it('whatever marks the target or its active messages stops this piece', () => {
  for (const remedy of Object.values<SendRemedy>(SEND_REMEDIES)) {
    if (remedy.forget === 'target' || remedy.forget === 'active') expect(['park', 'refuse']).toContain(remedy.next);
  }
});

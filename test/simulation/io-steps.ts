import type { Store } from '../../src/ports/store.js';
import type { WriteName } from './crashable-store.js';
import type { Deed, Plan, Step } from './plan.js';

/**
 * Every step of I/O between the frame that brings a message and its settled receipt, and who takes it. A write has two
 * points at which the process may die: it is asked for, and it is safe but nobody was told; a request has three.
 */
const STEPS = [
  ['hear the message', 'frame', 'C2C_MESSAGE_CREATE'],
  ['append it to the inbox', 'write', 'ingest'],
  ['move the watermark', 'write', 'saveSession'],
  ['read the conversation', 'read', 'loadConversation'],
  ['claim it for a turn', 'write', 'claim'],
  ['show that it is being answered', 'request', 'typing'],
  ['prepare a send, with its final number', 'write', 'enqueueSend'],
  ['attempt it', 'request', 'messages'],
  ['write its outcome', 'write', 'settleSend'],
  ['write a frame of a bubble, and that it is shown', 'write', 'reviseSend'],
  ['attempt the frame', 'request', 'frame'],
  ['write that a turn is cancelled', 'write', 'cancelTurn'],
  ['drop what is in no turn', 'write', 'settle'],
  ['write the receipt, settle the inbox, keep the record', 'write', 'closeTurn'],
  ['hand over in good order', 'write', 'release'],
  ['begin a life', 'write', 'open'],
  ['take the lease', 'write', 'lease'],
  ['read what is suspected', 'read', 'claims'],
  ['read where to resume', 'read', 'loadSession'],
  ['read what has no outcome', 'read', 'unsettledSends'],
  ['read what is unsettled', 'read', 'unsettled'],
  ['get a token', 'request', 'getAppAccessToken'],
  ['say who it is', 'said', 'identify'],
  ['be welcome', 'frame', 'READY'],
  ['stay alive', 'said', 'heartbeat'],
] as const satisfies readonly (readonly [string, keyof typeof POINTS, string])[];

const POINTS = {
  frame: ['heard'],
  said: ['said'],
  write: ['asked', 'synced'],
  read: ['read'],
  request: ['leaves', 'answered'],
} as const;

/** What a message of the day below does not pass; a new write of the store has to be put in one of the two tables. */
const ELSEWHERE = {
  doubt: 'of suspects, after several ends of the process',
  bury: 'of suspects',
  revive: 'an operator',
  dropDead: 'an operator',
  saveAccess: 'pairing',
  saveReport: 'what a program says under a key',
  saveReview: 'what waits for the platform’s review',
  endReview: 'what waits for the platform’s review',
  noteAnchor: 'events that may be answered',
  saveRefusal: 'users who refuse what answers nothing',
  saveConversation: 'what becomes known after the receipt, and after a restart',
  writeFrames: 'agents in other processes',
  prune: 'whenever there is time',
} as const satisfies Partial<Record<keyof Store, string>>;

type OnTheWay = Extract<(typeof STEPS)[number], readonly [string, 'write', string]>[2];
type Unlisted = Exclude<WriteName, OnTheWay | keyof typeof ELSEWHERE>;
/** Does not compile where a write is in neither table. */
export const IS_COMPLETE: [Unlisted] extends [never] ? true : Unlisted = true;

/** What the day must pass, or the table is of another router. */
export const MUST_PASS: readonly string[] = [
  ...STEPS.flatMap(([, kind, name]) => POINTS[kind].map((at) => `${at} ${name}`)),
  'arrives messages',
  'arrives frame',
];

const write = (
  waitMs: number,
  id: string,
  where: Pick<Extract<Deed, { does: 'write' }>, 'scene' | 'from' | 'manner' | 'pieces' | 'gapMs'>,
): Step => ({ waitMs, deed: { does: 'write', id, bot: 0, ...where } });

/** A growing answer that is interrupted, one in blocks, one that is stopped, one message for a running turn, a restart. */
export const DAY: Plan = {
  setup: {
    seed: 7,
    bots: 1,
    scenes: {
      c2c: { streamMode: 'native', busy: 'interrupt' },
      group: { streamMode: 'block', busy: 'collect' },
      guild: { streamMode: 'final', busy: 'steer' },
      dm: { streamMode: 'block', busy: 'enqueue' },
    },
    nativeStream: 'stream_messages',
    isCalm: true,
  },
  steps: [
    write(0, 'm1', { scene: 'c2c', from: 'ann', manner: 'long', pieces: 3, gapMs: 200 }),
    write(1_900, 'm2', { scene: 'c2c', from: 'ann', manner: 'long', pieces: 3, gapMs: 60 }),
    write(0, 'm3', { scene: 'group', from: 'ben', manner: 'speaks', pieces: 2, gapMs: 40 }),
    write(500, 'm4', { scene: 'c2c', from: 'cay', manner: 'long', pieces: 3, gapMs: 300 }),
    write(200, 'm5', { scene: 'group', from: 'ben', manner: 'instant', pieces: 1, gapMs: 0 }),
    { waitMs: 900, deed: { does: 'order', id: 'm6', bot: 0, scene: 'c2c', from: 'cay', text: '/stop' } },
    { waitMs: 400, deed: { does: 'restart', downMs: 300 } },
  ],
};

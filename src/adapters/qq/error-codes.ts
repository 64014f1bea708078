import type { PlatformAction } from '../../domain/platform-action.js';
import type { ErrorCode } from '../../errors/codes.js';
import { RouterError } from '../../errors/router-error.js';
import { idOf, type Json, numberOf, objectOf, textOf } from '../json.js';

/** `again`: what an authorised call does by itself, once, before it gives up: with a new token, or just so. */
type Row = { readonly code: ErrorCode; readonly action?: PlatformAction; readonly again?: 'newToken' | 'sameToken' };

const row = (code: ErrorCode, action?: PlatformAction): Row => (action === undefined ? { code } : { code, action });

/** The range `from` to `to`, both included. */
const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** Rows of codes with one meaning. Source: qq-bot-api §8.2, §6.4, §6.6. */
const MEANINGS: readonly (readonly [Row, readonly number[]])[] = [
  // Auth and application
  [{ code: 'auth.expired', again: 'newToken' }, [11241, 11243, 11244]],
  [{ code: 'platform.unavailable', action: 'retry', again: 'sameToken' }, [11242, 11252, 11263, 11273, 11281]],
  [row('auth.rejected'), [11245, 11251, 11261, 11275, 10004, 100007, 100016]],
  [row('auth.ipNotAllowed'), [11298, 40023002]],
  [row('platform.notPermitted', 'drop'), [11253, 11254, 11264, 11274, 11282, 11293]],
  [row('gateway.banned'), [11265]],
  [row('platform.refused', 'drop'), [11255, ...range(11301, 11306), 12001, 12003, 10000]],
  // Rate
  [row('platform.busy', 'backOff'), [20028, 22009, 1100100, 1100308, 50002, 40034100, 620006]],
  [row('auth.busy'), [100001]],
  [row('gateway.busy'), [100017]],
  [row('platform.busy', 'nextDay'), [...range(304045, 304050), 304022, 304035]],
  // Passive replies
  [row('platform.arrived', 'arrived'), [40054005, 620003, 620004]],
  [row('platform.windowClosed', 'active'), [40034128, 40034005, 304103, 304027, 40034026]],
  [row('platform.refused', 'dropAnchor'), [40034024, 40034025, 304026, 40034027, 50048]],
  [row('platform.refused', 'drop'), [304028, 50045, 50046]],
  // Active messages and targets
  [row('platform.notPermitted', 'stopActive'), [40034105, 40034102]],
  [row('platform.notPermitted', 'drop'), [40034122, 40034123]],
  [row('platform.targetGone', 'mute'), [40054013, 304031]],
  [row('platform.targetGone', 'defer'), [40054002, 850018]],
  [row('platform.targetGone', 'dropTarget'), [40034101, 40054003, 40054004]],
  [row('platform.unavailable', 'reconnect'), [40054016, 304018]],
  // Content
  [row('platform.contentRefused', 'drop'), [22006, 50006, 304061, 340069, 12002, 50035]],
  [row('platform.blocked', 'blocked'), [40034006, 1100101, 304025, 1100103]],
  [row('platform.contentRefused', 'mendUrl'), [304003, 40054010]],
  [row('platform.contentRefused', 'split'), [40054007, 40054018, 304005]],
  [row('platform.notPermitted', 'noMarkdown'), [40034012, 40034127, 304036, 304041, 50056]],
  [
    row('platform.contentRefused', 'plainText'),
    [...range(40034008, 40034011), 40034124, 50037, 50041, 50042, 50054, 50055, 50057],
  ],
  [row('platform.notPermitted', 'plainText'), [304004, ...range(304011, 304014)]],
  [row('platform.notPermitted', 'dropKeyboard'), [40034029, ...range(304037, 304040), 304057, 305007]],
  [row('platform.contentRefused', 'dropKeyboard'), [40034106, 40034108, 40034109]],
  [row('platform.contentRefused', 'dropTyping'), [50059]],
  [row('platform.notPermitted', 'dropMention'), [304019]],
  // Media
  [row('platform.contentRefused', 'reupload'), [304080]],
  [row('platform.unavailable', 'reupload'), [40034004, 304010, 304017, 304021, 304082, 304083, 850026, 850027]],
  [row('platform.contentRefused', 'drop'), [850019, 850031, 304020]],
  [row('platform.unavailable', 'retry'), [40093001]],
  [row('platform.busy', 'nextDay'), [40093002]],
  // Audit, streams, reactions, interactions
  [row('platform.auditPending', 'pending'), [304023, 304024]],
  // 40113003 is what changed earlier text was answered with in the field: langbot-app/LangBot#2454.
  [row('platform.refused', 'endStream'), [40007, 40113003, ...range(40034016, 40034022), 40054014, 40054015]],
  // Turns §4.1 has streams back off a few times after it, and end only then.
  [row('platform.unavailable', 'retry'), [50001]],
  [row('platform.refused', 'drop'), [620002, ...range(630001, 630008)]],
  // Passing faults
  [
    row('platform.unavailable', 'retry'),
    [50055001, 50055002, 50055006, 340067, 50065001, 306003, 306005, 306006, 1100300, 620007, 40054006],
  ],
];

const ROWS: ReadonlyMap<number, Row> = new Map(
  MEANINGS.flatMap(([meaning, codes]) => codes.map((code) => [code, meaning] as const)),
);

/** Where the platform's number says nothing, the status does. */
const rowOfStatus = (status: number): Row => {
  if (status === 401) return { code: 'auth.expired', again: 'newToken' };
  if (status === 403) return row('platform.notPermitted', 'drop');
  if (status === 429) return row('platform.busy', 'backOff');
  if (status >= 500) return row('platform.unavailable', 'retry');
  return row('platform.refused', 'drop');
};

/** Every number the table knows, for the tests that go through it. */
export const knownPlatformCodes = (): readonly number[] => MEANINGS.flatMap(([, codes]) => codes);

/** A refusal, read: which row applies and what to report. */
export type Refusal = { readonly row: Row; readonly platformCode?: number; readonly message?: string };

/**
 * Reads an error answer. `err_code` is authoritative; where the table does not know it, `code` may still be known, and
 * the status is the last resort.
 * Source: qq-bot-api §8.1.
 */
export const refusalOf = (status: number, body: Json | undefined): Refusal => {
  const codes = [numberOf(body?.['err_code']), numberOf(body?.['code'])].filter(
    (code): code is number => code !== undefined && code !== 0,
  );
  const platformCode = codes.find((code) => ROWS.has(code)) ?? codes[0];
  const message = textOf(body?.['message']);
  return {
    row: (platformCode === undefined ? undefined : ROWS.get(platformCode)) ?? rowOfStatus(status),
    ...(platformCode === undefined ? {} : { platformCode }),
    ...(message === undefined ? {} : { message }),
  };
};

/** The audit an answer of 201 or 202 promises; its message appears once it has passed. Source: qq-bot-api §6.5. */
export const auditIdOf = (body: Json | undefined): string | undefined =>
  idOf(objectOf(objectOf(body?.['data'])?.['message_audit'])?.['audit_id']) ?? idOf(body?.['audit_id']);

/** Units: ms that must pass after a code whose next step is `wait`. Source: qq-bot-api §1.3. */
export const BUSY_WAIT_MS = 60_000;

/** The error a refusal becomes, with the action its row names. `detail` names the call and must hold no secret. */
export const refusedWith = (
  refusal: Refusal,
  detail: string,
  { retryAfterMs, ...seen }: { readonly status: number; readonly traceId?: string; readonly retryAfterMs?: number },
): RouterError => {
  const { code: error, action } = refusal.row;
  const waits = error === 'auth.busy' || error === 'gateway.busy' || error === 'auth.ipNotAllowed';
  const waitMs = waits ? Math.max(BUSY_WAIT_MS, retryAfterMs ?? 0) : retryAfterMs;
  return new RouterError(error, detail, {
    ...seen,
    ...(action === undefined ? {} : { action }),
    ...(refusal.platformCode === undefined ? {} : { platformCode: refusal.platformCode }),
    ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
  });
};

import type { Lang } from '../domain/notices.js';
import type { Outcome } from '../domain/reply.js';
import type { SendReport } from '../domain/send.js';
import { ERROR_CODES, type ErrorCode } from '../errors/codes.js';
import type { Clock } from '../ports/clock.js';

type Why = { readonly platformCode?: number; readonly traceId?: string };

/** What an outcome is to whoever has asked for the send. */
export const reportOf = (
  outcome: Outcome,
  { lang, clock }: { readonly lang: Lang; readonly clock: Clock },
): SendReport => {
  const because = (status: SendReport['status'], code: string, more: Why = {}): SendReport => ({
    status,
    code,
    ...(more.platformCode !== undefined && { platformCode: more.platformCode }),
    ...(more.traceId !== undefined && { traceId: more.traceId }),
    ...(code in ERROR_CODES && { remedy: ERROR_CODES[code as ErrorCode].remedy[lang] }),
  });
  switch (outcome.status) {
    case 'sent':
      return { status: 'delivered', messageId: outcome.sentId, messageIds: [outcome.sentId] };
    case 'arrived':
      return { status: 'delivered' };
    case 'pending':
      return because('uncertain', 'platform.auditPending');
    case 'unknown':
      return because('uncertain', outcome.code, outcome);
    case 'refused':
      return because('rejected', outcome.code, outcome);
    case 'full':
      return because('rejected', 'capacity.full');
    case 'parked':
    case 'deferred':
      return because('rejected', 'platform.windowClosed');
    case 'fenced': {
      const isLate = outcome.piece.send !== undefined && clock.now() >= outcome.piece.send.untilMs;
      return isLate ? { status: 'expired' } : because('rejected', 'store.fenced');
    }
  }
};

const BADNESS = { delivered: 0, uncertain: 1, expired: 2, rejected: 3 } as const satisfies Record<
  SendReport['status'],
  number
>;

/** One report for the parts of a message: the worst of them, with every id there is. */
export const worst = (reports: readonly SendReport[]): SendReport => {
  const [first, ...rest] = reports;
  if (!first || rest.length === 0) return first ?? { status: 'delivered' };
  const told = rest.reduce((bad, one) => (BADNESS[one.status] > BADNESS[bad.status] ? one : bad), first);
  const messageIds = reports.flatMap((report) => report.messageIds ?? []);
  const { messageId: _, messageIds: __, duplicate: ___, ...why } = told;
  const isDuplicate = reports.every(({ duplicate }) => duplicate);
  return {
    ...why,
    ...(isDuplicate && { duplicate: true }),
    ...(messageIds[0] !== undefined && { messageId: messageIds[0], messageIds }),
  };
};

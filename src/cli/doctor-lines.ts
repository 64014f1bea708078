import type { Check } from '../app/doctor.js';
import type { Cli } from './cli.js';
import { durationText } from './durations.js';

type Speaker = Pick<Cli, 'lang' | 'say'>;

/** What a step has seen, in words. */
const seenText = (check: Extract<Check, { status: 'ok' }>, { lang, say }: Speaker): string => {
  const { doctor } = say;
  switch (check.step) {
    case 'store':
      return doctor.storeGood(check.path, check.isThere);
    case 'token':
      return doctor.tokenGot;
    case 'gateway':
      return doctor.gatewayAt(check.url, check.shards);
    case 'sessions':
      return doctor.sessionsLeft(check.remaining, check.total, durationText(check.resetAfterMs, lang));
    case 'handshake':
      return doctor.ready(check.bot, check.tookMs);
    case 'intents':
      return doctor.granted(check.names.join(', '));
    case 'callback':
      return doctor.callbackGood(check.url, check.tookMs, check.isPublic);
    case 'running':
      return doctor.runningGood(
        say.channel.state[check.state],
        check.lastCalledMs === undefined ? null : durationText(check.lastCalledMs, lang),
      );
    case 'clock':
      return check.skewMs === null ? doctor.clockUnknown : doctor.clockGood(check.skewMs);
    case 'agent':
      return check.driver === null ? doctor.agentInCode : doctor.agentGood(check.driver);
  }
};

const foundText = (
  check: Extract<Check, { status: 'finding' }>,
  { lang, say: { doctor } }: Speaker,
): { readonly what: string; readonly remedy: string } => {
  if ('error' in check) return { what: check.error.message, remedy: check.error.remedy(lang) };
  if ('few' in check) {
    const { remaining, total, resetAfterMs } = check.few;
    return {
      what: doctor.sessionsLeft(remaining, total, durationText(resetAfterMs, lang)),
      remedy: doctor.sessionsFew,
    };
  }
  return { what: doctor.clockBad(Math.round(check.skewMs / 1_000)), remedy: doctor.clockRemedy };
};

const whyText = (because: Extract<Check, { status: 'skipped' }>['because'], { say: { doctor } }: Speaker): string => {
  if (because === 'webhook') return doctor.webhook;
  return because === 'router' ? doctor.noRouter : doctor.because(doctor.step[because]);
};

/** One check as a line, a finding with its remedy below. */
export const checkLines = (check: Check, speaker: Speaker): string[] => {
  const { doctor, error } = speaker.say;
  const name = doctor.step[check.step];
  if (check.status === 'ok') return [`  ${doctor.ok}  ${name}: ${seenText(check, speaker)}`];
  if (check.status === 'skipped') {
    const why = whyText(check.because, speaker);
    return [`  ${doctor.skipped}  ${name}: ${why}`];
  }
  const { what, remedy } = foundText(check, speaker);
  return [`  ${doctor.finding}  ${name}: ${what}`, `    ${error.remedy}: ${remedy}`];
};

import type { RecordKinds } from '../../emulator/index.js';

type Sent = RecordKinds['sent'];

/** The message ids of what was asked, by its part in the script. */
export type Asked = {
  readonly first: string;
  readonly cutOff: string;
  readonly instead: string;
  readonly meanwhile: string;
};

/** What the emulator holds after the conversation. */
export type Evidence = {
  readonly sends: readonly Sent[];
  readonly sessionLog: readonly RecordKinds['session'][];
  readonly refusals: readonly unknown[];
};

export type Claim = 'answered' | 'silent' | 'sameSession' | 'nothingLost' | 'noRefusal';

/** Whether each claim of the summary is true, by what the platform received. */
export const checkDemo = (
  asked: Asked,
  { sends, sessionLog, refusals }: Evidence,
): Readonly<Record<Claim, boolean>> => {
  const saidTo = (messageId: string): Sent[] =>
    sends.filter(({ msgId, kind, text }) => msgId === messageId && kind !== 'typing' && text !== '');
  const isAnsweredOnce = (messageId: string): boolean => {
    const texts = saidTo(messageId).map(({ text }) => text);
    return texts.length > 0 && new Set(texts).size === texts.length;
  };
  const changes = (wanted: string) => sessionLog.filter(({ change }) => change === wanted);
  const resumedAtMs = changes('resumed')[0]?.atMs ?? Number.POSITIVE_INFINITY;
  return {
    answered: [asked.first, asked.instead, asked.meanwhile].every(isAnsweredOnce),
    silent: saidTo(asked.cutOff).length === 0,
    sameSession: changes('identified').length === 1 && changes('resumed').length === 1,
    nothingLost: saidTo(asked.meanwhile).some(({ atMs }) => atMs >= resumedAtMs),
    noRefusal: refusals.length === 0,
  };
};

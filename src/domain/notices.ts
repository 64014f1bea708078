export type Lang = 'en' | 'zh';

/** `cut` and `broken` stand behind an answer's own text; the others are messages of their own. */
export type NoticeTexts = {
  readonly stopped: string;
  readonly rejected: string;
  readonly expired: string;
  readonly failed: string;
  /** The platform's review refused the answer or a part of it, or a file of it is too large to be sent. */
  readonly blocked: string;
  /** Carries the button that stops a long answer, where nothing of it is there yet. */
  readonly working: string;
  readonly cut: string;
  readonly broken: string;
  /** On a button. */
  readonly stop: string;
};

/** What the router itself says to users. Source: turns §3.2. */
export const NOTICES: Readonly<Record<Lang, NoticeTexts>> = {
  zh: {
    stopped: '已停止。',
    rejected: '上一条还没处理完，请稍后再发。',
    expired: '刚才的消息等太久了，请再发一次。',
    failed: '出了点问题，请再试一次。',
    blocked: '这条回复没能发出，换个问法试试吧。',
    working: '还在处理中……',
    cut: '\n……（回复过长，已截断）',
    broken: '（回复中断）',
    stop: '停止',
  },
  en: {
    stopped: 'Stopped.',
    rejected: 'Still busy with your last message, please try again in a moment.',
    expired: 'Your message waited too long, please send it again.',
    failed: 'Something went wrong, please try again.',
    blocked: 'This reply could not be sent; try asking in another way.',
    working: 'Still working on it …',
    cut: '\n… (the reply was too long and has been cut)',
    broken: '(the reply broke off)',
    stop: 'Stop',
  },
};

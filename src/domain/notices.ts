export type Lang = 'en' | 'zh';

/** What the router itself says to users. Source: turns §3.2. */
export const NOTICES: Readonly<Record<Lang, { readonly failed: string; readonly cut: string }>> = {
  zh: { failed: '出了点问题，请再试一次。', cut: '\n……（回复过长，已截断）' },
  en: { failed: 'Something went wrong, please try again.', cut: '\n… (the reply was too long and has been cut)' },
};

import type { Lang } from './notices.js';

type PairingNotices = {
  readonly code: (code: string, minutes: number) => string;
  readonly approved: string;
};

/** What a user is told at the door. Links and file-like names are left out: the platform refuses them. */
export const PAIRING_NOTICES: Readonly<Record<Lang, PairingNotices>> = {
  zh: {
    code: (code, minutes) =>
      `你还没有使用权限。请把配对码 ${code} 发给管理员，由其执行：rookery pairing approve ${code}（${minutes} 分钟内有效）`,
    approved: '配对成功，现在可以开始对话了。',
  },
  en: {
    code: (code, minutes) =>
      `You are not allowed in yet. Give the code ${code} to the operator, who runs: rookery pairing approve ${code} (valid for ${minutes} min)`,
    approved: 'You are paired: go ahead and write.',
  },
};

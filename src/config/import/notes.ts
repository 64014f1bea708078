import type { Lang } from '../lang.js';

/** What an importing person has to know of one part of their file. `path` is as their file spells it. */
export type ImportNote = { readonly path: string } & (
  | { readonly kind: 'secret'; readonly variable: string }
  | { readonly kind: 'noEquivalent' }
  | { readonly kind: 'otherPlatform' }
  | { readonly kind: 'agentProtocol' }
  | { readonly kind: 'agentGuessed'; readonly baseUrl: string }
  | { readonly kind: 'agentMissing' }
  | { readonly kind: 'everyone' }
  | { readonly kind: 'pairing' }
  | { readonly kind: 'collects' }
  | { readonly kind: 'callback'; readonly channel: string }
  | { readonly kind: 'token' }
);

type Say = {
  [K in ImportNote['kind']]: (note: Extract<ImportNote, { kind: K }>) => { readonly en: string; readonly zh: string };
};

const SAY: Say = {
  secret: ({ variable }) => ({
    en: `a secret, which is not copied: set the environment variable ${variable} to it`,
    zh: `密钥不会被复制：请把它设为环境变量 ${variable}`,
  }),
  noEquivalent: () => ({
    en: 'left out: Rookery has nothing it could set; what an agent does is the agent’s own business',
    zh: '已略去：Rookery 没有对应的设置；智能体自身的行为由智能体决定',
  }),
  otherPlatform: () => ({
    en: 'left out: Rookery connects QQ bots; keep what you had for this platform',
    zh: '已略去：Rookery 只连接 QQ 机器人；该平台请继续使用原有程序',
  }),
  agentProtocol: () => ({
    en: 'left out: this provider is not reached by Chat Completions; set `agent` to one that is, or write a module',
    zh: '已略去：该提供商不支持 Chat Completions；请把 `agent` 设为兼容的接口，或编写 module',
  }),
  agentGuessed: ({ baseUrl }) => ({
    en: `taken as a Chat Completions endpoint at ${baseUrl}; check it with \`rookery channel doctor\``,
    zh: `按 ${baseUrl} 的 Chat Completions 接口导入；请用 \`rookery channel doctor\` 检查`,
  }),
  agentMissing: () => ({
    en: 'names no model provider that is switched on: set `agent` before the start',
    zh: '没有启用的模型提供商：启动前请设置 `agent`',
  }),
  everyone: () => ({
    en: 'everyone may write, as before; write [] for pairing mode',
    zh: '与之前一致，所有人都可以使用；如需配对模式请写 []',
  }),
  pairing: () => ({
    en: 'nobody is let in unasked (pairing mode), as before; write ["*"] to let everyone in',
    zh: '与之前一致，默认不放行任何人（配对模式）；如需放行所有人请写 ["*"]',
  }),
  collects: () => ({
    en: 'a new message waits for the running answer, as before; busy: "interrupt" is Rookery’s own way',
    zh: '与之前一致，新消息会等待进行中的回答；Rookery 默认为 busy: "interrupt"',
  }),
  callback: ({ channel }) => ({
    en: `the callback address changes: register https://…/webhooks/${channel} in the QQ bot console`,
    zh: `回调地址有变：请在 QQ 机器人管理端登记 https://…/webhooks/${channel}`,
  }),
  token: () => ({
    en: 'whoever asks the server needs a token: set the environment variable ROOKERY_TOKEN to a new one',
    zh: '访问服务需要令牌：请把环境变量 ROOKERY_TOKEN 设为新的令牌',
  }),
};

export const renderNote = (note: ImportNote, lang: Lang): string => {
  const say = SAY[note.kind] as (one: ImportNote) => { readonly en: string; readonly zh: string };
  return `${note.path}${lang === 'en' ? ': ' : '：'}${say(note)[lang]}`;
};

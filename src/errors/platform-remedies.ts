import type { PlatformAction } from '../domain/platform-action.js';

type Remedy = { readonly en: string; readonly zh: string };

/**
 * What an operator can do about a refusal, where the platform's number says more than the error's code does. `drop` is
 * left out: it stands under several codes, each of which says more than "given up".
 * Source: qq-bot-api §6.3, §6.10, §7.3, §8.2.
 */
export const PLATFORM_REMEDIES = {
  arrived: {
    en: 'The message had already arrived; nothing to do.',
    zh: '该消息已送达，无需处理。',
  },
  pending: {
    en: 'The message waits for the platform’s review; it appears once it has passed.',
    zh: '消息正在等待平台审核，通过后显示。',
  },
  retry: {
    en: 'The platform had a passing fault; the call is repeated with the same msg_seq.',
    zh: '平台暂时故障，会用相同的 msg_seq 重试。',
  },
  backOff: {
    en: 'The platform limits the rate; the send waits and is repeated. If this goes on, lower the pace or the load.',
    zh: '平台限流，消息会稍候重发；若持续出现，请降低发送频率或负载。',
  },
  nextDay: {
    en: 'The day’s quota of active messages is used up; answers to users still go out, the rest waits for one.',
    zh: '当日主动消息额度已用完；仍可回复用户，其余内容等用户下次发言时送出。',
  },
  active: {
    en: 'The reply window or its count is used up; the rest goes out as active messages or waits for the user’s next one.',
    zh: '被动回复的时限或次数已用完；其余内容改为主动消息发送，或等用户下次发言。',
  },
  dropAnchor: {
    en: 'The platform does not know the message that is answered (too old, of another bot or another scene).',
    zh: '平台不认识被回复的消息（已过期，或属于其他机器人、其他场景）。',
  },
  blocked: {
    en: 'The platform’s content review blocked the text; it is not sent again. Look at what the agent wrote.',
    zh: '内容未通过平台审核，不会重发；请检查智能体的输出。',
  },
  dropTarget: {
    en: 'The bot is no longer in that group, or no longer a friend of that user: they have to add it again.',
    zh: '机器人已不在该群，或已不是该用户的好友：需要对方重新添加。',
  },
  mute: {
    en: 'The user refuses the bot’s messages; only they can allow them again.',
    zh: '用户拒收机器人消息，只能由用户自己重新开启。',
  },
  defer: {
    en: 'The bot or the group is muted; ask the group’s owner or an administrator to lift the mute.',
    zh: '机器人或该群被禁言：请联系群主或管理员解除禁言。',
  },
  stopActive: {
    en: 'Active messages are not permitted here: the group’s owner must let the bot speak on its own; answers go out.',
    zh: '此处不允许主动消息：需由群主允许机器人主动发言；被动回复不受影响。',
  },
  reconnect: {
    en: 'The platform sends only while the bot is online on the gateway; the send waits for the connection.',
    zh: '机器人在网关上线后平台才允许发送；消息会等待连接恢复。',
  },
  mendUrl: {
    en: 'The text names a link or file that is not allowed; it is sent once more with the link broken up. Register the domain.',
    zh: '消息中含有未报备的链接或文件名，已打散链接后重发；请在 QQ 机器人管理端登记域名。',
  },
  split: {
    en: 'The message is too long; it is sent in parts. Lower the length limit of messages if this goes on.',
    zh: '消息过长，已拆分发送；若持续出现，请调低单条消息的长度上限。',
  },
  noMarkdown: {
    en: 'The bot has no right to markdown in this scene; plain text is sent. Apply for it in the QQ bot console.',
    zh: '机器人在该场景没有 Markdown 权限，已改发纯文本；可在 QQ 机器人管理端申请。',
  },
  plainText: {
    en: 'The platform does not accept this markdown or card; plain text is sent. See its code in the log.',
    zh: '平台不接受该 Markdown 或卡片，已改发纯文本；详见日志中的错误码。',
  },
  dropKeyboard: {
    en: 'The bot may not send this keyboard; the text is sent without. Apply for the right in the QQ bot console.',
    zh: '机器人不能发送该按钮，已去掉按钮发送；可在 QQ 机器人管理端申请权限。',
  },
  dropMention: {
    en: 'The quota of @everyone is used up; the message was not sent.',
    zh: '@全体成员 的次数已用完，消息未发送。',
  },
  dropTyping: {
    en: 'The platform refused the typing indication; it is no longer shown. Messages are not affected.',
    zh: '平台拒绝了「正在输入」状态，已停止显示；消息不受影响。',
  },
  reupload: {
    en: 'The platform could not fetch or no longer knows a file; check that its URL is public.',
    zh: '平台无法获取该文件或文件已失效：请确认其链接可以公开访问。',
  },
  endStream: {
    en: 'The streamed message could not go on; what is missing follows as an ordinary message.',
    zh: '流式消息无法继续，剩余内容会以普通消息发送。',
  },
} as const satisfies Record<Exclude<PlatformAction, 'drop'>, Remedy>;

/** The remedy that goes with an action, where there is a finer one than the code's. */
export const platformRemedy = (action: PlatformAction | undefined): Remedy | undefined =>
  action === undefined || action === 'drop' ? undefined : PLATFORM_REMEDIES[action];

type Remedy = { readonly en: string; readonly zh: string };

/**
 * What an operator can do about one number of the platform's, where neither its action nor the error's code says enough.
 * Source: qq-bot-api §1.3, §8.2.
 */
const MEANINGS: readonly (readonly [Remedy, readonly number[]])[] = [
  [
    {
      en: 'The old fixed token (`Bot appid.token`) was switched off: set appId and appSecret, and nothing else.',
      zh: '旧式固定令牌（`Bot appid.token`）已停用：只需填写 appId 与 appSecret。',
    },
    [11245],
  ],
  [
    {
      en: 'The platform knows no such bot: copy appId again from the QQ bot console, and see there whether the bot was deleted or banned.',
      zh: '平台没有这个机器人：请从 QQ 机器人管理端重新复制 appId，并查看机器人是否已被删除或封禁。',
    },
    [10004, 11251, 11261, 11275, 100007],
  ],
  [
    {
      en: 'The bot has no permission for this interface: apply for it in the QQ bot console, or switch off what needs it.',
      zh: '机器人没有该接口的权限：请在 QQ 机器人管理端申请，或关闭用到它的功能。',
    },
    [11253, 11264, 11274, 11282, 11293],
  ],
  [
    {
      en: 'The platform has banned this interface for the bot: see the notices in the QQ bot console.',
      zh: '平台已禁止机器人使用该接口：请查看 QQ 机器人管理端的通知。',
    },
    [11254],
  ],
  [
    {
      en: 'Openids belong to one bot: this one came from another bot. Look for an id that was copied, or a store that was shared.',
      zh: 'openid 只属于一个机器人：此处用了另一个机器人的 openid。请检查是否复制了 id，或共用了存储。',
    },
    [11255, 12001],
  ],
  [
    {
      en: 'The platform cannot read the request (header, id or body): check ids that were written by hand, and report it with the trace id otherwise.',
      zh: '平台无法解析该请求（请求头、id 或正文）：请检查手工填写的 id；否则请附上 trace id 反馈。',
    },
    [...[11301, 11302, 11303, 11304, 11305, 11306], 12002, 12003],
  ],
  [{ en: 'The platform does not support this operation here.', zh: '平台在此处不支持该操作。' }, [10000]],
  [
    {
      en: 'This message or event takes no reply; the answer is given up.',
      zh: '该消息或事件不允许回复，回复已放弃。',
    },
    [304028, 50045, 50046],
  ],
  [
    {
      en: 'The wake-up messages of this user are used up, or not supported; they have to write first.',
      zh: '对该用户的唤醒消息额度已用完或不支持，需等用户先发言。',
    },
    [40034122, 40034123],
  ],
  [
    {
      en: 'The content and its type do not go together, or the message is empty: look at what the agent sent.',
      zh: '消息内容与类型不符，或内容为空：请检查智能体发送的内容。',
    },
    [22006, 50006, 304061, 340069, 50035],
  ],
  [
    {
      en: 'The platform does not take this file format here: convert it, or send it as an ordinary file.',
      zh: '平台不支持该文件格式：请转换格式，或作为普通文件发送。',
    },
    [850019],
  ],
  [
    {
      en: 'The file is larger than the platform takes: send a smaller one.',
      zh: '文件超过平台上限：请改用更小的文件。',
    },
    [850031, 304020],
  ],
  [
    {
      en: 'The day’s quota of uploads is used up; files go out again tomorrow.',
      zh: '当日上传额度已用完，明天可继续发送文件。',
    },
    [40093002],
  ],
  [
    { en: 'Too many kinds of reactions stand on this message already.', zh: '该消息的表情回应种类已达上限。' },
    [620002],
  ],
  [
    {
      en: 'The platform does not take this answer to a button: it came too late, or was answered before.',
      zh: '平台不接受对该按钮的回应：可能已超时，或已经回应过。',
    },
    [630001, 630002, 630003, 630004, 630005, 630006, 630007, 630008],
  ],
];

const BY_CODE: ReadonlyMap<number, Remedy> = new Map(
  MEANINGS.flatMap(([remedy, codes]) => codes.map((code) => [code, remedy] as const)),
);

/** The remedy that goes with a number, where there is a finer one than its action's. */
export const platformCodeRemedy = (code: number | undefined): Remedy | undefined =>
  code === undefined ? undefined : BY_CODE.get(code);

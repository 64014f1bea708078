/** What the code that catches an error does next. `wait` = retry, but not before a minute has passed. */
export type NextStep = 'retry' | 'wait' | 'reconnect' | 'skip' | 'stop';

type Entry = { readonly next: NextStep; readonly remedy: { readonly en: string; readonly zh: string } };

/**
 * Every error of the router. The prefix is the room an error comes from; the code fixes the next step; the remedy is
 * what an operator can do about it.
 */
export const ERROR_CODES = {
  'config.invalid': {
    next: 'stop',
    remedy: {
      en: 'Mend the named key and start again; `rookery config schema` prints every key.',
      zh: '按提示修改该配置项后重新启动；`rookery config schema` 可打印全部配置项。',
    },
  },
  'config.unreadable': {
    next: 'stop',
    remedy: {
      en: 'Check that the file exists, is readable and is valid JSON5, JSON, TOML or YAML.',
      zh: '请确认文件存在、可读，且是合法的 JSON5、JSON、TOML 或 YAML。',
    },
  },
  'server.portTaken': {
    next: 'stop',
    remedy: {
      en: 'Another program listens on this port: stop it, or set server.port to a free one.',
      zh: '该端口已被其他程序占用：请停止该程序，或把 server.port 改为空闲端口。',
    },
  },
  'server.unreachable': {
    next: 'stop',
    remedy: {
      en: 'No router answers there: start one with `rookery start`, or check server.host and server.port.',
      zh: '没有正在运行的路由器应答：请先执行 `rookery start`，或检查 server.host 与 server.port。',
    },
  },
  'auth.rejected': {
    next: 'stop',
    remedy: {
      en: 'appId or appSecret is wrong, or the bot was deleted: copy both again from the QQ bot console.',
      zh: 'appId 或 appSecret 不正确，或机器人已被删除：请从 QQ 机器人管理端重新复制。',
    },
  },
  'auth.expired': {
    next: 'retry',
    remedy: {
      en: 'The access token ran out; it is renewed by itself. If this goes on, check the clock of this machine.',
      zh: '访问令牌已过期，会自动续期；若持续出现，请检查本机时钟。',
    },
  },
  'auth.busy': {
    next: 'wait',
    remedy: {
      en: 'The token service limits how often it is asked; the router waits a minute. Run one router per bot.',
      zh: '获取令牌过于频繁，路由器会等待一分钟；请确保每个机器人只运行一个实例。',
    },
  },
  'auth.unavailable': {
    next: 'retry',
    remedy: {
      en: 'The token service did not answer properly; the router tries again. Check the network to bots.qq.com.',
      zh: '令牌服务没有正常应答，路由器会重试；请检查到 bots.qq.com 的网络。',
    },
  },
  'auth.ipNotAllowed': {
    next: 'wait',
    remedy: {
      en: 'This machine’s public IP is not on the bot’s allow-list: add it in the QQ bot console (IP 白名单).',
      zh: '本机公网 IP 不在白名单内：请在 QQ 机器人管理端的「IP 白名单」中添加。',
    },
  },
  'gateway.busy': {
    next: 'wait',
    remedy: {
      en: 'The gateway address was asked for too often (100017); the router waits a minute.',
      zh: '获取网关地址过于频繁（100017），路由器会等待一分钟。',
    },
  },
  'gateway.unreachable': {
    next: 'reconnect',
    remedy: {
      en: 'The gateway could not be reached; the router keeps trying. Check the network to api.sgroup.qq.com.',
      zh: '无法连接网关，路由器会持续重试；请检查到 api.sgroup.qq.com 的网络。',
    },
  },
  'gateway.sessionLimit': {
    next: 'wait',
    remedy: {
      en: 'The bot’s session starts for today are used up; the router identifies again when the platform resets them.',
      zh: '当日的会话启动次数已用完，平台重置后路由器会自动重新鉴权。',
    },
  },
  'gateway.intentsRefused': {
    next: 'stop',
    remedy: {
      en: 'An event intent is not granted to this bot: remove it from `intents`, or apply for it in the console.',
      zh: '机器人未获得某个事件订阅权限：请从 `intents` 中移除，或在管理端申请。',
    },
  },
  'gateway.shardRefused': {
    next: 'stop',
    remedy: {
      en: 'The platform refused the shard setting (4010/4011): mend `shards`, or raise the shard count.',
      zh: '平台拒绝了分片设置（4010/4011）：请修改 `shards` 或增加分片数。',
    },
  },
  'gateway.sandboxOnly': {
    next: 'stop',
    remedy: {
      en: 'The bot is offline and may use the sandbox only (4914): set sandbox: true, or publish the bot.',
      zh: '机器人已下架，只允许连接沙箱（4914）：请设置 sandbox: true，或上线机器人。',
    },
  },
  'gateway.banned': {
    next: 'stop',
    remedy: {
      en: 'The platform has banned this bot (4915): see the notices in the QQ bot console.',
      zh: '机器人已被平台封禁（4915）：请查看 QQ 机器人管理端的通知。',
    },
  },
  'gateway.refused': {
    next: 'stop',
    remedy: {
      en: 'The platform refuses what this router sends (4001, 4002 or 4012): please report it with the log.',
      zh: '平台拒绝了路由器发送的数据（4001、4002 或 4012）：请附上日志反馈。',
    },
  },
  'webhook.address': {
    next: 'stop',
    remedy: {
      en: 'The QQ bot console takes https addresses on the ports 80, 443, 8080 and 8443: mend webhook.url, or put a proxy there.',
      zh: 'QQ 机器人管理端只接受 80、443、8080、8443 端口上的 https 地址：请修改 webhook.url，或在该端口放置反向代理。',
    },
  },
  'webhook.unreachable': {
    next: 'retry',
    remedy: {
      en: 'The callback address does not answer as it should: check that the router runs, the proxy before it, its certificate, and that the path is /webhooks/{channel}.',
      zh: '回调地址没有正常应答：请检查路由器是否在运行、反向代理及其证书，以及路径是否为 /webhooks/{频道}。',
    },
  },
  'webhook.unproven': {
    next: 'stop',
    remedy: {
      en: 'What answers at the callback address does not know this bot’s secret: it is another program, or was started with another appSecret.',
      zh: '回调地址上的服务不掌握该机器人的密钥：可能是其他程序，或启动时使用了不同的 appSecret。',
    },
  },
  'webhook.badSignature': {
    next: 'skip',
    remedy: {
      en: 'A proxy alters the body on its way, appSecret is not the console’s, or somebody forges callbacks: let the proxy pass the body on as it is, and copy appSecret again.',
      zh: '反向代理改动了请求体、appSecret 与管理端不一致，或有人伪造回调：请让代理原样转发请求体，并重新复制 appSecret。',
    },
  },
  'webhook.otherBot': {
    next: 'skip',
    remedy: {
      en: 'Another bot’s console names this channel’s address: register /webhooks/{channel} of that bot there, or /webhooks for all.',
      zh: '其他机器人的管理端登记了本频道的地址：请改为登记该机器人的 /webhooks/{频道}，或统一使用 /webhooks。',
    },
  },
  'webhook.stale': {
    next: 'skip',
    remedy: {
      en: 'Callbacks are refused for their age: set this machine’s clock, best by NTP; webhook.maxAgeMs says how far it may be off.',
      zh: '回调因时间偏差被拒绝：请校准本机时钟（建议使用 NTP）；允许的偏差由 webhook.maxAgeMs 决定。',
    },
  },
  'webhook.silent': {
    next: 'skip',
    remedy: {
      en: 'Register https://…/webhooks/{channel} in the QQ bot console (回调配置), choose its events, and switch the bot to webhook there.',
      zh: '请在 QQ 机器人管理端的「回调配置」中登记 https://…/webhooks/{频道}、勾选事件，并切换为 webhook 方式。',
    },
  },
  'transport.lost': {
    next: 'reconnect',
    remedy: {
      en: 'The connection broke; the router reconnects by itself.',
      zh: '连接中断，路由器会自动重连。',
    },
  },
  'transport.timeout': {
    next: 'retry',
    remedy: {
      en: 'No answer in time. For a send the result is unknown; it is repeated with the same msg_seq.',
      zh: '未在时限内收到应答。若是发送消息，结果未知，会用相同的 msg_seq 重试。',
    },
  },
  'protocol.unreadable': {
    next: 'skip',
    remedy: {
      en: 'The platform sent something unreadable; it was counted and skipped. See the sampled log line.',
      zh: '平台发送了无法解析的数据，已计数并跳过；详见采样日志。',
    },
  },
  'platform.busy': {
    next: 'retry',
    remedy: {
      en: 'The platform limits the rate; the send waits and is repeated.',
      zh: '平台限流，消息会稍候重发。',
    },
  },
  'platform.unavailable': {
    next: 'retry',
    remedy: {
      en: 'The platform had a passing fault; the call is repeated with the same msg_seq.',
      zh: '平台暂时故障，会用相同的 msg_seq 重试。',
    },
  },
  'platform.arrived': {
    next: 'skip',
    remedy: {
      en: 'The message had already arrived (40054005); nothing to do.',
      zh: '该消息已送达（40054005），无需处理。',
    },
  },
  'platform.auditPending': {
    next: 'skip',
    remedy: {
      en: 'The message waits for the platform’s review; it appears once it has passed.',
      zh: '消息正在等待平台审核，通过后显示。',
    },
  },
  'platform.windowClosed': {
    next: 'skip',
    remedy: {
      en: 'The reply window or its count is used up; answers must follow the user’s message in time.',
      zh: '被动回复的时限或次数已用完，须在用户消息后的时限内回复。',
    },
  },
  'platform.notPermitted': {
    next: 'skip',
    remedy: {
      en: 'The bot lacks the right for this call; see the platform’s code in the log and apply for it in the console.',
      zh: '机器人没有该操作的权限，请根据日志中的平台错误码在管理端申请。',
    },
  },
  'platform.targetGone': {
    next: 'skip',
    remedy: {
      en: 'The user or group cannot be written to (muted, left, or refuses messages).',
      zh: '无法向该用户或群发送消息（被禁言、已退出或拒收）。',
    },
  },
  'platform.contentRefused': {
    next: 'skip',
    remedy: {
      en: 'The platform refused the content (review, link, length or format); see its code in the log.',
      zh: '平台拒绝了消息内容（审核、链接、长度或格式），详见日志中的错误码。',
    },
  },
  'platform.blocked': {
    next: 'skip',
    remedy: {
      en: 'The platform’s review did not let the text through, and will not: mend what the agent says; the user is told in neutral words.',
      zh: '内容未通过平台审核，重发也不会通过：请调整智能体的回答；用户会收到一句中性的提示。',
    },
  },
  'platform.refused': {
    next: 'skip',
    remedy: {
      en: 'The platform refused the call; see its code and trace id in the log.',
      zh: '平台拒绝了该调用，详见日志中的错误码与 trace id。',
    },
  },
  'channel.notRunning': {
    next: 'skip',
    remedy: {
      en: 'No running channel of this router speaks there: check the conversation, the target or the channel’s name.',
      zh: '本路由器没有正在运行且可在此处发言的频道：请检查会话、目标或频道名称。',
    },
  },
  'message.invalid': {
    next: 'skip',
    remedy: {
      en: 'Mend the named part of the message; nothing was sent.',
      zh: '请按提示修改消息中的相应部分；消息未发送。',
    },
  },
  'media.tooLarge': {
    next: 'skip',
    remedy: {
      en: 'The file is larger than its kind may be; send a smaller one, or as `file`.',
      zh: '文件超过该类型的大小上限：请发送更小的文件，或以 `file` 类型发送。',
    },
  },
  'media.typeRefused': {
    next: 'skip',
    remedy: {
      en: 'The file is not of the kind it is sent as; convert it, or send it as `file`.',
      zh: '文件格式与所声明的类型不符：请转换格式，或以 `file` 类型发送。',
    },
  },
  'media.unreadable': {
    next: 'skip',
    remedy: {
      en: 'The file could not be read or fetched: check its path or URL.',
      zh: '无法读取或下载该文件：请检查路径或链接。',
    },
  },
  'media.addressRefused': {
    next: 'skip',
    remedy: {
      en: 'The URL leads to an address that is not public; such addresses are never fetched.',
      zh: '该链接指向非公网地址；出于安全考虑不会下载。',
    },
  },
  'capacity.full': {
    next: 'skip',
    remedy: {
      en: 'A bounded queue is full; raise its limit or lower the load.',
      zh: '有界队列已满：请调高上限或降低负载。',
    },
  },
  'store.locked': {
    next: 'stop',
    remedy: {
      en: 'Another process uses this store: stop it, or give this router a store.path of its own.',
      zh: '该存储目录正被另一个进程使用：请先停止它，或为本实例设置不同的 store.path。',
    },
  },
  'store.tooNew': {
    next: 'stop',
    remedy: {
      en: 'The store was written by a newer version: install that version again, or set another store.path.',
      zh: '该存储由更新的版本写入：请重新安装该版本，或设置其他 store.path。',
    },
  },
  'store.corrupt': {
    next: 'stop',
    remedy: {
      en: 'The store’s file is damaged: keep a copy, look at it with `sqlite3 -readonly`, restore a backup, or move it away to start empty.',
      zh: '存储文件已损坏：请保留副本，用 `sqlite3 -readonly` 检查，从备份恢复，或将其移走以空库启动。',
    },
  },
  'store.full': {
    next: 'wait',
    remedy: {
      en: 'The disk is full: make room on the disk of store.path; nothing is lost, and writing goes on by itself.',
      zh: '磁盘已满：请为 store.path 所在磁盘腾出空间；数据不会丢失，之后会自动继续写入。',
    },
  },
  'store.fenced': {
    next: 'stop',
    remedy: {
      en: 'This bot was taken over by a newer start of the router; run one router per bot.',
      zh: '该机器人已由后启动的路由器实例接管；请确保每个机器人只运行一个实例。',
    },
  },
  'store.closed': {
    next: 'stop',
    remedy: {
      en: 'The router was shutting down; what was not written yet is taken up again at the next start.',
      zh: '路由器正在关闭；尚未写入的内容会在下次启动时继续处理。',
    },
  },
  'store.failed': {
    next: 'stop',
    remedy: {
      en: 'The store cannot be read or written: check the disk and the rights on store.path, then start again.',
      zh: '无法读写存储：请检查磁盘以及 store.path 的权限，然后重新启动。',
    },
  },
  'agent.unreachable': {
    next: 'retry',
    remedy: {
      en: 'The agent does not answer: check its address or command in `agent`, and that it runs.',
      zh: '智能体没有应答：请检查 `agent` 中的地址或命令，以及它是否在运行。',
    },
  },
  'agent.detached': {
    next: 'retry',
    remedy: {
      en: 'No agent is attached: start it, and check that it dials this server’s /v1/agent with the right token.',
      zh: '没有智能体接入：请启动它，并确认它用正确的令牌连接本服务的 /v1/agent。',
    },
  },
  'agent.refused': {
    next: 'skip',
    remedy: {
      en: 'The agent refused the request: check agent.apiKey, and what names the model or app.',
      zh: '智能体拒绝了请求：请检查 agent.apiKey，以及模型或应用的名称。',
    },
  },
  'agent.failed': {
    next: 'skip',
    remedy: {
      en: 'The agent failed while answering; see its own log.',
      zh: '智能体在回答时出错，请查看它的日志。',
    },
  },
  'agent.truncated': {
    next: 'skip',
    remedy: {
      en: 'The agent’s stream broke off before its end; see its own log.',
      zh: '智能体的输出流在结束前中断，请查看它的日志。',
    },
  },
  'agent.timeout': {
    next: 'skip',
    remedy: {
      en: 'The agent was silent for too long; the turn was ended.',
      zh: '智能体长时间没有输出，本轮已结束。',
    },
  },
} as const satisfies Record<string, Entry>;

/** Everything that a RouterError may say. */
export type ErrorCode = keyof typeof ERROR_CODES;

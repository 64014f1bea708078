export type Meaning = { readonly en: string; readonly zh: string };

/** What each state of the charts means to whoever looks at it, by the state's id. */
export const MEANINGS: Readonly<Record<string, Meaning>> = {
  gateway: {
    en: 'One bot’s connection to the platform. There is no state without a way back.',
    zh: '一个机器人与平台的连接。每个状态都有恢复的路。',
  },
  'gateway.obtainingToken': {
    en: 'An access token that is valid now is fetched, or taken from memory.',
    zh: '获取当前有效的 access_token，已有则直接使用。',
  },
  'gateway.locating': {
    en: 'The platform is asked for the gateway’s address. Once: it is asked again only where the known one does not answer.',
    zh: '向平台询问网关地址。只问一次，已知地址连不上时才再问。',
  },
  'gateway.starting': {
    en: 'Passed through: a session that is known is resumed, otherwise a new one is started.',
    zh: '瞬间经过：有旧会话就恢复，否则新建。',
  },
  'gateway.awaitingSessionStart': {
    en: 'The platform counts session starts per day and paces them; this one is not due yet.',
    zh: '平台限制每日会话启动次数与速度，正在等待轮到本次。',
  },
  'gateway.linked': {
    en: 'One socket is there. Leaving this state closes it, so a late word of an old link reaches nobody.',
    zh: '有且只有一条连接。离开此状态即关闭连接，旧连接的迟到消息不会再被处理。',
  },
  'gateway.linked.connecting': { en: 'The socket is being opened.', zh: '正在建立连接。' },
  'gateway.linked.awaitingHello': {
    en: 'The socket is open; the platform has to speak first.',
    zh: '连接已建立，等待平台先问候（Hello）。',
  },
  'gateway.linked.identifying': {
    en: 'A new session was asked for; READY is awaited.',
    zh: '已请求新会话（Identify），等待 READY。',
  },
  'gateway.linked.resuming': {
    en: 'The old session was asked for; the platform replays what was missed and then says RESUMED.',
    zh: '已请求恢复旧会话（Resume），平台先补发遗漏事件，再答 RESUMED。',
  },
  'gateway.linked.ready': {
    en: 'The bot is online: events flow, and heartbeats watch over the link.',
    zh: '机器人在线：事件正常流动，由心跳监视连接。',
  },
  'gateway.linked.ready.awaitingAck': { en: 'A heartbeat is out and not answered yet.', zh: '心跳已发出，等待应答。' },
  'gateway.linked.ready.acked': { en: 'The last heartbeat was answered.', zh: '上一次心跳已得到应答。' },
  'gateway.linked.ready.missedOne': {
    en: 'One heartbeat went unanswered and a second is out; if that one fails too, the link is dead.',
    zh: '一次心跳无应答，第二次已发出；若再无应答，连接视为断开。',
  },
  'gateway.linked.ready.paused': {
    en: 'The router itself reads no further because the line behind is full; silence proves nothing now.',
    zh: '后面的队列已满，路由器暂停读取；此时的沉默不代表断线。',
  },
  'gateway.linked.closing': {
    en: 'The goodbye (1000) is sent; the platform’s answer is awaited for 3 s at most.',
    zh: '已发送关闭（1000），最多等待 3 秒。',
  },
  'gateway.lost': {
    en: 'Passed through in one step: what is known of the loss decides what comes next.',
    zh: '瞬间经过：根据断线原因决定下一步。',
  },
  'gateway.backingOff': {
    en: 'The next try waits: 1 s, doubling to 60 s, with jitter.',
    zh: '等待重试：1 秒起，逐次加倍至 60 秒，带随机抖动。',
  },
  'gateway.coolingOff': {
    en: 'After “invalid session” the platform wants 1 to 5 s of quiet.',
    zh: '收到会话失效后，平台要求安静 1 至 5 秒。',
  },
  'gateway.pausing': {
    en: 'A minute or more of quiet, because trying sooner would do harm (a rate limit, a session limit, an address that is not allowed).',
    zh: '至少静默一分钟，因为过早重试有害（限流、会话次数用尽、IP 不在白名单等）。',
  },
  'gateway.stopped': {
    en: 'Trying again cannot help, or was not wanted. Only “reconnect” leads out.',
    zh: '重试无济于事，或本就要求停止。只有“重新连接”能离开。',
  },
  webhook: {
    en: 'A bot that is called back instead of holding a connection. Callbacks flow past this chart.',
    zh: '由平台回调、不保持连接的机器人。回调不经过此图。',
  },
  'webhook.introducing': {
    en: 'A token is fetched, and the platform says who the bot is: the secret is right, and the platform talks to this address.',
    zh: '获取 token 并向平台询问机器人身份，以确认密钥正确、平台可达。',
  },
  'webhook.listening': { en: 'Callbacks are answered.', zh: '正常应答回调。' },
  'webhook.failed': {
    en: 'Passed through in one step: what failed decides what comes next.',
    zh: '瞬间经过：根据失败原因决定下一步。',
  },
  'webhook.backingOff': {
    en: 'The next check waits: 1 s, doubling to 60 s.',
    zh: '等待再次检查：1 秒起，逐次加倍至 60 秒。',
  },
  'webhook.pausing': {
    en: 'A minute or more of quiet, because trying sooner would do harm.',
    zh: '至少静默一分钟，因为过早重试有害。',
  },
  'webhook.stopped': {
    en: 'Trying again cannot help, or was not wanted. Only “reconnect” leads out.',
    zh: '重试无济于事，或本就要求停止。只有“重新连接”能离开。',
  },
  conversation: {
    en: 'One conversation of a bot with one user or group: what waits, what is answered, and the fence that cancels.',
    zh: '机器人与一位用户或一个群的会话：等待的消息、正在回答的轮次，以及取消时的拦截。',
  },
  'conversation.idle': {
    en: 'Nothing is under way. After a while at rest it leaves memory.',
    zh: '无事进行。空闲一段时间后离开内存。',
  },
  'conversation.debouncing': {
    en: 'Messages wait until the user has been quiet for a moment, so that a sentence in three parts is one turn.',
    zh: '等用户停顿片刻，把分几条发的一句话合成一轮。',
  },
  'conversation.answering': {
    en: 'A turn is under way. A cancel from here fences it in the same step: nothing more of it is sent.',
    zh: '一轮回答进行中。此时取消会在同一步拦下后续内容，不再发送。',
  },
  'conversation.answering.running': {
    en: 'The agent is at work; leaving this state aborts its signal.',
    zh: '智能体正在工作；离开此状态会中止它。',
  },
  'conversation.answering.running.awaitingText': { en: 'The agent has not said a word yet.', zh: '智能体还没有说话。' },
  'conversation.answering.running.streaming': {
    en: 'The agent speaks, and pieces of its answer are handed on.',
    zh: '智能体正在输出，内容分片送出。',
  },
  'conversation.answering.running.holding': {
    en: 'The agent does something that must not be cut in half. What would end the turn is kept until it lets go.',
    zh: '智能体正在做不可打断的事，打断请求先记下，等它松手。',
  },
  'conversation.answering.finishing': {
    en: 'The agent has said all; its last pieces are on their way.',
    zh: '智能体已说完，最后几片正在送出。',
  },
  'conversation.cancelled': {
    en: 'After the cancel point. Two things are waited for side by side, each for a bounded time: the agent and the call in flight.',
    zh: '已取消。同时等待两件事，各有时限：智能体停下、在途调用的结果。',
  },
  'conversation.cancelled.agent': { en: 'Has the agent stopped?', zh: '智能体停下了吗？' },
  'conversation.cancelled.agent.stopping': {
    en: 'Its signal was aborted; it has its grace to stop.',
    zh: '已通知中止，给它一段宽限时间。',
  },
  'conversation.cancelled.agent.stopped': { en: 'It has stopped.', zh: '已停下。' },
  'conversation.cancelled.agent.detached': {
    en: 'Its grace is over; the next turn goes on without it.',
    zh: '宽限已过，不再等它。',
  },
  'conversation.cancelled.outbox': { en: 'What became of the call that was in flight?', zh: '在途的调用结果如何？' },
  'conversation.cancelled.outbox.settling': { en: 'Its outcome is awaited.', zh: '等待结果。' },
  'conversation.cancelled.outbox.settled': { en: 'Every outcome is known.', zh: '结果均已知。' },
  'conversation.cancelled.outbox.unknown': {
    en: 'The time is over; the receipt says that one call may have brought more.',
    zh: '时限已过，回执会注明可能还送达了更多。',
  },
  'conversation.closed': {
    en: 'Passed through: the closing record is written, and what waits decides what comes next.',
    zh: '瞬间经过：写下本轮回执，再看有没有消息在等。',
  },
  agentLink: {
    en: 'One connection of an agent that dials in.',
    zh: '一个主动接入的智能体的一条连接。',
  },
  'agentLink.awaitingHello': {
    en: 'The connection is open; the agent has 10 s to say who it is.',
    zh: '连接已建立，智能体须在 10 秒内表明身份（hello）。',
  },
  'agentLink.attached': {
    en: 'The agent was let in; frames go both ways, and pings watch over the connection.',
    zh: '智能体已接入，双方收发帧，由 ping 监视连接。',
  },
  'agentLink.attached.quiet': {
    en: 'No ping is out; the next is due within 15 s.',
    zh: '没有未应答的 ping，15 秒内会再发一次。',
  },
  'agentLink.attached.awaitingPong': { en: 'A ping is out and not answered yet.', zh: 'ping 已发出，等待应答。' },
  'agentLink.attached.missedOne': {
    en: 'One ping went unanswered and a second is out; if that one fails too, the connection is given up.',
    zh: '一次 ping 无应答，第二次已发出；若再无应答，放弃这条连接。',
  },
  'agentLink.closed': { en: 'Nothing of this connection counts any more.', zh: '此连接已失效，其内容不再处理。' },
  agentSession: {
    en: 'What an agent is to the router, over all its connections: the turns it holds and the frames it is owed.',
    zh: '智能体在路由器中的身份，跨越它的所有连接：它持有的轮次和待它确认的帧。',
  },
  'agentSession.beginning': {
    en: 'Passed through: an agent that is known from before a restart waits for its connection, a new one has it.',
    zh: '瞬间经过：重启前已知的智能体等待它重新接入，新的则已接入。',
  },
  'agentSession.attached': { en: 'A connection is there; turns may go to it.', zh: '连接正常，可以接收轮次。' },
  'agentSession.lost': {
    en: 'Its connection is gone; its turns wait 15 s for it to come back.',
    zh: '连接已断开，它的轮次等待 15 秒供其重连。',
  },
  'agentSession.unheld': {
    en: 'It stayed away: its turns are with others. What it has not acknowledged is kept for ten minutes.',
    zh: '未能及时重连，轮次已交给别人；未确认的帧再保留十分钟。',
  },
  'agentSession.gone': { en: 'It is forgotten.', zh: '已被遗忘。' },
};

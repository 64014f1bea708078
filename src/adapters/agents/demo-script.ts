import type { Interrupted } from '../../domain/turn.js';

type Lang = 'en' | 'zh';

/** Chinese as soon as one Chinese character is in it; a Chinese question is often full of Latin names. */
const langOf = (text: string): Lang => (/\p{Script=Han}/u.test(text) ? 'zh' : 'en');

/** `wordsAtOnce`: how many are typed together, where the answer is a long one. @default 1 */
type Topic = { readonly about: RegExp; readonly en: string; readonly zh: string; readonly wordsAtOnce?: number };

const TOPICS: readonly Topic[] = [
  {
    about: /interrupt|cancel|stop|打断|中断|取消|停/i,
    en: 'Write to me while I am still typing. At that very moment my running turn is cancelled: not one more word of it is sent, and the next turn is told exactly what you had seen by then. Most bots simply keep on talking. Try it now, before I have finished.',
    zh: '趁我还在说话的时候，再给我发一条消息试试。就在那一刻，正在进行的这一轮会被取消：之后不会再发出任何一个字，而新的一轮会准确地知道你刚才已经看到了哪些内容。多数机器人只会自顾自地说完，不妨现在就试试。',
  },
  {
    about: /window|limit|quota|reply|窗口|限制|额度|回复|次数/i,
    en: 'QQ lets a bot answer a message only a few times, and only for some minutes. Rookery counts both before it sends anything: it keeps the last reply for the end of an answer, and it never asks the platform for something that it knows will be refused.',
    zh: 'QQ 对被动回复有次数和时间的限制：一条消息只能回复几次，并且只在几分钟之内有效。Rookery 在每次发送之前都会先算清楚：把最后一次机会留给答案的结尾，也绝不会去发送一条明知会被平台拒绝的消息。',
  },
  {
    about: /crash|kill|lost|restart|崩溃|丢|重启|断线|重连/i,
    en: 'Kill the process whenever you like. Every message is written down before it is worked on, and every reply gets its final number before the first attempt. After a restart nothing is lost, and nothing is said twice, because the platform knows the number.',
    zh: '你可以随时杀掉进程。每条消息在处理之前都已经写入存储，每条回复在第一次尝试发送之前就定好了最终的序号。重启之后，消息不会丢失，也不会重复发送，因为平台认得这个序号。断线重连也是同样的道理。',
  },
  {
    about: /block|code|long|分段|代码|长/i,
    wordsAtOnce: 2,
    en: [
      'A long answer does not have to wait for its end. It goes out in blocks, at the end of a paragraph, while the rest of it is still being written.',
      'Code is never torn apart. A fence that has to be cut is closed in one block and opened anew in the next:',
      '```ts\nrouter.onTurn(async (turn) => {\n  await turn.reply(model.stream(turn.messages()));\n});\n```',
      'And the last reply that QQ allows is always kept for the end, so that no answer breaks off in the middle. If you write again now, only what you have seen was ever sent; all the rest stays here.',
    ].join('\n\n'),
    zh: [
      '长回答不必等到全部写完才发出。它会在段落结束的地方分成几段，前面的内容先送到你的眼前，后面的内容还在继续书写。这样你很快就能看到开头，也可以随时决定要不要继续听下去，不会干等着。',
      '代码块不会被拆坏：需要切开的时候，前一段会补上结尾，后一段会重新打开。',
      '```ts\nrouter.onTurn(async (turn) => {\n  await turn.reply(model.stream(turn.messages()));\n});\n```',
      '最后一次回复机会总是留给结尾，所以回答不会说到一半就没了下文。如果你现在再发一条消息，那么发出去的就只有你已经看到的内容，其余的都会留在这里。',
    ].join('\n\n'),
  },
];

const INTRODUCTION: Topic = {
  about: /^/,
  en: 'I am the demo agent of Rookery, a message router for QQ bots. Each conversation has an actor of its own, so nobody has to wait for anybody else. Send me another message while I am still typing, and see what happens. /help names more things to ask.',
  zh: '你好，我是 Rookery 自带的演示智能体。Rookery 是一个 QQ 机器人消息路由器：每个会话都有自己的 actor，谁也不用等谁。你可以在我说话的时候再发一条消息，看看会发生什么。发送 /help 可以查看更多玩法。',
};

export const HELP: Readonly<Record<Lang, string>> = {
  en: 'Ask me about **interruption**, the **reply window** or a **crash**, or write again while I answer. `/stop` stops me. Set `agent` in rookery.config.json5 to put your own agent in my place.',
  zh: '可以问我「打断」「回复窗口」「崩溃」，也可以在我回答时再发一条消息；发送「停止」会让我停下。在 rookery.config.json5 里设置 `agent`，就能换成你自己的智能体。',
};

/** Units: characters of what was seen that are quoted back. */
const QUOTE_MAX = 24;

/** What is said first to someone who did not let the last answer finish. */
const afterInterruption = ({ delivered }: Interrupted, lang: Lang): string => {
  if (delivered === '')
    return lang === 'zh' ? '（上一个回答还没发出就被打断了。）' : '(You cut in before anything was sent.) ';
  const end = [...delivered.trim()].slice(-QUOTE_MAX).join('').replace(/\s+/g, ' ');
  return lang === 'zh' ? `（刚才被打断了，你看到了“…${end}”。）` : `(You cut in; you had seen up to “…${end}”.) `;
};

/** A text in the pieces it is typed in: a word, with the blank and the punctuation that follow it. */
const wordsOf = (text: string, lang: Lang): string[] => {
  const words: string[] = [];
  for (const { segment, isWordLike } of new Intl.Segmenter(lang, { granularity: 'word' }).segment(text)) {
    const last = words.length - 1;
    if (isWordLike || last < 0) words.push(segment);
    else words[last] += segment;
  }
  return words;
};

const together = (words: readonly string[], atOnce: number): string[] =>
  words.flatMap((_, index) => (index % atOnce === 0 ? [words.slice(index, index + atOnce).join('')] : []));

/** The answer to a question, in the pieces it is typed in; what was cut off before is said in one of them. */
export const answerTo = (question: string, interrupted: Interrupted | undefined): string[] => {
  const lang = langOf(question);
  const topic = TOPICS.find(({ about }) => about.test(question)) ?? INTRODUCTION;
  const first = interrupted ? [afterInterruption(interrupted, lang)] : [];
  return [...first, ...together(wordsOf(topic[lang], lang), topic.wordsAtOnce ?? 1)];
};

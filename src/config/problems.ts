import { RouterError } from '../errors/router-error.js';
import type { Lang } from './lang.js';

/** The kinds of value a file can hold, and two shapes that have names of their own. */
export type ValueType =
  | 'text'
  | 'number'
  | 'whole number'
  | 'true or false'
  | 'list'
  | 'object'
  | 'nothing'
  | 'date'
  | 'intents'
  | 'shards';

/** What stood there. Shape: `text` is absent where the value is secret, from the environment, or too long to show. */
export type Found = { readonly type: ValueType; readonly text?: string };

type Detail =
  | { readonly kind: 'unknownKey'; readonly key: string; readonly nearest: readonly string[] }
  | { readonly kind: 'wrongType'; readonly expected: ValueType; readonly found: Found }
  | {
      readonly kind: 'notAllowed';
      readonly found: Found;
      readonly allowed: readonly string[];
      readonly nearest?: readonly string[];
    }
  | { readonly kind: 'outOfRange'; readonly found: Found; readonly least?: number; readonly most?: number }
  | { readonly kind: 'missing' }
  | { readonly kind: 'empty' }
  | { readonly kind: 'notUrl'; readonly found: Found }
  | { readonly kind: 'urlHasPath'; readonly found: Found }
  | { readonly kind: 'missingVariable'; readonly variable: string }
  | { readonly kind: 'badReference' }
  | { readonly kind: 'bothSpellings'; readonly first: string; readonly second: string }
  | { readonly kind: 'contradiction'; readonly means: string; readonly other: string }
  | { readonly kind: 'laterDriver'; readonly driver: string; readonly drivers: readonly string[] }
  | { readonly kind: 'openHost'; readonly found: Found }
  | { readonly kind: 'noChannel' }
  | { readonly kind: 'noAgent' }
  | { readonly kind: 'sameAppId'; readonly other: string }
  | { readonly kind: 'shardIds' }
  | { readonly kind: 'webhookWithoutServer' }
  | { readonly kind: 'importUnknown' }
  | { readonly kind: 'importWithoutQq' }
  | { readonly kind: 'debounceOrder' }
  | { readonly kind: 'deafButton' }
  | { readonly kind: 'other'; readonly reason: string }
  | { readonly kind: 'fileNotFound' }
  | { readonly kind: 'fileIsDirectory' }
  | { readonly kind: 'fileUnreadable'; readonly reason: string }
  | { readonly kind: 'fileFormat'; readonly formats: readonly string[] }
  | { readonly kind: 'fileSyntax'; readonly line?: number; readonly column?: number; readonly reason: string }
  // What only deserves a warning:
  | { readonly kind: 'ignoredKey'; readonly from: string }
  | { readonly kind: 'pairingAssumed' }
  | { readonly kind: 'filesPassedOver'; readonly files: readonly string[] };

/** One thing to mend. `path` is the key's full path in our spelling, or the file's name; `written` as the file spells it. */
export type ConfigProblem = Detail & { readonly path: string; readonly written?: string };

const TYPE_NAMES: Readonly<Record<ValueType, { en: string; zh: string }>> = {
  text: { en: 'a text in quotes', zh: '带引号的文本' },
  number: { en: 'a number', zh: '数字' },
  'whole number': { en: 'a whole number', zh: '整数' },
  'true or false': { en: 'true or false', zh: 'true 或 false' },
  list: { en: 'a list', zh: '列表' },
  object: { en: 'an object', zh: '对象' },
  nothing: { en: 'nothing', zh: '空值' },
  date: { en: 'a date', zh: '日期' },
  intents: { en: 'a list of intent names, or a bit mask', zh: '事件名称列表或位掩码' },
  shards: { en: '"auto" or { ids: [0], count: 1 }', zh: '"auto" 或 { ids: [0], count: 1 }' },
};

const found = (seen: Found, lang: Lang): string => {
  if (seen.text !== undefined) return seen.text;
  if (seen.type === 'text') return lang === 'en' ? 'a text (not shown)' : '一段文本（不显示）';
  return TYPE_NAMES[seen.type][lang];
};

/** Chinese text takes a blank before a Latin letter, a digit or a quote. */
const after = (chinese: string, rest: string): string =>
  /^\p{Script=Han}/u.test(rest) ? `${chinese}${rest}` : `${chinese} ${rest}`;

const range = ({ least, most }: { least?: number; most?: number }): { en: string; zh: string } => {
  if (least !== undefined && most !== undefined) {
    return { en: `between ${least} and ${most}`, zh: `介于 ${least} 与 ${most} 之间` };
  }
  return least === undefined
    ? { en: `at most ${most}`, zh: `不大于 ${most}` }
    : { en: `at least ${least}`, zh: `不小于 ${least}` };
};

const place = (detail: { line?: number; column?: number }, lang: Lang): string => {
  if (detail.line === undefined) return '';
  const { line, column = 1 } = detail;
  return lang === 'en' ? `line ${line}, column ${column}: ` : `第 ${line} 行第 ${column} 列：`;
};

type Say = { [K in Detail['kind']]: (detail: Extract<Detail, { kind: K }>) => { en: string; zh: string } };

/** One sentence a kind: what was found, then how to mend it. */
const SAY: Say = {
  unknownKey: ({ nearest }) => ({
    en: `unknown key; the nearest known key is ${nearest.join(' or ')}`,
    zh: `未知的配置项；最接近的配置项是 ${nearest.join(' 或 ')}`,
  }),
  wrongType: ({ expected, found: seen }) => ({
    en: `found ${found(seen, 'en')}; write ${TYPE_NAMES[expected].en}`,
    zh: `${after('当前是', found(seen, 'zh'))}；${after('请填写', TYPE_NAMES[expected].zh)}`,
  }),
  notAllowed: ({ found: seen, allowed, nearest }) => ({
    en: `found ${found(seen, 'en')}; ${nearest ? `the nearest is ${nearest.join(' or ')}, ` : ''}allowed are ${allowed.join(', ')}`,
    zh: `${after('当前是', found(seen, 'zh'))}；${nearest ? `最接近的是 ${nearest.join(' 或 ')}，` : ''}可用的值有 ${allowed.join('、')}`,
  }),
  outOfRange: (detail) => ({
    en: `found ${found(detail.found, 'en')}; it must be ${range(detail).en}`,
    zh: `${after('当前是', found(detail.found, 'zh'))}；必须${range(detail).zh}`,
  }),
  missing: () => ({ en: 'missing; give it a value', zh: '缺少该配置项；请填写' }),
  empty: () => ({ en: 'is empty; give it a value', zh: '值为空；请填写' }),
  notUrl: ({ found: seen }) => ({
    en: `found ${found(seen, 'en')}; write an address that begins with http:// or https://`,
    zh: `${after('当前是', found(seen, 'zh'))}；请填写以 http:// 或 https:// 开头的地址`,
  }),
  urlHasPath: ({ found: seen }) => ({
    en: `found ${found(seen, 'en')}; write scheme and host only, without a path`,
    zh: `${after('当前是', found(seen, 'zh'))}；只写协议与主机，不带路径`,
  }),
  missingVariable: ({ variable }) => ({
    en: `the environment variable ${variable} is not set; set it, or write the value here`,
    zh: `环境变量 ${variable} 未设置；请设置该变量，或在此处直接填写`,
  }),
  badReference: () => ({
    en: `"\${" must be followed by the name of a variable and "}"; write "$\${" for the two characters themselves`,
    zh: `"\${" 之后必须是变量名和 "}"；如需这两个字符本身，请写 "$\${"`,
  }),
  bothSpellings: ({ first, second }) => ({
    en: `given twice, as ${first} and as ${second}; keep one`,
    zh: `重复填写：${first} 与 ${second}；请只保留一个`,
  }),
  contradiction: ({ means, other }) => ({
    en: `means ${means}, but ${other} is written beside it; keep one of the two`,
    zh: `等同于 ${means}，但同时写了 ${other}；请只保留其一`,
  }),
  laterDriver: ({ driver, drivers }) => ({
    en: `"${driver}" does not exist yet; the drivers that exist are ${drivers.join(', ')}`,
    zh: `"${driver}" 尚未提供；现有的驱动有 ${drivers.join('、')}`,
  }),
  openHost: ({ found: seen }) => ({
    en: `found ${found(seen, 'en')}, which others can reach; set server.token, or write "127.0.0.1"`,
    zh: `${after('当前是', found(seen, 'zh'))}，其他机器可以访问；请设置 server.token，或改为 "127.0.0.1"`,
  }),
  noChannel: () => ({
    en: 'no channel is enabled; add one with appId and appSecret, or set enabled: true',
    zh: '没有启用任何频道；请添加一个带 appId 与 appSecret 的频道，或设置 enabled: true',
  }),
  noAgent: () => ({
    en: 'missing, here and at the top: set agent, for example { driver: "openai", baseUrl: "http://127.0.0.1:11434/v1", model: "qwen3" }, or { driver: "echo" } to try the channel',
    zh: '此处与顶层都没有：请设置 agent，例如 { driver: "openai", baseUrl: "http://127.0.0.1:11434/v1", model: "qwen3" }；只想试试频道可用 { driver: "echo" }',
  }),
  sameAppId: ({ other }) => ({
    en: `the same bot as ${other}; one bot takes one channel, remove or disable one of them`,
    zh: `与 ${other} 是同一个机器人；一个机器人只能对应一个频道，请移除或停用其一`,
  }),
  shardIds: () => ({
    en: 'every id must be below count, and none may be repeated',
    zh: '每个 id 必须小于 count，且不能重复',
  }),
  importUnknown: () => ({
    en: 'is neither an openpollen.json nor a PRX config.toml; name one of them',
    zh: '既不是 openpollen.json，也不是 PRX 的 config.toml；请指定其中之一',
  }),
  importWithoutQq: () => ({
    en: 'missing: there is no QQ bot in this file that could be imported',
    zh: '缺少该配置项：文件中没有可导入的 QQ 机器人',
  }),
  webhookWithoutServer: () => ({
    en: 'is "webhook", and nothing takes its callbacks: hand them to router.webhook(channel) from your own server, or run `rookery start`',
    zh: '为 "webhook"，但没有服务接收回调：请在自己的服务中把请求交给 router.webhook(channel)，或使用 `rookery start`',
  }),
  debounceOrder: () => ({
    en: 'quietMs exceeds atMostMs; lower quietMs, or raise atMostMs',
    zh: 'quietMs 大于 atMostMs；请调低 quietMs 或调高 atMostMs',
  }),
  deafButton: () => ({
    en: 'needs the intent "interaction", without which no press of the button is heard; add it to "intents", or leave stopButton out',
    zh: '需要 "interaction" intent，否则收不到按钮点击；请加入 "intents"，或去掉 stopButton',
  }),
  other: ({ reason }) => ({ en: reason, zh: reason }),
  fileNotFound: () => ({ en: 'there is no such file; check the path', zh: '文件不存在；请检查路径' }),
  fileIsDirectory: () => ({ en: 'is a directory; name the file in it', zh: '是一个目录；请指定其中的文件' }),
  fileUnreadable: ({ reason }) => ({
    en: `cannot be read (${reason}); check its permissions`,
    zh: `无法读取（${reason}）；请检查权限`,
  }),
  fileFormat: ({ formats }) => ({
    en: `unknown file format; the name must end in ${formats.join(', ')}`,
    zh: `未知的文件格式；文件名须以 ${formats.join('、')} 结尾`,
  }),
  fileSyntax: (detail) => ({
    en: `${place(detail, 'en')}${detail.reason}; mend the syntax there`,
    zh: `${place(detail, 'zh')}${detail.reason}；请修正此处的语法`,
  }),
  ignoredKey: ({ from }) => ({
    en: `ignored: ${from} knows this key, Rookery has nothing it could set`,
    zh: `已忽略：这是 ${from} 的配置项，Rookery 没有对应的设置`,
  }),
  pairingAssumed: () => ({
    en: 'not set: as in PRX nobody is let in unasked (pairing mode); write ["*"] to let everyone in',
    zh: '未设置：与 PRX 一致，默认不放行任何人（配对模式）；如需放行所有人，请写 ["*"]',
  }),
  filesPassedOver: ({ files }) => ({
    en: `this file is used, ${files.join(', ')} beside it is not; remove one, or choose with --config`,
    zh: `使用此文件，同目录的 ${files.join('、')} 未被使用；请移除其一，或用 --config 指定`,
  }),
};

/** One problem as one line: the key's full path, what was found, how to mend it. */
export const renderProblem = (problem: ConfigProblem, lang: Lang): string => {
  const say = SAY[problem.kind] as (detail: Detail) => { en: string; zh: string };
  const written =
    problem.written === undefined
      ? ''
      : lang === 'en'
        ? ` (written ${problem.written})`
        : `（文件中写作 ${problem.written}）`;
  return `${problem.path}${written}${lang === 'en' ? ': ' : '：'}${say(problem)[lang]}`;
};

/** Shape: one line each, in the order given. */
export const renderProblems = (problems: readonly ConfigProblem[], lang: Lang): string =>
  problems.map((problem) => renderProblem(problem, lang)).join('\n');

/** The error that carries all problems of one file; its cause is the list. */
export const configError = (
  code: 'config.invalid' | 'config.unreadable',
  problems: readonly ConfigProblem[],
): RouterError => new RouterError(code, renderProblems(problems, 'en'), { cause: problems });

/** Shape: empty for an error that is not about the configuration. */
export const problemsOf = (error: unknown): readonly ConfigProblem[] =>
  error instanceof RouterError && error.code.startsWith('config.') && Array.isArray(error.cause)
    ? (error.cause as readonly ConfigProblem[])
    : [];

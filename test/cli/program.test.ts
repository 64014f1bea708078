import { describe, expect, it, vi } from 'vitest';
import { runCli } from '../../src/cli/program.js';
import { table } from '../../src/cli/table.js';
import { TEXTS } from '../../src/cli/texts.js';

const never = (): Promise<NodeJS.Signals> => new Promise(() => {});

const run = async (args: string, env: Record<string, string> = {}, untilSignal = never) => {
  const said = { out: '', err: '' };
  const code = await runCli(args === '' ? [] : args.split(' '), {
    output: {
      out: (text) => {
        said.out += `${text}\n`;
      },
      err: (text) => {
        said.err += `${text}\n`;
      },
      outColor: false,
      errColor: false,
      gone: new AbortController().signal,
      flush: async () => {},
    },
    env,
    cwd: '/nowhere',
    program: 'rookery',
    typed: null,
    untilSignal,
  });
  return { code, ...said };
};

const COMMANDS = [
  'start',
  'demo',
  'emulator',
  'channel',
  'dead-letters',
  'pairing',
  'conformance',
  'import',
  'logs',
  'charts',
  'replay',
  'config',
  'help',
];

describe('--help', () => {
  it.each([
    '',
    ...COMMANDS.filter((command) => command !== 'help'),
    'channel list',
    'channel doctor',
    'dead-letters list',
    'dead-letters retry',
    'dead-letters drop',
    'config schema',
  ])('of "%s", in both languages', async (command) => {
    const english = await run(`${command} --help`.trim());
    const chinese = await run(`${command} --help`.trim(), { LANG: 'zh_CN.UTF-8' });
    expect([english.code, chinese.code]).toEqual([0, 0]);
    expect(english.out).toMatch(/^Usage: rookery/);
    expect(chinese.out).toMatch(/^用法： rookery/);
    expect(english.out).not.toMatch(/\p{Script=Han}/u);
    // What a reader of Chinese is shown of prose is Chinese: no two English words of it stand side by side.
    expect(chinese.out.replaceAll(/^.*用法.*$/gm, '')).not.toMatch(/\b(the|show|display|output|default)\b/);
    expect(english.err + chinese.err).toBe('');
  });

  it('names the commands that exist, and no others', async () => {
    const { out } = await run('--help');
    const named = [...out.matchAll(/^ {2}([a-z][\w-]*)(?: [[<].*?[\]>])* {2,}/gm)].map(([, name]) => name);
    expect(named).toEqual(COMMANDS);
  });

  it('the flag is stronger than the environment', async () => {
    expect((await run('--help --lang=en', { LANG: 'zh_CN.UTF-8' })).out).toMatch(/^Usage:/);
    expect((await run('--lang zh start --help')).out).toMatch(/^用法：/);
  });
});

describe('a mistake in the command line: exit 2, what was found, the nearest', () => {
  it.each([
    ['strat', 'unknown command "strat"; the nearest known command is "start"'],
    ['pairing lst', 'unknown command "pairing lst"; the nearest known command is "pairing list"'],
    ['relay', 'unknown command "relay"; the nearest known command is "replay"'],
    ['doctor', 'unknown command "doctor"; the nearest known command is "channel doctor"'],
    ['channel lst', 'unknown command "channel lst"; the nearest known command is "channel list"'],
    ['channel', 'say which command'],
    ['dead-letters', 'say which command'],
    ['dead-letters lst', 'unknown command "dead-letters lst"; the nearest known command is "dead-letters list"'],
    ['dead-letters retry', 'the argument <id> is missing'],
    ['dead-letters drop one two', 'too many arguments'],
    ['', 'say which command'],
    ['start --foo', 'unknown option "--foo"; the nearest known option is "--lang"'],
    ['start --confg x', 'unknown option "--confg"; the nearest known option is "--config"'],
    ['start now', 'too many arguments'],
    ['start --config', 'needs a value'],
    ['emulator --port 70000', '--port: found "70000"; write a whole number between 0 and 65535'],
    ['emulator --webhook ftp://x', '--webhook: found "ftp://x"; write an http:// or https:// address'],
    ['emulator --port 1e3', '--port: found "1e3"'],
    ['logs -n -1', 'a whole number'],
    ['--lang fr start', '--lang: found "fr"; write en, zh'],
    ['pairing', 'say which command'],
    ['pairing approve', 'the argument <code> is missing'],
    ['charts nothing', 'unknown name "nothing"; known are gateway, webhook, conversation'],
    ['charts --format pdf', '--format: found "pdf"; write mermaid, svg, json'],
  ])('rookery %s', async (args, message) => {
    const { code, out, err } = await run(args);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toContain(message);
    expect(err).toContain('see `rookery --help`');
    expect(err).not.toMatch(/^\s+at /m);
  });

  it('in Chinese', async () => {
    const { code, err } = await run('strat --lang zh');
    expect(code).toBe(2);
    expect(err).toContain('错误: 未知命令 "strat"；最接近的命令是 "start"');
  });
});

describe('help', () => {
  it('of all, and of one command, as `--help` gives it', async () => {
    expect(await run('help')).toEqual(await run('--help'));
    expect(await run('help start')).toEqual(await run('start --help'));
  });
});

describe('signals', () => {
  it.each([
    ['start --config none.json5', 1],
    ['replay none', 1],
    ['charts nothing', 0],
  ])('rookery %s hears them before it does anything: %i', async (args, times) => {
    const untilSignal = vi.fn(never);
    expect(await run(args, {}, untilSignal)).toMatchObject({ code: 2 });
    expect(untilSignal).toHaveBeenCalledTimes(times);
  });
});

describe('what needs no router', () => {
  it('--version', async () => {
    expect(await run('--version')).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });

  it('charts: one, or all of them', async () => {
    expect((await run('charts gateway')).out).toMatch(/^stateDiagram-v2\n/);
    expect((await run('charts')).out).toMatch(
      /^%% gateway\nstateDiagram-v2\n[\s\S]*^%% conversation\nstateDiagram-v2$/m,
    );
    expect(Object.keys(JSON.parse((await run('charts --format json')).out))).toEqual([
      'gateway',
      'webhook',
      'conversation',
      'agentLink',
      'agentSession',
    ]);
    expect((await run('charts conversation --format svg')).out).toMatch(/^<svg /);
    const { out } = await run('charts --format svg');
    const tops = [...out.matchAll(/<svg y="(\d+)" [^>]*height="(\d+)"[^>]*>\n<title[^>]*>(\w+)</g)];
    expect(tops.map(([, , , name]) => name)).toEqual([
      'gateway',
      'webhook',
      'conversation',
      'agentLink',
      'agentSession',
    ]);
    for (const [index, [, y]] of tops.entries()) {
      expect(Number(y)).toBe(tops.slice(0, index).reduce((sum, [, , height]) => sum + Number(height), 0));
    }
    expect(out).toMatch(/^<svg [\s\S]*<\/svg>\n<\/svg>\n$/);
  });
});

it('says the same things in both languages', () => {
  const shape = (value: unknown): unknown =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shape(item)]))
      : Array.isArray(value)
        ? value.length
        : typeof value === 'function'
          ? 'function'
          : 'text';
  expect(shape(TEXTS.zh)).toEqual(shape(TEXTS.en));
});

it('a table keeps its columns under Chinese headings', () => {
  expect(
    table(
      ['名称', 'b'],
      [
        ['x', '1'],
        ['long-name', '2'],
      ],
    ),
  ).toEqual(['名称       b', 'x          1', 'long-name  2']);
});

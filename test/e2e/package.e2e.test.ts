import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/*
 * The package as its users have it: packed, put into a strict TypeScript project of its own beside its dependencies, and
 * compiled and run there with nothing but what it exports.
 */

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const ENTRIES = ['rookery', 'rookery/machines', 'rookery/emulator', 'rookery/testing'] as const;
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
const STRICT = {
  target: 'es2023',
  lib: ['es2023'],
  types: ['node'],
  strict: true,
  noUncheckedIndexedAccess: true,
  // What we declare must be whole, and nothing of it may be an unnoticed `any`.
  skipLibCheck: false,
};
const RESOLUTIONS = [
  { module: 'nodenext', moduleResolution: 'nodenext' },
  { module: 'esnext', moduleResolution: 'bundler' },
];

const hasPython = spawnSync('python3', ['--version']).status === 0;
if (!hasPython) process.stderr.write('python3 is not on this machine: agent.test.mjs is not run\n');

let project: string;

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'rookery-package-'));
  const modules = join(project, 'node_modules');
  mkdirSync(join(modules, 'rookery'), { recursive: true });
  const asked = ['pack', '--ignore-scripts', '--json', '--pack-destination', project];
  const { stdout: packed } = spawnSync('npm', asked, { cwd: ROOT, encoding: 'utf8' });
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  execFileSync('tar', ['xzf', join(project, filename), '--strip-components=1', '-C', join(modules, 'rookery')]);
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    dependencies: Readonly<Record<string, string>>;
  };
  for (const name of [...Object.keys(dependencies), '@types/node']) {
    const place = join(modules, name);
    mkdirSync(dirname(place), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), place);
  }
  writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

/** What the compiler says of `files`, a line each; nothing where it is content. What it makes of them lies in `out`. */
const compile = (out: string, files: Readonly<Record<string, string>>, options: object): string[] => {
  const folder = join(project, `src-${out}`);
  mkdirSync(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const compilerOptions = { ...STRICT, declaration: true, outDir: join(project, out), rootDir: folder, ...options };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: Object.keys(files) }));
  const { stdout } = spawnSync(process.execPath, [TSC, '-p', folder], { encoding: 'utf8', timeout: 50_000 });
  return stdout.split('\n').filter((line) => line !== '');
};

/** Runs a program in the project. */
const run = (program: string) => {
  writeFileSync(join(project, 'run.mjs'), program);
  return spawnSync(process.execPath, ['run.mjs'], { cwd: project, encoding: 'utf8', timeout: 50_000 });
};

/** What the pages leave to the reader. */
const GIVEN: Readonly<Record<string, string>> = {
  router: `Router`,
  target: `Target`,
  ...Object.fromEntries(
    ['appId', 'appSecret', 'channelId', 'messageId', 'msg_id', 'prompt', 'description', 'title', 'text'].map(
      (name) => [name, 'string'] as const,
    ),
  ),
  model: 'unknown',
  streamText: '(asked: object) => { textStream: AsyncIterable<string> }',
  audit: '(text: string) => void',
  mayApprove: '(actor: unknown) => Promise<boolean>',
};

/** Every block of TypeScript of a page, with what it leaves out declared before it. */
const snippetsOf = (page: string): string[] =>
  [...readFileSync(join(ROOT, page), 'utf8').matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = '']) => {
    const declared = Object.entries(GIVEN)
      .filter(([name]) => !new RegExp(`(?:const|function) (?:\\{[^}]*\\b)?${name}\\b`).test(code))
      .map(([name, type]) => `declare const ${name}: ${type};`);
    return [`import type { Router, Target } from 'rookery';`, ...declared, code, 'export {};'].join('\n');
  });

const PAGES = [
  ...['README.md', 'README.zh-CN.md'],
  ...['docs', 'docs/zh'].flatMap((folder) =>
    readdirSync(join(ROOT, folder)).flatMap((name) => (name.endsWith('.md') ? [`${folder}/${name}`] : [])),
  ),
];

/** Every block of TypeScript of every page, as a file each. */
const snippets = (): Record<string, string> =>
  Object.fromEntries(
    PAGES.flatMap((page) =>
      snippetsOf(page).map((code, index) => [`${page.replaceAll('/', '-')}-${index}.ts`, code] as const),
    ),
  );

/** Whatever the router gives has a name that a library on top of it can write down in its declarations. */
const GIVES = `
      import { createRouter } from 'rookery';
      import { createPlatform, startEmulator } from 'rookery/emulator';
      import { startRig, TestAgent, VirtualClock } from 'rookery/testing';
      const rig = await startRig();
      const router = createRouter({ channels: {} });
      export const all = {
        router, channels: router.channels(), rates: router.rateLevels(), conversations: await router.conversations({ limit: 1 }),
        conversation: await router.conversation('x'), turn: await router.turn('x'), dead: await router.deadLetters(),
        pairing: await router.pairing(), webhook: router.webhook(), store: router.storeHealth(), agents: router.agents,
        sent: await router.send({ conversation: 'x', message: 'y' }), emulator: await startEmulator(), clock: new VirtualClock(),
        platform: createPlatform({ clock: new VirtualClock() }), TestAgent, rig, seen: rig.user('x').chat(),
      };`;

/** What is no answer, and no option, is refused before it runs. */
const WRONG = `
      import { createRouter, type ReplySource } from 'rookery';
      const router = createRouter({ channels: { qq: { appId: 'a', appSecret: 's' } } });
      // @ts-expect-error: a text is said through turn.reply
      router.onTurn((turn) => turn.text);
      // @ts-expect-error: no number is an answer
      router.onTurn((turn) => turn.reply(42));
      // @ts-expect-error: bytes are no text
      router.onTurn((turn) => turn.reply(new ReadableStream<Uint8Array>()));
      // @ts-expect-error: a name that is not there
      createRouter({ channels: { qq: { appid: 'a', appSecret: 's' } } });
      // @ts-expect-error: no such driver
      createRouter({ channels: {}, agent: { driver: 'chatgpt' } });
      router.onTurn(async (turn) => {
        // @ts-expect-error: a turn is read, not written
        turn.text = '';
        // @ts-expect-error: no such state
        turn.progress({ id: 'x', label: 'x', state: 'finished' });
        const { status } = await turn.reply('x');
        // @ts-expect-error: no such status
        if (status === 'interrupted') return;
      });
      router.onTurn((turn) => turn.reply('x'));
      export const sources: ReplySource[] = ['x', new ReadableStream<string>(), (async function* () { yield 'x'; })()];`;

/** Every entry point, and every kind of source. */
const PROGRAM = `
    import { createRouter, RouterError, type Turn } from 'rookery';
    import { startEmulator } from 'rookery/emulator';
    import { conversationMachine } from 'rookery/machines';
    import { VirtualClock } from 'rookery/testing';

    const emulator = await startEmulator({ appId: '1', appSecret: 's' });
    const { token, api } = emulator.urls;
    const router = createRouter({
      channels: { qq: { appId: '1', appSecret: 's', endpoints: { token, api }, debounce: { quietMs: 0, atMostMs: 0 } } },
      log: { level: 'silent' },
    });
    async function* words(): AsyncGenerator<string> { yield 'an '; yield 'iterable'; }
    const stream = (): ReadableStream<string> => new ReadableStream({ start: (to) => { to.enqueue('a stream'); to.close(); } });
    const observable = {
      subscribe: (to: { next(text: string): void; complete(): void }) => {
        queueMicrotask(() => { to.next('an observable'); to.complete(); });
        return { unsubscribe: () => undefined };
      },
    };
    const answer = async (turn: Turn): Promise<void> => {
      const receipts = [await turn.reply('a string'), await turn.reply(words()), await turn.reply(stream()), await turn.reply(observable)];
      console.log(receipts.at(-1)?.status, turn.messages().length);
    };
    router.onTurn(answer);
    await router.start();
    emulator.sendC2c({ from: 'U', text: 'hi' });
    const seen = () => emulator.transcript('U').filter(({ by, kind }) => by === 'bot' && kind !== 'typing').map(({ text }) => text).join('|');
    await emulator.waitFor(() => seen().includes('observable'));
    console.log(seen().replaceAll('\\n', ' '));
    await router.stop();
    await emulator.close();
    console.log(new RouterError('config.invalid', 'x').next, conversationMachine.id, new VirtualClock().pending);
  `;

it.each(RESOLUTIONS)(
  'strict TypeScript takes every snippet of the pages, and refuses mistakes ($moduleResolution)',
  (how) => {
    const files = { ...snippets(), 'gives.ts': GIVES, 'wrong.ts': WRONG, 'program.ts': PROGRAM };
    expect(Object.keys(files).length).toBeGreaterThanOrEqual(3 + 8);
    expect(compile(how.moduleResolution, files, how)).toEqual([]);
  },
);

describe.each(ENTRIES)('import %s', (entry) => {
  it('does nothing that is seen, and holds nothing', () => {
    const { status, stdout, stderr } = run(`
      const look = () => JSON.stringify([
        Object.keys(globalThis).filter((name) => !name.startsWith('__zod_')), process.eventNames().map((name) => [String(name), process.listenerCount(name)]),
        Object.keys(process.env), process.getActiveResourcesInfo().filter((kind) => !/^(CloseReq|PipeWrap|TTYWrap|FSReqPromise)$/.test(kind)),
      ]);
      const before = look();
      const exported = await import('${entry}');
      console.log(before === look() ? 'nothing' : before + look(), Object.keys(exported).length > 0);
    `);
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'nothing true\n', stderr: '' });
  });
});

it('a program that uses every entry point answers from every kind of source, and ends by itself', () => {
  const { status, stdout, stderr } = run(`await import('./nodenext/program.js');`);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  // The last reply of four is kept, so the last two are said as one.
  expect(stdout).toBe('completed 1\na string|an iterable|a stream  an observable\nstop conversation 0\n');
});

it.skipIf(!hasPython)('agent.test.mjs, the example of how an agent that dials in is tested, passes there', () => {
  for (const name of ['agent.test.mjs', 'python-sidecar']) {
    cpSync(join(ROOT, 'examples', name), join(project, name), { recursive: true });
  }
  const args = ['--test', '--test-reporter', 'tap', 'agent.test.mjs'];
  const { stdout } = spawnSync(process.execPath, args, { cwd: project, encoding: 'utf8', timeout: 50_000 });
  expect(stdout.match(/^# (?:pass|fail) \d+$/gm)).toEqual(['# pass 4', '# fail 0']);
});

it('a test of theirs plays an agent against the command `rookery start`, and one of the other side against `TestRouter`', () => {
  const { status, stdout, stderr } = run(`
    import { spawn } from 'node:child_process';
    import { once } from 'node:events';
    import { mkdtempSync, writeFileSync } from 'node:fs';
    import { tmpdir } from 'node:os';
    import { join } from 'node:path';
    import { createInterface } from 'node:readline';
    import { DEFAULT_APP_ID as appId, DEFAULT_APP_SECRET as appSecret, startEmulator } from 'rookery/emulator';
    import { TestAgent, TestRouter } from 'rookery/testing';

    const emulator = await startEmulator();
    const dir = mkdtempSync(join(tmpdir(), 'rookery-user-'));
    const { urls } = emulator;
    writeFileSync(join(dir, 'rookery.config.json'), JSON.stringify({
      channels: { qq: { appId, appSecret, endpoints: { token: urls.token, api: urls.api }, streamMode: 'final' } },
      agent: { driver: 'native' }, server: { port: 0 }, store: { driver: 'memory' },
    }));
    const command = join('node_modules', 'rookery', 'dist', 'src', 'cli', 'main.js');
    const router = spawn(process.execPath, [join(process.cwd(), command), 'start', '--lang', 'en'], { cwd: dir });
    let url;
    for await (const line of createInterface({ input: router.stdout })) {
      url = /http:\\/\\/127\\.0\\.0\\.1:\\d+/.exec(line)?.[0];
      if (url) break;
    }
    router.stdout.resume();
    const agent = await TestAgent.connect(url);
    while ((await fetch(url + '/readyz')).status !== 200) await new Promise((resolve) => setTimeout(resolve, 20));
    emulator.sendC2c({ from: 'U', text: 'hi' });
    await agent.answer('An answer of the test.');
    const { status, delivered } = await agent.next('turn.closed');
    console.log(status, delivered, '|', emulator.sends().filter(({ text }) => text !== '').map(({ text }) => text).join());
    agent.hangUp();
    router.kill();
    await once(router, 'exit');
    await emulator.close();

    const played = await TestRouter.start();
    const other = await TestAgent.connect(played.url);
    const turn = played.ask('hi');
    await other.answer('Another one.');
    console.log((await turn.closed).delivered);
    other.hangUp();
    await played.close();
  `);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toBe('completed An answer of the test. | An answer of the test.\nAnother one.\n');
});

it('bot.test.mjs, the example of how a bot is tested, passes there', () => {
  cpSync(join(ROOT, 'examples/bot.test.mjs'), join(project, 'bot.test.mjs'));
  const args = ['--test', '--test-reporter', 'tap', 'bot.test.mjs'];
  const { stdout } = spawnSync(process.execPath, args, { cwd: project, encoding: 'utf8', timeout: 50_000 });
  expect(stdout.match(/^# (?:pass|fail) \d+$/gm)).toEqual(['# pass 4', '# fail 0']);
});

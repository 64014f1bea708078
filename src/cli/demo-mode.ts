import { resolveConfig } from '../config/resolve.js';
import type { ResolvedConfig } from '../config/resolved.js';
import type { WrittenConfig } from '../config/schema.js';
import { DEFAULT_APP_ID, DEFAULT_APP_SECRET, type Emulator, startEmulator } from '../emulator/index.js';
import { chat, chatLines } from './chat.js';
import type { Cli } from './cli.js';
import { runRouter } from './run-router.js';
import { version } from './version.js';

type Scenes = WrittenConfig['channels'][string]['scenes'];

/** A configuration for the emulator's own bot, answered by the demo agent. */
export const demoConfig = ({ urls }: Emulator, baseDir: string, scenes: Scenes = {}): ResolvedConfig =>
  resolveConfig(
    {
      channels: {
        qq: {
          appId: DEFAULT_APP_ID,
          appSecret: DEFAULT_APP_SECRET,
          endpoints: { token: urls.token, api: urls.api },
          scenes,
        },
      },
      agent: { driver: 'demo' },
      // What is said here is made up: it may be seen.
      server: { inspect: 'texts' },
    },
    { baseDir, storeDriver: 'memory' },
  ).config;

const nextSteps = ({ say, program, env, typed }: Cli): string[] => {
  const demo = env['npm_lifecycle_event'] === undefined ? `${program} demo` : 'npm run demo';
  return [
    say.next.heading,
    say.next.console,
    ...(typed ? [say.next.type, say.next.stop] : []),
    say.next.demo(demo),
    say.next.look(program),
    say.next.own(program),
  ];
};

/** What shows most: a bubble that grows in private, blocks elsewhere. */
const SCENES: Scenes = {
  c2c: { streamMode: 'native' },
  group: { streamMode: 'block' },
  guild: { streamMode: 'block' },
};

/** Everything on this machine: the emulated platform, a router connected to it, the demo agent, the server. */
export const runDemoMode = async (cli: Cli): Promise<number> => {
  const { say, cwd, lang, typed } = cli;
  const emulator = await startEmulator();
  try {
    return await runRouter(
      {
        config: demoConfig(emulator, cwd, SCENES),
        baseDir: cwd,
        usersLang: lang,
        heading: [say.start.demoTitle(version()), say.start.emulator(emulator.urls.api)],
        takesNextPort: true,
        onStarted: (_, print) => {
          for (const line of nextSteps(cli)) print(line);
          return typed ? chat(emulator, typed(), say, print) : () => {};
        },
        onEvent: (event, print) => {
          if (typed) for (const line of chatLines(event, say)) print(line);
        },
      },
      cli,
    );
  } finally {
    await emulator.close();
  }
};

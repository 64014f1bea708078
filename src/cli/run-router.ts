import { trace } from '@opentelemetry/api';
import type { InspectorFor } from '../actors/inspect.js';
import { systemClock } from '../adapters/clock/system-clock.js';
import type { RouterEvent } from '../app/events.js';
import { type Router, routerFrom } from '../app/router.js';
import type { Lang } from '../config/lang.js';
import type { ResolvedConfig, ServerSettings } from '../config/resolved.js';
import { createInspection, type Inspection } from '../debug/inspection.js';
import { RouterError } from '../errors/router-error.js';
import type { Logger, RootLogger } from '../log/logger.js';
import { logTransitions } from '../log/transitions.js';
import { platformOf } from '../server/platform.js';
import { type RunningServer, startServer } from '../server/server.js';
import { announcePort } from './announced-port.js';
import { channelLines, connectingLines } from './channel-lines.js';
import { type Cli, EXIT } from './cli.js';
import { openLog } from './log-setup.js';
import { uploadLines } from './upload-lines.js';
import { version } from './version.js';

export type RunOptions = {
  readonly config: ResolvedConfig;
  readonly baseDir: string;
  /** The language of what the router itself says to users; the platform's own where it is left out. */
  readonly usersLang?: Lang;
  /** Printed before anything else. */
  readonly heading: readonly string[];
  /** A taken port is no error: the next free one is taken. */
  readonly takesNextPort: boolean;
  /** Called once all channels have been tried; the result is called before the router stops. */
  readonly onStarted?: (router: Router, print: (line: string) => void) => () => void;
  readonly onEvent?: (event: RouterEvent, print: (line: string) => void) => void;
};

/** A router that has not finished by then is ended. Units: ms. */
const STOP_MS = 9_500;

const NEXT_PORTS = 50;

/** From the configured port upwards, and at last any free one. */
const startOnNextPort = async (
  start: (settings: ServerSettings) => Promise<RunningServer>,
  settings: ServerSettings,
): Promise<RunningServer> => {
  for (let port = settings.port; port < settings.port + NEXT_PORTS; port += 1) {
    try {
      return await start({ ...settings, port });
    } catch (error) {
      if (!(error instanceof RouterError) || error.code !== 'server.portTaken') throw error;
    }
  }
  return start({ ...settings, port: 0 });
};

/** Lets the router finish, and then the server, for a while. */
const stopInTime = async (router: Router, server: RunningServer): Promise<boolean> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), STOP_MS);
  });
  const stopped = router.stop().then(() => server.close());
  const inTime = await Promise.race([stopped.then(() => true), late]);
  clearTimeout(timer);
  return inTime;
};

/** A bug must not show a secret in its last words: it goes through the log, and the process ends as it would have. */
const endOnBug = (root: RootLogger, cli: Cli): void => {
  process.once('uncaughtException', (error) => {
    root.log.fatal({ error }, 'the router failed');
    void root
      .close()
      .then(() => cli.output.flush())
      .finally(() => process.exit(EXIT.failed));
  });
};

/** Who looks at the charts; nobody, where neither the console nor the log would show anything of it. */
const inspectors = (inspection: Inspection | undefined, log: Logger): InspectorFor | undefined => {
  if (!log.isLevelEnabled('debug')) return inspection?.inspectorFor;
  const logged = logTransitions(log.child({ room: 'chart' }));
  return (source) => ({ ...inspection?.inspectorFor(source), events: logged });
};

/**
 * Runs a router until a signal comes.
 * Shape: the exit code; 1 where every channel failed for good at the start.
 * Errors: `server.portTaken`, `config.invalid`.
 */
export const runRouter = async (options: RunOptions, cli: Cli): Promise<number> => {
  const { config } = options;
  const { say, output } = cli;
  const root = openLog(config, output);
  const { log } = root;
  const print = (line: string): void => output.out(root.scrubber.scrub(line));
  endOnBug(root, cli);
  for (const line of options.heading) print(line);

  const { inspect } = config.server;
  const inspection =
    inspect === 'off'
      ? undefined
      : createInspection({
          clock: systemClock,
          version: version(),
          texts: inspect === 'texts',
          scrub: root.scrubber.scrub,
        });
  const inspectorFor = inspectors(inspection, log);
  const router = routerFrom(config, {
    log,
    baseDir: options.baseDir,
    // Nothing is recorded unless the process was started with a provider, as `--import` of one does.
    tracer: trace.getTracer('rookery', version()),
    ...(inspectorFor && { inspectorFor }),
    ...(options.usersLang && { lang: options.usersLang }),
  });
  inspection?.join(router);
  const ofUploads = uploadLines(cli);
  router.on((event) => {
    for (const line of [...channelLines(event, config, cli), ...ofUploads(event)]) print(line);
    options.onEvent?.(event, print);
  });

  const signal = cli.untilSignal();
  const start = (settings: ServerSettings): Promise<RunningServer> =>
    startServer({
      router,
      agents: router.agents,
      settings,
      log: log.child({ room: 'server' }),
      version: version(),
      ...(inspection && { inspection }),
      platform: platformOf(config),
    });
  try {
    const server = await (options.takesNextPort ? startOnNextPort(start, config.server) : start(config.server));
    let leave: (() => void) | undefined;
    const withdraw = await announcePort(config.store.path, {
      host: config.server.host,
      port: Number(new URL(server.url).port),
    }).catch((error: unknown) => {
      // What is wrong there is the store's to say.
      log.info(
        { why: error instanceof Error ? error.message : String(error) },
        'the port could not be written beside the store: other commands find it in server.port alone',
      );
      return async () => {};
    });
    try {
      print(say.start.server(server.url));
      print(say.start.console(server.url));
      for (const line of connectingLines(config, cli)) print(line);
      log.info({ version: version(), url: server.url }, 'rookery starts');
      const outcome = await Promise.race([router.start().then(() => 'started' as const), signal]);
      const channels = router.channels().filter(({ state }) => state !== 'disabled');
      if (outcome === 'started' && channels.every(({ state }) => state === 'stopped')) {
        output.err(`${say.error.error}: ${say.start.allStopped}`);
        return EXIT.failed;
      }
      if (outcome === 'started') leave = options.onStarted?.(router, print);
      const heard = await signal;
      server.drain();
      print(say.start.stopping(heard));
      return EXIT.ok;
    } finally {
      server.drain();
      leave?.();
      await withdraw();
      if (!(await stopInTime(router, server))) output.err(say.start.stopLate);
      print(say.start.stopped);
    }
  } finally {
    log.info({}, 'rookery stops');
    await root.close();
  }
};

import { dirname } from 'node:path';
import { createDriver } from '../../adapters/agents/create.js';
import { systemClock } from '../../adapters/clock/system-clock.js';
import { createHttpTransport } from '../../adapters/net/undici-http.js';
import { wsTransport } from '../../adapters/net/ws-socket.js';
import { type DoctorDeps, examine, examineStore } from '../../app/doctor.js';
import { type Loaded, loadConfig } from '../../config/load.js';
import { renderProblem } from '../../config/problems.js';
import type { ChannelSettings, ServerSettings } from '../../config/resolved.js';
import { RouterError } from '../../errors/router-error.js';
import { addressOf } from '../address.js';
import { askChannels, askMissing, serverOf } from '../ask-router.js';
import { type Cli, EXIT } from '../cli.js';
import { checkLines } from '../doctor-lines.js';
import { UsageError } from '../failures.js';

export type ChannelDoctorOptions = { readonly config?: string };

type Run = Extract<Loaded, { mode: 'run' }>;

/** The named channel, also where it is switched off; else every one that is not. */
const chosen = ({ config }: Run, name: string | undefined, { say }: Cli): readonly ChannelSettings[] => {
  const all = Object.values(config.channels);
  if (name === undefined) return all.filter(({ enabled }) => enabled);
  const named = all.filter((channel) => channel.name === name);
  if (named.length === 0) throw new UsageError(say.error.unknownName(name, all.map((one) => one.name).join(', ')));
  return named;
};

/** Agents that dial in are seen by the running router alone. Errors: `agent.detached`, or as `askChannels`. */
const checkAttached = async (server: ServerSettings, say: Cli['say']): Promise<void> => {
  const missing = (await askMissing(server, say)).find(({ what }) => what === 'agent');
  if (missing) throw new RouterError('agent.detached', missing.why.replace(/^[\w.]+: /, ''));
};

/** The public address where it is told; else where the router listens, unless that is any free port. */
const callbackOf = ({ name, webhook }: ChannelSettings, server: ServerSettings): DoctorDeps['callback'] => {
  if (webhook.url !== undefined) return { url: webhook.url, isPublic: true };
  return server.port === 0 ? null : { url: `${addressOf(server)}/webhooks/${name}`, isPublic: false };
};

/** `rookery channel doctor`. */
export const channelDoctor = async (
  name: string | undefined,
  { config: file }: ChannelDoctorOptions,
  cli: Cli,
): Promise<number> => {
  const { cwd, env, say, lang, output } = cli;
  const { doctor } = say;
  const loaded = await loadConfig({ file, cwd, env });
  if (loaded.mode === 'demo') throw new UsageError(doctor.demo);
  const channels = chosen(loaded, name, cli);
  const baseDir = loaded.file === null ? cwd : dirname(loaded.file);
  const from = loaded.file === null ? doctor.configFromEnv : doctor.configFrom(loaded.file);
  output.out(`${doctor.ok}  ${doctor.step.config}: ${from}`);
  for (const problem of loaded.warnings) output.err(`${say.error.configWarning}: ${renderProblem(problem, lang)}`);
  const kept = loaded.config.store.driver === 'embedded' ? [examineStore(loaded.config.store)] : [];
  for (const line of kept.flatMap((check) => checkLines(check, cli))) output.out(line);
  output.err(doctor.usesStart);

  const http = createHttpTransport();
  const server = await serverOf(loaded.config);
  const deps = (channel: ChannelSettings): DoctorDeps => ({
    http,
    sockets: wsTransport,
    clock: systemClock,
    agent: async () => {
      const settings = channel.agent ?? loaded.config.agent;
      if (!settings) return null;
      if (settings.driver !== 'native') return createDriver(settings, { clock: systemClock, baseDir });
      return { name: 'native', check: () => checkAttached(server, say) };
    },
    running: async () => (await askChannels(server, say)).find((one) => one.name === channel.name) ?? null,
    callback: callbackOf(channel, server),
  });
  let findings = kept.filter(({ status }) => status === 'finding').length;
  try {
    for (const channel of channels) {
      output.out(channel.name);
      for await (const check of examine(channel, deps(channel))) {
        if (check.status === 'finding') findings += 1;
        for (const line of checkLines(check, cli)) output.out(line);
      }
    }
  } finally {
    await http.close();
  }
  output.out(findings === 0 ? doctor.healthy : doctor.findings(findings));
  return findings === 0 ? EXIT.ok : EXIT.failed;
};

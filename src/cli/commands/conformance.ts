import { strict as assert } from 'node:assert';
import { randomBytes } from 'node:crypto';
import { createDriver } from '../../adapters/agents/create.js';
import { systemClock } from '../../adapters/clock/system-clock.js';
import { agentSchema } from '../../config/agent-schema.js';
import { agentSettings } from '../../config/agent-settings.js';
import { checkDialled } from '../../conformance/dialled.js';
import { listenForAgents } from '../../conformance/listening.js';
import type { Finding } from '../../conformance/promises.js';
import type { AgentDriver } from '../../ports/agent-driver.js';
import { ASKED_DRIVERS, isAskedDriver, writtenAgent } from '../asked-agent.js';
import { type Cli, EXIT } from '../cli.js';
import { UsageError } from '../failures.js';
import { printable } from '../printable.js';
import { table } from '../table.js';
import { version } from '../version.js';

export type ConformanceOptions = { readonly driver?: string; readonly model?: string; readonly wait?: number };

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'ws:': 80, 'wss:': 443 };

/** The agent dials in: this plays the server it dials. */
async function* dialledIn(url: URL, { wait }: ConformanceOptions, cli: Cli): AsyncGenerator<Finding> {
  const token = cli.env['ROOKERY_TOKEN'];
  const listening = await listenForAgents(version(), {
    host: url.hostname,
    port: Number(url.port || DEFAULT_PORTS[url.protocol]),
    ...(token && { token }),
    ...(wait !== undefined && { waitMs: wait * 1_000 }),
  });
  cli.output.err(cli.say.conformance.listening(listening.url));
  try {
    yield* listening.check.check();
  } finally {
    await listening.close();
  }
}

const driverOf = async (written: unknown): Promise<AgentDriver> => {
  const settings = agentSettings(agentSchema.parse(written), '.');
  assert(settings.driver !== 'native', 'agents that dial in are not asked');
  return createDriver(settings, { clock: systemClock, baseDir: '.' });
};

/** The agent is asked, in the way its driver asks. */
async function* askedFromHere(url: URL, options: ConformanceOptions, { say, env }: Cli): AsyncGenerator<Finding> {
  const { driver: name = 'openai', model } = options;
  if (!isAskedDriver(name)) {
    throw new UsageError(say.error.badValue('--driver', printable(name), ASKED_DRIVERS.join(', ')));
  }
  const written = writtenAgent(name, { url: url.href, env, ...(model !== undefined && { model }) });
  if (!written) throw new UsageError(say.conformance.needs[name] ?? name);
  const driver = await driverOf(written);
  const forger = 'secret' in written ? await driverOf({ ...written, secret: randomBytes(16).toString('hex') }) : null;
  try {
    yield* checkDialled(driver, systemClock, forger);
  } finally {
    await driver.close?.();
    await forger?.close?.();
  }
}

/** `rookery conformance URL`: exit 0 where every promise that was tried holds, else 1. */
export const conformance = async (address: string, options: ConformanceOptions, cli: Cli): Promise<number> => {
  const { say, output } = cli;
  const words = say.conformance;
  const url = URL.canParse(address) ? new URL(address) : null;
  const isDialledIn = url?.protocol === 'ws:' || url?.protocol === 'wss:';
  if (!url || !(isDialledIn || /^https?:$/.test(url.protocol))) throw new UsageError(words.address(printable(address)));
  const findings: Finding[] = [];
  for await (const finding of isDialledIn ? dialledIn(url, options, cli) : askedFromHere(url, options, cli)) {
    findings.push(finding);
    output.err(`${words.holds[finding.holds]}  ${words.promises[finding.promise] ?? finding.promise}`);
  }
  const rows = findings.map(({ promise, holds, detail }) => [
    words.promises[promise] ?? promise,
    words.holds[holds],
    printable(detail),
  ]);
  for (const line of table(words.columns, rows)) output.out(line);
  const broken = findings.filter(({ holds }) => holds === 'no').length;
  output.out(broken === 0 ? words.all : words.broken(broken));
  return broken === 0 ? EXIT.ok : EXIT.failed;
};

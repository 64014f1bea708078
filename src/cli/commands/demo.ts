import { type Router, routerFrom } from '../../app/router.js';
import { type Emulator, startEmulator } from '../../emulator/index.js';
import { type Cli, EXIT } from '../cli.js';
import { type Asked, type Claim, checkDemo } from '../demo/checks.js';
import { Narrator } from '../demo/narrator.js';
import { demoConfig } from '../demo-mode.js';
import { CommandError } from '../failures.js';

const YOU = 'you';

/** The demo agent answers in 5 to 8 seconds; beyond this something is wrong. Units: ms. */
const STEP_MS = 15_000;

/** Far enough into the answer that something is there to be held back. Units: ms. */
const CUT_IN_AFTER_MS = 2_500;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Plays the script. Shape: resolves with what was asked, once the last answer is there. */
const converse = async (emulator: Emulator, router: Router, narrator: Narrator, { say }: Cli): Promise<Asked> => {
  const { demo } = say;
  const closed = new Set<string>();
  router.on((event) => {
    if (event.type !== 'turn.closed') return;
    for (const { id } of event.turn.inputs) closed.add(id);
  });
  const ask = (text: string, aside?: string): string => {
    narrator.tell('you', aside === undefined ? text : `${text}  (${aside})`);
    return emulator.sendC2c({ from: YOU, text }).messageId;
  };
  /** Looks again whenever the platform has seen something, and a turn closes right after its last send. */
  const until = async (what: string, holds: () => boolean): Promise<void> => {
    const endMs = Date.now() + STEP_MS;
    while (!holds()) {
      if (Date.now() > endMs) throw new CommandError(demo.timedOut(what));
      await pause(20);
    }
  };
  const sentTo = (messageId: string): boolean => emulator.sends().some(({ msgId }) => msgId === messageId);

  const first = ask(demo.first);
  await until(demo.first, () => closed.has(first));
  const cutOff = ask(demo.second);
  await until(demo.second, () => sentTo(cutOff));
  await pause(CUT_IN_AFTER_MS);
  const instead = ask(demo.third);
  await until(demo.third, () => closed.has(instead));
  narrator.tell('link', demo.dropping);
  emulator.closeAll(4009);
  const meanwhile = ask(demo.fourth, demo.meanwhile);
  await until(demo.fourth, () => closed.has(meanwhile));
  return { first, cutOff, instead, meanwhile };
};

const summarise = (checked: Readonly<Record<Claim, boolean>>, { say, output }: Cli): boolean => {
  output.out('');
  output.out(say.demo.summary);
  for (const [claim, holds] of Object.entries(checked) as [Claim, boolean][]) {
    output.out(`  ${holds ? say.demo.holds : say.demo.fails}  ${say.demo[claim]}`);
  }
  return Object.values(checked).every(Boolean);
};

/** `rookery demo`. Shape: 0 where everything that the summary says is true. */
export const demo = async (cli: Cli): Promise<number> => {
  const { say, output, cwd, lang } = cli;
  output.out(say.demo.title);
  output.out('');
  const emulator = await startEmulator();
  const router = routerFrom(demoConfig(emulator, cwd), { lang });
  const narrator = new Narrator(cli);
  narrator.watch(emulator);
  router.on((event) => narrator.hear(event));
  try {
    await router.start();
    const asked = await converse(emulator, router, narrator, cli);
    const took = narrator.elapsed();
    narrator.end();
    await router.stop();
    const evidence = { sends: emulator.sends(), sessionLog: emulator.sessionLog(), refusals: emulator.refusals() };
    const holds = summarise(checkDemo(asked, evidence), cli);
    output.out(say.demo.took(took));
    return holds ? EXIT.ok : EXIT.failed;
  } finally {
    await router.stop();
    await emulator.close();
  }
};

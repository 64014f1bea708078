import { setTimeout as sleep } from 'node:timers/promises';
import { type Router, routerFrom } from '../../app/router.js';
import type { Receipt } from '../../domain/turn.js';
import { type Emulator, startEmulator } from '../../emulator/index.js';
import { type Cli, EXIT } from '../cli.js';
import { type Asked, type Claim, checkDemo } from '../demo/checks.js';
import { Narrator } from '../demo/narrator.js';
import { demoConfig } from '../demo-mode.js';
import { CommandError } from '../failures.js';

const YOU = 'you';
const GROUP = 'group';

/** How each scene shows an answer while it is written. */
const SCENES = { c2c: { streamMode: 'native' }, group: { streamMode: 'block' } } as const;

/** The demo agent answers in 5 to 8 seconds; beyond this something is wrong. Units: ms. */
const STEP_MS = 15_000;

/** Once something is seen, far enough into the answer that something is there to be held back. Units: ms. */
const CUT_IN_AFTER_MS = 1_200;

type Story = { readonly asked: Asked; readonly receipts: ReadonlyMap<string, Receipt> };

/**
 * Plays the script. Shape: resolves with what was asked and how each turn ended, once the last answer is there.
 * Errors: what was waited for and did not come; an `AbortError` once `left` has fired.
 */
const converse = async (
  emulator: Emulator,
  router: Router,
  narrator: Narrator,
  { say }: Cli,
  left: AbortSignal,
): Promise<Story> => {
  const { demo } = say;
  const pause = (ms: number): Promise<void> => sleep(ms, undefined, { signal: left });
  const receipts = new Map<string, Receipt>();
  router.on((event) => {
    if (event.type !== 'turn.closed') return;
    for (const { id } of event.turn.inputs) receipts.set(id, event.receipt);
  });
  const ask = (text: string, aside?: string): string => {
    narrator.tell('you', aside === undefined ? text : `${text}  (${aside})`);
    return emulator.sendC2c({ from: YOU, text }).messageId;
  };
  const askInGroup = (text: string): string => {
    narrator.tell('you', `${text}  (${demo.inGroup})`);
    return emulator.sendGroup({ group: GROUP, from: YOU, text }).messageId;
  };
  /** Looks again whenever the platform has seen something, and a turn closes right after its last send. */
  const until = async (what: string, holds: () => boolean): Promise<void> => {
    const endMs = Date.now() + STEP_MS;
    while (!holds()) {
      if (Date.now() > endMs) throw new CommandError(demo.timedOut(what));
      await pause(20);
    }
  };
  const closed = (what: string, messageId: string): Promise<void> => until(what, () => receipts.has(messageId));
  const seen = async (what: string, messageId: string): Promise<void> => {
    await until(what, () => emulator.sends().some(({ msgId }) => msgId === messageId));
    await pause(CUT_IN_AFTER_MS);
  };

  const first = ask(demo.first);
  await closed(demo.first, first);
  const cutBubble = ask(demo.second);
  await seen(demo.second, cutBubble);
  const instead = ask(demo.third);
  await closed(demo.third, instead);
  const cutBlocks = askInGroup(demo.fourth);
  await seen(demo.fourth, cutBlocks);
  const help = askInGroup(demo.fifth);
  await closed(demo.fifth, help);
  narrator.tell('link', demo.dropping);
  emulator.closeAll(4009);
  const meanwhile = ask(demo.sixth, demo.meanwhile);
  await closed(demo.sixth, meanwhile);
  return { asked: { first, cutBubble, instead, cutBlocks, help, meanwhile }, receipts };
};

const summarise = (checked: Readonly<Record<Claim, boolean>>, { say, output }: Cli): boolean => {
  output.out('');
  output.out(say.demo.summary);
  for (const [claim, holds] of Object.entries(checked) as [Claim, boolean][]) {
    output.out(`  ${holds ? say.demo.holds : say.demo.fails}  ${say.demo[claim]}`);
  }
  return Object.values(checked).every(Boolean);
};

/** `rookery demo`. Shape: 0 where everything that the summary says is true, and where a signal ends it before that. */
export const demo = async (cli: Cli): Promise<number> => {
  const { say, output, cwd, lang } = cli;
  output.out(say.demo.title);
  output.out('');
  const left = new AbortController();
  void cli.untilSignal().then(() => left.abort());
  const emulator = await startEmulator();
  const router = routerFrom(demoConfig(emulator, cwd, SCENES), { lang });
  const narrator = new Narrator(cli);
  narrator.watch(emulator);
  router.on((event) => narrator.hear(event));
  try {
    await router.start();
    const { asked, receipts } = await converse(emulator, router, narrator, cli, left.signal);
    const took = narrator.elapsed();
    narrator.end();
    await router.stop();
    const evidence = {
      sends: emulator.sends(),
      sessionLog: emulator.sessionLog(),
      refusals: emulator.refusals(),
      receipts,
    };
    const holds = summarise(checkDemo(asked, evidence), cli);
    output.out(say.demo.took(took));
    return holds ? EXIT.ok : EXIT.failed;
  } catch (error) {
    if (!left.signal.aborted) throw error;
    narrator.end();
    output.out(say.demo.cutShort);
    return EXIT.ok;
  } finally {
    await router.stop();
    await emulator.close();
  }
};

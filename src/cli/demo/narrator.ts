import pc from 'picocolors';
import type { RouterEvent } from '../../app/events.js';
import type { Emulator, RecordKinds } from '../../emulator/index.js';
import type { Cli } from '../cli.js';

type Words = Cli['say']['demo'];
type Who = 'you' | 'bot' | 'link' | 'router';

/** Whose lines stand below each other. Shape: Chinese characters take two columns. */
const widthOf = (text: string): number => text.length + (text.match(/\p{Script=Han}/gu)?.length ?? 0);

/** Tells what happens while it happens: who said what and when, what was held back, what the connection did. */
export class Narrator {
  readonly #words: Words;
  readonly #print: (line: string) => void;
  readonly #colors: ReturnType<typeof pc.createColors>;
  readonly #startedMs = Date.now();
  readonly #width: number;
  /** How much of each bubble has been told. */
  readonly #toldChars = new Map<string, number>();
  #isOver = false;

  constructor({ say, output }: Cli) {
    this.#words = say.demo;
    this.#print = output.out;
    this.#colors = pc.createColors(output.outColor);
    const { you, bot, link, router } = say.demo;
    this.#width = Math.max(...[you, bot, link, router].map(widthOf));
  }

  /** Units: s since the beginning, with one decimal. */
  elapsed(): string {
    return ((Date.now() - this.#startedMs) / 1_000).toFixed(1);
  }

  tell(who: Who, text: string): void {
    if (this.#isOver) return;
    const { dim, cyan, green, yellow, magenta } = this.#colors;
    const paint = { you: cyan, bot: green, router: yellow, link: magenta }[who];
    const name = this.#words[who];
    const pad = ' '.repeat(this.#width - widthOf(name));
    const margin = `\n${' '.repeat(this.#width + 11)}`;
    const body = text.replace(/\n+/g, margin);
    this.#print(`${dim(`${this.elapsed().padStart(5)} s`)}  ${paint(name)}${pad}  ${body}`);
  }

  /** What comes after the conversation is no part of it. */
  end(): void {
    this.#isOver = true;
  }

  /** What the platform saw. */
  watch(emulator: Emulator): void {
    emulator.on('sent', (sent) => this.#sent(sent));
    emulator.on('session', (change) => this.#link(change));
  }

  /** What the router kept to itself. */
  hear(event: RouterEvent): void {
    if (event.type === 'turn.started') this.tell('router', this.#words.agentWorks);
    if (event.type !== 'turn.closed' || event.receipt.status !== 'cancelled') return;
    const { reason = '', generatedChars, delivered } = event.receipt;
    const sent = [...delivered].length;
    const why = this.#words.reason[reason] ?? reason;
    this.tell('router', this.#words.fenced(why, generatedChars - sent, sent));
  }

  /** Of a bubble what it has grown by. */
  #sent({ kind, text, stream, scene }: RecordKinds['sent']): void {
    if (!stream) {
      const said = kind === 'typing' ? this.#words.typing : text;
      this.tell('bot', scene === 'group' ? `${said}  (${this.#words.inGroup})` : said);
      return;
    }
    const grownBy = text.slice(this.#toldChars.get(stream.id) ?? 0).trim();
    this.#toldChars.set(stream.id, text.length);
    const isLast = stream.state === 10;
    const ending = grownBy === '' ? this.#words.bubbleClosed : `${grownBy}  (${this.#words.bubbleEnded})`;
    this.tell('bot', `▏${isLast ? ending : grownBy}`);
  }

  #link({ change, code }: RecordKinds['session']): void {
    if (change === 'identified') this.tell('link', this.#words.identified);
    if (change === 'resumed') this.tell('link', this.#words.resumed);
    if (change === 'closed' && code !== undefined) this.tell('link', this.#words.lost(code));
  }
}

import type { Platform, Pressed, Said, Speech, TranscriptEntry } from '../emulator/index.js';
import { isObject } from '../emulator/platform/json.js';

/** Where a person is with the bot. */
export type Place =
  | { readonly scene: 'c2c' }
  | { readonly scene: 'group'; readonly group: string }
  | { readonly scene: 'guild'; readonly channel: string; readonly guild?: string }
  | { readonly scene: 'dm' };

/** What a message may have beside its text: files, a quote, a mention left out, fields of the wire. */
export type MoreSaid = Omit<Speech, 'from' | 'text'> & { readonly quoteId?: string; readonly at?: boolean };

/** Somebody in one place: a private chat, a group, a channel of a guild. */
export class Person {
  constructor(
    readonly id: string,
    readonly place: Place,
    readonly platform: Platform,
    readonly now: () => number,
  ) {}

  /** Writes to the bot; in groups and guilds the bot is mentioned, unless `at` is false. */
  writes(text: string, more: MoreSaid = {}): Said {
    const speech = { ...more, from: this.id, text };
    if (this.place.scene === 'c2c') return this.platform.sendC2c(speech);
    if (this.place.scene === 'dm') return this.platform.sendDm(speech);
    const { scene: _, ...where } = this.place;
    return 'group' in where
      ? this.platform.sendGroup({ ...speech, ...where })
      : this.platform.sendGuild({ ...speech, ...where });
  }

  /** The bot's words as they stand there now: typing left out, a growing bubble as far as it has grown. */
  sees(): string[] {
    return this.said().map(({ text }) => text);
  }

  /** Everything that stands there: who wrote it, what it replies to, bubbles, files, buttons, what was taken back. */
  chat(): TranscriptEntry[] {
    const { scene } = this.place;
    const id = scene === 'group' ? this.place.group : scene === 'guild' ? this.place.channel : this.id;
    return this.platform.transcript({ scene, id });
  }

  /** Whether the bot is shown to be typing. */
  get seesTyping(): boolean {
    return this.chat().some(({ typingUntilMs = 0 }) => typingUntilMs > this.now());
  }

  /** Presses the newest button with that label. Errors: RangeError where there is none, or they may not press it. */
  presses(label: string): Pressed {
    for (const { messageId, keyboard } of this.said().reverse()) {
      const buttonId = buttonLabelled(keyboard, label);
      if (buttonId !== undefined) return this.platform.pressButton({ messageId, buttonId, from: this.id });
    }
    throw new RangeError(`${this.id} sees no button "${label}"`);
  }

  /** The bot's messages among them that stand. */
  said(): TranscriptEntry[] {
    return this.chat().filter(({ by, kind, recalled }) => by === 'bot' && kind !== 'typing' && !recalled);
  }
}

const buttonLabelled = (keyboard: unknown, label: string): string | undefined => {
  const content = isObject(keyboard) && isObject(keyboard['content']) ? keyboard['content'] : {};
  const rows: unknown[] = Array.isArray(content['rows']) ? content['rows'] : [];
  const buttons = rows.flatMap((row) => (isObject(row) && Array.isArray(row['buttons']) ? row['buttons'] : []));
  const button = buttons.find(
    (one) => isObject(one) && isObject(one['render_data']) && one['render_data']['label'] === label,
  );
  return isObject(button) && typeof button['id'] === 'string' ? button['id'] : undefined;
};

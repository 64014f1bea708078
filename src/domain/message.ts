import type { Ark } from './ark.js';

/** How a file is shown. */
export type MediaKind = 'image' | 'video' | 'voice' | 'file';

/**
 * Where the bytes of a file come from. `uploaded`: the `file_info` of an earlier upload to the same place. A file of this
 * machine (`path`) is for callers of this process only.
 */
export type MediaSource =
  | { readonly url: string }
  | { readonly path: string }
  | { readonly data: Uint8Array }
  | { readonly stream: AsyncIterable<Uint8Array> }
  | { readonly uploaded: string };

/** `name`: what the receiver sees of a `file`. */
export type OutgoingMedia = { readonly kind: MediaKind; readonly name?: string } & MediaSource;

/**
 * Native markdown, or a template of the console with its values.
 * Source: qq-bot-api §7.3.
 */
export type Markdown = string | { readonly template: string; readonly params?: Readonly<Record<string, string>> };

/** A template of the console, or rows of buttons: at most 5 of 5. Source: qq-bot-api §7.4. */
export type Keyboard = { readonly template: string } | { readonly rows: readonly (readonly Button[])[] };

/** A button below a message. */
export type Button = {
  /** Unique within its keyboard. @default its row and place */
  readonly id?: string;
  /** Up to 10 characters are shown. */
  readonly label: string;
  /** Shown once it was pressed. @default the label */
  readonly pressedLabel?: string;
  /** @default 'blue' */
  readonly style?: 'grey' | 'blue' | 'red' | 'filled';
  readonly action: ButtonAction;
  /** Buttons of one group grey out together; callbacks only. */
  readonly group?: string;
  /** Who may press it. @default 'everyone' */
  readonly allow?:
    | 'everyone'
    | 'admins'
    | { readonly users: readonly string[] }
    | { readonly roles: readonly string[] };
  /** Asks back before it does anything. `text`: up to 40 characters and no link; the others up to 4. */
  readonly confirm?: { readonly text: string; readonly yes?: string; readonly no?: string };
  /** What a client shows that is too old for the button. */
  readonly unsupported?: string;
};

/** `open` a link; `callback`: an event with this data comes to the bot; `input`: text put into the user's input box. */
export type ButtonAction =
  | { readonly open: string }
  | { readonly callback: string }
  | {
      readonly input: string;
      /** Sent at once, in private chats. */
      readonly send?: boolean;
      /** Quotes this message. */
      readonly quote?: boolean;
      /** Opens the picture picker instead, in private chats on phones. */
      readonly pickImage?: boolean;
    };

/** A card of guild channels and their private chats; elsewhere its text is said. Source: qq-bot-api §7.2. */
export type Embed = {
  readonly title: string;
  /** What notifications show. @default the title */
  readonly prompt?: string;
  readonly description?: string;
  /** A public URL. */
  readonly thumbnail?: string;
  readonly fields?: readonly string[];
};

/** Stands before the text. `user`: an openid of a private chat or group, or a user id of a guild. */
export type Mention = 'everyone' | { readonly user: string };

/**
 * Anything a bot can say, in one shape. What one platform message cannot hold goes out as several, in this order: text or
 * markdown, card, files; each uses up a reply of its own.
 * Shape: at least one of `text`, `markdown`, `embed`, `ark`, `media`; `text` and `markdown` exclude each other, as do
 * `embed` and `ark`; a `keyboard` goes with text or markdown.
 */
export type OutgoingMessage = {
  readonly text?: string;
  readonly markdown?: Markdown;
  readonly keyboard?: Keyboard;
  readonly embed?: Embed;
  readonly ark?: Ark;
  readonly media?: OutgoingMedia | readonly OutgoingMedia[];
  /**
   * The message that is quoted: its id in guilds; elsewhere a `REFIDX_…` index, which is a received message's `msg_idx` or
   * a sent one's `refIndex`.
   */
  readonly quote?: string;
  readonly mentions?: readonly Mention[];
  /** Said in place of a card or markdown template the platform does not accept. @default its own words */
  readonly fallback?: string;
};

import type { Ark } from './ark.js';
import type { Scene } from './conversation.js';
import type { Button, Embed, Keyboard, Markdown, OutgoingMedia, OutgoingMessage } from './message.js';

/** What is wrong with a message. `path` as one would write it: `keyboard.rows[0][5]`; empty for the whole. */
export type MessageProblem = { readonly path: string; readonly detail: string };

const ROWS_MAX = 5;
const CONFIRM_CHARS_MAX = 40;
const CONFIRM_WORD_CHARS_MAX = 4;

/** Ids stand inside quotes and angle brackets on the wire. */
const UNSAFE_ID = /["<>&\s]/;

export const mediaOf = ({ media }: OutgoingMessage): readonly OutgoingMedia[] =>
  media === undefined ? [] : isList(media) ? media : [media];

const isList = (media: OutgoingMedia | readonly OutgoingMedia[]): media is readonly OutgoingMedia[] =>
  Array.isArray(media);

/**
 * What the platform would refuse of a message, or cannot show in this scene, told before anything is sent.
 * Shape: empty for a message that may go out; never throws.
 * Source: qq-bot-api §6.2, §6.5, §7.
 */
export const problemsOf = (message: OutgoingMessage, scene: Scene): readonly MessageProblem[] => [
  ...shapeProblems(message),
  ...(message.markdown === undefined ? [] : markdownProblems(message.markdown)),
  ...(message.keyboard ? keyboardProblems(message.keyboard) : []),
  ...(message.embed ? embedProblems(message.embed) : []),
  ...(message.ark ? arkProblems(message.ark) : []),
  ...mentionProblems(message, scene),
  ...mediaOf(message).flatMap((media, index) => mediaProblems(media, `media[${index}]`, scene)),
];

const problem = (path: string, detail: string): MessageProblem => ({ path, detail });
const isBlank = (text: string | undefined): boolean => text === undefined || text.trim() === '';

const shapeProblems = (message: OutgoingMessage): MessageProblem[] => {
  const { text, markdown, keyboard, embed, ark, quote, fallback } = message;
  const problems: MessageProblem[] = [];
  if (isBlank(text) && markdown === undefined && !embed && !ark && mediaOf(message).length === 0) {
    problems.push(problem('', 'says nothing: give text, markdown, embed, ark or media'));
  }
  if (!isBlank(text) && markdown !== undefined) {
    problems.push(problem('markdown', 'stands beside text: say it once; `fallback` is what is said instead'));
  }
  if (fallback !== undefined && isBlank(fallback)) problems.push(problem('fallback', 'is empty'));
  if (embed && ark) problems.push(problem('ark', 'stands beside embed: one card a message'));
  if (keyboard && isBlank(text) && markdown === undefined) {
    problems.push(problem('keyboard', 'rides on text or markdown, and there is none'));
  }
  if (quote !== undefined && (quote === '' || /\s/.test(quote))) problems.push(problem('quote', 'is no message id'));
  return problems;
};

const markdownProblems = (markdown: Markdown): MessageProblem[] => {
  if (typeof markdown === 'string') return isBlank(markdown) ? [problem('markdown', 'is empty')] : [];
  const problems = isBlank(markdown.template) ? [problem('markdown.template', 'is empty')] : [];
  for (const [key, value] of Object.entries(markdown.params ?? {})) {
    const path = `markdown.params.${key}`;
    if (value === '') problems.push(problem(path, 'is empty, which the platform refuses (40034008)'));
    if (/[\r\n]/.test(value)) problems.push(problem(path, 'has a line break, which the platform refuses (40034009)'));
  }
  return problems;
};

const keyboardProblems = (keyboard: Keyboard): MessageProblem[] => {
  if ('template' in keyboard) return isBlank(keyboard.template) ? [problem('keyboard.template', 'is empty')] : [];
  const { rows } = keyboard;
  const problems: MessageProblem[] = [];
  const ids = new Set<string>();
  if (rows.length === 0) problems.push(problem('keyboard.rows', 'has no row'));
  if (rows.length > ROWS_MAX) problems.push(problem('keyboard.rows', `has ${rows.length} rows; ${ROWS_MAX} fit`));
  rows.forEach((row, at) => {
    const path = `keyboard.rows[${at}]`;
    if (row.length === 0) problems.push(problem(path, 'has no button'));
    if (row.length > ROWS_MAX) problems.push(problem(path, `has ${row.length} buttons; ${ROWS_MAX} fit`));
    row.forEach((button, place) => {
      problems.push(...buttonProblems(button, `${path}[${place}]`));
      const id = button.id ?? `${at}-${place}`;
      if (ids.has(id)) problems.push(problem(`${path}[${place}].id`, `"${id}" is another button’s id too`));
      ids.add(id);
    });
  });
  return problems;
};

const buttonProblems = ({ label, action, confirm, group }: Button, path: string): MessageProblem[] => {
  const problems: MessageProblem[] = [];
  if (isBlank(label)) problems.push(problem(`${path}.label`, 'is empty'));
  if ('open' in action && !/^https?:\/\/\S+$/.test(action.open)) {
    problems.push(problem(`${path}.action.open`, 'is no http(s) URL'));
  }
  if (group !== undefined && !('callback' in action)) {
    problems.push(problem(`${path}.group`, 'is for callback buttons only'));
  }
  if (!confirm) return problems;
  const { text, yes = '', no = '' } = confirm;
  if (isBlank(text) || text.length > CONFIRM_CHARS_MAX || /https?:\/\//.test(text)) {
    problems.push(problem(`${path}.confirm.text`, `takes 1 to ${CONFIRM_CHARS_MAX} characters and no URL`));
  }
  if (yes.length > CONFIRM_WORD_CHARS_MAX || no.length > CONFIRM_WORD_CHARS_MAX) {
    problems.push(problem(`${path}.confirm`, `its buttons take at most ${CONFIRM_WORD_CHARS_MAX} characters`));
  }
  return problems;
};

const embedProblems = ({ title, thumbnail }: Embed): MessageProblem[] => [
  ...(isBlank(title) ? [problem('embed.title', 'is empty')] : []),
  ...(thumbnail === undefined || /^https?:\/\/\S+$/.test(thumbnail)
    ? []
    : [problem('embed.thumbnail', 'is no http(s) URL')]),
];

const arkProblems = ({ templateId, kv }: Ark): MessageProblem[] => [
  ...(Number.isInteger(templateId) && templateId > 0 ? [] : [problem('ark.templateId', 'is no positive whole number')]),
  ...(kv.length === 0 ? [problem('ark.kv', 'is empty')] : []),
  ...kv.flatMap((item, index) =>
    'value' in item && 'obj' in item ? [problem(`ark.kv[${index}]`, 'has both a value and an obj')] : [],
  ),
];

const mentionProblems = ({ mentions = [] }: OutgoingMessage, scene: Scene): MessageProblem[] =>
  mentions.flatMap((mention, index) => {
    const path = `mentions[${index}]`;
    if (mention === 'everyone')
      return scene === 'guild' ? [] : [problem(path, 'everyone exists in guild channels only')];
    return mention.user === '' || UNSAFE_ID.test(mention.user) ? [problem(`${path}.user`, 'is no user id')] : [];
  });

const SOURCES = ['url', 'path', 'data', 'stream', 'uploaded'] as const;

const mediaProblems = (media: OutgoingMedia, path: string, scene: Scene): MessageProblem[] => {
  const isGuild = scene === 'guild' || scene === 'dm';
  const problems: MessageProblem[] = [];
  if (isGuild && media.kind !== 'image') problems.push(problem(path, 'guilds take images only'));
  if (isGuild && 'uploaded' in media) problems.push(problem(path, 'guilds know no uploads; give the image itself'));
  if (!SOURCES.some((source) => source in media)) {
    problems.push(problem(path, `has no source: give one of ${SOURCES.join(', ')}`));
  }
  if ('url' in media && !('path' in media) && !/^https?:\/\/\S+$/.test(media.url)) {
    problems.push(problem(`${path}.url`, 'is no http(s) URL'));
  }
  if ('data' in media && media.data.byteLength === 0) problems.push(problem(`${path}.data`, 'is empty'));
  return problems;
};

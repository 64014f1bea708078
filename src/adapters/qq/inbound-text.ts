import { objectOf, parseObject, textOf } from '../json.js';

const isBlank = (char: string | undefined): boolean => char === undefined || char.trim() === '';

/** Where a mention of one of `ids` that starts at `at` ends, or -1. */
const mentionEnd = (text: string, at: number, ids: readonly string[]): number => {
  const start = at + (text[at + 2] === '!' ? 3 : 2);
  for (const id of ids) {
    if (id !== '' && text.startsWith(id, start) && text[start + id.length] === '>') return start + id.length + 1;
  }
  return -1;
};

/**
 * The text without `<@id>` and `<@!id>` of the given ids. One blank that only set a mention off goes with it; where a
 * mention stood between two words, a blank keeps them apart.
 * Source: qq-bot-api §5.4, §5.5.
 */
export const withoutMentions = (text: string, ids: readonly string[]): string => {
  let kept = '';
  let from = 0;
  for (let at = text.indexOf('<@'); at >= 0; at = text.indexOf('<@', at + 2)) {
    const end = mentionEnd(text, at, ids);
    if (end < 0) continue;
    kept += text.slice(from, at);
    const joins = !isBlank(kept.at(-1)) && !isBlank(text[end]);
    const setOff = isBlank(kept.at(-1)) && end < text.length && isBlank(text[end]);
    if (joins) kept += ' ';
    from = setOff ? end + 1 : end;
  }
  return from === 0 ? text : kept + text.slice(from);
};

/** Whether the text names `id`. */
export const hasMention = (text: string, id: string): boolean => {
  for (let at = text.indexOf('<@'); at >= 0; at = text.indexOf('<@', at + 2)) {
    if (mentionEnd(text, at, [id]) >= 0) return true;
  }
  return false;
};

const FACE = /<faceType=[^<>]{0,32}?,ext="([A-Za-z0-9+/=_-]{1,2048})"[^<>]{0,64}>/g;

/** Faces as `[what they are called]`; one whose name cannot be read stays as it came. Source: qq-bot-api §5.1. */
export const withFaceNames = (text: string): string =>
  text.includes('<faceType=')
    ? text.replace(FACE, (tag, ext: string) => {
        const name = textOf(parseObject(Buffer.from(ext, 'base64').toString('utf8'))?.['text']);
        return name === undefined ? tag : `[${name}]`;
      })
    : text;

const ENTITIES: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>' };

/** Undoes the escaping of guild texts, once: `&amp;lt;` is the user's `&lt;`. Source: qq-bot-api §6.10. */
export const unescaped = (text: string): string =>
  text.includes('&') ? text.replace(/&(?:amp|lt|gt);/g, (entity) => ENTITIES[entity] ?? entity) : text;

/** Guild text as the user shall read it, letter for letter. Source: qq-bot-api §6.10. */
export const escaped = (text: string): string =>
  text.replace(/[&<>]/g, (char) => (char === '&' ? '&amp;' : char === '<' ? '&lt;' : '&gt;'));

/** What a user wrote in C2C or a group. `botIds` are the bot's ids in that group. */
export const cleanText = (content: unknown, botIds: readonly string[]): string =>
  withFaceNames(withoutMentions(textOf(content) ?? '', botIds)).trim();

/** What a user wrote in a guild. Mentions go first: an escaped `&lt;@id&gt;` is the user's own words. */
export const cleanGuildText = (content: unknown, botId: string): string =>
  unescaped(withFaceNames(withoutMentions(textOf(content) ?? '', [botId]))).trim();

/** `key=value` entries of `message_scene.ext`; a value may contain `=`. The first of a key counts. */
export const sceneExtOf = (messageScene: unknown, key: string): string | undefined => {
  const ext = objectOf(messageScene)?.['ext'];
  if (!Array.isArray(ext)) return undefined;
  const entry = ext.find((one): one is string => typeof one === 'string' && one.startsWith(`${key}=`));
  return textOf(entry?.slice(key.length + 1));
};

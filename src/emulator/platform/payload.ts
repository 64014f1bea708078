import { isRefusal, type Refusal, refuse } from './errors.js';
import { integerOf, isObject, type JsonObject, objectOf, textOf } from './json.js';
import type { Scene, Sent } from './records.js';

/** What a send says, once its shape is known to be right. */
export type Payload = {
  readonly kind: Sent['kind'];
  /** What is read on the screen. */
  readonly text: string;
  readonly fileInfo?: string;
  readonly typingS?: number;
  /** Template keyboards (`id`) and custom ones (`content`) need different rights, §7.4. */
  readonly keyboard?: JsonObject;
};

/** §6.2: C2C and group body. Errors: 22006 type and content differ, 50006 empty, 50035, 50057, 50059. */
export const readPayload = (scene: 'c2c' | 'group', body: JsonObject): Payload | Refusal => {
  if (body['content'] !== undefined && body['content'] !== null && typeof body['content'] !== 'string') {
    return refuse(50035);
  }
  const type = body['msg_type'] ?? 0;
  const keyboard = objectOf(body, 'keyboard');
  if (keyboard && type !== 2) return refuse(22006, 'keyboards ride on markdown');
  switch (type) {
    case 0:
      return readText(body);
    case 2: {
      if (textOf(body, 'content')?.trim() || isObject(body['ark'])) return refuse(22006);
      const markdown = readMarkdown(body);
      return isRefusal(markdown) || !keyboard ? markdown : { ...markdown, keyboard };
    }
    case 3: {
      const ark = objectOf(body, 'ark');
      return ark ? { kind: 'ark', text: arkText(ark) } : refuse(22006);
    }
    case 6:
      return scene === 'c2c' ? readTyping(body) : refuse(22006);
    case 7: {
      const fileInfo = textOf(objectOf(body, 'media') ?? {}, 'file_info');
      return fileInfo ? { kind: 'media', text: textOf(body, 'content')?.trim() ?? '', fileInfo } : refuse(22006);
    }
    default:
      return refuse(22006);
  }
};

/** §6.5: guild channel and DM body; one of its kinds has to be there. */
export const readGuildPayload = (body: JsonObject): Payload | Refusal => {
  if (body['content'] !== undefined && body['content'] !== null && typeof body['content'] !== 'string') {
    return refuse(50035);
  }
  const keyboard = objectOf(body, 'keyboard');
  if (isObject(body['markdown'])) {
    const markdown = readMarkdown(body);
    return isRefusal(markdown) || !keyboard ? markdown : { ...markdown, keyboard };
  }
  if (keyboard) return refuse(22006, 'keyboards ride on markdown');
  const content = textOf(body, 'content');
  const [ark, embed] = [objectOf(body, 'ark'), objectOf(body, 'embed')];
  if (ark) return { kind: 'ark', text: arkText(ark) };
  if (embed) return { kind: 'embed', text: textOf(embed, 'title') ?? '' };
  if (textOf(body, 'image') || body['file_image']) return { kind: 'media', text: content ?? '' };
  return content?.trim() ? { kind: 'text', text: content } : refuse(50006);
};

/** §7.4: more rows, or more buttons in a row, than a keyboard may have. */
export const isKeyboardTooLarge = (keyboard: JsonObject, side: number): boolean => {
  const rows = objectOf(keyboard, 'content')?.['rows'];
  if (!Array.isArray(rows)) return false;
  return rows.length > side || rows.some((row) => isObject(row) && lengthOf(row['buttons']) > side);
};

/** The scenes of §6.2, as against those of §6.5. */
export const isV2 = (scene: Scene): scene is 'c2c' | 'group' => scene === 'c2c' || scene === 'group';

const lengthOf = (value: unknown): number => (Array.isArray(value) ? value.length : 0);

const readText = (body: JsonObject): Payload | Refusal => {
  const content = textOf(body, 'content');
  const other = ['markdown', 'ark', 'media', 'embed'].some((key) => isObject(body[key]));
  if (other) return refuse(22006);
  return content?.trim() ? { kind: 'text', text: content } : refuse(50006);
};

const readMarkdown = (body: JsonObject): Payload | Refusal => {
  const markdown = objectOf(body, 'markdown');
  if (!markdown) return refuse(22006);
  const content = textOf(markdown, 'content');
  const template = textOf(markdown, 'custom_template_id') ?? integerOf(markdown, 'template_id');
  if (content !== undefined && template !== undefined) return refuse(50057);
  if (content === undefined && template === undefined) {
    // §6.4b: the last chunk of a stream may be empty.
    return isObject(body['stream']) ? { kind: 'markdown', text: '' } : refuse(50006);
  }
  return { kind: 'markdown', text: content ?? `[template ${template}]` };
};

// §6.2, §8.2: a wrong `input_notify` is 50059.
const readTyping = (body: JsonObject): Payload | Refusal => {
  const notify = objectOf(body, 'input_notify');
  const seconds = notify && integerOf(notify, 'input_second');
  if (notify?.['input_type'] !== 1 || seconds === undefined || seconds < 1 || seconds > 60) {
    return refuse(50059);
  }
  return { kind: 'typing', text: '', typingS: seconds };
};

// §7.1: the line that lists and notifications show.
const arkText = (ark: JsonObject): string => {
  const pairs = Array.isArray(ark['kv']) ? ark['kv'].filter(isObject) : [];
  const prompt = pairs.find((pair) => pair['key'] === '#PROMPT#');
  return (prompt && textOf(prompt, 'value')) ?? `[ark ${String(ark['template_id'])}]`;
};

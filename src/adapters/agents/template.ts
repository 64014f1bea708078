import type { TurnInput } from '../../ports/agent-driver.js';

const NAMES: Readonly<Record<string, (turn: TurnInput) => string>> = {
  conv: (turn) => turn.conversation.id,
  user: (turn) => turn.conversation.sender.id,
  name: (turn) => turn.conversation.sender.name ?? '',
  scene: (turn) => turn.conversation.scene,
  turn: (turn) => turn.id,
  text: (turn) => turn.text,
};

export const fillText = (template: string, turn: TurnInput): string =>
  template.replace(/\{\{(\w+)\}\}/g, (written, name: string) =>
    Object.hasOwn(NAMES, name) ? (NAMES[name]?.(turn) ?? written) : written,
  );

/** `{{conv}}`, `{{user}}` and the like in every string of `value`: how a server is told whose turn it is. */
export const fill = (value: unknown, turn: TurnInput): unknown => {
  if (typeof value === 'string') return fillText(value, turn);
  if (Array.isArray(value)) return value.map((item) => fill(item, turn));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, turn)]));
  }
  return value;
};

/** Names are lower case, so that none is sent twice. What a header cannot hold, a Chinese name or a line end, is encoded. */
export const fillHeaders = (headers: Readonly<Record<string, string>>, turn?: TurnInput): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name.toLowerCase(),
      (turn ? fillText(value, turn) : value).replace(/[^\t\x20-\x7e]+/g, encoded),
    ]),
  );

/** Half a character has no encoding. */
const encoded = (text: string): string => encodeURIComponent(text.replace(/\p{Cs}/gu, '\uFFFD'));

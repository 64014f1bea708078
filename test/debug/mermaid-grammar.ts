/**
 * A strict reader of the part of Mermaid that charts are written in. It refuses more than Mermaid does, so what passes
 * is drawn. Source: packages/mermaid/src/diagrams/state/parser/stateDiagram.jison of mermaid-js/mermaid
 */
const ID = '[A-Za-z][A-Za-z0-9_]*';
/** No `:`, `;`, `#`, `"`, `%`, `{` or `<` of its own; a character code and a line break are the only signs taken as such. */
const TEXT = '(?:[\\p{L}\\p{N} .,()\\[\\]/|!?+=-]|#\\d+;|<br/>)+';
const ARROW = new RegExp(`^(${ID}|\\[\\*\\]) --> (${ID}|\\[\\*\\])(?: : ${TEXT})?$`, 'u');
const STATE = new RegExp(`^state "(?:[\\p{L}\\p{N} .,()/|!?+=-]|#\\d+;)+" as (${ID})( \\{)?$`, 'u');
const HEARD = new RegExp(`^(${ID}) : ${TEXT}$`, 'u');

export type ReadDiagram = {
  /** Each state with the box it is in; `null` outside of all. */
  readonly states: ReadonlyMap<string, string | null>;
  readonly arrows: readonly string[];
};

/** Errors: throws with the line that is not of the grammar, on a box left open, and on an arrow to an unknown state. */
export const readMermaid = (text: string): ReadDiagram => {
  const [head, ...rest] = text.split('\n');
  if (head !== 'stateDiagram-v2' || rest.at(-1) !== '') throw new Error('no header, or no line break at the end');
  const states = new Map<string, string | null>();
  const arrows: string[] = [];
  const named: string[] = [];
  const boxes: string[] = [];
  for (const line of rest.slice(0, -1).map((each) => each.trim())) {
    if (/direction\s+(TB|BT|LR|RL)/i.test(line)) throw new Error(`a command: ${line}`);
    const state = STATE.exec(line);
    const arrow = ARROW.exec(line);
    const heard = HEARD.exec(line);
    if (state?.[1]) {
      if (states.has(state[1])) throw new Error(`twice: ${line}`);
      states.set(state[1], boxes.at(-1) ?? null);
      if (state[2]) boxes.push(state[1]);
    } else if (arrow) {
      arrows.push(line);
      named.push(...[arrow[1] ?? '', arrow[2] ?? ''].filter((id) => id !== '[*]'));
    } else if (heard?.[1]) named.push(heard[1]);
    else if (line === '}' && boxes.length > 0) boxes.pop();
    else if (line !== '--' || boxes.length === 0) throw new Error(`not of the grammar: ${line}`);
  }
  if (boxes.length > 0) throw new Error(`left open: ${boxes.join(' ')}`);
  const unknown = named.find((id) => !states.has(id));
  if (unknown !== undefined) throw new Error(`no such state: ${unknown}`);
  return { states, arrows };
};

import type { AgentEvent } from '../../ports/agent-driver.js';

export type ProgressState = Extract<AgentEvent, { type: 'progress' }>['state'];

/** Steps whose names are remembered for the report of their end. */
const LABELS_MAX = 256;
/** Units: characters of a name or id that an agent gave. */
const NAME_MAX = 200;

/** Reports of an agent's steps; one that ends is told with the name it began with. */
export class ProgressLabels {
  readonly #labels = new Map<string, string>();

  /** Shape: empty where the step has no id. */
  report(id: string | undefined, label: string | undefined, state: ProgressState): AgentEvent[] {
    if (id === undefined) return [];
    const key = id.slice(0, NAME_MAX);
    const known = (label ?? this.#labels.get(key) ?? key).slice(0, NAME_MAX);
    if (this.#labels.size >= LABELS_MAX) this.#labels.clear();
    this.#labels.set(key, known);
    return [{ type: 'progress', id: key, label: known, state }];
  }
}

/** A chart's value: a name, or names with what lies below them. */
export type StatePathValue = string | { readonly [state: string]: StatePathValue | undefined };

/** A chart's state in one line: `linked.ready.acked`; parallel regions are separated by blanks. */
export const statePath = (value: StatePathValue): string =>
  typeof value === 'string'
    ? value
    : Object.entries(value)
        .map(([state, below]) => (below === undefined ? state : `${state}.${statePath(below)}`))
        .join(' ');

import type { AnyStateNode } from 'xstate';

/** What stands where the machine has a body and no name. */
export const INLINE = '(inline)';

/** JavaScript names a nameless function after the key it was written at; such a name says nothing. */
const KEY_NAMES = new Set(['', 'actions', 'entry', 'exit', 'guard']);

const scalarText = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? `(${value})` : '';

/** A named reference; a plain parameter is part of the name, for `verdictIs` alone would not tell four branches apart. */
const referenceName = (reference: object): string => {
  const { type, params } = reference as { type?: unknown; params?: unknown };
  return typeof type === 'string' ? `${type}${scalarText(params)}` : INLINE;
};

const functionName = (named: { readonly name: string }): string => (KEY_NAMES.has(named.name) ? INLINE : named.name);

const XSTATE = 'xstate.';

/** The name of an action: its own, or what it is where it stands inline (`assign`, `raise`). */
export const actionName = (action: unknown): string => {
  if (typeof action === 'string') return action;
  if (typeof action === 'object' && action !== null) return referenceName(action);
  if (typeof action !== 'function') return INLINE;
  const { type } = action as { type?: unknown };
  return typeof type === 'string' && type.startsWith(XSTATE) ? type.slice(XSTATE.length) : functionName(action);
};

/** The name of a guard; xstate's `and`, `or`, `not` and `stateIn` are read out. */
export const guardName = (guard: unknown): string => {
  if (typeof guard === 'string') return guard;
  if (typeof guard === 'object' && guard !== null) return referenceName(guard);
  if (typeof guard !== 'function') return INLINE;
  const { guards, stateValue } = guard as { guards?: unknown; stateValue?: unknown };
  if (stateValue !== undefined) return `in ${typeof stateValue === 'string' ? stateValue : JSON.stringify(stateValue)}`;
  if (!Array.isArray(guards)) return functionName(guard);
  const names = guards.map(guardName);
  if (guard.name === 'not') return `not ${names.join('')}`;
  return names.length === 1 ? names.join('') : `(${names.join(` ${guard.name} `)})`;
};

export const delayName = (delay: unknown): string | number =>
  typeof delay === 'string' || typeof delay === 'number' ? delay : INLINE;

export type EventKind = 'event' | 'done' | 'error';

/** What an invoked actor does; an inline one has no name of its own, and xstate puts a path there. */
export const sourceName = (src: unknown): string =>
  typeof src === 'string' && !src.startsWith(`${XSTATE}invoke.`) ? src : INLINE;

/** An invoked actor goes by what it does; by its id where that is no name, or where the state invokes it twice. */
const actorName = (node: AnyStateNode, id: string): string => {
  const invoked = node.invoke.find((actor) => actor.id === id);
  const name = sourceName(invoked?.src);
  const isShared = node.invoke.some((other) => other.id !== id && sourceName(other.src) === name);
  return name === INLINE || isShared ? id : name;
};

const stateName = (node: AnyStateNode, id: string): string => (id === node.id ? node.key : id);

const INTERNAL_EVENTS = [
  { prefix: 'xstate.done.actor.', kind: 'done', word: 'done', nameOf: actorName },
  { prefix: 'xstate.done.state.', kind: 'done', word: 'done', nameOf: stateName },
  { prefix: 'xstate.error.actor.', kind: 'error', word: 'error', nameOf: actorName },
  { prefix: 'xstate.snapshot.', kind: 'event', word: 'snapshot', nameOf: actorName },
] as const;

/** An event as a person would say it: `xstate.done.actor.0.gateway.obtainingToken` is `done: getToken`. */
export const eventName = (node: AnyStateNode, descriptor: string): { event: string; kind: EventKind } => {
  const internal = INTERNAL_EVENTS.find(({ prefix }) => descriptor.startsWith(prefix));
  if (!internal) return { event: descriptor, kind: 'event' };
  const { prefix, kind, word, nameOf } = internal;
  return { event: `${word}: ${nameOf(node, descriptor.slice(prefix.length))}`, kind };
};

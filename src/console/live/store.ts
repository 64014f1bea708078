import { useSyncExternalStore } from 'react';

/** A value that many may look at; whoever looks is told at most once a frame of the screen. */
export class Store<T> {
  #value: T;
  #shown: T;
  #isDue = false;
  readonly #listeners = new Set<() => void>();

  constructor(value: T) {
    this.#value = value;
    this.#shown = value;
  }

  /** As it is now. */
  get(): T {
    return this.#value;
  }

  set(value: T): void {
    this.#value = value;
    if (this.#isDue) return;
    this.#isDue = true;
    // A hidden page has no frames; it catches up when it is looked at.
    requestAnimationFrame(() => {
      this.#isDue = false;
      this.#shown = this.#value;
      for (const listener of this.#listeners) listener();
    });
  }

  update(change: (value: T) => T): void {
    this.set(change(this.#value));
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** As it was told last. */
  readonly shown = (): T => this.#shown;
}

export const useStore = <T>(store: Store<T>): T => useSyncExternalStore(store.subscribe, store.shown);

import type { Claim } from '../../../ports/store.js';

/** Which events were under way in which life, of all bots. */
export class MemoryClaims {
  /** By bot and id, the lives. */
  readonly #lives = new Map<string, Set<number>>();
  readonly #doubtful = new Set<number>();
  #life = 1;

  /** A new life: the number behind the last of which anything is known. */
  begin(): void {
    const known = [...this.#lives.values()].flatMap((lives) => [...lives]);
    this.#life = 1 + known.reduce((last, life) => Math.max(last, life), 0);
  }

  add(appId: string, ids: readonly string[]): void {
    for (const id of ids) {
      const key = keyOf(appId, id);
      this.#lives.set(key, (this.#lives.get(key) ?? new Set()).add(this.#life));
    }
  }

  /** Settled, or given up. */
  drop(appId: string, ids: readonly string[]): void {
    for (const id of ids) this.#lives.delete(keyOf(appId, id));
  }

  doubt(appId: string, ids: readonly string[]): void {
    for (const id of ids) for (const life of this.#lives.get(keyOf(appId, id)) ?? []) this.#doubtful.add(life);
  }

  release(appId: string): void {
    this.#forget((key, life) => life === this.#life && appOf(key) === appId);
  }

  /** What these were under way in is explained. */
  explain(appId: string, ids: readonly string[]): void {
    const explained = new Set(ids.flatMap((id) => [...(this.#lives.get(keyOf(appId, id)) ?? [])]));
    this.#forget((_, life) => explained.has(life));
  }

  earlier(): readonly Claim[] {
    const claims: Claim[] = [...this.#lives]
      .flatMap(([key, lives]) => [...lives].map((life) => ({ life, appId: appOf(key), id: idOf(key) })))
      .filter(({ life }) => life < this.#life)
      .sort((one, other) => one.life - other.life);
    const known = new Set(claims.map(({ life }) => life));
    for (const life of this.#doubtful) if (known.has(life)) claims.push({ life, appId: '', id: null });
    return claims;
  }

  #forget(isGone: (key: string, life: number) => boolean): void {
    for (const [key, lives] of this.#lives) {
      for (const life of lives) if (isGone(key, life)) lives.delete(life);
      if (lives.size === 0) this.#lives.delete(key);
    }
  }
}

/** A bot's id holds no blank. */
const keyOf = (appId: string, id: string): string => `${appId} ${id}`;
const appOf = (key: string): string => key.slice(0, key.indexOf(' '));
const idOf = (key: string): string => key.slice(key.indexOf(' ') + 1);

/** The access token of one bot. Source: qq-bot-api §1. */
export interface TokenSource {
  /**
   * A token that is valid now; asks the platform only where none is held, and once for all who wait.
   * Errors: `auth.rejected`, `auth.busy`, `auth.unavailable`, `transport.*`.
   */
  get(): Promise<string>;
  /** Forgets `token` if it is still the one held: the platform has refused it. */
  invalidate(token: string): void;
}

export type SessionStartLimit = {
  readonly total: number;
  readonly remaining: number;
  /** Units: ms until `remaining` is `total` again. */
  readonly resetAfterMs: number;
  /** Sessions that may start per 5 s. */
  readonly maxConcurrency: number;
};

export type GatewayLocation = { readonly url: string; readonly shards: number; readonly limit: SessionStartLimit };

/** Where a bot's gateway is. Errors: `gateway.busy`, `gateway.unreachable`, `auth.*`. Source: qq-bot-api §2. */
export interface GatewayLocator {
  locate(): Promise<GatewayLocation>;
}

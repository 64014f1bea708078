import type { ResultCode } from '../domain/button.js';

/** What ends the waiting of a client whose button was pressed. Source: qq-bot-api §6.7. */
export interface InteractionApi {
  /** `interaction` is `d.id` of the event, not the envelope's. Once per press. Errors: `platform.*`, `transport.*`, `auth.*`. */
  acknowledge(interaction: string, code: ResultCode): Promise<void>;
}

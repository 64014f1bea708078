import type { InteractionApi } from '../../ports/interaction-api.js';
import type { Rest } from './rest.js';

/** The client waits no longer than this. Source: qq-bot-api §5.8. */
const TIMEOUT_MS = 3_000;

export const createInteractionApi = (rest: Rest): InteractionApi => ({
  acknowledge: async (interaction, code) => {
    await rest.call({
      what: 'acknowledge a press',
      method: 'PUT',
      path: `/interactions/${encodeURIComponent(interaction)}`,
      body: { code },
      timeoutMs: TIMEOUT_MS,
      expects: 'nothing',
    });
  },
});

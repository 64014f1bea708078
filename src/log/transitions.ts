import { type InspectionEvent, isMachineSnapshot } from 'xstate';
import type { Logger } from './logger.js';

/**
 * An inspector (`createActor(logic, { inspect })`) that logs what every chart does, at `debug`. The context stays out:
 * it is long, and what a chart keeps is not the log's business.
 */
export const logTransitions =
  (log: Logger) =>
  (seen: InspectionEvent): void => {
    if (seen.type !== '@xstate.snapshot' || !log.isLevelEnabled('debug') || !isMachineSnapshot(seen.snapshot)) return;
    log.debug({ actor: seen.actorRef.sessionId, event: seen.event.type, state: seen.snapshot.value }, 'transition');
  };

import { ERROR_CODES, type ErrorCode } from '../errors/codes.js';
import { RouterError } from '../errors/router-error.js';
import type { ChannelFault, ChannelStatus } from './events.js';

const isKnown = (code: string): code is ErrorCode => Object.hasOwn(ERROR_CODES, code);

const faultError = ({ code, detail, platformCode }: ChannelFault): RouterError =>
  new RouterError(isKnown(code) ? code : 'transport.lost', detail, {
    ...(platformCode !== undefined && { platformCode }),
  });

/** What a right is called in the platform's refusals. */
const ACTIONS = { markdown: 'noMarkdown', keyboard: 'dropKeyboard', typing: 'dropTyping' } as const;

/** What the running router has met and a check from outside cannot see. Shape: empty where all is well. */
export const runningFindings = ({
  fault,
  refusedIntents = [],
  lostRights = [],
  webhook,
}: ChannelStatus): RouterError[] => {
  const found: RouterError[] = [];
  if (fault && fault.code !== 'shutdown') found.push(faultError(fault));
  if (refusedIntents.length > 0) {
    found.push(new RouterError('gateway.intentsRefused', `the router runs without ${refusedIntents.join(', ')}`));
  }
  for (const { right, scene } of lostRights) {
    const where = scene === undefined ? '' : ` in ${scene}`;
    found.push(
      new RouterError('platform.notPermitted', `the platform refused ${right}${where}`, { action: ACTIONS[right] }),
    );
  }
  if (!webhook) return found;
  const { badSignature = 0, otherBot = 0, stale = 0 } = webhook.refused;
  if (badSignature > 0) {
    found.push(new RouterError('webhook.badSignature', `${badSignature} callbacks came with a wrong signature`));
  }
  if (otherBot > 0) found.push(new RouterError('webhook.otherBot', `${otherBot} callbacks were for another bot`));
  if (stale > 0) found.push(new RouterError('webhook.stale', `${stale} callbacks were signed too long ago, or ahead`));
  if (webhook.lastVerifiedAtMs === null && webhook.lastValidatedAtMs === null) {
    found.push(new RouterError('webhook.silent', 'the platform has not called since the router started'));
  }
  return found;
};

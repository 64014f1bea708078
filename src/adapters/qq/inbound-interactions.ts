import type { Target } from '../../domain/conversation.js';
import type { Sender } from '../../domain/inbound.js';
import type { ButtonEvent, InteractionEvent } from '../../domain/platform-event.js';
import { idOf, type Json, numberOf, objectOf, textOf } from '../json.js';
import type { EventReader } from './inbound-fields.js';

/** The keyboard's button and the entry of the quick menu: the two that wait for an acknowledgement. */
const ORIGINS: ReadonlyMap<number, ButtonEvent['from']> = new Map([
  [11, 'keyboard'],
  [12, 'menu'],
]);

const SUBJECTS: ReadonlyMap<number, InteractionEvent['about']> = new Map([
  [9, 'search'],
  [13, 'feedback'],
  [14, 'clearSession'],
  [15, 'story'],
  [16, 'modelSwitch'],
  [18, 'userAuthorisation'],
  [19, 'groupAuthorisation'],
  [20, 'groupAuthorisationState'],
]);

const FEEDBACK: Readonly<Record<string, InteractionEvent['feedback']>> = { LIKE: 'like', UNLIKE: 'unlike' };

/** The scene is told by the id that is there, for `scene` and `chat_type` are not always. */
const placeOf = (d: Json, resolved: Json | undefined): { target?: Target; actor?: Sender; guildId?: string } => {
  const group = idOf(d['group_openid']);
  const channel = idOf(d['channel_id']);
  const user = idOf(d['user_openid']);
  const guildId = idOf(d['guild_id']);
  const by = (id: string | undefined) => (id === undefined ? {} : { actor: { id } });
  if (group !== undefined) {
    return { target: { scene: 'group', groupOpenid: group }, ...by(idOf(d['group_member_openid'])) };
  }
  if (channel !== undefined) {
    return {
      target: { scene: 'guild', channelId: channel },
      ...by(idOf(resolved?.['user_id'])),
      ...(guildId === undefined ? {} : { guildId }),
    };
  }
  return user === undefined ? {} : { target: { scene: 'c2c', openid: user }, ...by(user) };
};

/** Source: qq-bot-api §5.8. */
export const readInteraction: EventReader = (d) => {
  const interaction = idOf(d['id']);
  if (interaction === undefined) return undefined;
  const data = objectOf(d['data']);
  const resolved = objectOf(data?.['resolved']);
  const type = numberOf(d['type']) ?? numberOf(data?.['type']) ?? 0;
  const messageId = idOf(resolved?.['message_id']);
  const common = {
    interaction,
    ...placeOf(d, resolved),
    ...(messageId === undefined ? {} : { messageId }),
  };
  const from = ORIGINS.get(type);
  if (from !== undefined) {
    const buttonId = idOf(resolved?.['button_id']);
    const featureId = idOf(resolved?.['feature_id']);
    return {
      kind: 'button',
      from,
      data: textOf(resolved?.['button_data']) ?? '',
      ...common,
      ...(buttonId === undefined ? {} : { buttonId }),
      ...(featureId === undefined ? {} : { featureId }),
    };
  }
  const feedback = FEEDBACK[textOf(resolved?.['feedback_opt']) ?? ''];
  const action = textOf(resolved?.['action']);
  const checked = resolved?.['checked'];
  return {
    kind: 'interaction',
    about: SUBJECTS.get(type) ?? 'other',
    type,
    ...common,
    ...(feedback === undefined ? {} : { feedback }),
    ...(action === undefined ? {} : { action }),
    ...(typeof checked === 'boolean' ? { checked } : {}),
  };
};

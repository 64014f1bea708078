import type { Target } from '../../domain/conversation.js';
import type { Sender } from '../../domain/inbound.js';
import type { PlatformEvent } from '../../domain/platform-event.js';
import { arrayOf, idOf, type Json, numberOf, objectOf, textOf } from '../json.js';
import { type Bare, type EventReader, given, personOf } from './inbound-fields.js';

type UserPlace = { readonly target: Target; readonly actor: Sender };

/** One user, in private: the id is `openid` here, elsewhere `user_openid`. */
const ofUser =
  (describe: (place: UserPlace, d: Json) => Bare<PlatformEvent>): EventReader =>
  (d) => {
    const openid = idOf(d['openid']) ?? idOf(d['user_openid']);
    return openid === undefined ? undefined : describe({ target: { scene: 'c2c', openid }, actor: { id: openid } }, d);
  };

/** One group, and who in it did so. */
const ofGroup =
  (kind: 'robot.joined' | 'robot.left' | 'push.allowed' | 'push.refused'): EventReader =>
  (d) => {
    const groupOpenid = idOf(d['group_openid']);
    if (groupOpenid === undefined) return undefined;
    const by = idOf(d['op_member_openid']) ?? idOf(d['member_openid']);
    return { kind, target: { scene: 'group', groupOpenid }, ...given('actor', personOf(by)) };
  };

const friend = (kind: 'friend.added' | 'friend.removed'): EventReader =>
  ofUser((place, d) => ({
    kind,
    ...place,
    ...given('origin', numberOf(d['scene'])),
    ...given('originData', textOf(d['scene_param'])),
  }));

const push = (kind: 'push.allowed' | 'push.refused'): EventReader => ofUser((place) => ({ kind, ...place }));

const chatOpened = ofUser((place, d) => ({
  kind: 'chat.opened',
  ...place,
  ...given('from', idOf(d['from_source'])),
}));

const groupMember =
  (kind: 'member.joined' | 'member.left'): EventReader =>
  (d) => {
    const groupOpenid = idOf(d['group_openid']);
    const member = personOf(idOf(d['member_openid']));
    if (groupOpenid === undefined || member === undefined) return undefined;
    const by = personOf(idOf(d['op_member_openid'])) ?? member;
    return { kind, target: { scene: 'group', groupOpenid }, actor: by, member };
  };

const WORDS_MAX = 2_000;

const joinRequest: EventReader = (d) => {
  const groupOpenid = idOf(d['group_openid']);
  const request = idOf(d['join_request_id']);
  const member = personOf(idOf(d['member_openid']), d);
  if (groupOpenid === undefined || request === undefined || member === undefined) return undefined;
  const verify = objectOf(d['verify_info']);
  const answers = arrayOf(verify?.['review_qa_list']).flatMap((one) => textOf(objectOf(one)?.['answer']) ?? []);
  const words = textOf(verify?.['verify_message']) ?? textOf(answers.join('\n'));
  return {
    kind: 'join.requested',
    target: { scene: 'group', groupOpenid },
    actor: member,
    request,
    member,
    ...given('invitedBy', idOf(d['invited_by'])),
    ...given('words', words?.slice(0, WORDS_MAX)),
  };
};

const RESULTS_MAX = 100;

const subscription: EventReader = (d) => {
  const openid = idOf(d['openid']);
  const groupOpenid = idOf(d['group_openid']);
  if (openid === undefined && groupOpenid === undefined) return undefined;
  const results = arrayOf(d['result'])
    .slice(0, RESULTS_MAX)
    .flatMap((value) => {
      const one = objectOf(value);
      const template = idOf(one?.['template_id']) ?? idOf(one?.['custom_template_id']);
      if (template === undefined) return [];
      return [
        { template, isAllowed: numberOf(one?.['op']) === 1, ...given('subscription', idOf(one?.['subscribe_id'])) },
      ];
    });
  return groupOpenid !== undefined
    ? { kind: 'subscription.changed', target: { scene: 'group', groupOpenid }, results }
    : {
        kind: 'subscription.changed',
        target: { scene: 'c2c', openid: openid as string },
        actor: { id: openid as string },
        results,
      };
};

/** Who knows the bot, and what it may do there: C2C and groups. Source: qq-bot-api §5.9. */
export const RELATION_READERS: readonly (readonly [name: string, read: EventReader])[] = [
  ['FRIEND_ADD', friend('friend.added')],
  ['FRIEND_DEL', friend('friend.removed')],
  ['C2C_MSG_RECEIVE', push('push.allowed')],
  ['C2C_MSG_REJECT', push('push.refused')],
  ['GROUP_ADD_ROBOT', ofGroup('robot.joined')],
  ['GROUP_DEL_ROBOT', ofGroup('robot.left')],
  ['GROUP_MSG_RECEIVE', ofGroup('push.allowed')],
  ['GROUP_MSG_REJECT', ofGroup('push.refused')],
  ['GROUP_MEMBER_ADD', groupMember('member.joined')],
  ['GROUP_MEMBER_REMOVE', groupMember('member.left')],
  ['GROUP_JOIN_REQUEST', joinRequest],
  ['SUBSCRIBE_MESSAGE_STATUS', subscription],
  ['ENTER_AIO', chatOpened],
];

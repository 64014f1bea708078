/** One switch for each place where the sources disagree ([≠], [?]); the default is the side the spec leans to. */
export type Switches = {
  /** §1.1: `expires_in` as a string (every example) or a number (the doc table). @default 'string' */
  expiresInAs: 'string' | 'number';
  /** §1.3: status of a token error. @default 200 */
  tokenErrorStatus: 200 | 400;
  /** §2: `/gateway` refuses the third call in ten seconds with 400/100017. @default false */
  strictGateway: boolean;
  /** §2: `max_concurrency` is only told, or a start above it is closed with 4008. @default 'told' */
  maxConcurrency: 'told' | 'enforced';
  /** §3.7: answer to an Identify with an intent that is not granted. @default 'op9' */
  ungrantedIntent: 'op9' | '4014';
  /** §3.7, §3.8: answer to a Resume of a session that is unknown or too old. @default 'op9' */
  unknownSession: 'op9' | '4006';
  /** §3.7: what follows op 9: end of stream, or the link waits for a new Identify. @default 'eof' */
  afterInvalidSession: 'eof' | 'open';
  /** §3.3: `d.shard` of READY as it was sent, or the doc example's [0, 0]. @default 'sent' */
  readyShard: 'sent' | 'zero';
  /** §3.3, §13.5: C2C and group events go to all shards of a bot, or to shard 0 alone. @default 'all' */
  c2cShard: 'all' | 'first';
  /** §5.4: an @ in a group that hears everything comes under one event name, or under both. @default 'exclusive' */
  groupEvents: 'exclusive' | 'both';
  /** §5.4: GROUP_MESSAGE_CREATE loses the bot's mention, or keeps `<@MEMBER_OPENID>`. @default 'removed' */
  groupMentions: 'removed' | 'kept';
  /** §5.1: `mentions` of GROUP_AT_MESSAGE_CREATE without the bot (docs) or with it and `is_you` (field). @default 'omitted' */
  groupAtMentions: 'omitted' | 'included';
  /** §5.3: content of a group @ ends with one space as well. @default false */
  groupTrailingSpace: boolean;
  /** §5.1: attachment links come whole, start with `//`, or carry no scheme at all. @default 'whole' */
  attachmentUrls: 'whole' | 'slashes' | 'bare';
  /** §5.3: timestamps of C2C and group events in RFC 3339 or in Go's print form. @default 'rfc3339' */
  eventTimestamps: 'rfc3339' | 'go';
  /** §6.2: `timestamp` of a C2C or group answer in RFC 3339 (D26) or as an integer (D25). @default 'rfc3339' */
  timestamps: 'rfc3339' | 'integer';
  /** §5.7: `target.type` of a reaction. @default 'number' */
  reactionTarget: 'number' | 'name';
  /** §6.3: typing uses up one reply. @default true */
  typingCounts: boolean;
  /** §6.3: the reply count is kept, or not (some bots report so). @default true */
  countEnforced: boolean;
  /** §6.3, §8.2: code of a C2C or group reply after its window. @default 40034005 */
  expiredAnchor: 40034005 | 40034128;
  /** §8.2: code of an active message without the right. @default 40034105 */
  activeRefusal: 40034105 | 40034102;
  /** §6.4: a second stream to one user ends the first (40034022 there), or is refused (40034021). @default 'supersedes' */
  secondStream: 'supersedes' | 'refused';
  /** §6.4b: which markdown chunks must end with a newline (40034017). @default 'last' */
  streamNewline: 'every' | 'last' | 'lastOrEmpty' | 'off';
  /** §6.6: status of a recall. @default 200 */
  recallStatus: 200 | 204;
  /** §6.1: a guild message that is read comes wrapped as `{ message }`, or bare. @default 'wrapped' */
  messageAnswer: 'wrapped' | 'bare';
  /** §6.8: an upload has to be of a format that its `file_type` names (850019), or may be anything. @default 'checked' */
  formats: 'checked' | 'any';
  /** §6.8: `upload_config` in an object of its own (docs), or flat as OC reads it. @default 'nested' */
  uploadConfig: 'nested' | 'flat';
  /** §6.8: parts count from 0 (docs) or from 1 (OC). @default 0 */
  partIndexFrom: 0 | 1;
  /** §10.4: the handshake of a callback address is signed, or bare as Satori expects it. @default 'signed' */
  webhookValidation: 'signed' | 'bare';
  /** §6.9: links, or file-like words too, are refused unless their domain is registered. @default 'urls' */
  urlFilter: 'off' | 'urls' | 'urlsAndFileNames';
};

/** The likelier side of each. */
export const DEFAULT_SWITCHES: Readonly<Switches> = Object.freeze({
  expiresInAs: 'string',
  tokenErrorStatus: 200,
  strictGateway: false,
  maxConcurrency: 'told',
  ungrantedIntent: 'op9',
  unknownSession: 'op9',
  afterInvalidSession: 'eof',
  readyShard: 'sent',
  c2cShard: 'all',
  groupEvents: 'exclusive',
  groupMentions: 'removed',
  groupAtMentions: 'omitted',
  groupTrailingSpace: false,
  attachmentUrls: 'whole',
  eventTimestamps: 'rfc3339',
  timestamps: 'rfc3339',
  reactionTarget: 'number',
  typingCounts: true,
  countEnforced: true,
  expiredAnchor: 40034005,
  activeRefusal: 40034105,
  secondStream: 'supersedes',
  streamNewline: 'last',
  recallStatus: 200,
  messageAnswer: 'wrapped',
  formats: 'checked',
  uploadConfig: 'nested',
  partIndexFrom: 0,
  webhookValidation: 'signed',
  urlFilter: 'urls',
});

/** The sides each switch may be on. */
export const SWITCH_SIDES: { readonly [K in keyof Switches]: readonly Switches[K][] } = {
  expiresInAs: ['string', 'number'],
  tokenErrorStatus: [200, 400],
  strictGateway: [true, false],
  maxConcurrency: ['told', 'enforced'],
  ungrantedIntent: ['op9', '4014'],
  unknownSession: ['op9', '4006'],
  afterInvalidSession: ['eof', 'open'],
  readyShard: ['sent', 'zero'],
  c2cShard: ['all', 'first'],
  groupEvents: ['exclusive', 'both'],
  groupMentions: ['removed', 'kept'],
  groupAtMentions: ['omitted', 'included'],
  groupTrailingSpace: [true, false],
  attachmentUrls: ['whole', 'slashes', 'bare'],
  eventTimestamps: ['rfc3339', 'go'],
  timestamps: ['rfc3339', 'integer'],
  reactionTarget: ['number', 'name'],
  typingCounts: [true, false],
  countEnforced: [true, false],
  expiredAnchor: [40034005, 40034128],
  activeRefusal: [40034105, 40034102],
  secondStream: ['supersedes', 'refused'],
  streamNewline: ['every', 'last', 'lastOrEmpty', 'off'],
  recallStatus: [200, 204],
  messageAnswer: ['wrapped', 'bare'],
  formats: ['checked', 'any'],
  uploadConfig: ['nested', 'flat'],
  partIndexFrom: [0, 1],
  webhookValidation: ['signed', 'bare'],
  urlFilter: ['off', 'urls', 'urlsAndFileNames'],
};

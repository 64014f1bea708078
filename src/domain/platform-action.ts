/**
 * What whoever planned a call may do about the platform's refusal of it.
 * `arrived`: the platform has it already · `pending`: it waits for a review · `retry`: the same call once more ·
 * `backOff`: the same call, later · `nextDay`: a quota is used up · `active`: the reply's window is over, send without
 * anchor or wait for the next · `dropAnchor`: the anchor is not one · `drop`: give this piece up · `blocked`: likewise,
 * since the review dislikes what it says · `dropTarget`: the target cannot be reached again · `mute`: until the user says
 * otherwise · `defer`: until the mute is over · `stopActive`: no active messages to this target · `reconnect`: the
 * platform wants the gateway session first · `mendUrl`: the text names a link that is not allowed · `split`: too long ·
 * `noMarkdown`: the bot has no right to markdown in this scene · `plainText`: this markdown or card is not accepted ·
 * `dropKeyboard` · `dropMention` · `dropTyping` · `reupload`: the uploaded file is not known any more · `endStream`: a
 * stream cannot go on; finish as one ordinary message, if nothing was accepted.
 * Source: qq-bot-api §8.2.
 */
export type PlatformAction =
  | 'arrived'
  | 'pending'
  | 'retry'
  | 'backOff'
  | 'nextDay'
  | 'active'
  | 'dropAnchor'
  | 'drop'
  | 'blocked'
  | 'dropTarget'
  | 'mute'
  | 'defer'
  | 'stopActive'
  | 'reconnect'
  | 'mendUrl'
  | 'split'
  | 'noMarkdown'
  | 'plainText'
  | 'dropKeyboard'
  | 'dropMention'
  | 'dropTyping'
  | 'reupload'
  | 'endStream';

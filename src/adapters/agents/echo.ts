import type { Attachment } from '../../domain/inbound.js';
import type { AgentDriver, TurnInput } from '../../ports/agent-driver.js';
import { IN_PROCESS } from './capabilities.js';

const KIND: Readonly<Record<Attachment['kind'], string>> = {
  image: '[image 图片]',
  voice: '[voice 语音]',
  video: '[video 视频]',
  file: '[file 文件]',
};

const answerTo = (turn: TurnInput): string =>
  turn.text.trim() === ''
    ? turn.inputs
        .flatMap((input) => input.attachments)
        .map((attachment) => KIND[attachment.kind])
        .join(' ')
    : turn.text;

/** Says back what it was asked; of a message without text, what was attached. For trying out a channel. */
export const echoDriver: AgentDriver = {
  name: 'echo',
  capabilities: IN_PROCESS,
  async *run(turn, signal) {
    const answer = answerTo(turn);
    if (signal.aborted) yield { type: 'end', reason: 'cancelled' };
    else if (answer === '') yield { type: 'end', reason: 'silent' };
    else {
      yield { type: 'text', delta: answer };
      yield { type: 'end', reason: 'stop' };
    }
  },
};

import type { Attachment } from '../../domain/inbound.js';
import type { TurnInput } from '../../ports/agent-driver.js';

const KIND: Readonly<Record<Attachment['kind'], string>> = {
  image: '[image 图片]',
  voice: '[voice 语音]',
  video: '[video 视频]',
  file: '[file 文件]',
};

export const attachmentsOf = (turn: TurnInput): Attachment[] => turn.inputs.flatMap((input) => input.attachments);

/** The question in words; of a message without any, what was attached, for most agents refuse an empty question. */
export const askedBy = (turn: TurnInput): string =>
  turn.text.trim() === ''
    ? attachmentsOf(turn)
        .map(({ kind, text }) => text ?? KIND[kind])
        .join(' ')
    : turn.text;

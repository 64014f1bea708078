import { expect, it } from 'vitest';
import { TEXTS } from '../../src/cli/texts.js';
import { uploadLines } from '../../src/cli/upload-lines.js';

const MB = 1_048_576;

const follow = (lang: 'en' | 'zh') => {
  let nowMs = 0;
  const lines = uploadLines({ say: TEXTS[lang] }, () => nowMs);
  return (afterMs: number, sentMb: number, name = 'a'): readonly string[] => {
    nowMs = afterMs;
    const target = { scene: 'c2c', openid: 'U1' } as const;
    return lines({
      type: 'upload',
      channel: 'qq',
      target,
      kind: 'video',
      name,
      sentBytes: sentMb * MB,
      totalBytes: 12 * MB,
    });
  };
};

it('an upload that takes longer than a second has a line at every quarter, and one at its end', () => {
  const at = follow('en');
  const printed = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].flatMap((mb) => at(mb * 500, mb));
  expect(printed).toEqual([
    'qq: uploading video: 25 % of 12.0 MB',
    'qq: uploading video: 50 % of 12.0 MB',
    'qq: uploading video: 75 % of 12.0 MB',
    'qq: uploading video: 100 % of 12.0 MB',
  ]);
});

it('one that is done at once has none, and two at once do not mix', () => {
  const at = follow('zh');
  expect([at(0, 0), at(10, 6), at(20, 12)].flat()).toEqual([]);
  expect([at(0, 0, 'a'), at(0, 0, 'b'), at(1_500, 6, 'a'), at(1_500, 3, 'b')].flat()).toEqual([
    'qq: 正在上传视频：50%（共 12.0 MB）',
    'qq: 正在上传视频：25%（共 12.0 MB）',
  ]);
});

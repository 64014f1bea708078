import { describe, expect, it } from 'vitest';
import { completeUrl } from '../../src/adapters/qq/inbound-attachments.js';
import { cleanGuildText, cleanText, escaped, unescaped } from '../../src/adapters/qq/inbound-text.js';
import { timeOf } from '../../src/adapters/qq/inbound-time.js';

const NBSP = '\u00a0';
const face = (ext: unknown): string =>
  `<faceType=1,faceId="264",ext="${Buffer.from(JSON.stringify(ext)).toString('base64')}">`;

describe('cleanText', () => {
  it.each([
    ['a command after the platform’s blank', ' /weather Oslo ', '/weather Oslo'],
    ['a blank that does not break', `${NBSP}/cmd${NBSP}`, '/cmd'],
    ['nothing', '', ''],
    ['only blanks', ` ${NBSP} `, ''],
    ['null', null, ''],
    ['a number', 7, ''],
    ['a mention in front', '<@BOT> hello', 'hello'],
    ['a mention with a bang', '<@!BOT>hello', 'hello'],
    ['a mention at the end', 'hello <@BOT>', 'hello'],
    ['a mention between words', 'hello <@BOT> there', 'hello there'],
    ['a mention glued to words', 'hello<@BOT>there', 'hello there'],
    ['two mentions', '<@BOT> <@!BOT> hi', 'hi'],
    ['two mentions without a blank', 'a<@BOT><@BOT>b', 'a b'],
    ['the mention of another', '<@OTHER> hi', '<@OTHER> hi'],
    ['an id that only begins alike', '<@BOT2> hi', '<@BOT2> hi'],
    ['a mention that never ends', '<@BOT', '<@BOT'],
    ['a mention in a mention', '<@<@BOT> hi', '<@ hi'],
    ['lines, kept', ' a\n\n b ', 'a\n\n b'],
    ['entities, which groups do not escape', '&lt;b&gt; &amp;', '&lt;b&gt; &amp;'],
    ['a face', `look ${face({ text: '呲牙' })}!`, 'look [呲牙]!'],
    ['a face without a name', face({}), face({})],
    ['a face that is no JSON', '<faceType=1,faceId="1",ext="AAAA">', '<faceType=1,faceId="1",ext="AAAA">'],
  ])('%s', (_, content, expected) => {
    expect(cleanText(content, ['BOT'])).toBe(expected);
  });
});

describe('cleanGuildText', () => {
  it.each([
    ['a mention and a blank', '<@!42> /ping', '/ping'],
    ['a mention and a blank that does not break', `<@!42>${NBSP}/ping`, '/ping'],
    ['entities', '<@!42> 1 &lt; 2 &amp;&amp; 3 &gt; 2', '1 < 2 && 3 > 2'],
    ['an entity the user typed', '&amp;lt;', '&lt;'],
    ['a mention the user typed', '&lt;@42&gt; hi', '<@42> hi'],
    ['an emoji', '<emoji:4> hi', '<emoji:4> hi'],
  ])('%s', (_, content, expected) => {
    expect(cleanGuildText(content, '42')).toBe(expected);
  });

  it('strips nothing while the bot’s id is not known', () => {
    expect(cleanGuildText('<@> <@!> hi', '')).toBe('<@> <@!> hi');
  });
});

describe('escaped', () => {
  it('is what unescaped undoes', () => {
    expect(escaped('a<b>&lt;')).toBe('a&lt;b&gt;&amp;lt;');
    expect(unescaped(escaped('a<b>&lt;'))).toBe('a<b>&lt;');
  });
});

describe('timeOf', () => {
  const at = Date.UTC(2026, 8, 20, 2, 0, 0);
  it.each([
    ['ISO with an offset', '2026-09-20T10:00:00+08:00', at],
    ['ISO in UTC', '2026-09-20T02:00:00.000Z', at],
    ['Go’s print form', '2026-09-20 10:00:00 +0800 CST m=+0.1', at],
    ['Go’s print form with nanoseconds', '2026-09-20 10:00:00.123456789 +0800 CST', at + 123],
    ['seconds', at / 1_000, at],
    ['seconds in a string', String(at / 1_000), at],
    ['milliseconds', at, at],
    ['words', 'yesterday', 7],
    ['a month of thirteen', '2026-13-20T10:00:00+08:00', 7],
    ['nothing', '', 7],
    ['null', null, 7],
    ['zero', 0, 7],
    ['infinity', Number.POSITIVE_INFINITY, 7],
    ['an object', {}, 7],
  ])('%s', (_, timestamp, expected) => {
    expect(timeOf(timestamp, 7)).toBe(expected);
  });
});

describe('completeUrl', () => {
  it.each([
    ['https://a.example/x?y=1', 'https://a.example/x?y=1'],
    ['http://a.example/x', 'http://a.example/x'],
    ['//a.example/x', 'https://a.example/x'],
    ['a.example/x', 'https://a.example/x'],
    ['a.example:8443/x', 'https://a.example:8443/x'],
    ['file:///etc/passwd', undefined],
    ['javascript:alert(1)', undefined],
    ['data:text/html,x', undefined],
    ['', undefined],
    [' ', undefined],
    [null, undefined],
  ])('%s becomes %s', (link, expected) => {
    expect(completeUrl(link)).toBe(expected);
  });
});

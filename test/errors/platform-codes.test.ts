import { describe, expect, it } from 'vitest';
import { knownPlatformCodes, refusalOf, refusedWith } from '../../src/adapters/qq/error-codes.js';
import { ERROR_CODES } from '../../src/errors/codes.js';
import { SPEC_CODES } from './platform-codes.fixture.js';

const errorOf = (code: number) => refusedWith(refusalOf(400, { code, message: '…' }), 'a call', { status: 400 });
const GENERIC = ERROR_CODES['platform.refused'].remedy;

describe('every code of the platform that can meet an operator has a remedy of its meaning, in both languages', () => {
  it.each(SPEC_CODES)('%s', (_row, word, codes) => {
    for (const code of codes) {
      const error = errorOf(code);
      const [en, zh] = [error.remedy('en'), error.remedy('zh')];
      expect(en, String(code)).toMatch(word);
      expect(en, String(code)).toMatch(/[.)]$/);
      expect(en, String(code)).not.toBe(GENERIC.en);
      expect(zh, String(code)).toMatch(/\p{Script=Han}.*[。）]$/u);
      expect(zh, String(code)).not.toBe(GENERIC.zh);
    }
  });

  it('the table of codes and the spec’s name the same', () => {
    const spec = SPEC_CODES.flatMap(([, , codes]) => codes);
    expect(new Set(spec).size).toBe(spec.length);
    // Seen in the field, in no table: langbot-app/LangBot#2454.
    const own = [40113003];
    expect([...spec, ...own].sort()).toEqual([...new Set(knownPlatformCodes())].sort());
  });

  it('err_code counts before code: an address that is not allowed is no bad token', () => {
    // §12 trap 17, openclaw-qqbot#240, botpy#189: 11298 was taken for a bad token.
    const error = refusedWith(refusalOf(401, { code: 11298, err_code: 40023002 }), 'GET /gateway/bot', { status: 401 });
    expect(error).toMatchObject({ code: 'auth.ipNotAllowed', next: 'wait' });
    expect(error.remedy('zh')).toContain('IP 白名单');
  });
});

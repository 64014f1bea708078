import { describe, expect, it } from 'vitest';
import type { PlatformAction } from '../../src/domain/platform-action.js';
import { SEND_REMEDIES } from '../../src/domain/send-remedies.js';
import { ERROR_CODES } from '../../src/errors/codes.js';
import { PLATFORM_REMEDIES } from '../../src/errors/platform-remedies.js';
import { RouterError } from '../../src/errors/router-error.js';

const CASES = Object.entries(PLATFORM_REMEDIES);

describe('a refusal’s remedy', () => {
  it.each(CASES)('%s is told in both languages', (action, { en, zh }) => {
    const error = new RouterError('platform.refused', 'send: 400', { action: action as PlatformAction });
    expect(error.remedy('en')).toBe(en);
    expect(error.remedy('zh')).toBe(zh);
    expect(en).toMatch(/\.$/u);
    expect(en).not.toMatch(/\p{Script=Han}/u);
    expect(zh).toMatch(/\p{Script=Han}.*。$/u);
  });

  it('is the code’s where the platform named no action, or none that says more', () => {
    const { remedy } = ERROR_CODES['platform.notPermitted'];
    expect(new RouterError('platform.notPermitted', 'x').remedy('zh')).toBe(remedy.zh);
    expect(new RouterError('platform.notPermitted', 'x', { action: 'drop' }).remedy('en')).toBe(remedy.en);
  });

  it('has its own words for each action but one', () => {
    expect(new Set(CASES.map(([, { en }]) => en)).size).toBe(CASES.length);
    expect(new Set(CASES.map(([, { zh }]) => zh)).size).toBe(CASES.length);
    expect([...Object.keys(PLATFORM_REMEDIES), 'drop'].sort()).toEqual(Object.keys(SEND_REMEDIES).sort());
  });
});

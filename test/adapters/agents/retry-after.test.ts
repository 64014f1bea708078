import { expect, it } from 'vitest';
import { retryAfterMs } from '../../../src/adapters/agents/retry-after.js';

const NOW = Date.UTC(2026, 0, 1);

it.each<[Readonly<Record<string, string>>, number | null]>([
  [{}, null],
  [{ 'retry-after': '0' }, 0],
  [{ 'retry-after': ' 7 ' }, 7_000],
  [{ 'retry-after': '1.5' }, 1_500],
  [{ 'retry-after': 'Thu, 01 Jan 2026 00:00:09 GMT' }, 9_000],
  [{ 'retry-after': 'Wed, 31 Dec 2025 00:00:00 GMT' }, 0],
  [{ 'retry-after': '-3' }, null],
  [{ 'retry-after': 'soon' }, null],
  [{ 'retry-after-ms': '250', 'retry-after': '1' }, 250],
  [{ 'retry-after-ms': 'x', 'retry-after': '1' }, 1_000],
])('%j is %s ms', (headers, ms) => {
  expect(retryAfterMs((name) => headers[name] ?? '', NOW)).toBe(ms);
});

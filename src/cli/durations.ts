import type { Lang } from '../config/lang.js';

const UNITS = [
  { ms: 3_600_000, en: 'h', zh: '小时' },
  { ms: 60_000, en: 'min', zh: '分钟' },
  { ms: 1_000, en: 's', zh: '秒' },
] as const;

/** A wait as a person would say it, rounded up: `1 s`, `90 s`, `2 min`. Units: ms. */
export const durationText = (ms: number, lang: Lang): string => {
  const unit = UNITS.find((candidate) => ms >= 2 * candidate.ms) ?? UNITS[2];
  return `${Math.max(1, Math.ceil(ms / unit.ms))} ${unit[lang]}`;
};

/** Units: ms → `0.4 s`, `12 s`, `3 m 20 s`, `2 h 5 m`, `3 d 4 h`. */
export const durationText = (ms: number): string => {
  const seconds = Math.max(0, ms) / 1_000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} m ${Math.floor(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours} h ${minutes % 60} m` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
};

/** The time of day of the reader, to the millisecond. */
export const clockText = (atMs: number): string => {
  const date = new Date(atMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  const ms = String(date.getMilliseconds()).padStart(3, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}`;
};

export const countText = (count: number): string => count.toLocaleString('en-US').replaceAll(',', '\u202f');

/** `qq:102000001:c2c:USER` → `USER`; what tells one conversation from the others of its scene. */
export const shortName = (id: string): string => id.split(':').slice(3).join(':') || id;

/** A state's value as a path: `cancelled.{agent.stopping outbox.settling}`. */
export const valueText = (value: unknown): string => {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return '';
  const parts = Object.entries(value).map(([state, below]) => {
    const deeper = valueText(below);
    return deeper === '' ? state : `${state}.${deeper}`;
  });
  return parts.length === 1 ? (parts[0] ?? '') : `{${parts.join(' ')}}`;
};

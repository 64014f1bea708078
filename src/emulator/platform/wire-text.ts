const SHANGHAI_MS = 8 * 3_600_000;

/** RFC 3339 in the platform's zone, whole seconds: `2026-09-20T10:00:00+08:00`. */
export const rfc3339 = (ms: number): string => `${new Date(ms + SHANGHAI_MS).toISOString().slice(0, 19)}+08:00`;

/** Go's default print form, seen in old deliveries, §5.3. */
export const goTimestamp = (ms: number): string =>
  `${new Date(ms + SHANGHAI_MS).toISOString().slice(0, 19).replace('T', ' ')} +0800 CST m=+0.1`;

/** Guild content arrives escaped, §5.5. */
export const escapeGuildText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const URL_LIKE =
  /\b(?:https?:\/\/|www\.)([a-z0-9.-]+)|\b((?:[a-z0-9-]+\.)+(?:com|cn|net|org|io|dev|app|ai|me|top|xyz))\b/giu;
const FILE_LIKE = /\b[\w-]+\.[a-z]{1,4}\b/giu;

/** Whether the text names a host outside `domains`, or, when asked, anything that looks like a file name, §6.9. */
export const hasForbiddenUrl = (text: string, domains: readonly string[], fileNames: boolean): boolean => {
  if (!text.includes('.')) return false;
  for (const match of text.matchAll(URL_LIKE)) {
    const host = (match[1] ?? match[2] ?? '').toLowerCase();
    if (!domains.some((domain) => host === domain || host.endsWith(`.${domain}`))) return true;
  }
  return fileNames && [...text.matchAll(FILE_LIKE)].some(([word]) => !domains.includes(word.toLowerCase()));
};

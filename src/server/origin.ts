import { isLoopback } from '../config/checks.js';

/** The name in a `Host` header, without its port. Shape: undefined for what is no host. */
const hostName = (header: string | undefined): string | undefined => {
  const text = header ?? '';
  // A URL would take far more than a host: `a@b`, `/path`, `?query`.
  if (!/^(\[[0-9a-f:.]+\]|[^\s/?#@:[\]]+)(:\d{1,5})?$/i.test(text)) return undefined;
  return text.replace(/:\d{1,5}$/, '').toLowerCase();
};

/**
 * Whether a request that names this `Host` may be answered. A page of another site can make its own name point to
 * 127.0.0.1; what it cannot do is make a browser send another `Host` than that name.
 * Shape: bound to more than loopback, every host passes: there, the token guards.
 */
export const isHostAllowed = (header: string | undefined, boundTo: string): boolean => {
  if (!isLoopback(boundTo)) return true;
  const name = hostName(header);
  return name !== undefined && (isLoopback(name) || name === boundTo.toLowerCase());
};

/** Whether the page that sent a request is one of ours. Shape: no `Origin` is no page; `null` is a page of nobody's. */
export const isOriginAllowed = (origin: string | undefined, host: string | undefined): boolean => {
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === (host ?? '').toLowerCase();
};

import type { ServerSettings } from '../config/resolved.js';

/** Where to reach a server that listens there: an address that stands for all of them reaches none. */
export const addressOf = ({ host, port }: Pick<ServerSettings, 'host' | 'port'>): string => {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  const reachable = bare === '0.0.0.0' ? '127.0.0.1' : bare === '::' ? '::1' : bare;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
};

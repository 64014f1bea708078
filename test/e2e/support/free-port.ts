import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below those that systems give to outgoing connections: nobody else takes it while a router is between two lives. */
const PORTS = { from: 20_000, count: 12_000 } as const;

/** A port for a router that another command must be told of beforehand. */
export const freePort = async (): Promise<number> => {
  const port = PORTS.from + Math.floor(Math.random() * PORTS.count);
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return freePort();
  }
  await once(server.close(), 'close');
  return port;
};

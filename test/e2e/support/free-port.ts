import { once } from 'node:events';
import { createServer } from 'node:net';

/** A port for a router that another command must be told of beforehand. */
export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await once(server.close(), 'close');
  return typeof address === 'object' && address ? address.port : 0;
};

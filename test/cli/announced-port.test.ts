import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { announcedPort, announcePort } from '../../src/cli/announced-port.js';

const HOST = '127.0.0.1';

/** The port of a router that answers until the test is over, or until it is ended. */
const router = async (): Promise<{ port: number; end: () => Promise<void> }> => {
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/healthz' ? 200 : 404).end('{}');
  }).listen(0, HOST);
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const end = (): Promise<void> => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  onTestFinished(end);
  return { port, end };
};

let store: string;
beforeEach(async () => {
  store = await mkdtemp(join(tmpdir(), 'rookery-port-'));
});
afterEach(() => rm(store, { recursive: true }));

describe('the port beside the store', () => {
  it('is found while its router runs, and taken back with it', async () => {
    const { port } = await router();
    const withdraw = await announcePort(store, { host: HOST, port });
    expect(await announcedPort(store, HOST)).toBe(port);
    await withdraw();
    expect(await announcedPort(store, HOST)).toBeNull();
  });

  it('of a router that answers there stays', async () => {
    const [first, second] = [await router(), await router()];
    await announcePort(store, { host: HOST, port: first.port });
    const withdraw = await announcePort(store, { host: HOST, port: second.port });
    await withdraw();
    expect(await announcedPort(store, HOST)).toBe(first.port);
  });

  it('of one that was killed is nobody’s, and replaced', async () => {
    const [killed, next] = [await router(), await router()];
    await announcePort(store, { host: HOST, port: killed.port });
    await killed.end();
    expect(await announcedPort(store, HOST)).toBeNull();
    await announcePort(store, { host: HOST, port: next.port });
    expect(await announcedPort(store, HOST)).toBe(next.port);
  });

  it('of one that was killed is taken over by who comes back on it', async () => {
    const { port } = await router();
    await announcePort(store, { host: HOST, port });
    const withdraw = await announcePort(store, { host: HOST, port });
    await withdraw();
    expect(await announcedPort(store, HOST)).toBeNull();
  });

  it('is nobody’s where the file says something else', async () => {
    await writeFile(join(store, 'server.json'), '{"port":"7777"}');
    expect(await announcedPort(store, HOST)).toBeNull();
  });
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { announcedPort, announcePort } from '../../src/cli/announced-port.js';

/** Another process that lives: whoever runs the tests. */
const SOMEBODY = process.ppid;
const OURS = 'http://127.0.0.1:7777';

let store: string;
beforeEach(async () => {
  store = await mkdtemp(join(tmpdir(), 'rookery-port-'));
});
afterEach(() => rm(store, { recursive: true }));

const said = (port: number): Promise<void> =>
  writeFile(join(store, 'server.json'), JSON.stringify({ pid: SOMEBODY, port }));

describe('the port beside the store', () => {
  it('is found while its router runs, and taken back with it', async () => {
    const withdraw = await announcePort(store, OURS);
    expect(await announcedPort(store)).toBe(7777);
    await withdraw();
    expect(await announcedPort(store)).toBeNull();
  });

  it('of a router that answers there stays', async () => {
    const other = createServer((_, response) => response.end('{}')).listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    await said(port);
    const withdraw = await announcePort(store, OURS);
    await withdraw();
    expect(await announcedPort(store)).toBe(port);
    other.close();
  });

  it('of one that was killed is replaced, also where its process seems to be there', async () => {
    const gone = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => gone.once('listening', resolve));
    const { port } = gone.address() as AddressInfo;
    await new Promise((resolve) => gone.close(resolve));
    await said(port);
    await announcePort(store, OURS);
    expect(await announcedPort(store)).toBe(7777);
  });
});

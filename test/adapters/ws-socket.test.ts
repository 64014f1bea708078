import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket as TcpSocket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { wsTransport } from '../../src/adapters/net/ws-socket.js';

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

const serve = async (onPeer: (peer: WebSocket) => void): Promise<string> => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', onPeer);
  await new Promise<void>((resolve) => server.on('listening', resolve));
  open.push(() => {
    for (const peer of server.clients) peer.terminate();
    server.close();
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
};

/** Opens a socket and keeps what it says. */
const client = (url: string) => {
  const heard: unknown[][] = [];
  const socket = wsTransport.open(url, {
    opened: () => heard.push(['opened']),
    text: (text) => heard.push(['text', text]),
    closed: (code, reason) => heard.push(['closed', code, reason]),
  });
  open.push(() => socket.detach());
  const until = (count: number, timeout = 3_000): Promise<void> =>
    vi.waitFor(() => expect(heard.length).toBeGreaterThanOrEqual(count), { timeout, interval: 5 });
  return { socket, heard, until };
};
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('a socket', () => {
  it('opens, talks both ways and closes with the peer’s word', async () => {
    const url = await serve((peer) => {
      peer.on('message', (data) => {
        peer.send(`you said ${data}`);
        peer.close(4009, 'Session timed out');
      });
    });
    const { socket, heard, until } = client(url);
    await until(1);
    socket.send('你好');
    await until(3);
    expect(heard).toEqual([['opened'], ['text', 'you said 你好'], ['closed', 4009, 'Session timed out']]);
    await wait(20);
    expect(heard).toHaveLength(3);
  });

  it('closes from here with code and reason', async () => {
    const seen: unknown[] = [];
    const url = await serve((peer) => peer.on('close', (code, reason) => seen.push([code, reason.toString()])));
    const { socket, heard, until } = client(url);
    await until(1);
    socket.close(1000, 'bye');
    socket.close(1000, 'twice');
    await until(2);
    expect(heard[1]).toEqual(['closed', 1000, 'bye']);
    expect(seen).toEqual([[1000, 'bye']]);
  });

  it.each([
    [1006, 'x', 1000],
    [99_999, 'x', 1000],
    [4000, '好'.repeat(100), 4000],
  ])('closes with what a frame can carry: %i', async (code, reason, expected) => {
    const url = await serve(() => undefined);
    const { socket, heard, until } = client(url);
    await until(1);
    socket.close(code, reason);
    await until(2);
    expect(heard[1]?.[1]).toBe(expected);
    expect(reason.startsWith(String(heard[1]?.[2]))).toBe(true);
  });

  it('loses what is sent before it is open or after it closed, without a word', async () => {
    const got: string[] = [];
    const url = await serve((peer) => peer.on('message', (data) => got.push(String(data))));
    const { socket, until } = client(url);
    socket.send('early');
    await until(1);
    socket.close(1000, '');
    await until(2);
    socket.send('late');
    socket.pause();
    socket.resume();
    await wait(20);
    expect(got).toEqual([]);
  });

  it('hands no text on after close', async () => {
    const url = await serve((peer) => {
      peer.send('first');
      // Whatever the peer still has to say comes between the two halves of the handshake.
      const chatter = setInterval(() => peer.send('more'), 1);
      peer.on('close', () => clearInterval(chatter));
    });
    const { socket, heard, until } = client(url);
    await until(2);
    socket.close(1000, '');
    const before = heard.length;
    await until(before + 1);
    expect(heard.slice(before)).toEqual([['closed', 1000, '']]);
  });
});

describe('1006 is', () => {
  it('an address that is none, told once and not at once', async () => {
    const { heard, until } = client('nonsense');
    expect(heard).toEqual([]);
    await until(1);
    expect(heard).toEqual([['closed', 1006, expect.any(String)]]);
  });

  it('a server that is not there', async () => {
    const { heard, until } = client('ws://127.0.0.1:9/');
    await until(1);
    expect(heard).toEqual([['closed', 1006, expect.stringContaining('ECONNREFUSED')]]);
  });

  it('a server that will not', async () => {
    const server = createServer((_, response) => response.writeHead(503).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    open.push(() => server.close());
    const { heard, until } = client(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await until(1);
    expect(heard).toEqual([['closed', 1006, expect.stringContaining('503')]]);
  });

  it('a connection that breaks', async () => {
    const url = await serve((peer) => setTimeout(() => peer.terminate(), 20));
    const { heard, until } = client(url);
    await until(2);
    expect(heard).toEqual([['opened'], ['closed', 1006, '']]);
  });

  it('a frame beyond the bound', async () => {
    const url = await serve((peer) => peer.send('x'.repeat(5 * 1_048_576)));
    const { heard, until } = client(url);
    await until(2);
    expect(heard[1]).toEqual(['closed', 1006, expect.stringContaining('payload')]);
  });

  it('a peer that does not answer the closing handshake within two seconds', async () => {
    const sockets: TcpSocket[] = [];
    const { createHash } = await import('node:crypto');
    const server = createTcpServer((socket) => {
      sockets.push(socket);
      socket.once('data', (head) => {
        const key = /sec-websocket-key: (.+)\r\n/i.exec(head.toString())?.[1];
        const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
        socket.write(
          `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
        );
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    open.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const { socket, heard, until } = client(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await until(1);
    const sinceMs = Date.now();
    socket.close(1000, 'bye');
    await until(2, 5_000);
    expect(heard[1]?.slice(0, 2)).toEqual(['closed', 1006]);
    expect(Date.now() - sinceMs).toBeLessThan(3_000);
  });
});

describe('pause', () => {
  it('lets the frames wait on the wire until resume', async () => {
    let peer: WebSocket | null = null;
    const url = await serve((one) => {
      peer = one;
    });
    const { socket, heard, until } = client(url);
    await until(1);
    socket.pause();
    for (let index = 0; index < 10; index += 1) (peer as WebSocket | null)?.send(`${index}`);
    await wait(50);
    expect(heard).toEqual([['opened']]);
    socket.resume();
    await until(11);
    expect(heard.slice(1).map(([, text]) => text)).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
  });

  it('holds where it was asked for before the socket was open', async () => {
    const url = await serve((peer) => setTimeout(() => peer.send('early'), 20));
    const { socket, heard, until } = client(url);
    socket.pause();
    await until(1);
    await wait(60);
    expect(heard).toEqual([['opened']]);
    socket.resume();
    await until(2);
  });

  it('does not keep a socket from closing', async () => {
    const url = await serve((peer) => setTimeout(() => peer.send('unread'), 10));
    const { socket, heard, until } = client(url);
    await until(1);
    socket.pause();
    await wait(40);
    socket.close(1000, 'bye');
    await until(2, 1_000);
    expect(heard).toEqual([['opened'], ['closed', 1000, 'bye']]);
  });
});

describe('detach', () => {
  it('silences for ever and ends the connection', async () => {
    let gone = false;
    const url = await serve((peer) => {
      peer.on('close', () => {
        gone = true;
      });
      peer.send('hello');
    });
    const { socket, heard, until } = client(url);
    await until(1);
    socket.detach();
    socket.detach();
    const before = heard.length;
    await vi.waitFor(() => expect(gone).toBe(true), { timeout: 3_000 });
    expect(heard).toHaveLength(before);
  });

  it.each([
    ['while connecting', 'ws://127.0.0.1:9/'],
    ['from an address that is none', 'nonsense'],
  ])('says nothing %s', async (_, url) => {
    const { socket, heard } = client(url);
    socket.detach();
    await wait(50);
    expect(heard).toEqual([]);
  });
});

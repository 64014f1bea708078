import { createServer } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';

/**
 * The least that can stand for the platform, in a process of its own, so that what is measured is the router.
 * It keeps `inFlight` users waiting for an answer: each answer brings the message of another user.
 */
type Order = { readonly inFlight: number; readonly users: number };

const HEAD = { 'content-type': 'application/json' };
let socket: WebSocket | null = null;
let order: Order = { inFlight: 0, users: 1 };
let pushed = 0;
let answered = 0;

const push = (): void => {
  pushed += 1;
  const openid = `USER${String(pushed % order.users).padStart(28, '0')}`;
  const d = {
    id: `ROBOT1.0_${pushed}`,
    content: `message number ${pushed}`,
    timestamp: new Date().toISOString(),
    author: { id: openid, user_openid: openid, union_openid: '', username: '', bot: false },
    message_type: 0,
    message_scene: { source: 'default', ext: [`msg_idx=REFIDX_${pushed}`] },
    attachments: [],
  };
  socket?.send(
    JSON.stringify({ op: 0, s: pushed + 1, t: 'C2C_MESSAGE_CREATE', id: `C2C_MESSAGE_CREATE:${pushed}`, d }),
  );
};

const server = createServer((request, response) => {
  const { url = '' } = request;
  request.resume();
  request.on('end', () => {
    if (url === '/app/getAppAccessToken') {
      response.writeHead(200, HEAD).end('{"access_token":"bench","expires_in":"7200"}');
    } else if (url === '/gateway/bot') {
      const { port } = server.address() as { port: number };
      const limit = { total: 1000, remaining: 1000, reset_after: 86_400_000, max_concurrency: 1 };
      response
        .writeHead(200, HEAD)
        .end(JSON.stringify({ url: `ws://127.0.0.1:${port}/websocket`, shards: 1, session_start_limit: limit }));
    } else {
      answered += 1;
      response.writeHead(200, HEAD).end(`{"id":"R${answered}","timestamp":"2026-01-01T00:00:00+08:00"}`);
      if (order.inFlight > 0) push();
    }
  });
});
server.keepAliveTimeout = 60_000;

new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (peer) => {
  socket = peer;
  peer.send('{"op":10,"d":{"heartbeat_interval":45000}}');
  peer.on('message', (data) => {
    const { op } = JSON.parse(String(data)) as { op: number };
    if (op === 1) peer.send('{"op":11}');
    if (op !== 2) return;
    peer.send(
      '{"op":0,"s":1,"t":"READY","d":{"version":1,"session_id":"bench","user":{"id":"1","username":"bench","bot":true},"shard":[0,1]}}',
    );
  });
});

process.on('message', (message: { start?: Order; count?: true; stop?: true }) => {
  if (message.start) {
    order = message.start;
    for (let n = 0; n < order.inFlight; n += 1) push();
  }
  if (message.count) process.send?.({ answered });
  if (message.stop) process.exit(0);
});

server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as { port: number }).port }));

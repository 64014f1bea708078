import { Pool } from 'undici';
import { WebSocket } from 'ws';

/** What nothing can go below: the frame read and parsed, one POST per message, no logic. */
export const startFloor = async (api: string): Promise<() => Promise<void>> => {
  const pool = new Pool(api, { connections: 64 });
  const socket = new WebSocket(`${api.replace('http', 'ws')}/websocket`, { perMessageDeflate: false });
  await new Promise<void>((resolve) => {
    socket.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as {
        op: number;
        t?: string;
        d?: { id: string; content: string; author: { user_openid: string } };
      };
      if (frame.op === 10) socket.send('{"op":2,"d":{}}');
      if (frame.t === 'READY') resolve();
      if (frame.t !== 'C2C_MESSAGE_CREATE' || !frame.d) return;
      const { id, content, author } = frame.d;
      void pool
        .request({
          method: 'POST',
          path: `/v2/users/${author.user_openid}/messages`,
          headers: { 'content-type': 'application/json', authorization: 'QQBot bench' },
          body: JSON.stringify({ msg_type: 0, content, msg_id: id, msg_seq: 1 }),
        })
        .then(({ body }) => body.json());
    });
  });
  return async () => {
    socket.terminate();
    await pool.destroy();
  };
};

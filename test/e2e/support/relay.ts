import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import type { Emulator } from '../../../src/emulator/index.js';

/** Stands between the router and the emulated gateway, and keeps what a link was closed with by the router. */
export class Relay {
  /** Resolves with the code of the first close that came from the router. */
  readonly goodbye: Promise<number>;
  readonly #server = new WebSocketServer({ port: 0, host: '127.0.0.1' });

  private constructor(gateway: string) {
    this.goodbye = new Promise((resolve) => {
      this.#server.on('connection', (router) => {
        const platform = new WebSocket(gateway);
        platform.on('message', (data, isBinary) => router.send(data, { binary: isBinary }));
        platform.on('close', () => router.terminate());
        router.on('message', (data, isBinary) => platform.send(data, { binary: isBinary }));
        router.on('close', (code) => {
          resolve(code);
          platform.terminate();
        });
      });
    });
  }

  /** From now on `/gateway` names the relay. */
  static async before(emulator: Emulator): Promise<Relay> {
    const relay = new Relay(emulator.urls.gateway);
    await once(relay.#server, 'listening');
    emulator.gatewayUrl = `ws://127.0.0.1:${(relay.#server.address() as AddressInfo).port}`;
    return relay;
  }

  close(): void {
    this.#server.close();
  }
}

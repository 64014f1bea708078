import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createPublicFetch, type PublicFetchOptions } from '../../src/adapters/net/public-fetch.js';
import type { PublicFetch } from '../../src/ports/files.js';

const servers: Server[] = [];
const fetchers: PublicFetch[] = [];
const serve = async (listener: RequestListener): Promise<{ origin: string; hits: () => number }> => {
  let hits = 0;
  const server = createServer((request, response) => {
    hits += 1;
    listener(request, response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, hits: () => hits };
};
const fetcher = (options: Partial<PublicFetchOptions> = {}): PublicFetch => {
  const made = createPublicFetch({ trustedOrigins: [], ...options });
  fetchers.push(made);
  return made;
};
const read = async (by: PublicFetch, url: string, bytesMax = 1_000): Promise<string> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of (await by.fetch(url, bytesMax)).bytes) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
};
afterEach(async () => {
  await Promise.all(fetchers.splice(0).map((one) => one.close()));
  for (const server of servers.splice(0)) server.close();
});

describe('a file that a stranger names', () => {
  it('is not fetched from this machine, by whatever name', async () => {
    const { origin, hits } = await serve((_, response) => response.end('secret'));
    const port = new URL(origin).port;
    const spellings = ['127.0.0.1', 'localhost', '2130706433', '0x7f.1', '0', '[::1]', '[::ffff:127.0.0.1]', '127.1'];
    for (const host of spellings) {
      await expect(read(fetcher(), `http://${host}:${port}/`), host).rejects.toMatchObject({
        code: 'media.addressRefused',
      });
    }
    expect(hits()).toBe(0);
  });

  it('is not fetched where one of a name’s addresses is not public', async () => {
    const lookup = async () => ['93.184.216.34', '10.0.0.1'];
    await expect(read(fetcher({ lookup }), 'http://two.example/')).rejects.toMatchObject({
      code: 'media.addressRefused',
    });
  });

  it('is asked for at the address that was checked: a name is looked up once', async () => {
    let asked = 0;
    const lookup = async () => {
      asked += 1;
      // What a rebinding name server does: public at first, here the second time.
      return asked === 1 ? ['10.1.2.3'] : ['93.184.216.34'];
    };
    await expect(read(fetcher({ lookup }), 'http://turns.example/')).rejects.toMatchObject({
      code: 'media.addressRefused',
    });
    expect(asked).toBe(1);
  });

  it('is fetched from the configured platform, though that is here', async () => {
    const { origin } = await serve((_, response) => response.end('hello'));
    await expect(read(fetcher({ trustedOrigins: [`${origin}/v2`] }), `${origin}/a.txt`)).resolves.toBe('hello');
  });

  it('does not lead elsewhere by a redirect, not even from the platform', async () => {
    const inner = await serve((_, response) => response.end('secret'));
    const outer = await serve((_, response) => response.writeHead(302, { location: `${inner.origin}/` }).end());
    const by = fetcher({ trustedOrigins: [outer.origin] });
    await expect(read(by, `${outer.origin}/`)).rejects.toMatchObject({ code: 'media.addressRefused' });
    expect(inner.hits()).toBe(0);
  });

  it('is not redirected without end', async () => {
    const { origin, hits } = await serve((_, response) => response.writeHead(302, { location: '/' }).end());
    await expect(read(fetcher({ trustedOrigins: [origin] }), `${origin}/`)).rejects.toMatchObject({
      code: 'media.unreadable',
    });
    expect(hits()).toBe(4);
  });

  it.each(['ftp://a.example/', 'file:///etc/passwd', 'data:text/plain,a', 'nonsense', 'http://'])(
    'is not fetched by %s',
    async (url) => {
      await expect(read(fetcher(), url)).rejects.toMatchObject({ code: 'media.addressRefused' });
    },
  );

  it('ends where it is larger than it may be, whether it says so or not', async () => {
    const honest = await serve((_, response) => response.end('x'.repeat(2_000)));
    const sly = await serve((_, response) => {
      response.write('x'.repeat(600));
      response.write('x'.repeat(600));
      response.end();
    });
    const by = fetcher({ trustedOrigins: [honest.origin, sly.origin] });
    await expect(read(by, honest.origin)).rejects.toMatchObject({ code: 'media.tooLarge' });
    await expect(read(by, sly.origin)).rejects.toMatchObject({ code: 'media.tooLarge' });
  });

  it('ends where it takes too long', async () => {
    const { origin } = await serve((_, response) => void response.write('x'));
    const by = fetcher({ trustedOrigins: [origin], timeoutMs: 100 });
    await expect(read(by, origin)).rejects.toMatchObject({ code: 'transport.timeout' });
  });

  it('is refused where its server says no', async () => {
    const { origin } = await serve((_, response) => response.writeHead(404).end());
    await expect(read(fetcher({ trustedOrigins: [origin] }), origin)).rejects.toMatchObject({
      code: 'media.unreadable',
      more: { status: 404 },
    });
  });
});

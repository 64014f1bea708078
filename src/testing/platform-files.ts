import type { Platform } from '../emulator/index.js';
import { RouterError } from '../errors/router-error.js';
import type { Fetched, PublicFetch } from '../ports/files.js';

/** Files behind the platform's own links, out of its memory; every other address is refused, as a private one is. */
export const platformFiles = (platform: Platform): PublicFetch => ({
  fetch: async (url, bytesMax): Promise<Fetched> => {
    const { host } = new URL(url);
    if (!url.startsWith(`${platform.baseUrl}/`)) {
      throw new RouterError('media.addressRefused', `${host} is not the platform, and there is no other network here`);
    }
    const path = url.slice(platform.baseUrl.length);
    const { status, headers, body } = platform.request({ method: 'GET', path, headers: {} });
    if (status !== 200) throw new RouterError('media.unreadable', `${host} answers ${status}`, { status });
    const bytes = body as Buffer;
    if (bytes.length > bytesMax) throw new RouterError('media.tooLarge', `${host} offers more than ${bytesMax} bytes`);
    const contentType = headers['content-type'];
    return { bytes: whole(bytes), ...(contentType !== undefined && { contentType }) };
  },
  close: async () => undefined,
});

async function* whole(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

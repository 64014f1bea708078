import { pipeline, type Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { RouterError } from '../../errors/router-error.js';

/** What a server may pack its answer in although it is asked not to; proxies do. */
const UNPACK: Readonly<Record<string, () => NodeJS.ReadWriteStream & Readable>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/**
 * A body's bytes as they were before they were packed, as they come. Nothing is unpacked ahead of who reads, so what is
 * packed small and is large is bounded where it is read.
 * Errors: `agent.refused` for a coding that is not known; what a broken packing says, where it is read.
 */
export const unpacked = (body: Readable, coding: string): Readable => {
  const name = coding.trim().toLowerCase();
  if (name === '' || name === 'identity') return body;
  const unpack = Object.hasOwn(UNPACK, name) ? UNPACK[name] : undefined;
  if (!unpack) {
    body.destroy();
    throw new RouterError('agent.refused', `the answer is packed as ${name.slice(0, 40)}, which nobody asked for`);
  }
  // Who reads is told of both ends' errors by the last stream.
  return pipeline(body, unpack(), () => undefined) as unknown as Readable;
};

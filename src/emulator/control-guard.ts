import type { IncomingMessage } from 'node:http';

/** The names of this machine that a browser on it may use; any other name may be somebody else's, pointed here. */
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/iu;

/** Why a request is turned away from the control surface; undefined: it is not. */
export const whyRefused = ({ headers, method }: IncomingMessage): string | undefined => {
  const { host = '', origin } = headers;
  // A page of another site can make its own name point to 127.0.0.1, and sends that name.
  if (!LOOPBACK.test(host)) return 'the Host header names no address of this machine';
  // A page of another origin is on this machine, or says `null`: the surface is for its own pages and for programs.
  if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`)
    return 'called by another origin';
  if (headers['sec-fetch-site'] === 'cross-site') return 'called by another site';
  // What a form of another site can send without asking first is none of these.
  const isJson = /^application\/json(?:;|$)/iu.test(headers['content-type'] ?? '');
  return method === 'POST' && !isJson ? 'send application/json' : undefined;
};

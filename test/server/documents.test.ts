import { createRequire } from 'node:module';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRouter } from '../../src/index.js';
import { createLogger } from '../../src/log/logger.js';
import { type RunningServer, startServer } from '../../src/server/server.js';

/** The schemas of the two specifications themselves, as their projects publish them. */
const require = createRequire(import.meta.url);
const ASYNC_API = require('@asyncapi/specs/schemas/3.0.0-without-$id.json') as object;

type Document = Record<string, unknown>;

let server: RunningServer;
const fetched = async (path: string): Promise<Document> =>
  (await (await fetch(new URL(path, server.url))).json()) as Document;

beforeAll(async () => {
  const router = createRouter({
    channels: { qq: { appId: '102000001', appSecret: 'secret' } },
    agent: { driver: 'native' },
  });
  const { log } = createLogger({ level: 'silent', destination: null });
  server = await startServer({
    router,
    agents: router.agents,
    log,
    version: '1',
    settings: { host: '127.0.0.1', port: 0, inspect: 'texts' } as never,
  });
});
afterAll(() => server.close());

describe('/asyncapi.json', () => {
  // Formats name what a reader may check; the structure is what is asked here.
  const isAsyncApi = new Ajv({ strict: false, logger: false, validateFormats: false }).compile(ASYNC_API);
  const faultsOf = (document: Document): string[] => {
    const isValid = isAsyncApi(document);
    return isValid ? [] : (isAsyncApi.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  };

  it('is valid by the schema of AsyncAPI 3.0', async () => {
    expect(faultsOf(await fetched('/asyncapi.json'))).toEqual([]);
  });

  it.each([
    ['an action nobody knows', (document: Document) => Object.assign(operationOf(document), { action: 'shout' })],
    [
      'a channel that is no reference',
      (document: Document) => Object.assign(operationOf(document), { channel: 'socket' }),
    ],
    [
      'a payload that is no schema',
      (document: Document) => Object.assign(messageOf(document), { payload: { type: 7 } }),
    ],
    ['no title', (document: Document) => Object.assign(document, { info: { version: '1' } })],
  ])('would not be with %s', async (_, spoil) => {
    const document = await fetched('/asyncapi.json');
    spoil(document);
    expect(faultsOf(document)).not.toEqual([]);
  });

  it('refers only to what is there', async () => {
    const document = await fetched('/asyncapi.json');
    const refs = JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/gu);
    const missing = [...refs].map(([, ref]) => ref as string).filter((ref) => lookUp(document, ref) === undefined);
    expect(missing).toEqual([]);
  });
});

describe('/openapi.json', () => {
  const faultsOf = async (document: Document): Promise<unknown> => (await new Validator().validate(document)).errors;

  it('is valid by the schema of OpenAPI 3.1', async () => {
    const validator = new Validator();
    const { errors, valid } = await validator.validate(await fetched('/openapi.json'));
    expect([valid, errors, validator.version]).toEqual([true, undefined, '3.1']);
  });

  it('would not be with an answer that says nothing of itself', async () => {
    const document = await fetched('/openapi.json');
    const paths = document['paths'] as Record<string, Record<string, Document>>;
    Object.assign(paths['/healthz']?.['get'] ?? {}, { responses: { 200: {} } });
    expect(await faultsOf(document)).toBeDefined();
  });

  it('refers only to what is there', async () => {
    const document = await fetched('/openapi.json');
    const refs = JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/gu);
    const missing = [...refs].map(([, ref]) => ref as string).filter((ref) => lookUp(document, ref) === undefined);
    expect(missing).toEqual([]);
  });
});

const operationOf = (document: Document): object => (document['operations'] as Record<string, object>)['say'] ?? {};
const messageOf = ({ components }: Document): object =>
  (components as { messages: Record<string, object> }).messages['ping'] ?? {};

/** Shape: undefined where a local reference leads nowhere. */
const lookUp = (document: Document, ref: string): unknown =>
  ref
    .slice('#/'.length)
    .split('/')
    .map((step) => decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((at, step) => (at as Document | undefined)?.[step], document);

import { parseJSON5 } from 'confbox';
import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { configJsonSchema } from '../../src/config/schema.js';
import { QQ, ref, resolve } from './support.js';

/** The sample of the documentation. */
const SAMPLE = `{
  channels: {
    qq: {
      enabled: true,
      appId: "${ref('QQ_BOT_APP_ID')}", appSecret: "${ref('QQ_BOT_APP_SECRET')}",
      sandbox: false,
      transport: "websocket",
      intents: ["guilds", "public_guild_messages", "direct_messages", "group_and_c2c", "interaction"],
      shards: "auto",
      groupPolicy: "mention",
      allowedUsers: ["*"],
      ackReactions: false,
      streamMode: "typing",
      interruptOnNewMessage: true,
      busy: "interrupt",
      maxReplyChars: 18000,
      endpoints: { token: "https://bots.qq.com", api: "https://api.sgroup.qq.com" }
    }
  },
  agent: { driver: "openai", baseUrl: "http://127.0.0.1:11434/v1", apiKey: "${ref('OPENAI_API_KEY')}", model: "qwen3", system: "…" },
  server: { host: "127.0.0.1", port: 18800, token: "${ref('ROOKERY_TOKEN')}" },
  store: { driver: "embedded", path: "./rookery-data" },
  log: { level: "info" }
}`;

/** Whether a validator that is not ours accepts `body` under the published JSON Schema. */
const accepted = async (body: unknown): Promise<boolean> => {
  const app = Fastify({ ajv: { customOptions: { removeAdditional: false, coerceTypes: false, useDefaults: false } } });
  app.post('/', { schema: { body: configJsonSchema() } }, () => 'ok');
  const { statusCode } = await app.inject({ method: 'POST', url: '/', payload: body as object });
  await app.close();
  return statusCode === 200;
};

describe('the documented sample', () => {
  it('is what the defaults are', () => {
    const names = ['QQ_BOT_APP_ID', 'QQ_BOT_APP_SECRET', 'OPENAI_API_KEY', 'ROOKERY_TOKEN'];
    const env = Object.fromEntries(names.map((name) => [name, `value-of-${name}`]));
    const { config } = resolve(parseJSON5(SAMPLE), env);
    const plain = resolve({ channels: { qq: { ...QQ, appId: 'value-of-QQ_BOT_APP_ID' } } }).config;
    expect(JSON.stringify(config.channels)).toBe(JSON.stringify(plain.channels));
    expect(config).toMatchObject({ store: { driver: 'embedded' }, agent: { model: 'qwen3' } });
  });

  it('fits the JSON Schema', async () => {
    expect(await accepted(parseJSON5(SAMPLE))).toBe(true);
  });
});

describe('the JSON Schema', () => {
  it.each<[string, object, boolean]>([
    ['the least', { channels: { qq: QQ } }, true],
    [
      'scenes and shards',
      { channels: { qq: { ...QQ, scenes: { dm: { busy: 'steer' } }, shards: { ids: [0], count: 1 } } } },
      true,
    ],
    ['an unknown key', { channels: { qq: { ...QQ, nope: 1 } } }, false],
    ['an unknown mode', { channels: { qq: { ...QQ, streamMode: 'edit' } } }, false],
    ['a driver to come', { channels: { qq: QQ }, agent: { driver: 'coze' } }, false],
    ['no secret', { channels: { qq: { appId: '1' } } }, false],
  ])('agrees with us on %s', async (_, written, fits) => {
    expect(await accepted(written)).toBe(fits);
  });

  it('tells every setting’s default and most settings’ meaning', () => {
    const text = JSON.stringify(configJsonSchema());
    expect(text).toContain('"default":18000');
    expect(text).toContain('"default":"typing"');
    expect(text).toContain('Openids that may write');
  });
});

import { parseJSON5, parseTOML } from 'confbox';
import { describe, expect, it } from 'vitest';
import { type Imported, importConfig } from '../../src/config/import/import-config.js';
import { renderNote } from '../../src/config/import/notes.js';
import { resolveConfig } from '../../src/config/resolve.js';

/** As an operator of OpenPollen has it, secrets and all. */
const OPENPOLLEN = `{
  // my bot
  "agent": {
    "model": "claude-sonnet-4-20250514",
    "fallbackModel": "claude-haiku-4-20250514",
    "maxTurns": 15,
    "systemPrompt": "You are a helpful AI assistant.",
    "defaultTools": ["Read", "Grep"],
  },
  "gateway": {
    "host": "127.0.0.1",
    "port": 18800,
    "auth": { "mode": "none" },
    "session": { "timeoutMinutes": 30, "maxConcurrent": 50 },
  },
  "channels": {
    "webchat": { "enabled": true, "port": 3001 },
    "dingtalk": { "enabled": false, "clientId": "ding-1", "clientSecret": "canary-ding-secret" },
    "qq": {
      "enabled": true,
      "appId": "102000042",
      "appSecret": "canary-qq-secret",
      "sandbox": true,
      "groupPolicy": "all",
    },
  },
  "providers": {
    "beelive": { "enabled": false, "apiKey": "canary-beelive-key" },
    "openai": { "enabled": true, "apiKey": "canary-openai-key", "model": "gpt-4o" },
    "ollama": { "enabled": true, "baseUrl": "http://localhost:11434", "model": "qwen3-coder" },
  },
  "skills": { "directory": "~/.openpollen/skills", "enabled": [] },
  "memory": { "backend": "sqlite", "sqlitePath": "~/.openpollen/memory.db" },
  "logging": { "level": "debug", "file": "~/.openpollen/logs/openpollen.log" },
}`;

/** As an operator of PRX has it. */
const PRX = `
api_key = "canary-prx-key"
default_provider = "openrouter"
default_model = "anthropic/claude-sonnet-4-6"
default_temperature = 0.7

[gateway]
host = "0.0.0.0"
port = 16830
require_pairing = true

[memory]
backend = "sqlite"

[channels_config]
cli = true
ack_reactions = true

[channels_config.telegram]
bot_token = "canary-telegram-token"
allowed_users = []

[channels_config.qq]
app_id = 102012345
app_secret = "enc2:canary-qq-secret"
allowed_users = ["user_openid_1"]
sandbox = false
intents = ["guilds", "guild_messages", "direct_messages"]
stream_mode = "none"
interrupt_on_new_message = true
mention_only = true
receive_mode = "webhook"
draft_update_interval_ms = 500
`;

const openPollen = (text = OPENPOLLEN): Imported => importConfig(parseJSON5(text), 'openpollen.json');
const prx = (text = PRX): Imported => importConfig(parseTOML(text), 'config.toml');
const notes = ({ notes }: Imported): string[] => notes.map(({ path, kind }) => `${path} ${kind}`);
const resolved = ({ text }: Imported, env: Record<string, string> = {}) =>
  resolveConfig(parseJSON5(text), { baseDir: '/', env: { QQ_BOT_APP_SECRET: 's', ROOKERY_TOKEN: 't', ...env } });

describe('an openpollen.json', () => {
  it('becomes a configuration that runs, with its secrets left where they are', () => {
    const imported = openPollen();
    expect(imported.from).toBe('OpenPollen');
    expect(parseJSON5(imported.text)).toEqual({
      channels: {
        qq: {
          enabled: true,
          appId: '102000042',
          // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference, as a configuration writes it.
          appSecret: '${QQ_BOT_APP_SECRET}',
          sandbox: true,
          groupPolicy: 'all',
          allowedUsers: ['*'],
        },
      },
      agent: {
        driver: 'openai',
        baseUrl: 'https://api.openai.com/v1',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference, as a configuration writes it.
        apiKey: '${OPENAI_API_KEY}',
        model: 'gpt-4o',
        system: 'You are a helpful AI assistant.',
      },
      server: { host: '127.0.0.1', port: 18_800 },
      log: { level: 'debug' },
    });
    expect(resolved(imported, { OPENAI_API_KEY: 'k' }).warnings).toEqual([]);
  });

  it('names every part it left out, and each secret with the variable it belongs in', () => {
    expect(notes(openPollen())).toEqual([
      'providers.openai.apiKey secret',
      'channels.qq.appSecret secret',
      'channels.qq everyone',
      'agent.fallbackModel noEquivalent',
      'agent.maxTurns noEquivalent',
      'agent.defaultTools noEquivalent',
      'gateway.session noEquivalent',
      'channels.webchat otherPlatform',
      'channels.dingtalk otherPlatform',
      'providers.beelive.apiKey noEquivalent',
      'providers.ollama noEquivalent',
      'skills noEquivalent',
      'memory noEquivalent',
      'logging.file noEquivalent',
    ]);
  });

  it('keeps references to the environment as they are', () => {
    const imported = openPollen(OPENPOLLEN.replace('canary-qq-secret', `\${MY_SECRET}`));
    expect(imported.text).toContain(`'\${MY_SECRET}'`);
    expect(notes(imported)).not.toContain('channels.qq.appSecret secret');
  });

  it.each([
    [
      'ollama',
      '"openai": { "enabled": false }, "ollama": { "enabled": true }',
      { baseUrl: 'http://127.0.0.1:11434/v1', model: 'qwen3-coder' },
    ],
    [
      'anthropic',
      '"anthropic": { "enabled": true, "apiKey": "canary-key" }',
      { baseUrl: 'https://api.anthropic.com/v1', model: 'claude-sonnet-4-20250514' },
    ],
    ['beelive', '"beelive": { "enabled": true, "baseUrl": "https://lite.example/anthropic-proxy" }', undefined],
    ['none', '"openai": { "enabled": false }', undefined],
  ])('with the provider %s', (_, providers, agent) => {
    const text = OPENPOLLEN.replace(/"providers": \{[\s\S]*?\n {2}\},/, `"providers": { ${providers} },`);
    const imported = openPollen(text);
    const told = (parseJSON5(imported.text) as { agent?: object }).agent;
    if (agent) expect(told).toMatchObject(agent);
    else expect(told).toBeUndefined();
    expect(notes(imported).some((note) => /agent(Missing|Protocol|Guessed)$/.test(note))).toBe(_ !== 'ollama');
  });

  it('an open gateway gets a token', () => {
    const imported = openPollen(OPENPOLLEN.replace('"host": "127.0.0.1"', '"host": "0.0.0.0"'));
    expect(imported.text).toContain(`token: '\${ROOKERY_TOKEN}'`);
    expect(notes(imported)).toContain('gateway.host token');
  });
});

describe('a PRX config.toml', () => {
  it('becomes a configuration that runs as it did', () => {
    const imported = prx();
    expect(imported.from).toBe('PRX');
    const { config, warnings } = resolved(imported, { OPENROUTER_API_KEY: 'k' });
    expect(warnings).toEqual([]);
    expect(config.channels['qq']).toMatchObject({
      appId: '102012345',
      transport: 'webhook',
      intents: 1 | (1 << 9) | (1 << 12),
      scenes: {
        group: {
          allowedUsers: ['user_openid_1'],
          groupPolicy: 'mention',
          busy: 'interrupt',
          streamMode: 'final',
          ackReactions: true,
        },
      },
    });
    expect(config.agent).toMatchObject({
      driver: 'openai',
      baseUrl: 'https://openrouter.ai/api/v1',
      model: 'anthropic/claude-sonnet-4-6',
      body: { temperature: 0.7 },
    });
    expect(config.server).toMatchObject({ host: '0.0.0.0', port: 16_830 });
    expect(config.server.token?.reveal()).toBe('t');
  });

  it('names every part it left out', () => {
    expect(notes(prx())).toEqual([
      'api_key secret',
      'gateway.host token',
      'channels_config.qq.app_secret secret',
      'channels_config.qq.receive_mode callback',
      'memory noEquivalent',
      'channels_config.cli otherPlatform',
      'channels_config.telegram otherPlatform',
      'channels_config.qq.draft_update_interval_ms noEquivalent',
    ]);
  });

  it('lets in nobody whom PRX did not, and interrupts nothing that PRX did not', () => {
    const imported = prx('[channels_config.qq]\napp_id = "1"\napp_secret = "canary-s"\n');
    expect(resolved(imported).config.channels['qq']?.scenes.c2c).toMatchObject({ allowedUsers: [], busy: 'collect' });
    expect(notes(imported)).toEqual([
      'default_provider agentMissing',
      'channels_config.qq.app_secret secret',
      'channels_config.qq.allowed_users pairing',
      'channels_config.qq.interrupt_on_new_message collects',
    ]);
  });

  it('knows a provider by its address', () => {
    const given = PRX.replace('"openrouter"', '"custom:https://llm.example/api"');
    expect(resolved(prx(given), { OPENAI_API_KEY: 'k' }).config.agent).toMatchObject({
      baseUrl: 'https://llm.example/api/v1',
    });
    expect(notes(prx(given))).toContain('default_provider agentGuessed');
    expect(notes(prx(PRX.replace('"openrouter"', '"bedrock"')))).toContain('default_provider agentProtocol');
  });
});

it('no secret gets into what is printed, whatever it stands in', () => {
  const inUrl = PRX.replace('"openrouter"', '"custom:https://me:canary-password@llm.example"');
  for (const imported of [openPollen(), prx(), prx(inUrl)]) {
    const printed = [
      imported.text,
      ...imported.notes.flatMap((note) => [renderNote(note, 'en'), renderNote(note, 'zh')]),
    ];
    expect(printed.join('\n')).not.toContain('canary');
  }
});

it('every note is told in both languages', () => {
  for (const note of [
    ...openPollen().notes,
    ...prx().notes,
    ...prx('[channels_config.qq]\napp_id="1"\napp_secret="s"').notes,
  ]) {
    expect(renderNote(note, 'en')).not.toMatch(/\p{Script=Han}/u);
    expect(renderNote(note, 'zh')).toMatch(/\p{Script=Han}/u);
  }
});

describe('what cannot be imported', () => {
  it.each<[string, unknown, string]>([
    ['neither program’s', { hello: 1 }, 'file: is neither an openpollen.json nor a PRX config.toml'],
    ['no object', [1], 'file: is neither'],
    ['our own', { channels: { qq: { appId: '1' } } }, 'file: is neither'],
    ['without QQ', { agent: {}, channels: { webchat: {} } }, 'channels.qq: missing: there is no QQ bot'],
    ['without a secret', { agent: {}, channels: { qq: { appId: '1' } } }, 'channels.qq.appSecret: missing'],
    [
      'with a value we refuse',
      { agent: {}, channels: { qq: { appId: '1', appSecret: 's', groupPolicy: 'none' } } },
      'channels.qq.groupPolicy: found "none"',
    ],
  ])('%s', (_, value, message) => {
    expect(() => importConfig(value, 'file')).toThrow(message);
  });
});

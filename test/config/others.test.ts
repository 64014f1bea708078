import { parseJSON5, parseTOML } from 'confbox';
import { describe, expect, it } from 'vitest';
import { renderProblem } from '../../src/config/problems.js';
import { problems, resolve } from './support.js';

const warned = (written: unknown, lang: 'en' | 'zh' = 'en'): string[] =>
  resolve(written).warnings.map((warning) => renderProblem(warning, lang));

describe('a PRX table', () => {
  const full = parseTOML(`
    [channels_config]
    cli = true
    ack_reactions = true

    [channels_config.telegram]
    bot_token = "123:abc"

    [channels_config.qq]
    app_id = "102012345"
    app_secret = "secret-of-prx"
    allowed_users = ["user_openid_1", "user_openid_2"]
    sandbox = true
    intents = ["guilds", "guild_messages", "direct_messages"]
    stream_mode = "none"
    interrupt_on_new_message = true
    mention_only = true
    draft_update_interval_ms = 500
  `);

  it('works as it stands', () => {
    const { config } = resolve(full);
    expect(Object.keys(config.channels)).toEqual(['qq']);
    expect(config.channels['qq']).toMatchObject({
      appId: '102012345',
      sandbox: true,
      intents: 1 | (1 << 9) | (1 << 12),
      endpoints: { api: 'https://sandbox.api.sgroup.qq.com' },
      scenes: {
        group: {
          allowedUsers: ['user_openid_1', 'user_openid_2'],
          streamMode: 'final',
          busy: 'interrupt',
          groupPolicy: 'mention',
          ackReactions: true,
        },
      },
    });
  });

  it('has what it alone knows named in a warning', () => {
    expect(warned(full)).toEqual([
      'channels.cli (written channels_config.cli): ignored: PRX knows this key, Rookery has nothing it could set',
      'channels.telegram (written channels_config.telegram): ignored: PRX knows this key, Rookery has nothing it could set',
      'channels.qq.draftUpdateIntervalMs (written channels_config.qq.draft_update_interval_ms): ignored: PRX knows this key, Rookery has nothing it could set',
    ]);
    expect(warned(full, 'zh')[2]).toContain('已忽略：这是 PRX 的配置项');
  });

  it('that lets nobody in still lets nobody in unasked', () => {
    const written = parseTOML('[channels_config.qq]\napp_id = 5\napp_secret = "s"\nack_reactions = false\n');
    expect(resolve(written).config.channels['qq']?.scenes.c2c).toMatchObject({ allowedUsers: [], ackReactions: false });
    expect(warned(written)).toEqual([
      'channels.qq.allowedUsers: not set: as in PRX nobody is let in unasked (pairing mode); write ["*"] to let everyone in',
    ]);
  });

  it('cannot stand beside our own section', () => {
    const written = { channels: {}, channels_config: { qq: { app_id: '1', app_secret: 's', allowed_users: ['*'] } } };
    expect(problems(written)).toEqual([
      { kind: 'bothSpellings', path: 'channels', first: 'channels', second: 'channels_config' },
    ]);
  });
});

describe('an OpenPollen object', () => {
  it('works as it stands', () => {
    const written = parseJSON5(`{
      "channels": {
        "qq": { "enabled": true, "appId": "102", "appSecret": "s", "sandbox": false, "groupPolicy": "all" }
      }
    }`);
    const { config, warnings } = resolve(written);
    expect(warnings).toEqual([]);
    expect(config.channels['qq']).toMatchObject({
      enabled: true,
      appId: '102',
      scenes: { guild: { groupPolicy: 'all' } },
    });
  });
});

describe('snake_case', () => {
  it('spells every key, and leaves names and the user’s own words alone', () => {
    const { config } = resolve({
      channels: {
        my_bot: {
          app_id: '1',
          app_secret: 's',
          group_policy: 'all',
          max_reply_chars: 9,
          debounce: { quiet_ms: 1, at_most_ms: 2 },
          waiting_max: 3,
          scenes: { c2c: { mention_only: true } },
        },
      },
      agent: {
        driver: 'openai',
        base_url: 'http://a.b',
        api_key: 'k',
        model: 'm',
        idle_ms: 5,
        headers: { x_y: 'z' },
        body: { top_p: 1, stop_words: { a_b: 1 } },
      },
      conversation: {
        retire_after_ms: 1,
        grace_ms: 2,
        settle_ms: 3,
        turn_max_ms: 4,
        hold_max_ms: 6,
        silence_max_ms: 7,
        transcript_max: 5,
      },
    });
    expect(config.channels['my_bot']).toMatchObject({
      name: 'my_bot',
      scenes: {
        c2c: { groupPolicy: 'mention', maxReplyChars: 9, debounce: { quietMs: 1, atMostMs: 2 }, waitingMax: 3 },
        dm: { groupPolicy: 'all' },
      },
    });
    expect(config.agent).toMatchObject({
      baseUrl: 'http://a.b',
      idleMs: 5,
      headers: { x_y: 'z' },
      body: { top_p: 1, stop_words: { a_b: 1 } },
    });
    expect(config.conversation).toEqual({
      retireAfterMs: 1,
      graceMs: 2,
      settleMs: 3,
      turnMaxMs: { c2c: 4, dm: 4, group: 4, guild: 4 },
      holdMaxMs: 6,
      silenceMaxMs: 7,
      transcriptMax: 5,
    });
  });
});

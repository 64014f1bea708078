import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Loaded, loadConfig } from '../../src/config/load.js';
import { problemsOf, renderProblem, renderProblems } from '../../src/config/problems.js';
import type { Env } from '../../src/config/substitute.js';
import { RouterError } from '../../src/errors/router-error.js';
import { ref } from './support.js';

const CANARY = 'canary-77d0';

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'rookery-config-'));
});
afterEach(async () => {
  await rm(cwd, { recursive: true });
});

const write = (name: string, text: string): Promise<void> => writeFile(join(cwd, name), text);

type Run = Extract<Loaded, { mode: 'run' }>;
const load = async (env: Env = {}, file?: string): Promise<Run> => {
  const loaded = await loadConfig({ cwd, env, file });
  if (loaded.mode !== 'run') throw new Error('demo');
  return loaded;
};

const failure = async (env: Env = {}, file?: string): Promise<RouterError> => {
  const error = await load(env, file).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(RouterError);
  return error as RouterError;
};
const said = async (env: Env = {}, file?: string, lang: 'en' | 'zh' = 'en'): Promise<string> =>
  renderProblems(problemsOf(await failure(env, file)), lang);

const FORMATS: [string, string][] = [
  ['rookery.config.json5', `{ channels: { qq: { appId: '1', appSecret: '${CANARY}' /* here */, } } }`],
  ['rookery.config.json', `{ "channels": { "qq": { "appId": "1", "appSecret": "${CANARY}" } } } // fine`],
  ['rookery.config.toml', `[channels.qq]\napp_id = "1"\napp_secret = "${CANARY}"\n`],
  ['rookery.config.yaml', `\uFEFFchannels:\n  qq:\n    appId: 1\n    appSecret: ${CANARY}\n`],
  ['rookery.config.yml', `channels: { qq: { app_id: '1', appSecret: ${CANARY} } }`],
];

describe('a file', () => {
  it.each(FORMATS)('%s is found and read', async (name, text) => {
    await write(name, text);
    const { config, file, warnings } = await load();
    expect(file).toBe(join(cwd, name));
    expect(warnings).toEqual([]);
    expect(config.channels['qq']).toMatchObject({ appId: '1', enabled: true });
    expect(config.channels['qq']?.appSecret.reveal()).toBe(CANARY);
    expect(config.store.path).toBe(join(cwd, 'rookery-data'));
  });

  it('named by --config wins, and paths in it start from its directory', async () => {
    await write('rookery.config.json5', '{ broken');
    await write(
      'other.yaml',
      `channels: { qq: { appId: "1", appSecret: x } }\nagent: { driver: module, path: ./a.js }`,
    );
    const { config, file } = await loadConfig({ cwd: '/', env: {}, file: join(cwd, 'other.yaml') }).then(
      (it) => it as Run,
    );
    expect(file).toBe(join(cwd, 'other.yaml'));
    expect(config.agent).toEqual({ driver: 'module', path: join(cwd, 'a.js') });
  });

  it('beside another is used with a word about that', async () => {
    for (const [name, text] of FORMATS.slice(1, 4)) await write(name, text);
    const { file, warnings } = await load();
    expect(file).toBe(join(cwd, 'rookery.config.json'));
    expect(warnings.map((warning) => renderProblem(warning, 'en'))).toEqual([
      `${file}: this file is used, rookery.config.toml, rookery.config.yaml beside it is not; remove one, or choose with --config`,
    ]);
  });

  it('that is missing, of no known kind, or not to be read is named with its mend', async () => {
    const at = (name: string): string => join(cwd, name);
    expect(await said({}, 'no.json5')).toBe(`${at('no.json5')}: there is no such file; check the path`);
    expect(await said({}, 'no.json5', 'zh')).toBe(`${at('no.json5')}：文件不存在；请检查路径`);
    await write('rookery.ini', '');
    expect(await said({}, 'rookery.ini')).toBe(
      `${at('rookery.ini')}: unknown file format; the name must end in .json5, .json, .toml, .yaml, .yml`,
    );
    expect(await said({}, '.')).toContain('is a directory; name the file in it');
    expect((await failure({}, 'no.json5')).code).toBe('config.unreadable');
  });

  it.runIf(process.getuid?.() !== 0)('that may not be read is named too', async () => {
    await write('locked.json', '{}');
    await chmod(join(cwd, 'locked.json'), 0);
    expect(await said({}, 'locked.json')).toContain('cannot be read (EACCES)');
  });

  const BROKEN: [string, string, string][] = [
    [
      'a.json5',
      `{ channels: {},\n appSecret: ${CANARY} }`,
      "line 2, column 13: invalid character 'c'; mend the syntax there",
    ],
    ['a.json', `{ "appSecret": "${CANARY}"`, 'line 1, column 29: invalid end of input; mend'],
    ['a.toml', `[channels.qq]\napp_secret = ${CANARY}\n`, 'line 2, column 14: invalid value; mend'],
    ['a.yaml', `a: *${CANARY}\n`, ': unidentified alias "…"; mend'],
    ['a.yml', `b: 1\nappSecret: "${CANARY}\nc: 2`, 'deficient indentation; mend'],
  ];
  it.each(BROKEN)('%s with broken syntax is told by line, without its text', async (name, text, reason) => {
    await write(name, text);
    const error = await failure({}, name);
    expect(error.code).toBe('config.unreadable');
    expect(renderProblems(problemsOf(error), 'en')).toContain(reason);
    expect(renderProblems(problemsOf(error), 'zh')).toContain('请修正此处的语法');
    expect(`${error.message}${error.stack}${JSON.stringify(error.cause)}`).not.toContain(CANARY);
  });

  it.each(['', 'null', '[]', '5'])('that holds %j and no object is refused', async (text) => {
    await write('a.yaml', text);
    const error = await failure({}, 'a.yaml');
    expect(error.code).toMatch(/^config\./);
    expect(error.message).toContain(join(cwd, 'a.yaml'));
  });
});

describe('references to the environment', () => {
  const qq = (more: string): string => `{ channels: { qq: { appId: "1", appSecret: "${ref('SECRET')}", ${more} } } }`;

  it('are taken in any text, also within one, and as a number or switch where one is asked for', async () => {
    await write(
      'rookery.config.json5',
      `{ channels: { qq: { appId: "${ref('ID')}", appSecret: "${ref('SECRET')}", sandbox: "${ref('YES')}",
           allowedUsers: ["u-${ref('ID')}-${ref('ID')}"] } },
         server: { port: "${ref('PORT')}" },
         agent: { driver: 'openai', baseUrl: 'http://${ref('HOST')}/v1', model: 'm', system: 'a $${ref('ID')} b',
                  headers: { x_y: '${ref('ID')}' }, body: { top_p: 1, note: '${ref('ID')}' } } }`,
    );
    const { config } = await load({ ID: '42', SECRET: CANARY, YES: 'true', PORT: '8080', HOST: 'a.b' });
    expect(config.channels['qq']).toMatchObject({ appId: '42', sandbox: true });
    expect(config.channels['qq']?.scenes.c2c.allowedUsers).toEqual(['u-42-42']);
    expect(config.server.port).toBe(8080);
    expect(config.agent).toMatchObject({
      baseUrl: 'http://a.b/v1',
      system: `a ${ref('ID')} b`,
      headers: { x_y: '42' },
      body: { top_p: 1, note: '42' },
    });
  });

  it('to a variable that is not set name key and variable', async () => {
    await write('rookery.config.json5', qq(`allowedUsers: ["*", "${ref('WHO')}"]`));
    expect(await said({ SECRET: CANARY })).toBe(
      'channels.qq.allowedUsers[1]: the environment variable WHO is not set; set it, or write the value here',
    );
    expect(await said({ WHO: 'u' }, undefined, 'zh')).toBe(
      'channels.qq.appSecret：环境变量 SECRET 未设置；请设置该变量，或在此处直接填写',
    );
    await write('rookery.config.json5', qq(`allowedUsers: ["${ref('constructor')}"]`));
    expect(await said({ SECRET: CANARY })).toContain('variable constructor is not set');
  });

  it('that are none are refused rather than sent to the platform as they stand', async () => {
    await write('rookery.config.json5', qq(`allowedUsers: ["${ref('A:-b')}", "\${open"]`));
    const lines = (await said({ SECRET: CANARY })).split('\n');
    expect(lines.map((line) => line.split(':')[0])).toEqual([
      'channels.qq.allowedUsers[0]',
      'channels.qq.allowedUsers[1]',
    ]);
  });

  it('of a wrong kind do not show the variable’s value', async () => {
    await write(
      'rookery.config.json5',
      `{ channels: { qq: { appId: "1", appSecret: "2" } }, server: { port: "${ref('P')}" } }`,
    );
    expect(await said({ P: CANARY })).toBe('server.port: found a text (not shown); write a number');
    expect(await said({ P: '99999' })).toBe('server.port: found a number; it must be at most 65535');
  });
});

describe('without a file', () => {
  const BOT = { QQ_BOT_APP_ID: '7', QQ_BOT_APP_SECRET: CANARY };

  it('and without a bot in the environment, the caller plays the demo', async () => {
    expect(await loadConfig({ cwd, env: {} })).toEqual({ mode: 'demo' });
    expect(await loadConfig({ cwd, env: { QQ_BOT_APP_ID: '' } })).toEqual({ mode: 'demo' });
    expect(await loadConfig({ cwd: join(cwd, 'nowhere'), env: {} })).toEqual({ mode: 'demo' });
  });

  it.each<[Env, object, object]>([
    [{}, { sandbox: false }, { agent: { driver: 'echo' } }],
    [{ QQ_BOT_SANDBOX: '1' }, { endpoints: { api: 'https://sandbox.api.sgroup.qq.com' } }, {}],
    [{ QQ_BOT_SANDBOX: 'False' }, { sandbox: false }, {}],
    [
      { OPENAI_API_KEY: 'k', OPENAI_MODEL: 'm' },
      {},
      { agent: { driver: 'openai', baseUrl: 'https://api.openai.com/v1', model: 'm' } },
    ],
    [
      { OPENAI_BASE_URL: 'http://127.0.0.1:11434/v1', OPENAI_MODEL: 'qwen3' },
      {},
      { agent: { driver: 'openai', baseUrl: 'http://127.0.0.1:11434/v1', model: 'qwen3' } },
    ],
  ])('%j makes a configuration', async (env, channel, rest) => {
    const { config, file } = await load({ ...BOT, ...env });
    expect(file).toBeNull();
    expect(config.channels['qq']).toMatchObject({ appId: '7', ...channel });
    expect(config).toMatchObject(rest);
  });

  it('ROOKERY_TOKEN is the server’s', async () => {
    expect((await load({ ...BOT, ROOKERY_TOKEN: 'tok-123' })).config.server.token?.reveal()).toBe('tok-123');
  });

  it('what is missing is told by variable', async () => {
    expect(await said({ QQ_BOT_APP_ID: '7', OPENAI_API_KEY: CANARY, QQ_BOT_SANDBOX: CANARY })).toBe(
      [
        'QQ_BOT_SANDBOX: found a text (not shown); allowed are 0, 1, true, false',
        'channels.qq.appSecret: the environment variable QQ_BOT_APP_SECRET is not set; set it, or write the value here',
        'agent.model: the environment variable OPENAI_MODEL is not set; set it, or write the value here',
      ].join('\n'),
    );
  });
});

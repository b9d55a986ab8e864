import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConfigError, loadConfig, unknownVariables } from './config.ts';

const folder = mkdtempSync(join(tmpdir(), 'showrunner-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

const schema = z
  .object({
    httpPort: z.int().min(0).max(65_535).default(8080),
    data: z.string().min(1).default('./data'),
    trustProxy: z.boolean().default(false),
    speed: z.number().optional(),
    logLevel: z.enum(['info', 'debug']).default('info'),
    flvToken: z.string().min(16).optional(),
    hosts: z.array(z.string()).default([]),
    publicUrl: z.url().optional(),
  })
  .refine(({ httpPort, speed }) => speed === undefined || speed < httpPort, {
    path: ['speed'],
    error: 'must be less than httpPort',
  });

function file(content: string): string {
  const path = join(folder, 'showrunner.yaml');
  writeFileSync(path, content);
  return path;
}

function refusal(sources: { env?: Record<string, string>; file?: string }): readonly string[] {
  try {
    loadConfig(schema, { env: {}, prefix: 'SHOWRUNNER', ...sources });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe('loadConfig', () => {
  it('is the defaults where nothing is said', () => {
    expect(loadConfig(schema, { env: { SHOWRUNNER_HTTP_PORT: '', PATH: '/bin' }, prefix: 'SHOWRUNNER' })).toEqual({
      httpPort: 8080,
      data: './data',
      trustProxy: false,
      logLevel: 'info',
      hosts: [],
    });
  });

  it('reads numbers and booleans from the environment, which wins over the file', () => {
    const config = loadConfig(schema, {
      env: {
        SHOWRUNNER_HTTP_PORT: '9000',
        SHOWRUNNER_TRUST_PROXY: '1',
        SHOWRUNNER_SPEED: '-0.5',
        SHOWRUNNER_DATA: '7',
      },
      prefix: 'SHOWRUNNER',
      file: file('httpPort: 1\nlogLevel: debug\nhosts: [a, b]\n'),
    });
    expect(config).toEqual({
      httpPort: 9000,
      data: '7',
      trustProxy: true,
      speed: -0.5,
      logLevel: 'debug',
      hosts: ['a', 'b'],
    });
  });

  it('is frozen to the ground', () => {
    const config = loadConfig(schema, { env: {}, prefix: 'X', file: file('hosts: [a]') });
    expect(() => Object.assign(config, { httpPort: 1 })).toThrow(TypeError);
    expect(() => config.hosts.push('b')).toThrow(TypeError);
  });

  it.each<[env: Record<string, string>, sentence: string]>([
    [{ SHOWRUNNER_HTTP_PORT: '70000' }, 'SHOWRUNNER_HTTP_PORT: 70000 is not allowed: must be at most 65535.'],
    [{ SHOWRUNNER_HTTP_PORT: '80.5' }, 'SHOWRUNNER_HTTP_PORT: 80.5 is not allowed: must be a whole number.'],
    [{ SHOWRUNNER_HTTP_PORT: '0x50' }, 'SHOWRUNNER_HTTP_PORT: "0x50" is not allowed: must be a number.'],
    [{ SHOWRUNNER_TRUST_PROXY: 'yes' }, 'SHOWRUNNER_TRUST_PROXY: "yes" is not allowed: must be true or false.'],
    [{ SHOWRUNNER_LOG_LEVEL: 'loud' }, 'SHOWRUNNER_LOG_LEVEL: "loud" is not allowed: choose one of info or debug.'],
    [{ SHOWRUNNER_PUBLIC_URL: 'here' }, 'SHOWRUNNER_PUBLIC_URL: "here" is not allowed: must be a URL.'],
    [{ SHOWRUNNER_SPEED: '9000' }, 'SHOWRUNNER_SPEED: 9000 is not allowed: must be less than httpPort.'],
    [
      { SHOWRUNNER_FLV_TOKEN: 'hunter2' },
      'SHOWRUNNER_FLV_TOKEN: this value (not shown) is not allowed: must be at least 16 characters.',
    ],
  ])('refuses %j', (env, sentence) => {
    expect(refusal({ env })).toEqual([sentence]);
  });

  it('names the key of the file, and keys that it does not know, all at once', () => {
    const path = file('httpPort: many\nhtpPort: 80\nhosts: [1]\n');
    expect(refusal({ file: path })).toEqual([
      `htpPort in ${path} is not a setting.`,
      `httpPort in ${path}: "many" is not allowed: must be a number.`,
      `hosts[0] in ${path}: 1 is not allowed: must be text.`,
    ]);
  });

  it('names the variable that is missing', () => {
    expect(() => loadConfig(z.object({ rtmpPort: z.int() }), { env: {}, prefix: 'SHOWRUNNER' })).toThrow(
      new ConfigError(['SHOWRUNNER_RTMP_PORT is missing: must be a number.']),
    );
  });

  it('tells no secret where a rule spans several settings', () => {
    const together = z
      .object({ flvToken: z.string(), data: z.string().default('x') })
      .refine(() => false, 'choose another pair')
      .refine(() => false, { path: ['data'], error: 'must not be x' });
    expect(() => loadConfig(together, { env: { SHOWRUNNER_FLV_TOKEN: 'hunter2' }, prefix: 'SHOWRUNNER' })).toThrow(
      new ConfigError([
        'The settings do not go together: choose another pair.',
        'SHOWRUNNER_DATA must not be left unset: must not be x.',
      ]),
    );
  });

  it('says why a file cannot be read', () => {
    expect(refusal({ file: join(folder, 'none.yaml') })).toEqual([
      expect.stringMatching(/^The configuration file .*none\.yaml cannot be read: ENOENT.*\.$/),
    ]);
    const path = file('a: [');
    expect(refusal({ file: path })).toEqual([expect.stringContaining(`${path} cannot be read: `)]);
    expect(refusal({ file: file('- a') })).toEqual([
      `The configuration file ${path} must hold settings, one \`name: value\` a line.`,
    ]);
  });
});

describe('unknownVariables', () => {
  it('are those with the prefix that set nothing', () => {
    const env = { SHOWRUNNER_HTTP_PORT: '80', SHOWRUNNER_HTPT_PORT: '80', SHOWRUNNER: 'x', PATH: '/bin' };
    expect(unknownVariables(schema, { env, prefix: 'SHOWRUNNER' })).toEqual(['SHOWRUNNER_HTPT_PORT']);
  });
});

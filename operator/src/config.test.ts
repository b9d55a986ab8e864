import { ConfigError, loadConfig } from '@showrunner/service-kit';
import { expect, it } from 'vitest';
import { operatorConfigSchema, settingsOf } from './config.ts';

const needed = {
  SHOWRUNNER_NAMESPACE: 'showrunner',
  SHOWRUNNER_POD_NAME: 'operator-7d4b9c-x2x4q',
  SHOWRUNNER_RTMP_URL: 'rtmp://live.example.org:1935/live/',
  SHOWRUNNER_HTTP_URL: 'https://live.example.org/',
  SHOWRUNNER_INGEST_IMAGE: 'registry.example.org/ingest:1',
  SHOWRUNNER_TRANSCODER_IMAGE: 'registry.example.org/transcoder:1',
  SHOWRUNNER_KNOCK_TOKEN_FILE: '/etc/showrunner/knock/token',
};
const load = (env: Record<string, string> = {}) =>
  loadConfig(operatorConfigSchema, { env: { ...needed, ...env }, prefix: 'SHOWRUNNER' });

it('needs few settings, and makes of them what decisions go by', () => {
  expect(settingsOf(load({ SHOWRUNNER_IMAGE_PULL_SECRETS: 'one, two' }))).toEqual({
    urls: { rtmp: 'rtmp://live.example.org:1935/live', http: 'https://live.example.org' },
    images: { ingest: 'registry.example.org/ingest:1', transcoder: 'registry.example.org/transcoder:1' },
    imagePullPolicy: 'IfNotPresent',
    imagePullSecrets: ['one', 'two'],
    maxLadder: '1080p',
    clusterDomain: 'cluster.local',
    logLevel: 'info',
    drainMs: 600_000,
  });
  expect(load().namespaces).toEqual([]);
  expect(load({ SHOWRUNNER_NAMESPACES: 'team-a,team-b' }).namespaces).toEqual(['team-a', 'team-b']);
});

it.each([
  ['SHOWRUNNER_RTMP_URL', 'live.example.org'],
  ['SHOWRUNNER_HTTP_URL', 'ftp://live.example.org'],
  ['SHOWRUNNER_NAMESPACES', 'Team_A'],
  ['SHOWRUNNER_MAX_LADDER', '4k'],
  ['SHOWRUNNER_IMAGE_PULL_POLICY', 'Sometimes'],
  ['SHOWRUNNER_OPS_PORT', '0'],
])('refuses %s=%s by name', (variable, value) => {
  expect(() => load({ [variable]: value })).toThrow(ConfigError);
  expect(() => load({ [variable]: value })).toThrow(variable);
});

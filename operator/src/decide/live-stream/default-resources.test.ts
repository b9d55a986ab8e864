import { describe, expect, it } from 'vitest';
import { resourcesOf } from './default-resources.ts';

const NODE = { engine: 'node-media-server', ladder: 'none' } as const;

describe('resources', () => {
  it.each([
    ['ingest', 'node-media-server', 'none', '20m', '96Mi', '384Mi'],
    ['ingest', 'nginx-rtmp', '1080p', '20m', '112Mi', '400Mi'],
    ['transcoder', 'node-media-server', 'none', '20m', '112Mi', '400Mi'],
    ['transcoder', 'node-media-server', '360p', '240m', '208Mi', '496Mi'],
    ['transcoder', 'node-media-server', '480p', '440m', '256Mi', '544Mi'],
    ['transcoder', 'node-media-server', '720p', '790m', '336Mi', '624Mi'],
    ['transcoder', 'node-media-server', '1080p', '1390m', '496Mi', '784Mi'],
  ] as const)('%s, %s, %s', (component, engine, ladder, cpu, memory, limit) => {
    expect(resourcesOf(component, { engine, ladder }, undefined)).toEqual({
      requests: { cpu, memory },
      limits: { memory: limit },
    });
  });

  it.each([
    ['both sides', { requests: { cpu: '2' }, limits: { cpu: '4' } }, { cpu: '2' }, { cpu: '4' }],
    ['larger requests', { requests: { memory: '1Gi' } }, { memory: '1Gi' }, { memory: '1Gi' }],
    ['smaller requests', { requests: { memory: '64Mi' } }, { memory: '64Mi' }, { memory: '384Mi' }],
    ['smaller limits', { limits: { memory: '64Mi' } }, { cpu: '20m', memory: '64Mi' }, { memory: '64Mi' }],
    [
      'a device',
      { limits: { 'nvidia.com/gpu': '1', memory: '1Gi' } },
      { cpu: '20m', memory: '96Mi' },
      { 'nvidia.com/gpu': '1', memory: '1Gi' },
    ],
  ])('as the spec says: %s', (_, given, requests, limits) => {
    expect(resourcesOf('ingest', NODE, given)).toEqual({ requests, limits });
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { parseLiveStream, parseLiveStreamStatus } from './parse.ts';

const minimal = { apiVersion: 'showrunner.dev/v1alpha1', kind: 'LiveStream', metadata: { name: 'live' } };

function problems(parts: Record<string, unknown>): readonly string[] {
  const parsed = parseLiveStream({ ...minimal, ...parts });
  return parsed.ok ? [] : parsed.problems;
}

const defaults = {
  ...minimal,
  metadata: { name: 'live', namespace: 'default' },
  spec: {
    visibility: 'public',
    enabled: true,
    standby: 'warm',
    idleAfter: '5m',
    updatePolicy: 'after-show',
    ingest: {
      engine: 'node-media-server',
      takeover: 'newest',
      reconnectGrace: '20s',
      idleTimeout: '10s',
      keyRotationGrace: '1h',
    },
    transcode: { ladder: 'none', latency: 'low', partDuration: '200ms', segmentDuration: '2s' },
  },
  status: { observedGeneration: -1 },
};

describe('a LiveStream that keeps the rules', () => {
  it('has its defaults filled in', () => {
    expect(parseLiveStream(minimal)).toEqual({ ok: true, value: defaults });
  });

  it('takes quantities as numbers, as Kubernetes does', () => {
    const spec = { transcode: { pod: { resources: { requests: { cpu: 2, memory: '1Gi' } } } } };
    expect(parseLiveStream({ ...minimal, spec })).toMatchObject({
      value: { spec: { transcode: { pod: { resources: { requests: { cpu: '2', memory: '1Gi' } } } } } },
    });
  });

  it('counts characters as Kubernetes does', () => {
    expect(problems({ spec: { title: '🎬'.repeat(140) } })).toEqual([]);
    expect(problems({ spec: { title: '🎬'.repeat(141) } })).toHaveLength(1);
  });

  it('treats a section with nothing in it as absent, like the Kubernetes API server', () => {
    expect(parseLiveStream({ ...minimal, spec: { ingest: null, transcode: { ladder: null } } })).toEqual({
      ok: true,
      value: defaults,
    });
    expect(parseLiveStream({ ...minimal, spec: null })).toEqual({ ok: true, value: defaults });
  });

  it('comes out as it went in once it is complete', () => {
    const full = {
      apiVersion: 'showrunner.dev/v1alpha1',
      kind: 'LiveStream',
      metadata: { name: 'friday', namespace: 'shows', labels: { team: 'a' }, finalizers: ['example.com/kept'] },
      spec: {
        title: 'Friday night',
        visibility: 'unlisted',
        enabled: false,
        startAt: '2026-11-27T20:00:00+01:00',
        standby: 'cold',
        idleAfter: '10m',
        updatePolicy: 'immediately',
        ingest: {
          engine: 'nginx-rtmp',
          keySecretRef: { name: 'friday.key', key: 'obs' },
          takeover: 'refuse',
          reconnectGrace: '0s',
          idleTimeout: '1m',
          keyRotationGrace: '168h',
          pod: { resources: { requests: { cpu: '250m', memory: '256Mi' } } },
        },
        transcode: {
          ladder: '1080p',
          latency: 'standard',
          partDuration: '1s',
          segmentDuration: '4s',
          pod: {
            image: 'registry.example.org/transcoder-nvenc:1',
            resources: { limits: { 'nvidia.com/gpu': '1' } },
            nodeSelector: { gpu: 'yes' },
            tolerations: [{ key: 'gpu', operator: 'Exists' }],
            affinity: { nodeAffinity: {} },
            priorityClassName: 'shows',
          },
        },
      },
      status: {
        observedGeneration: 2,
        phase: 'Live',
        conditions: [
          {
            type: 'Ready',
            status: 'True',
            reason: 'Live',
            message: 'On air.',
            lastTransitionTime: '2026-11-27T19:00:00Z',
          },
        ],
        ingest: { server: 'rtmp://localhost/live', keyHashes: [{ sha256: 'ab', expiresAt: '2026-11-27T19:00:00Z' }] },
        playback: { hls: '/hls/shows/friday/master.m3u8' },
        source: { video: 'avc1.64001f', audio: 'mp4a.40.2', width: 1280, height: 720, frameRate: 29.97 },
        startedAt: '2026-11-27T19:00:00Z',
      },
    };
    expect(parseLiveStream(full)).toEqual({ ok: true, value: full });
  });

  it('is what the shipped example is', () => {
    const example: unknown = parseYaml(
      readFileSync(new URL('../../examples/live-stream.yaml', import.meta.url), 'utf8'),
    );
    expect(parseLiveStream(example)).toMatchObject({
      ok: true,
      value: {
        metadata: { name: 'friday-night', namespace: 'default' },
        spec: {
          title: 'Friday night',
          ingest: { reconnectGrace: '30s', idleTimeout: '10s' },
          transcode: { ladder: '720p', latency: 'low', partDuration: '200ms' },
        },
      },
    });
  });
});

describe('a LiveStream that breaks a rule', () => {
  const duration = (min: string, max: string) => `must be a duration from ${min} to ${max}, such as 200ms, 20s or 10m.`;
  const name = 'must be at most 63 lower-case letters, digits and dashes, and start and end with a letter or a digit.';

  it.each<[parts: Record<string, unknown>, sentence: string]>([
    [{ apiVersion: 'v1' }, 'apiVersion: "v1" is not allowed: must be "showrunner.dev/v1alpha1".'],
    [{ kind: 'Show' }, 'kind: "Show" is not allowed: must be "LiveStream".'],
    [{ metadata: undefined }, 'metadata is missing: must be a set of fields.'],
    [{ metadata: {} }, 'metadata.name is missing: must be text.'],
    [{ metadata: { name: 'My show' } }, `metadata.name: "My show" is not allowed: ${name}`],
    [{ metadata: { name: 'a', namespace: '..' } }, `metadata.namespace: ".." is not allowed: ${name}`],
    [{ spec: [] }, 'spec: [] is not allowed: must be a set of fields.'],
    [
      { spec: { startAt: '2026-11-21t20:00:00z' } },
      'spec.startAt: "2026-11-21t20:00:00z" is not allowed: must be a date that exists and a time with its offset, such as 2026-11-21T20:00:00Z.',
    ],
    [{ spec: { title: '' } }, 'spec.title: "" is not allowed: must not be empty.'],
    [
      { spec: { title: 'x'.repeat(141) } },
      `spec.title: "${'x'.repeat(79)}… is not allowed: must be at most 140 characters.`,
    ],
    [{ spec: { visibility: 'secret' } }, 'spec.visibility: "secret" is not allowed: choose one of public or unlisted.'],
    [{ spec: { enabled: 'yes' } }, 'spec.enabled: "yes" is not allowed: must be true or false.'],
    [
      { spec: { startAt: 'tomorrow' } },
      'spec.startAt: "tomorrow" is not allowed: must be a date that exists and a time with its offset, such as 2026-11-21T20:00:00Z.',
    ],
    [{ spec: { ingest: { keySecretRef: {} } } }, 'spec.ingest.keySecretRef.name is missing: must be text.'],
    [
      { spec: { ingest: { keySecretRef: { name: 'Mine' } } } },
      'spec.ingest.keySecretRef.name: "Mine" is not allowed: must be at most 253 lower-case letters, digits, dashes and dots, and start and end with a letter or a digit.',
    ],
    [
      { spec: { ingest: { keySecretRef: { name: 'mine', key: 'a key' } } } },
      'spec.ingest.keySecretRef.key: "a key" is not allowed: must be 1 to 253 letters, digits, dashes, underscores and dots.',
    ],
    [
      { spec: { ingest: { takeover: 'oldest' } } },
      'spec.ingest.takeover: "oldest" is not allowed: choose one of newest or refuse.',
    ],
    [
      { spec: { ingest: { reconnectGrace: '11m' } } },
      `spec.ingest.reconnectGrace: "11m" is not allowed: ${duration('0s', '10m')}`,
    ],
    [
      { spec: { ingest: { idleTimeout: '999ms' } } },
      `spec.ingest.idleTimeout: "999ms" is not allowed: ${duration('1s', '10m')}`,
    ],
    [
      { spec: { ingest: { keyRotationGrace: '7d' } } },
      `spec.ingest.keyRotationGrace: "7d" is not allowed: ${duration('0s', '168h')}`,
    ],
    [
      { spec: { transcode: { ladder: '999p' } } },
      'spec.transcode.ladder: "999p" is not allowed: choose one of 1080p, 720p, 480p, 360p or none.',
    ],
    [
      { spec: { transcode: { latency: 'ultra' } } },
      'spec.transcode.latency: "ultra" is not allowed: choose one of low or standard.',
    ],
    [
      { spec: { transcode: { partDuration: 200 } } },
      'spec.transcode.partDuration: 200 is not allowed: must be a duration from 100ms to 1s, such as 200ms, 20s or 10m.',
    ],
    [
      { spec: { transcode: { partDuration: '0.2s' } } },
      `spec.transcode.partDuration: "0.2s" is not allowed: ${duration('100ms', '1s')}`,
    ],
    [
      { spec: { transcode: { segmentDuration: '11s' } } },
      `spec.transcode.segmentDuration: "11s" is not allowed: ${duration('1s', '10s')}`,
    ],
    [
      { spec: { transcode: { partDuration: '501ms' } } },
      'spec.transcode.partDuration: "501ms" is not allowed: must be at most a quarter of segmentDuration.',
    ],
    [
      { spec: { ingest: { pod: { nodeSelector: { ...Array(17).fill('') } } } } },
      `spec.ingest.pod.nodeSelector: ${JSON.stringify({ ...Array(17).fill('') }).slice(0, 80)}… is not allowed: must have at most 16 entries.`,
    ],
    [
      { spec: { ingest: { pod: { nodeSelector: { [`a/${'b'.repeat(316)}`]: '' } } } } },
      `spec.ingest.pod.nodeSelector: {"a/${'b'.repeat(76)}… is not allowed: must have names of at most 317 characters.`,
    ],
    [
      { spec: { ingest: { pod: { nodeSelector: { disk: 'x'.repeat(64) } } } } },
      `spec.ingest.pod.nodeSelector.disk: "${'x'.repeat(64)}" is not allowed: must be at most 63 characters.`,
    ],
    [
      { spec: { ingest: { pod: { tolerations: Array(17).fill({}) } } } },
      `spec.ingest.pod.tolerations: [${'{},'.repeat(16)}{}] is not allowed: must be at most 16 entries.`,
    ],
    [
      { spec: { transcode: { pod: { resources: { limits: { cpu: -1 } } } } } },
      'spec.transcode.pod.resources.limits.cpu: "-1" is not allowed: must be a quantity, such as 250m, 2 or 256Mi.',
    ],
    [{ spec: { transcode: { lader: '720p' } } }, 'spec.transcode.lader is not a field of LiveStream.'],
    [{ titel: 'x' }, 'titel is not a field of LiveStream.'],
    [
      {
        status: {
          conditions: [
            { type: 'Ready', status: 'Yes', reason: '', message: '', lastTransitionTime: '2026-11-27T19:00:00Z' },
          ],
        },
      },
      'status.conditions[0].status: "Yes" is not allowed: choose one of True, False or Unknown.',
    ],
  ])('%j', (parts, sentence) => {
    expect(problems(parts)).toEqual([sentence]);
  });

  it('is told everything at once', () => {
    expect(problems({ spec: { enabled: 1, transcode: { lader: '720p', latency: 'ultra' } } })).toEqual([
      'spec.transcode.lader is not a field of LiveStream.',
      'spec.enabled: 1 is not allowed: must be true or false.',
      'spec.transcode.latency: "ultra" is not allowed: choose one of low or standard.',
    ]);
  });

  it('is refused in words where it is no resource at all', () => {
    const sentence = 'is not allowed: must be a set of fields.';
    expect(parseLiveStream(null)).toEqual({ ok: false, problems: [`LiveStream: null ${sentence}`] });
    expect(parseLiveStream([1])).toEqual({ ok: false, problems: [`LiveStream: [1] ${sentence}`] });
    expect(parseLiveStream(undefined)).toEqual({
      ok: false,
      problems: ['LiveStream is missing: must be a set of fields.'],
    });
  });

  it('names the path from the root where only the status is looked at', () => {
    expect(parseLiveStreamStatus({ phase: 'Sleeping', fase: 'Live' })).toEqual({
      ok: false,
      problems: [
        'status.fase is not a field of LiveStream.',
        'status.phase: "Sleeping" is not allowed: choose one of Pending, Ready, Live, Reconnecting, Ended or Failed.',
      ],
    });
  });
});

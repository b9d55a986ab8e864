import { expect, it } from 'vitest';
import { liveStreamSchema } from '@showrunner/crds';
import { type ConfigGiven, configSecretOf, keySecretManifest, transcodeIn } from './config-secret.ts';
import { isLeftOver, ownerOf } from './stream-key.ts';
import { liveStream, SETTINGS } from './testing/world.ts';

const given: ConfigGiven = {
  runningTranscode: undefined,
  keyHashes: [{ sha256: 'abc' }],
  onAirSince: undefined,
  flvToken: 'token',
  settings: SETTINGS,
};

function configOf(stream = liveStream(), others: Partial<ConfigGiven> = {}) {
  const { content, manifest } = configSecretOf(stream, { ...given, ...others });
  const data = manifest.data as Record<string, string>;
  const text = (entry: string) => Buffer.from(data[entry] ?? '', 'base64').toString();
  return { content, manifest, token: text('flvToken'), stream: JSON.parse(text('live-stream.json')) as object };
}

it('holds the stream as its pods read it, and the token', () => {
  const pod = { nodeSelector: { gpu: 'yes' } };
  const stream = liveStream({ title: 'A show', ingest: { pod }, transcode: { pod, ladder: '720p' } });
  const { manifest, token, stream: read, content } = configOf(stream);
  expect(manifest.metadata).toMatchObject({
    name: 'live-live-stream',
    annotations: { 'showrunner.dev/config': content },
  });
  expect(token).toBe('token');
  const plain = liveStream({ title: 'A show', transcode: { ladder: '720p' } });
  expect(read).toEqual({
    apiVersion: 'showrunner.dev/v1alpha1',
    kind: 'LiveStream',
    metadata: { namespace: 'team', name: 'live', uid: 'stream-uid' },
    spec: plain.spec,
    status: { ingest: { keyHashes: [{ sha256: 'abc' }] } },
  });
  expect(liveStreamSchema.parse(read).spec).toEqual(plain.spec);
});

it('is the same whatever the spec says of pods and the planned start, and holds no ladder above the limit', () => {
  const moved = liveStream({ startAt: '2026-11-21T20:00:00Z', ingest: { pod: { nodeSelector: { gpu: 'yes' } } } });
  expect(configOf(moved).content).toBe(configOf().content);
  const tall = configOf(liveStream({ transcode: { ladder: '1080p' } }), {
    settings: { ...SETTINGS, maxLadder: '480p' },
  });
  expect(tall.stream).toMatchObject({ spec: { transcode: { ladder: '480p' } } });
});

it('keeps what a running show is transcoded to, and nothing else of the former spec', () => {
  const before = configOf(liveStream({ transcode: { ladder: '720p' } }));
  const runningTranscode = transcodeIn(JSON.stringify(before.stream));
  const edited = liveStream({ enabled: false, transcode: { ladder: '480p', segmentDuration: '6s' } });
  const { stream } = configOf(edited, { runningTranscode });
  expect(stream).toMatchObject({ spec: { enabled: false, transcode: { ladder: '720p', segmentDuration: '2s' } } });
  expect([transcodeIn(undefined), transcodeIn('{'), transcodeIn('{}')]).toEqual([undefined, undefined, undefined]);
});

it('says since when a show is on air, to the millisecond', () => {
  const onAir = configOf(liveStream(), { onAirSince: Date.UTC(2026, 0, 2, 3, 4, 5, 678) });
  expect(onAir.stream).toMatchObject({ status: { startedAt: '2026-01-02T03:04:05.678Z' } });
  expect(onAir.content).not.toBe(configOf().content);
});

it('the stream key has an owner, by reference and by label', () => {
  const stream = liveStream();
  const secret = keySecretManifest(stream, 'a-key-of-some-length');
  expect(secret).toMatchObject({
    kind: 'Secret',
    metadata: { name: 'live-stream-key', namespace: 'team', ownerReferences: [{ uid: 'stream-uid' }] },
    stringData: { streamKey: 'a-key-of-some-length' },
  });
  expect(ownerOf(secret as never)).toEqual({ name: 'live', uid: 'stream-uid' });
  expect(isLeftOver(secret as never, liveStream({}, undefined, { uid: 'another' }))).toBe(true);
});

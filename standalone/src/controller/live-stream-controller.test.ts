import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LiveStream, LiveStreamStatus } from '@showrunner/crds';
import type { EngineState } from '@showrunner/operator/decide';
import {
  createLogger,
  SqliteResourceStore,
  type FlvSink,
  type FlvSource,
  type StreamRef,
} from '@showrunner/service-kit';
import { hashStreamKey } from '@showrunner/service-kit';
import { LiveStreamController } from './live-stream-controller.ts';

const ref = (name: string): StreamRef => ({ namespace: 'default', name });
const LIVE = ref('live');
const KEY = 'a-key-of-some-length';
const HOUR = 3_600_000;

const liveStream = (name: string, spec: object = {}) => ({
  apiVersion: 'showrunner.dev/v1alpha1',
  kind: 'LiveStream',
  metadata: { name },
  spec,
});
const withSecret = (name: string) => ({ ingest: { keySecretRef: { name } } });
const revoking = ({ ingest }: ReturnType<typeof withSecret>) => ({ ingest: { ...ingest, keyRotationGrace: '0s' } });
const secret = (name: string, streamKey: string) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name },
  stringData: { streamKey },
});

/** A source that a test drives by hand. */
class Source implements FlvSource {
  readonly sinks = new Map<string, Set<FlvSink>>();

  subscribe({ name }: StreamRef, sink: FlvSink): { close(): void } {
    const sinks = this.sinks.get(name) ?? new Set();
    this.sinks.set(name, sinks.add(sink));
    return { close: () => void sinks.delete(sink) };
  }

  tell(name: string, call: (sink: FlvSink) => void): void {
    for (const sink of this.sinks.get(name) ?? []) call(sink);
  }
}

describe('the controller of LiveStreams', () => {
  let folder: string;
  let resources: SqliteResourceStore;
  let secrets: SqliteResourceStore;
  let source: Source;
  let clock: number;
  let carried: Map<string, LiveStream>;
  let nginx: EngineState;
  let told: string[];
  let controller: LiveStreamController;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'showrunner-controller-'));
    clock = Date.parse('2026-01-02T03:04:05.000Z');
    const options = { now: () => clock };
    resources = new SqliteResourceStore({ path: join(folder, 'resources.db'), kinds: ['LiveStream'], ...options });
    secrets = new SqliteResourceStore({ path: join(folder, 'secrets.db'), kinds: ['Secret'], ...options });
    start();
  });
  afterEach(async () => {
    await controller.close();
    await resources.close();
    await secrets.close();
    rmSync(folder, { recursive: true });
  });

  function start(): void {
    source = new Source();
    carried = new Map();
    nginx = 'starting';
    told = [];
    controller = new LiveStreamController({
      resources,
      secrets,
      source,
      host: {
        setStream: (stream) => void carried.set(stream.metadata.name, stream),
        removeStream: ({ name }) => void carried.delete(name),
      },
      urls: { http: 'http://localhost:8080' },
      engines: {
        servers: { 'node-media-server': 'rtmp://localhost:1935/live', 'nginx-rtmp': 'rtmp://localhost:1936/live' },
        state: (engine) => (engine === 'nginx-rtmp' ? nginx : 'ready'),
      },
      onEvent: ({ name }, sentence) => void told.push(`${name}: ${sentence}`),
      logger: createLogger({ name: 'test', level: 'silent' }),
      now: () => clock,
    });
    controller.start();
  }

  async function restart(meanwhile: () => Promise<unknown> = async () => undefined): Promise<void> {
    await controller.close();
    await meanwhile();
    start();
  }

  async function eventually(assertion: () => Promise<void>): Promise<void> {
    await expect.poll(() => assertion().then(() => 'holds', String), { timeout: 5_000, interval: 5 }).toBe('holds');
  }
  const statusOf = async (name: string): Promise<LiveStreamStatus | undefined> =>
    (await resources.get('LiveStream', ref(name)))?.status;
  const readyReason = async (name: string) => (await statusOf(name))?.conditions?.[0]?.reason;
  const hashesOf = async (name: string) => (await statusOf(name))?.ingest?.keyHashes?.map((hash) => hash.sha256);
  async function keyOf(name: string): Promise<string | undefined> {
    const data = (await secrets.get('Secret', ref(`${name}-stream-key`)))?.data['streamKey'];
    return data && Buffer.from(data, 'base64').toString();
  }
  const isReady = (name: string) => eventually(async () => expect(await readyReason(name)).toBe('PublisherWelcome'));
  const reasonBecomes = (name: string, reason: string) =>
    eventually(async () => expect(await readyReason(name)).toBe(reason));

  it('makes a key where none is named, shows its hash alone, and has the stream carried out', async () => {
    await resources.apply('LiveStream', liveStream('live'));
    await isReady('live');
    const key = await keyOf('live');
    expect(key).toMatch(/^[0-9a-f]{40}$/);
    expect(await statusOf('live')).toMatchObject({
      phase: 'Ready',
      ingest: { server: 'rtmp://localhost:1935/live', keyHashes: [{ sha256: hashStreamKey(key!) }] },
      playback: { hls: 'http://localhost:8080/hls/default/live/master.m3u8' },
    });
    expect(JSON.stringify(await resources.get('LiveStream', LIVE))).not.toContain(key);
    expect(carried.get('live')?.spec.transcode.ladder).toBe('none');
  });

  it('accepts a former key for a while after a rotation', async () => {
    await resources.apply('LiveStream', liveStream('live', withSecret('mine')));
    await secrets.apply('Secret', secret('mine', KEY));
    await isReady('live');
    await secrets.apply('Secret', secret('mine', 'another-key-of-length'));
    await eventually(async () =>
      expect(await hashesOf('live')).toEqual([hashStreamKey('another-key-of-length'), hashStreamKey(KEY)]),
    );
    expect((await statusOf('live'))?.ingest?.keyHashes?.[1]?.expiresAt).toBe('2026-01-02T04:04:05.000Z');
    clock += HOUR;
    await restart();
    await eventually(async () => expect(await hashesOf('live')).toEqual([hashStreamKey('another-key-of-length')]));
  });

  it('fails without its named Secret, and mends itself when that appears', async () => {
    await resources.apply('LiveStream', liveStream('live', withSecret('mine')));
    await reasonBecomes('live', 'SecretMissing');
    expect((await statusOf('live'))?.phase).toBe('Failed');
    await secrets.apply('Secret', secret('mine', KEY));
    await isReady('live');
    await secrets.delete('Secret', ref('mine'));
    await reasonBecomes('live', 'SecretMissing');
    expect(await secrets.get('Secret', ref('mine'))).toBe(undefined);
  });

  it('leaves a key to the stream that had it first, whatever their names, also after a restart', async () => {
    await secrets.apply('Secret', secret('one', KEY));
    await secrets.apply('Secret', secret('two', KEY));
    await resources.apply('LiveStream', liveStream('zebra', withSecret('one')));
    await isReady('zebra');
    await resources.apply('LiveStream', liveStream('ant', withSecret('two')));
    await reasonBecomes('ant', 'KeyInUse');
    await restart();
    await eventually(async () => expect(carried.size).toBe(2));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([await readyReason('zebra'), await readyReason('ant')]).toEqual(['PublisherWelcome', 'KeyInUse']);
    expect(await hashesOf('ant')).toEqual([]);
  });

  it('gives a key to the older one of two streams that came while it was away', async () => {
    await restart(async () => {
      await secrets.apply('Secret', secret('shared', KEY));
      await resources.apply('LiveStream', liveStream('zebra', withSecret('shared')));
      clock += 1_000;
      await resources.apply('LiveStream', liveStream('ant', withSecret('shared')));
    });
    await reasonBecomes('ant', 'KeyInUse');
    await isReady('zebra');
  });

  it('gives a key to who waited for it, when it is changed or its stream deleted', async () => {
    await secrets.apply('Secret', secret('one', KEY));
    await secrets.apply('Secret', secret('two', KEY));
    await secrets.apply('Secret', secret('three', KEY));
    await resources.apply('LiveStream', liveStream('first', withSecret('one')));
    await isReady('first');
    await resources.apply('LiveStream', liveStream('second', withSecret('two')));
    await reasonBecomes('second', 'KeyInUse');
    await secrets.apply('Secret', secret('one', 'another-key-of-length'));
    await eventually(async () => expect((await statusOf('first'))?.ingest?.keyHashes).toHaveLength(2));
    await reasonBecomes('second', 'KeyInUse');
    // Within its grace the former key is still the first one's.
    await resources.apply('LiveStream', liveStream('first', revoking(withSecret('one'))));
    await isReady('second');
    await resources.apply('LiveStream', liveStream('third', withSecret('three')));
    await reasonBecomes('third', 'KeyInUse');
    await resources.delete('LiveStream', ref('second'));
    await isReady('third');
  });

  it('follows a show from its start to its end', async () => {
    await resources.apply('LiveStream', liveStream('live'));
    await isReady('live');
    const phaseBecomes = (phase: string) => eventually(async () => expect((await statusOf('live'))?.phase).toBe(phase));
    source.tell('live', (sink) => sink.publisherStarted());
    await phaseBecomes('Live');
    expect((await statusOf('live'))?.startedAt).toBe('2026-01-02T03:04:05.000Z');
    source.tell('live', (sink) => sink.publisherStopped('dropped'));
    await phaseBecomes('Reconnecting');
    clock += 20_000;
    source.tell('live', (sink) => sink.showEnded('grace-over'));
    await phaseBecomes('Ended');
    expect((await statusOf('live'))?.endedAt).toBe('2026-01-02T03:04:25.000Z');
    expect(told).toEqual([
      'live: OBS can connect.',
      'live: The show is on air.',
      'live: The publisher left; the show waits for it.',
      'live: The show has ended after 20 s.',
    ]);
  });

  it('tells of a takeover as of one', async () => {
    await resources.apply('LiveStream', liveStream('live'));
    await isReady('live');
    const liveReasonBecomes = (reason: string) =>
      eventually(async () => expect((await statusOf('live'))?.conditions?.[1]?.reason).toBe(reason));
    source.tell('live', (sink) => sink.publisherStarted());
    await liveReasonBecomes('OnAir');
    source.tell('live', (sink) => sink.publisherStopped('replaced'));
    await liveReasonBecomes('PublisherReplaced');
    source.tell('live', (sink) => sink.publisherStarted());
    await liveReasonBecomes('OnAir');
    expect(told.slice(2)).toEqual([
      'live: Another publisher took over.',
      'live: The other publisher sends; the show goes on.',
    ]);
  });

  it('says of a show that a crash cut off that it has ended', async () => {
    await resources.apply('LiveStream', liveStream('live'));
    await isReady('live');
    source.tell('live', (sink) => sink.publisherStarted());
    await eventually(async () => expect((await statusOf('live'))?.phase).toBe('Live'));
    await restart();
    await eventually(async () => expect((await statusOf('live'))?.phase).toBe('Ended'));
  });

  it('says at its close what became of the shows, and has nothing carried out any more', async () => {
    await resources.apply('LiveStream', liveStream('live'));
    await isReady('live');
    source.tell('live', (sink) => sink.publisherStarted());
    await eventually(async () => expect((await statusOf('live'))?.phase).toBe('Live'));
    carried.clear();
    source.tell('live', (sink) => sink.showEnded('shutdown'));
    await controller.close();
    expect([(await statusOf('live'))?.phase, carried.size, source.sinks.get('live')?.size]).toEqual(['Ended', 0, 0]);
  });

  it('forgets a deleted stream, with the key that was made for it', async () => {
    await resources.apply('LiveStream', liveStream('live'));
    await isReady('live');
    await resources.delete('LiveStream', LIVE);
    await eventually(async () => expect([carried.size, await keyOf('live')]).toEqual([0, undefined]));
    expect([source.sinks.get('live')?.size, controller.observer(LIVE)]).toEqual([0, undefined]);
    expect(told.at(-1)).toBe('live: It was deleted.');
  });

  it('forgets a stream that was deleted while it was away', async () => {
    await resources.apply('LiveStream', liveStream('live'));
    await isReady('live');
    await restart(() => resources.delete('LiveStream', LIVE));
    await eventually(async () => expect(await keyOf('live')).toBe(undefined));
  });

  it.each([
    ['at once', async (again: () => Promise<void>) => again()],
    ['while it was away', (again: () => Promise<void>) => restart(again)],
  ])('takes a stream that was deleted and made again %s for another one', async (_, how) => {
    await resources.apply('LiveStream', liveStream('live'));
    await isReady('live');
    const former = await keyOf('live');
    source.tell('live', (sink) => sink.publisherStarted());
    await eventually(async () => expect((await statusOf('live'))?.phase).toBe('Live'));
    await how(async () => {
      await resources.delete('LiveStream', LIVE);
      await resources.apply('LiveStream', liveStream('live', { title: 'Another' }));
    });
    await isReady('live');
    await eventually(async () => expect(await hashesOf('live')).toEqual([hashStreamKey((await keyOf('live')) ?? '')]));
    expect(await keyOf('live')).not.toBe(former);
    expect([(await statusOf('live'))?.phase, (await statusOf('live'))?.startedAt]).toEqual(['Ready', undefined]);
    expect(carried.get('live')?.spec.title).toBe('Another');
  });

  it('tells where the engine of a stream takes its publisher, and whether it does', async () => {
    await resources.apply('LiveStream', liveStream('live', { ingest: { engine: 'nginx-rtmp' } }));
    await reasonBecomes('live', 'Starting');
    expect(await statusOf('live')).toMatchObject({
      phase: 'Pending',
      ingest: { server: 'rtmp://localhost:1936/live' },
    });
    nginx = { problem: 'nginx is not there.' };
    controller.engineChanged();
    await reasonBecomes('live', 'EngineUnavailable');
    expect((await statusOf('live'))?.phase).toBe('Failed');
    nginx = 'ready';
    controller.engineChanged();
    await isReady('live');
    await resources.apply('LiveStream', liveStream('live'));
    await eventually(async () => expect((await statusOf('live'))?.ingest?.server).toBe('rtmp://localhost:1935/live'));
  });
});

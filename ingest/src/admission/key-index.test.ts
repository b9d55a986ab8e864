import { describe, expect, it } from 'vitest';
import { liveStreamSchema } from '@showrunner/crds';
import { refusal } from '../errors.ts';
import { KeyIndex } from './key-index.ts';
import { hashStreamKey } from '@showrunner/service-kit';

const NOW = Date.parse('2026-11-21T12:00:00Z');

function liveStream(name: string, keys: Record<string, string | undefined>, spec: object = {}) {
  const keyHashes = Object.entries(keys).map(([key, expiresAt]) => ({
    sha256: hashStreamKey(key),
    ...(expiresAt && { expiresAt }),
  }));
  return liveStreamSchema.parse({
    apiVersion: 'showrunner.dev/v1alpha1',
    kind: 'LiveStream',
    metadata: { name },
    spec,
    status: { ingest: { keyHashes } },
  });
}

function find(index: KeyIndex, key: string, now = NOW) {
  const result = index.find(hashStreamKey(key), now);
  return result.admitted ? result.stream.name : result.refusal.code;
}

describe('key index', () => {
  it('finds the stream of a key, and the terms that it asks for', () => {
    const index = new KeyIndex();
    const ingest = { takeover: 'refuse', reconnectGrace: '5s', idleTimeout: '3s' };
    index.replaceAll([liveStream('one', { first: undefined }), liveStream('two', { second: undefined }, { ingest })]);
    expect(index.find(hashStreamKey('second'), NOW)).toEqual({
      admitted: true,
      stream: { namespace: 'default', name: 'two' },
      policy: { takeover: 'refuse', reconnectGraceMs: 5_000, idleTimeoutMs: 3_000 },
      keyHash: hashStreamKey('second'),
    });
    expect(find(index, 'third')).toBe('unknown-key');
    expect(find(index, '')).toBe('unknown-key');
  });

  it('takes a former key until it expires', () => {
    const index = new KeyIndex();
    index.set(liveStream('one', { fresh: undefined, former: '2026-11-21T13:00:00Z' }));
    const expiry = Date.parse('2026-11-21T13:00:00Z');
    expect([find(index, 'former', expiry - 1), find(index, 'former', expiry)]).toEqual(['one', 'unknown-key']);
    const review = index.review({ namespace: 'default', name: 'one' }, hashStreamKey('former'), expiry);
    expect(review).toEqual({ admitted: false, refusal: refusal('key-withdrawn') });
  });

  it('gives a key that two streams accept to its present holder, in whatever order they are updated', () => {
    const former = liveStream('one', { fresh: undefined, key: '2026-11-21T13:00:00Z' });
    const present = liveStream('two', { key: undefined });
    const doubled = liveStream('three', { key: undefined });
    const index = new KeyIndex();
    index.replaceAll([former, present]);
    expect(find(index, 'key')).toBe('two');
    index.set(present);
    expect(find(index, 'key')).toBe('two');
    index.set(former);
    expect(find(index, 'key')).toBe('two');
    index.set(doubled);
    expect(find(index, 'key')).toBe('three');
    index.set(doubled);
    index.set(present);
    expect(find(index, 'key')).toBe('three');
  });

  it('follows changes', () => {
    const index = new KeyIndex();
    const ref = { namespace: 'default', name: 'one' };
    const hash = hashStreamKey('key');
    index.set(liveStream('one', { key: undefined }));
    index.set(liveStream('one', { key: undefined }, { enabled: false }));
    expect(find(index, 'key')).toBe('disabled');
    expect(index.review(ref, hash, NOW)).toEqual({ admitted: false, refusal: refusal('disabled') });
    index.set(liveStream('one', { other: undefined }));
    expect([find(index, 'key'), find(index, 'other')]).toEqual(['unknown-key', 'one']);
    index.delete(ref);
    expect([find(index, 'other'), index.barred(ref)?.code]).toEqual(['unknown-key', 'deleted']);
  });

  it('names the streams that a new list takes away or changes', () => {
    const index = new KeyIndex();
    index.replaceAll([liveStream('one', {})]);
    expect(index.replaceAll([liveStream('two', {})]).map(({ name }) => name)).toEqual(['one', 'two']);
  });

  it('knows a deleted stream from one that a list leaves out', () => {
    const index = new KeyIndex();
    const [one, two] = ['one', 'two'].map((name) => ({ namespace: 'default', name }));
    index.replaceAll([liveStream('one', {}), liveStream('two', {})]);
    index.delete(one!);
    index.replaceAll([]);
    expect([index.wasDeleted(one!), index.wasDeleted(two!), index.barred(two!)?.code]).toEqual([
      true,
      false,
      'deleted',
    ]);
    index.set(liveStream('one', {}));
    expect(index.wasDeleted(one!)).toBe(false);
    index.delete(two!);
    for (let count = 0; count < 1_000; count++) index.delete({ namespace: 'default', name: `other${count}` });
    expect(index.wasDeleted(two!)).toBe(false);
  });

  it('passes over what is no hash', () => {
    const index = new KeyIndex();
    const stream = liveStream('one', { key: undefined });
    stream.status!.ingest!.keyHashes!.push({ sha256: 'no hash' });
    index.set(stream);
    expect(find(index, 'key')).toBe('one');
  });
});

import { describe, expect, it } from 'vitest';
import { liveStreamSchema } from '@showrunner/crds';
import { refusal } from '../errors.ts';
import { KeyIndex } from './key-index.ts';
import { hashStreamKey } from '@showrunner/service-kit';

const NOW = Date.parse('2026-11-21T12:00:00Z');

function liveStream(name: string, keys: Record<string, string | undefined>, spec: object = {}, uid = `uid-of-${name}`) {
  const keyHashes = Object.entries(keys).map(([key, expiresAt]) => ({
    sha256: hashStreamKey(key),
    ...(expiresAt && { expiresAt }),
  }));
  return liveStreamSchema.parse({
    apiVersion: 'showrunner.dev/v1alpha1',
    kind: 'LiveStream',
    metadata: { name, uid },
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
      uid: 'uid-of-two',
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

  it('takes a list of one namespace for no word about another', () => {
    const index = new KeyIndex();
    const inTeam = liveStreamSchema.parse({
      ...liveStream('two', { second: undefined }),
      metadata: { namespace: 'team', name: 'two' },
    });
    const unreadable = { namespace: 'team', name: 'three', uid: 'u' };
    index.replaceAll([liveStream('one', { first: undefined })], [], 'default');
    index.replaceAll([inTeam], [unreadable], 'team');
    index.replaceAll([liveStream('one', { first: undefined })], [], 'default');
    expect([find(index, 'first'), find(index, 'second')]).toEqual(['one', 'two']);
    expect(index.isGone({ stream: unreadable, uid: 'u' })).toBe(false);
    expect(index.replaceAll([], [], 'team')).toEqual([{ namespace: 'team', name: 'two' }]);
    expect([find(index, 'first'), find(index, 'second')]).toEqual(['one', 'unknown-key']);
    expect(index.isGone({ stream: unreadable, uid: 'u' })).toBe(true);
  });

  it('knows a stream that is gone from one that cannot be read, and from another of its name', () => {
    const index = new KeyIndex();
    const grant = (name: string) => ({ stream: { namespace: 'default', name }, uid: `uid-of-${name}` });
    const gone = () => ['one', 'two', 'three'].filter((name) => index.isGone(grant(name)));
    const unreadable = { ...grant('two').stream, uid: grant('two').uid };
    index.replaceAll([liveStream('one', {}), liveStream('two', {}), liveStream('three', {})]);
    expect(gone()).toEqual([]);
    index.delete(grant('one').stream);
    expect(gone()).toEqual(['one']);
    // Deleted while nobody watched; and one that a later version wrote.
    index.replaceAll([liveStream('one', {})], [unreadable]);
    expect(gone()).toEqual(['three']);
    index.replaceAll([liveStream('one', {}, {}, 'another')], [{ ...unreadable, uid: 'another' }]);
    expect(gone()).toEqual(['one', 'two', 'three']);
    index.set(liveStream('two', {}));
    expect(gone()).toEqual(['one', 'three']);
    index.setUnreadable(unreadable);
    expect(gone()).toEqual(['one', 'three']);
    index.delete(grant('two').stream);
    expect(gone()).toEqual(['one', 'two', 'three']);
  });

  it('takes a stream that goes with its namespace for one that is gone', () => {
    const index = new KeyIndex();
    const grant = { stream: { namespace: 'default', name: 'one' }, uid: 'uid-of-one' };
    const stream = liveStream('one', { key: undefined });
    index.set(stream);
    expect([find(index, 'key'), index.isGone(grant)]).toEqual(['one', false]);
    const lastTransitionTime = '2026-11-21T12:00:00Z';
    const reason = 'NamespaceTerminating';
    const ready = { type: 'Ready', status: 'False' as const, reason, message: '', lastTransitionTime };
    index.set({ ...stream, status: { ...stream.status, conditions: [ready] } });
    expect([find(index, 'key'), index.isGone(grant)]).toEqual(['deleted', true]);
    const review = index.review(grant.stream, hashStreamKey('key'), NOW);
    expect(review).toEqual({ admitted: false, refusal: refusal('deleted') });
    index.set(stream);
    expect([find(index, 'key'), index.isGone(grant)]).toEqual(['one', false]);
  });

  it('passes over what is no hash', () => {
    const index = new KeyIndex();
    const stream = liveStream('one', { key: undefined });
    stream.status.ingest!.keyHashes!.push({ sha256: 'no hash' });
    index.set(stream);
    expect(find(index, 'key')).toBe('one');
  });
});

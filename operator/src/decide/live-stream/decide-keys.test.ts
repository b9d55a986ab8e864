import { hashStreamKey } from '@showrunner/service-kit';
import { liveStreamSchema } from '@showrunner/crds';
import { describe, expect, it } from 'vitest';
import { decideKeys } from './decide-keys.ts';

const NOW = Date.parse('2026-01-02T03:04:05.000Z');
const HOUR = 3_600_000;

function stream(options: { keyHashes?: { sha256: string; expiresAt?: string }[]; secretName?: string } = {}) {
  return liveStreamSchema.parse({
    apiVersion: 'showrunner.dev/v1alpha1',
    kind: 'LiveStream',
    metadata: { name: 'live' },
    spec: { ingest: options.secretName ? { keySecretRef: { name: options.secretName } } : {} },
    status: { ingest: { keyHashes: options.keyHashes ?? [] } },
  });
}

describe('decideKeys', () => {
  it('accepts the key of the Secret', () => {
    const decision = decideKeys(stream(), { secretExists: true, key: 'a-key-of-some-length' }, NOW);
    expect(decision).toEqual({ hashes: [{ sha256: hashStreamKey('a-key-of-some-length') }] });
  });

  it('keeps a changed key for the rotation grace, and no longer', () => {
    const before = stream({ keyHashes: [{ sha256: 'old' }] });
    const rotated = decideKeys(before, { secretExists: true, key: 'a-key-of-some-length' }, NOW);
    expect(rotated.hashes[1]).toEqual({ sha256: 'old', expiresAt: '2026-01-02T04:04:05.000Z' });
    expect(rotated.nextExpiry).toBe(NOW + HOUR);
    const after = stream({ keyHashes: rotated.hashes as { sha256: string }[] });
    expect(decideKeys(after, { secretExists: true, key: 'a-key-of-some-length' }, NOW + HOUR).hashes).toHaveLength(1);
  });

  it('lets a shorter rotation grace revoke former keys, and no longer one lengthen it', () => {
    const key = { secretExists: true, key: 'a-key-of-some-length' };
    const former = { sha256: 'old', expiresAt: '2026-01-02T03:34:05.000Z' };
    const withGrace = (keyRotationGrace: string) => {
      const { spec, ...rest } = stream({ keyHashes: [former] });
      return decideKeys({ ...rest, spec: { ...spec, ingest: { ...spec.ingest, keyRotationGrace } } }, key, NOW);
    };
    expect(withGrace('2h').hashes[1]).toEqual(former);
    expect(withGrace('1m').hashes[1]).toEqual({ sha256: 'old', expiresAt: '2026-01-02T03:05:05.000Z' });
    expect(withGrace('0s')).toEqual({ hashes: [{ sha256: hashStreamKey('a-key-of-some-length') }] });
  });

  it('keeps the latest of many former keys', () => {
    const keyHashes = Array.from({ length: 40 }, (_, minute) => ({
      sha256: `hash-${minute}`,
      expiresAt: new Date(NOW + (minute + 1) * 60_000).toISOString(),
    }));
    const { hashes } = decideKeys(stream({ keyHashes }), { secretExists: true, key: 'a-key-of-some-length' }, NOW);
    expect(hashes).toHaveLength(17);
    expect(hashes[1]?.sha256).toBe('hash-39');
  });

  it('takes a former key back as the current one', () => {
    const before = stream({
      keyHashes: [
        { sha256: 'new' },
        { sha256: hashStreamKey('a-key-of-some-length'), expiresAt: '2026-01-02T04:00:00.000Z' },
      ],
    });
    const decision = decideKeys(before, { secretExists: true, key: 'a-key-of-some-length' }, NOW);
    expect(decision.hashes[0]).toEqual({ sha256: hashStreamKey('a-key-of-some-length') });
  });

  it.each([
    [
      { secretExists: false, key: undefined },
      'SecretMissing',
      'spec.ingest.keySecretRef.name: there is no Secret "mine" in namespace "default".',
    ],
    [
      { secretExists: true, key: undefined },
      'KeyMissing',
      'Secret "mine" has no entry "streamKey" with a stream key in it.',
    ],
    [
      { secretExists: true, key: 'short' },
      'KeyTooWeak',
      'The stream key in Secret "mine" is too short: it must have at least 16 characters.',
    ],
    [
      { secretExists: true, key: 'abababababababababab' },
      'KeyTooWeak',
      'The stream key in Secret "mine" is too easy to guess: it must have at least 8 different characters.',
    ],
    [
      { secretExists: true, key: 'a-key-of-some-length', usedBy: 'default/other' },
      'KeyInUse',
      'The stream key in Secret "mine" is already used by LiveStream "other".',
    ],
    [
      { secretExists: true, key: 'a-key-of-some-length', usedBy: 'team-b/other' },
      'KeyInUse',
      'The stream key in Secret "mine" is already used by a LiveStream of another namespace.',
    ],
  ])('says what is wrong with a key: %j', (observed, reason, message) => {
    const decision = decideKeys(stream({ secretName: 'mine' }), observed, NOW);
    expect(decision).toEqual({ hashes: [], problem: { reason, message } });
  });

  it.each([
    'a-key-of-some-length?',
    'a-key-of-some-length#',
    'a-key/of-some-length',
    'a key of some length',
    'ein-Schlüssel-aus-Wörtern',
    'a-key-too-long-'.repeat(18),
  ])('takes no key that only some publishers could send: %s', (key) => {
    const decision = decideKeys(stream({ secretName: 'mine' }), { secretExists: true, key }, NOW);
    const message =
      'Not every publisher could send the stream key in Secret "mine": it must have at most 256 characters, of ASCII, without spaces and the signs / ? #. `openssl rand -hex 20` makes one.';
    expect(decision).toEqual({ hashes: [], problem: { reason: 'KeyUnusable', message } });
  });
});

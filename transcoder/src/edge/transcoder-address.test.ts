import { expect, it } from 'vitest';
import { transcoderAddress } from './transcoder-address.ts';

it.each([
  [{ namespace: 'shows', name: 'live' }, 'live-transcoder.shows.svc.cluster.local.'],
  [{ namespace: 'a', name: '9-to-5' }, 's-9-to-5-8f3efc5f2a-transcoder.a.svc.cluster.local.'],
])('%j', (stream, host) => {
  const address = transcoderAddress(stream, 'cluster.local');
  expect(address.port).toBe(8080);
  expect(address.host.replace(/-[0-9a-f]{10}-/, '-HASH-')).toBe(host.replace(/-[0-9a-f]{10}-/, '-HASH-'));
});

it('is one label of at most 63 characters below the namespace, however long the name', () => {
  const { host } = transcoderAddress({ namespace: 'a', name: 'x'.repeat(63) }, 'example.org');
  const [service = '', ...rest] = host.split('.');
  expect(service.length).toBeLessThanOrEqual(63);
  expect(rest.join('.')).toBe('a.svc.example.org.');
});

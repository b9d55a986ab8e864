import { describe, expect, it } from 'vitest';
import { KubeConnectionError, KubeError } from './kube-error.ts';
import { retryDelayMs } from './kube-retry.ts';

const stale = new KubeConnectionError('cut', { wasStale: true });
const delay = (error: unknown, method = 'GET', attempt = 1, random = 0) =>
  retryDelayMs(error, { method, attempt, random });

describe('retryDelayMs', () => {
  it.each<[string, unknown, string, number, number | undefined]>([
    ['too many requests', new KubeError(429, {}, 2_000), 'POST', 1, 2_000],
    ['too many requests, without a time', new KubeError(429, {}), 'PATCH', 1, 1_000],
    ['a time that is too long', new KubeError(429, {}, 3_600_000), 'GET', 1, 10_000],
    ['too many, again and again', new KubeError(429, {}, 0), 'GET', 5, undefined],
    ['a server that comes back', new KubeError(503, {}, 1_000), 'PUT', 1, 1_000],
    ['a server that says nothing of it', new KubeError(503, {}), 'GET', 1, undefined],
    ['a stranger', new KubeError(401, {}), 'GET', 1, 0],
    ['a stranger, again', new KubeError(401, {}), 'GET', 2, undefined],
    ['a conflict', new KubeError(409, {}, 1_000), 'PUT', 1, undefined],
    ['a stale connection', stale, 'GET', 1, 0],
    ['a stale connection, again', stale, 'GET', 2, undefined],
    ['a stale connection, writing', stale, 'PUT', 1, undefined],
    ['a broken connection', new KubeConnectionError('cut'), 'GET', 1, undefined],
    ['something else', new Error('else'), 'GET', 1, undefined],
  ])('knows what to do after %s', (_case, error, method, attempt, ms) => {
    expect(delay(error, method, attempt)).toBe(ms);
  });

  it('comes later rather than earlier', () => {
    expect(delay(new KubeError(429, {}, 2_000), 'GET', 1, 1)).toBe(3_000);
  });
});

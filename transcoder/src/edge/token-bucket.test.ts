import { describe, expect, it } from 'vitest';
import { TokenBucket } from './token-bucket.ts';

describe('tokens', () => {
  let nowMs = 0;
  const taken = (bucket: TokenBucket, tries: number) =>
    Array.from({ length: tries }, () => bucket.take()).filter(Boolean).length;

  it('are there at first, and come with time, a part of one at a time', () => {
    const bucket = new TokenBucket({ perSecond: 4, burst: 10 }, () => nowMs);
    expect(taken(bucket, 100)).toBe(10);
    nowMs += 125;
    expect(taken(bucket, 100)).toBe(0);
    nowMs += 125;
    expect(taken(bucket, 100)).toBe(1);
    nowMs += 1_000;
    expect(taken(bucket, 100)).toBe(4);
  });

  it('are saved up to so many', () => {
    const bucket = new TokenBucket({ perSecond: 4, burst: 10 }, () => nowMs);
    nowMs += 3_600_000;
    expect(taken(bucket, 100)).toBe(10);
  });
});

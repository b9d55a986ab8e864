import { parseAacConfig } from '@showrunner/service-kit/flv';
import { describe, expect, it } from 'vitest';
import { AudioQueue } from './audio-queue.ts';

/** AAC-LC, 48 kHz, stereo: a frame lasts 21.33 ms. */
const config = parseAacConfig(Buffer.from([0x11, 0x90]))!;

function queueOf(...stamps: number[]): AudioQueue {
  const queue = new AudioQueue(config);
  for (const dtsMs of stamps) {
    queue.push({ track: 'audio', dtsMs, ctsMs: 0, keyframe: true, payload: Buffer.alloc(10) });
  }
  return queue;
}

describe('AudioQueue', () => {
  it('counts decode times in samples where the stamps jitter', () => {
    const queue = queueOf(1000, 1021, 1043, 1070);
    expect(queue.take(2, [])).toEqual({ baseDecodeTime: 48_000, frameDuration: 1024, sizes: [10, 10] });
    expect(queue.take(Infinity, [])).toEqual({ baseDecodeTime: 50_048, frameDuration: 1024, sizes: [10, 10] });
    expect(queue.take(Infinity, [])).toBeUndefined();
  });

  it('begins a run of its own after a gap', () => {
    const queue = queueOf(1000, 1021, 1500, 1521);
    expect(queue.take(Infinity, [])?.sizes).toHaveLength(2);
    expect(queue.take(Infinity, [])).toMatchObject({ baseDecodeTime: 72_000, sizes: [10, 10] });
  });

  it('drops what lies behind what was sent', () => {
    const queue = queueOf(1000, 1021, 1043, 900, 1064);
    expect(queue.take(Infinity, [])).toMatchObject({ baseDecodeTime: 48_000, sizes: [10, 10, 10, 10] });
  });
});

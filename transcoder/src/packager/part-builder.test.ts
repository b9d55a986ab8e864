import { parseAacConfig, parseAvcConfig } from '@showrunner/service-kit/flv';
import { describe, expect, it } from 'vitest';
import { avcRecord } from '../../test/hand-made-h264.ts';
import type { Part } from './part.ts';
import { PartBuilder } from './part-builder.ts';

const CONFIGS = { video: parseAvcConfig(avcRecord())!, audio: parseAacConfig(Buffer.from([0x11, 0x90]))! };

const AUDIO_FRAME_MS = 1024 / 48;

function builderOf(configs: Parameters<PartBuilder['configure']>[0] = CONFIGS): PartBuilder {
  const builder = new PartBuilder(200);
  builder.configure(configs);
  return builder;
}

function takeAll(builder: PartBuilder): Part[] {
  const parts: Part[] = [];
  for (let part = builder.takeComplete(); part; part = builder.takeComplete()) parts.push(part);
  return parts;
}

describe('PartBuilder', () => {
  it('closes a part that has become large, of pictures or of sound', () => {
    const payload = Buffer.alloc(1e6);
    const builder = builderOf();
    const sizes: number[] = [];
    for (let i = 0; i < 40; i++) {
      builder.add({ track: i < 20 ? 'video' : 'audio', dtsMs: 1000 + (i % 20), ctsMs: 0, keyframe: i === 0, payload });
      sizes.push(...takeAll(builder).map(({ byteLength }) => byteLength));
    }
    expect(sizes.length).toBeGreaterThan(2);
    expect(Math.max(...sizes)).toBeLessThan(10e6);
    // What lies behind the sound that was sent already is dropped rather than kept.
    expect(builder.takeAll()).toBeUndefined();
  });

  it('does not wait for a second picture while sound goes on', () => {
    const builder = builderOf();
    builder.add({ track: 'video', dtsMs: 1000, ctsMs: 0, keyframe: true, payload: Buffer.alloc(100) });
    const parts: Part[] = [];
    for (let dtsMs = 1000; dtsMs < 2000; dtsMs += AUDIO_FRAME_MS) {
      builder.add({ track: 'audio', dtsMs, ctsMs: 0, keyframe: true, payload: Buffer.alloc(10) });
      parts.push(...takeAll(builder));
    }
    expect(builder.partTargetMs).toBe(203);
    expect(parts.map(({ duration, videoSamples }) => [duration, videoSamples])).toEqual([
      [0.2, 1],
      [0.2, 0],
      [0.2, 0],
    ]);
  });

  it('holds no sound without end before the first picture', () => {
    const builder = builderOf();
    for (let i = 0; i < 100; i++) {
      builder.add({ track: 'audio', dtsMs: 1000 + i * 20, ctsMs: 0, keyframe: true, payload: Buffer.alloc(1e6) });
      expect(builder.takeComplete()).toBeUndefined();
    }
    builder.add({ track: 'video', dtsMs: 3000, ctsMs: 0, keyframe: true, payload: Buffer.alloc(100) });
    expect(builder.takeAll()!.audioSamples).toBeLessThan(9);
  });
});

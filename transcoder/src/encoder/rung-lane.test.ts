import { parseAacConfig, parseAvcConfig } from '@showrunner/service-kit/flv';
import { describe, expect, it } from 'vitest';
import type { RungOutput } from '../packager/rung-encoder.ts';
import { RungLane } from './rung-lane.ts';

const avc = parseAvcConfig(
  Buffer.from('0142c00affe100176742c00ad9047b011000000300100000030320f122648001000568cb83cb20', 'hex'),
)!;
const aac = parseAacConfig(Buffer.from('1190', 'hex'))!;
const otherAac = parseAacConfig(Buffer.from('1210', 'hex'))!;
const nothing = Buffer.from([1]);

function lane(replayedMs?: number) {
  const log: string[] = [];
  const output: RungOutput = {
    config: (_, configs) => log.push(`config ${configs.audio?.sampleRate}`),
    sample: (_, sample) => log.push(`${sample.track} ${sample.dtsMs} ${sample.ctsMs}`),
    end: () => log.push('end'),
  };
  const made = new RungLane('360p', aac, output, replayedMs);
  const sound = (dtsMs: number, config = aac) => made.audio({ config, dtsMs, payload: nothing });
  const picture = (dtsMs: number, ptsMs = dtsMs) => made.picture({ dtsMs, ptsMs }, false, nothing);
  return { log, sound, picture, made };
}

describe('RungLane', () => {
  it('puts sound between pictures by decode time', () => {
    const { log, sound, picture, made } = lane();
    made.videoConfig(avc);
    for (const dts of [0, 21, 43, 64]) sound(dts);
    picture(0);
    picture(33, 40);
    picture(67);
    expect(log).toEqual([
      'config 48000',
      'audio 0 0',
      'video 0 0',
      'audio 21 0',
      'video 33 7',
      'audio 43 0',
      'audio 64 0',
      'video 67 0',
    ]);
  });

  it('says a config once, and again where the sound changes', () => {
    const { log, sound, picture, made } = lane();
    made.videoConfig(avc);
    made.videoConfig(avc);
    sound(0);
    sound(23, otherAac);
    picture(33);
    expect(log).toEqual(['config 48000', 'audio 0 0', 'config 44100', 'audio 23 0', 'video 33 0']);
  });

  it('lets sound go where the picture stops, and holds it before the first', () => {
    const { log, sound, picture, made } = lane();
    made.videoConfig(avc);
    for (let dts = 0; dts < 100_000; dts += 20) sound(dts);
    expect(log).toEqual(['config 48000']);
    picture(0);
    log.length = 0;
    sound(100_000);
    expect(log.at(-1)).toBe('audio 98000 0');
  });

  it('has neither sound nor picture while the encoder is away', () => {
    const { log, sound, picture, made } = lane();
    made.videoConfig(avc);
    picture(0);
    sound(10);
    made.interrupt();
    sound(2000);
    picture(2000);
    expect(log).toEqual(['config 48000', 'video 0 0', 'audio 2000 0', 'video 2000 0']);
  });

  it('never lets a decode time go back', () => {
    const { log, picture } = lane();
    picture(100);
    picture(90, 140);
    expect(log).toEqual(['video 100 0', 'video 101 39']);
  });

  it('holds sound for as much longer as was replayed, until the pictures have caught up', () => {
    const { log, sound, picture, made } = lane(3_000);
    made.videoConfig(avc);
    sound(100);
    sound(3_000);
    picture(0);
    sound(5_100);
    expect(log.slice(1)).toEqual(['video 0 0', 'audio 100 0']);
    log.length = 0;
    picture(3_000);
    sound(5_200);
    expect(log).toEqual(['audio 3000 0', 'video 3000 0']);
    // Two seconds behind would be in time, and the next hesitation too late.
    picture(3_200);
    sound(7_199);
    expect(log.slice(2)).toEqual(['video 3200 0']);
    picture(6_199);
    expect(log.slice(3)).toEqual(['audio 5100 0', 'audio 5200 0', 'video 6199 0']);
    sound(9_198);
    sound(9_199);
    expect(log.slice(6)).toEqual(['audio 7199 0']);
  });
});

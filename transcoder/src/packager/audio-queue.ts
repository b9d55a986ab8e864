import type { AudioRun } from '../boxes/part-header.ts';
import type { AacConfig } from '@showrunner/service-kit/flv';
import type { MediaSample } from './media-sample.ts';

/** FLV stamps are whole milliseconds and jitter; beyond this they mean something. */
const TOLERANCE_MS = 40;

/**
 * Audio frames that wait for their part. Decode times are counted in samples, frame after frame, as long as the stamps
 * agree within 40 ms; where they run ahead there is a gap, and frames that lie behind what was already sent are dropped.
 */
export class AudioQueue {
  readonly #config: AacConfig;
  #frames: MediaSample[] = [];
  #bytes = 0;
  #nextTime: number | undefined;

  constructor(config: AacConfig) {
    this.#config = config;
  }

  get length(): number {
    return this.#frames.length;
  }

  get byteLength(): number {
    return this.#bytes;
  }

  /** Milliseconds on the show's timeline where the newest frame ends; `undefined` without a frame. */
  get endMs(): number | undefined {
    const newest = this.#frames.at(-1);
    return newest && newest.dtsMs + this.frameMs;
  }

  get frameMs(): number {
    return (this.#config.samplesPerFrame / this.#config.sampleRate) * 1000;
  }

  push(frame: MediaSample): void {
    this.#frames.push(frame);
    this.#bytes += frame.payload.length;
  }

  /** The frames from the front that follow each other without a gap, at most `limit`; payloads go to `into`. */
  take(limit: number, into: Buffer[]): AudioRun | undefined {
    const { sampleRate, samplesPerFrame } = this.#config;
    const tolerance = (TOLERANCE_MS / 1000) * sampleRate;
    const sizes: number[] = [];
    let base = 0;
    let used = 0;
    for (const frame of this.#frames) {
      if (sizes.length === limit) break;
      const stamp = Math.max(0, Math.round((frame.dtsMs / 1000) * sampleRate));
      const next: number = this.#nextTime ?? stamp;
      const late = stamp - next;
      if (late > tolerance && sizes.length > 0) break;
      used++;
      this.#bytes -= frame.payload.length;
      if (late < -tolerance) continue;
      const time = late > tolerance ? stamp : next;
      if (sizes.length === 0) base = time;
      sizes.push(frame.payload.length);
      into.push(frame.payload);
      this.#nextTime = time + samplesPerFrame;
    }
    if (used === this.#frames.length) this.#frames = [];
    else this.#frames.splice(0, used);
    return sizes.length > 0 ? { baseDecodeTime: base, frameDuration: samplesPerFrame, sizes } : undefined;
  }
}

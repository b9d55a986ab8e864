import { FLV_AUDIO, FLV_VIDEO, type FlvTag, type StreamFacts } from '@showrunner/service-kit';
import {
  audioKind,
  AUDIO_HEADER_BYTES,
  compositionTimeMs,
  parseAacConfig,
  parseAvcConfig,
  videoKind,
  VIDEO_HEADER_BYTES,
  type AacConfig,
  type AvcConfig,
} from '@showrunner/service-kit/flv';
import { ArrivalDelay } from './arrival-delay.ts';
import { RateMeter } from './rate-meter.ts';
import { TimestampSteps } from './timestamp-steps.ts';

const WINDOW_MS = 1000;
const DRIFT_WEIGHT = 1 / 32;
/** Composition times of a stream without B-frames are equal but for rounding. */
const ROUNDING_MS = 2;

/** Measures one publisher's tags: constant time and no allocation for each. */
export class StreamMeter {
  readonly #publisherSince: number;
  #windowStart: number;
  readonly #videoBytes = new RateMeter();
  readonly #audioBytes = new RateMeter();
  readonly #allBytes = new RateMeter();
  readonly #videoSteps = new TimestampSteps();
  readonly #audioSteps = new TimestampSteps();
  readonly #arrival = new ArrivalDelay();
  #avc: AvcConfig | undefined;
  #aac: AacConfig | undefined;
  #lastKeyframe: number | undefined;
  #keyframeIntervalMs: number | undefined;
  #leastComposition = Infinity;
  #mostComposition = -Infinity;
  #drift: number | undefined;

  /**
   * @param now Milliseconds of a clock that only goes forward, as for all that is measured.
   * @param publisherSince Milliseconds since the epoch.
   */
  constructor(now: number, publisherSince: number) {
    this.#publisherSince = publisherSince;
    this.#windowStart = now;
  }

  measure(tag: FlvTag, now: number): void {
    if (now - this.#windowStart >= WINDOW_MS) this.#closeWindow(now);
    if (tag.type === FLV_VIDEO) this.#video(tag.timestamp, tag.payload, now);
    else if (tag.type === FLV_AUDIO) this.#audio(tag.timestamp, tag.payload, now);
  }

  /** @param onAirSince Milliseconds since the epoch. */
  facts(onAirSince: number, now: number): StreamFacts {
    // Where nothing comes any more, nothing else would end the window in which something did.
    if (now - this.#windowStart >= WINDOW_MS) this.#closeWindow(now);
    const avc = this.#avc;
    const aac = this.#aac;
    return {
      onAirSince: new Date(onAirSince).toISOString(),
      publisherSince: new Date(this.#publisherSince).toISOString(),
      video: avc && {
        codec: avc.codec,
        profile: avc.profile,
        level: avc.level,
        width: avc.width,
        height: avc.height,
        frameRate: this.#videoSteps.ratePerSecond,
        nominalFrameRate: avc.frameRate,
        keyframeIntervalMs: this.#keyframeIntervalMs,
        bitrate: this.#videoBytes.bitsPerSecond,
        bFrames: this.#mostComposition - this.#leastComposition > ROUNDING_MS,
        missingFrames: this.#videoSteps.missing,
      },
      audio: aac && {
        codec: aac.codec,
        sampleRate: aac.sampleRate,
        channels: aac.channels,
        bitrate: this.#audioBytes.bitsPerSecond,
        missingFrames: this.#audioSteps.missing,
      },
      bitrate: this.#allBytes.bitsPerSecond,
      bitrateJitter: this.#allBytes.jitter,
      audioVideoDriftMs: this.#drift === undefined ? undefined : Math.round(this.#drift),
      arrivalDelayMs: this.#arrival.milliseconds,
      timestampJumps: this.#videoSteps.jumps + this.#audioSteps.jumps,
    };
  }

  #video(timestamp: number, payload: Buffer, now: number): void {
    const kind = videoKind(payload);
    if (kind === 'sequence-header') {
      this.#avc = parseAvcConfig(payload.subarray(VIDEO_HEADER_BYTES));
      this.#leastComposition = Infinity;
      this.#mostComposition = -Infinity;
      return;
    }
    if (kind !== 'keyframe' && kind !== 'frame') return;
    this.#videoBytes.add(payload.length);
    this.#allBytes.add(payload.length);
    if (!this.#videoSteps.step(timestamp)) this.#jumped();
    const composition = compositionTimeMs(payload);
    if (composition < this.#leastComposition) this.#leastComposition = composition;
    if (composition > this.#mostComposition) this.#mostComposition = composition;
    if (kind === 'keyframe') {
      if (this.#lastKeyframe !== undefined) this.#keyframeIntervalMs = (timestamp - this.#lastKeyframe) >>> 0;
      this.#lastKeyframe = timestamp;
    }
    this.#arrival.arrived(timestamp, now);
  }

  #audio(timestamp: number, payload: Buffer, now: number): void {
    if (audioKind(payload) === 'sequence-header') {
      this.#aac = parseAacConfig(payload.subarray(AUDIO_HEADER_BYTES));
      return;
    }
    this.#audioBytes.add(payload.length);
    this.#allBytes.add(payload.length);
    if (!this.#audioSteps.step(timestamp)) this.#jumped();
    const video = this.#videoSteps.latest;
    if (video === undefined) this.#arrival.arrived(timestamp, now);
    else {
      // Signed 32 bits, as the clocks wrap.
      const apart = (timestamp - video) | 0;
      this.#drift = this.#drift === undefined ? apart : this.#drift + (apart - this.#drift) * DRIFT_WEIGHT;
    }
  }

  #jumped(): void {
    this.#lastKeyframe = undefined;
    this.#drift = undefined;
    this.#arrival.reset();
  }

  #closeWindow(now: number): void {
    const elapsed = now - this.#windowStart;
    this.#windowStart = now;
    this.#videoBytes.closeWindow(elapsed);
    this.#audioBytes.closeWindow(elapsed);
    this.#allBytes.closeWindow(elapsed);
    this.#videoSteps.closeWindow();
    this.#audioSteps.closeWindow();
    this.#arrival.closeWindow(elapsed);
  }
}

import { FLV_AUDIO, FLV_SCRIPT, FLV_VIDEO, type FlvTag, type StreamRef } from '@showrunner/service-kit';
import {
  AUDIO_HEADER_BYTES,
  audioKind,
  compositionTimeMs,
  parseAacConfig,
  parseAvcConfig,
  videoKind,
  VIDEO_HEADER_BYTES,
} from '@showrunner/service-kit/flv';
import { durationMs, type LiveStreamSpec } from '@showrunner/crds';
import type { MediaSample, Track, TrackConfigs } from '../packager/media-sample.ts';
import { Rendition } from '../packager/rendition.ts';
import type { RungEncoder, RungEncoderFactory } from '../packager/rung-encoder.ts';
import { SegmentPlan } from '../packager/segment-plan.ts';
import { segmentLimits } from '../packager/segmenter.ts';
import { GapFiller } from '../timeline/gap-filler.ts';
import { makeFrozenFrame } from '../timeline/frozen-frame.ts';
import { SHOW_START_MS, ShowTimeline } from '../timeline/show-timeline.ts';
import { announcedTracks } from './announced-tracks.ts';

export const SOURCE = 'source';

/** Segments on a playlist, in target durations: more than the skip boundary of six, so that delta updates save. */
const LISTED_TARGETS = 7;
/**
 * How long a segment can be fetched after it left the playlist, in target durations. RFC 8216bis section 6.2.2 would have
 * it for as long as the playlist was; half of that keeps a 2.6 Mbit/s stream below 8 MB.
 */
const RETIRED_TARGETS = 4;
/** Media is held back for the other track's sequence header for at most this long by its own stamps. */
const PREROLL_MS = 300;
const PREROLL_TAGS = 256;
/** Viewers in time are three parts behind. */
const HOLD_BACK_PARTS = 3;
const PATIENCE_SHARE = 0.8;
const STANDARD_PATIENCE_MS = 1000;
/** Made-up media and what a publisher sends may overlap by less than this without being moved. */
const OVERLAP_MS = 40;

export interface LiveShowOptions {
  readonly stream: StreamRef;
  readonly transcode: LiveStreamSpec['transcode'];
  readonly firstMsn: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly createEncoder: RungEncoderFactory;
  /** Media was made up to bridge a gap: milliseconds of it. */
  readonly filledMs: (ms: number) => void;
  /** A rendition has more to show than before. */
  readonly renditionChanged: (rendition: Rendition) => void;
}

/** One show from its first tag to its end: the source's timeline, its renditions, and the gaps between publishers. */
export class LiveShow {
  readonly stream: StreamRef;
  readonly transcode: LiveStreamSpec['transcode'];
  readonly renditions = new Map<string, Rendition>();
  readonly source: Rendition;
  readonly #options: LiveShowOptions;
  readonly #timeline = new ShowTimeline();
  readonly #plan = new SegmentPlan();
  readonly #filler: GapFiller;
  #encoder: RungEncoder | undefined;
  #configs: TrackConfigs = {};
  /** Sequence headers of the publisher on air, which count from its next keyframe on. */
  #announced: TrackConfigs = {};
  readonly #headerTags: Partial<Record<Track, Buffer>> = {};
  #expected: ReadonlySet<Track> | undefined;
  #preroll: FlvTag[] | undefined = [];
  #awaitsKeyframe = true;
  #resumes = false;
  #jumped = false;
  #epochMs = 0;
  #ended = false;

  constructor(options: LiveShowOptions) {
    this.#options = options;
    this.stream = options.stream;
    this.transcode = options.transcode;
    this.source = this.#addRendition(SOURCE, {
      firstMsn: options.firstMsn,
      programDateTimeMs: (timelineMs) => this.#epochMs + timelineMs,
    });
    const source = this.source;
    this.#filler = new GapFiller(
      {
        get clockMs() {
          return source.clockMs;
        },
        get partMs() {
          return source.usualPartMs;
        },
        get frameMs() {
          return source.frameMs;
        },
      },
      {
        now: options.now,
        patienceMs: (partMs) =>
          options.transcode.latency === 'low' ? PATIENCE_SHARE * HOLD_BACK_PARTS * partMs : STANDARD_PATIENCE_MS,
        frozenFrames: (video, recentFrames) => makeFrozenFrame(video, recentFrames),
        filledMs: options.filledMs,
        emit: (sample, payload) => this.#package(sample, payload),
      },
    );
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** The source's tracks; none before the show's first keyframe. */
  get configs(): TrackConfigs {
    return this.#configs;
  }

  get rungs(): RungEncoder['rungs'] {
    return this.#encoder?.rungs ?? [];
  }

  publisherStarted(): void {
    this.#announced = {};
    this.#expected = undefined;
    this.#preroll = [];
    this.#awaitsKeyframe = true;
    this.#resumes = this.source.window.last !== undefined;
  }

  publisherStopped(): void {
    this.#filler.abandon();
    this.#preroll = undefined;
    this.#awaitsKeyframe = true;
    this.#resumes = true;
  }

  tag(tag: FlvTag): void {
    if (this.#ended) return;
    if (tag.type === FLV_SCRIPT) {
      this.#expected ??= announcedTracks(tag.payload);
      return;
    }
    const track = tag.type === FLV_VIDEO ? 'video' : 'audio';
    const kind = track === 'video' ? videoKind(tag.payload) : audioKind(tag.payload);
    if (kind === 'sequence-header') this.#announce(track, tag.payload);
    else if (kind === 'keyframe' || kind === 'frame') this.#hold(tag);
  }

  /** Ends all renditions. The encoder's child may live a little longer than the returned promise takes to begin. */
  async end(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#filler.close();
    const encoderClosed = this.#encoder?.close();
    for (const rendition of this.renditions.values()) rendition.end();
    await encoderClosed;
  }

  #addRendition(name: string, lead?: NonNullable<ConstructorParameters<typeof Rendition>[0]['lead']>): Rendition {
    const limits = segmentLimits(durationMs(this.transcode.segmentDuration));
    const rendition: Rendition = new Rendition({
      name,
      partDurationMs: durationMs(this.transcode.partDuration),
      limits,
      window: {
        listedS: LISTED_TARGETS * limits.targetDurationS,
        retiredS: RETIRED_TARGETS * limits.targetDurationS,
      },
      plan: this.#plan,
      ...(lead && { lead }),
      changed: () => {
        if (rendition === this.source) this.#filler.published();
        this.#options.renditionChanged(rendition);
      },
    });
    this.renditions.set(name, rendition);
    return rendition;
  }

  #announce(track: Track, payload: Buffer): void {
    if (track === 'video') {
      const config = parseAvcConfig(payload.subarray(VIDEO_HEADER_BYTES));
      if (!config) return;
      this.#announced = { ...this.#announced, video: config };
    } else {
      const config = parseAacConfig(payload.subarray(AUDIO_HEADER_BYTES));
      if (!config) return;
      this.#announced = { ...this.#announced, audio: config };
    }
    this.#headerTags[track] = payload;
    if (!this.#preroll && this.#configsDiffer()) this.#awaitsKeyframe = true;
  }

  /** Media waits until it is known which tracks the publisher sends. */
  #hold(tag: FlvTag): void {
    if (!this.#preroll) return this.#media(tag);
    this.#preroll.push(tag);
    if (!this.#tracksKnown(this.#preroll)) return;
    const held = this.#preroll;
    this.#preroll = undefined;
    for (const each of held) this.#media(each);
  }

  #tracksKnown(held: readonly FlvTag[]): boolean {
    const { video, audio } = this.#announced;
    if (video && audio) return true;
    if (!video && !audio) {
      if (held.length > PREROLL_TAGS) this.#preroll = [];
      return false;
    }
    if (this.#expected && this.#expected.has('video') === !!video && this.#expected.has('audio') === !!audio)
      return true;
    const waited = held.at(-1)!.timestamp - held[0]!.timestamp;
    return waited >= PREROLL_MS || waited < 0 || held.length > PREROLL_TAGS;
  }

  #configsDiffer(): boolean {
    const differs = (track: Track) => {
      const announced = this.#announced[track]?.record;
      const current = this.#configs[track]?.record;
      return announced === undefined || current === undefined ? announced !== current : !announced.equals(current);
    };
    return differs('video') || differs('audio');
  }

  #media(tag: FlvTag): void {
    const track: Track = tag.type === FLV_VIDEO ? 'video' : 'audio';
    const keyframe = track === 'audio' || videoKind(tag.payload) === 'keyframe';
    if (!this.#announced[track]) return;
    if (this.#awaitsKeyframe) {
      if (!keyframe || (track === 'audio' && this.#announced.video)) return;
      this.#begin();
    }
    const skipsToKeyframe = track === 'video' && this.#filler.needsKeyframe;
    if (skipsToKeyframe && !keyframe) return;
    if (skipsToKeyframe) this.#resume();

    const mapped = this.#timeline.map(track, tag.timestamp);
    let dtsMs = mapped.ms;
    const end = this.#filler.filling ? this.#filler.trackEndMs(track) : undefined;
    if (end !== undefined && dtsMs < end - OVERLAP_MS) {
      // Late media in a burst: it goes on where the made-up media ends.
      this.#timeline.continueAt(this.#filler.endMs ?? end);
      dtsMs = this.#timeline.map(track, tag.timestamp).ms;
    }
    this.#noteJump(mapped.jumped, track, keyframe);
    const sample: MediaSample =
      track === 'video'
        ? {
            track,
            dtsMs,
            ctsMs: compositionTimeMs(tag.payload),
            keyframe,
            payload: tag.payload.subarray(VIDEO_HEADER_BYTES),
          }
        : { track, dtsMs, ctsMs: 0, keyframe, payload: tag.payload.subarray(AUDIO_HEADER_BYTES) };
    this.#filler.received(sample);
    this.#package(sample, tag.payload);
  }

  /** The first keyframe of a publisher, or of other sequence headers. */
  #begin(): void {
    this.#awaitsKeyframe = false;
    if (this.#resumes) this.#resume();
    this.#resumes = false;
    const first = this.source.window.last === undefined;
    if (first) this.#anchor(SHOW_START_MS);
    if (!this.#configsDiffer()) return;
    this.#configs = this.#announced;
    this.source.setConfig(this.#configs);
    this.#filler.configure(this.#configs);
    if (first && !this.#encoder) this.#startEncoder();
    for (const track of ['video', 'audio'] as const) {
      const payload = this.#headerTags[track];
      if (payload && this.#configs[track]) this.#encode(track, this.#filler.endMs ?? SHOW_START_MS, payload);
    }
  }

  /** What comes does not continue what was there: it stands at the end of it, and says so. */
  #resume(): void {
    this.#filler.catchUp();
    const end = this.#filler.endMs ?? SHOW_START_MS;
    this.#timeline.continueAt(end);
    this.#anchor(end);
    this.source.discontinuity();
  }

  /** Ties the timeline to the wall clock for EXT-X-PROGRAM-DATE-TIME, which never goes back. */
  #anchor(timelineMs: number): void {
    this.#epochMs = Math.max(this.#epochMs, this.#options.now() - timelineMs);
  }

  /** A jump of the publisher's clock is a discontinuity where a keyframe follows; else the decoder just goes on. */
  #noteJump(jumped: boolean, track: Track, keyframe: boolean): void {
    this.#jumped ||= jumped;
    if (!this.#jumped || (track === 'audio' && this.#configs.video)) return;
    this.#jumped = false;
    if (!keyframe) return;
    this.#anchor(this.#filler.endMs ?? SHOW_START_MS);
    this.source.discontinuity();
  }

  #package(sample: MediaSample, tagPayload: Buffer): void {
    this.source.push(sample);
    this.#encode(sample.track, sample.dtsMs, tagPayload);
  }

  #encode(track: Track, timestampMs: number, payload: Buffer): void {
    this.#encoder?.tag({ type: track === 'video' ? FLV_VIDEO : FLV_AUDIO, timestampMs, payload });
  }

  #startEncoder(): void {
    this.#encoder = this.#options.createEncoder({
      stream: this.stream,
      transcode: this.transcode,
      source: this.#configs,
      frameRate: this.#configs.video?.frameRate,
      output: {
        config: (rung, configs) => this.#rung(rung)?.setConfig(configs),
        sample: (rung, sample) => this.#rung(rung)?.push(sample),
        end: (rung) => this.#rung(rung)?.end(),
      },
    });
    for (const rung of this.#encoder?.rungs ?? []) this.#addRendition(rung.name);
  }

  #rung(name: string): Rendition | undefined {
    return this.#ended || name === SOURCE ? undefined : this.renditions.get(name);
  }
}

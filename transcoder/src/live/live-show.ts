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
import type { Track, TrackConfigs } from '../packager/media-sample.ts';
import { Rendition } from '../packager/rendition.ts';
import type { Replay, RungEncoder, RungEncoderFactory } from '../packager/rung-encoder.ts';
import { SegmentPlan } from '../packager/segment-plan.ts';
import { segmentLimits } from '../packager/segmenter.ts';
import { GapFiller } from '../timeline/gap-filler.ts';
import { makeFrozenFrame } from '../timeline/frozen-frame.ts';
import type { ReplayedPicture, SentFrame } from '../timeline/gop.ts';
import { isLate, planReturn, type ReturnStep } from '../timeline/return-plan.ts';
import { SHOW_START_MS, ShowTimeline } from '../timeline/show-timeline.ts';
import { announcedTracks } from './announced-tracks.ts';
import type { FirstNumbers } from './first-numbers.ts';
import { Preroll } from './preroll.ts';

export const SOURCE = 'source';

/** Segments on a playlist, in target durations: more than the skip boundary of six, so that delta updates save. */
const LISTED_TARGETS = 7;
/**
 * How long a segment can be fetched after it left the playlist, in target durations. RFC 8216bis section 6.2.2 would have
 * it for as long as the playlist was; this keeps a stream of 2.6 Mbit/s below 8 MB, and three segments is what players are late.
 */
const RETIRED_TARGETS = 3;
/** What a rendition keeps at most: 100 Mbit/s for ten seconds, and far more seconds of any usual stream. */
const WINDOW_BYTES = 128 * 1024 * 1024;
/** A publisher's tracks change no more often than this: each change costs a segment and an encoder. */
const LEAST_CONFIG_MS = 1000;
/**
 * A picture may be displayed this long after it was decoded: H.264 keeps sixteen back, at three a second. What says more
 * is broken, and would move its segment in the rungs by as much.
 */
const MOST_COMPOSITION_MS = 5000;
/** Viewers in time are three parts behind. */
const HOLD_BACK_PARTS = 3;
const PATIENCE_SHARE = 0.8;
const STANDARD_PATIENCE_MS = 1000;

export interface LiveShowOptions {
  readonly stream: StreamRef;
  readonly transcode: LiveStreamSpec['transcode'];
  readonly numbers: FirstNumbers;
  /** Another process has shown the show up to now. */
  readonly continuesOthers: boolean;
  /** Milliseconds since the epoch, for dates only. */
  readonly now: () => number;
  /** Milliseconds of a clock that never leaps with the time of day, for all that waits. */
  readonly monotonicMs: () => number;
  readonly createEncoder: RungEncoderFactory;
  /** Media was made up to bridge a gap: milliseconds of it. */
  readonly filledMs: (ms: number) => void;
  /** A rendition has more to show than before. */
  readonly renditionChanged: (rendition: Rendition) => void;
}

function sentFrame(track: Track, tagPayload: Buffer, dtsMs: number, keyframe: boolean): SentFrame {
  const video = track === 'video';
  const ctsMs = video ? compositionTimeMs(tagPayload) : 0;
  const payload = tagPayload.subarray(video ? VIDEO_HEADER_BYTES : AUDIO_HEADER_BYTES);
  return { sample: { track, dtsMs, ctsMs, keyframe, payload }, tagPayload };
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
  readonly #preroll = new Preroll();
  #awaitsKeyframe = true;
  #resumes = false;
  #jumped = false;
  /** The dates of segments lag behind the wall clock until the next discontinuity. */
  #datesLag = false;
  /** Since when the publisher on air has been sending what was made up for already. */
  #lateSinceMs: number | undefined;
  #epochMs = 0;
  /** How far the publisher's first frames are behind the wall clock. */
  #behindMs = 0;
  #configuredAtMs = -Infinity;
  #ended = false;

  constructor(options: LiveShowOptions) {
    this.#options = options;
    this.stream = options.stream;
    this.transcode = options.transcode;
    this.source = this.#addRendition(SOURCE, {
      firstMsn: options.numbers.msn,
      firstDiscontinuitySequence: options.numbers.discontinuitySequence,
      continuesOthers: options.continuesOthers,
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
        monotonicMs: options.monotonicMs,
        patienceMs: (partMs) =>
          options.transcode.latency === 'low' ? PATIENCE_SHARE * HOLD_BACK_PARTS * partMs : STANDARD_PATIENCE_MS,
        frozenFrames: (video, recentFrames) => makeFrozenFrame(video, recentFrames),
        filledMs: options.filledMs,
        postponed: () => (this.#datesLag = true),
        emit: (picture) => this.#package(picture),
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

  get encoderFailing(): boolean {
    return this.#encoder?.failing ?? false;
  }

  /** @param behindMs How long ago the frames came that follow now. */
  publisherStarted(behindMs = 0): void {
    this.#behindMs = behindMs;
    this.#announced = {};
    this.#preroll.begin();
    this.#awaitsKeyframe = true;
    this.#resumes = this.source.window.last !== undefined;
  }

  publisherStopped(): void {
    this.#filler.abandon();
    this.#preroll.end();
    this.#awaitsKeyframe = true;
    this.#resumes = true;
  }

  tag(tag: FlvTag): void {
    if (this.#ended) return;
    if (tag.type === FLV_SCRIPT) {
      this.#preroll.expect(announcedTracks(tag.payload));
      return;
    }
    const track = tag.type === FLV_VIDEO ? 'video' : 'audio';
    const kind = track === 'video' ? videoKind(tag.payload) : audioKind(tag.payload);
    if (kind === 'sequence-header') this.#announce(track, tag.payload);
    else if (kind === 'keyframe' || kind === 'frame') {
      for (const ready of this.#preroll.push(tag, this.#announced)) this.#media(ready);
    }
  }

  /** Ends all renditions at once; resolves when the encoder's child is gone. */
  async end(): Promise<void> {
    if (this.#ended) return;
    const stopped = this.leave();
    for (const rendition of this.renditions.values()) rendition.end();
    await stopped;
  }

  /** Stops, and lets the playlists stand as they are: another process goes on with the show. */
  async leave(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#filler.close();
    await this.#encoder?.close();
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
        maxBytes: WINDOW_BYTES,
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
    if (this.#preroll.over && this.#configsDiffer()) this.#awaitsKeyframe = true;
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
    if (track === 'video' && Math.abs(compositionTimeMs(tag.payload)) > MOST_COMPOSITION_MS) return;
    if (this.#awaitsKeyframe) {
      if (!keyframe || (track === 'audio' && this.#announced.video) || this.#changesTooSoon()) return;
      this.#begin();
    }
    const { ms, jumped } = this.#timeline.map(track, tag.timestamp);
    let frame = sentFrame(track, tag.payload, ms, keyframe);
    let step = this.#returnStep(frame);
    if (step === 'move') {
      const room = keyframe ? 0 : this.source.frameMs;
      this.#timeline.continueAt((this.#filler.endMs ?? ms) + room);
      this.#lateSinceMs = undefined;
      frame = sentFrame(track, tag.payload, this.#timeline.map(track, tag.timestamp).ms, keyframe);
      step = this.#returnStep(frame);
    }
    if (step === 'drop') return;
    if (step === 'keep') return this.#filler.keep(frame);
    if (step === 'replay') this.#filler.replayUntil(frame.sample.dtsMs);
    if (track === 'video') this.#lateSinceMs = undefined;
    this.#noteJump(jumped, track, keyframe);
    this.#filler.received(frame);
    this.#package(frame);
  }

  #returnStep({ sample }: SentFrame): ReturnStep {
    const { filling, madeUpVideo, gop } = this.#filler;
    const { track, dtsMs, keyframe } = sample;
    const endMs = this.#filler.trackEndMs(track);
    if (endMs === undefined || !(madeUpVideo || (filling && track === 'audio'))) return 'go-on';
    const nowMs = this.#options.monotonicMs();
    if (isLate(dtsMs, endMs)) this.#lateSinceMs ??= nowMs;
    return planReturn({
      track,
      dtsMs,
      keyframe,
      endMs,
      frameMs: this.source.frameMs,
      // Sound alone has nothing to be skipped to.
      lateForMs: madeUpVideo ? nowMs - (this.#lateSinceMs ?? nowMs) : Infinity,
      joins: gop.whole && gop.endsBefore(sample),
      keeps: gop.whole || keyframe,
    });
  }

  /** Other sequence headers wait for a later keyframe; those of another publisher do not. */
  #changesTooSoon(): boolean {
    if (this.#resumes || this.#options.monotonicMs() - this.#configuredAtMs >= LEAST_CONFIG_MS) return false;
    return this.#configsDiffer();
  }

  /** The first keyframe of a publisher, or of other sequence headers. */
  #begin(): void {
    this.#awaitsKeyframe = false;
    if (this.#resumes) this.#resume();
    this.#resumes = false;
    const first = this.source.window.last === undefined;
    if (first) this.#anchor(SHOW_START_MS + this.#behindMs);
    if (!this.#configsDiffer()) return;
    this.#configs = this.#announced;
    this.#configuredAtMs = this.#options.monotonicMs();
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

  /** Ties the timeline to the wall clock for EXT-X-PROGRAM-DATE-TIME, which never goes back within a show of this process. */
  #anchor(timelineMs: number): void {
    this.#datesLag = false;
    this.#epochMs = Math.max(this.#epochMs, this.#options.now() - timelineMs);
  }

  /**
   * A jump of the publisher's clock is a discontinuity where a keyframe follows; else the decoder just goes on. Dates that
   * lag wait for a keyframe.
   */
  #noteJump(jumped: boolean, track: Track, keyframe: boolean): void {
    this.#jumped ||= jumped;
    if (!(this.#jumped || this.#datesLag) || (track === 'audio' && this.#configs.video)) return;
    this.#jumped = false;
    if (!keyframe) return;
    this.#anchor(this.#filler.endMs ?? SHOW_START_MS);
    this.source.discontinuity();
  }

  #package(frame: SentFrame | ReplayedPicture): void {
    const { sample, tagPayload } = frame;
    this.source.push(sample);
    this.#encode(sample.track, sample.dtsMs, tagPayload, 'replay' in frame ? frame.replay : undefined);
  }

  #encode(track: Track, timestampMs: number, payload: Buffer, replay?: Replay): void {
    const type = track === 'video' ? FLV_VIDEO : FLV_AUDIO;
    this.#encoder?.tag({ type, timestampMs, payload, ...(replay && { replay }) });
  }

  #startEncoder(): void {
    this.#encoder = this.#options.createEncoder({
      stream: this.stream,
      transcode: this.transcode,
      source: this.#configs,
      frameRate: this.#configs.video?.frameRate,
      replayedMs: this.#behindMs,
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

import { createHash } from 'node:crypto';
import { initSegment } from '../boxes/init-segment.ts';
import type { MediaSample, TrackConfigs } from './media-sample.ts';
import { PartBuilder } from './part-builder.ts';
import { Part } from './part.ts';
import { cutsAfterPart, cutsAtKeyframe, longestMs, type SegmentLimits } from './segmenter.ts';
import type { SegmentPlan, SegmentStart } from './segment-plan.ts';
import { SegmentWindow, type Segment, type WindowLimits } from './segment-window.ts';

export interface RenditionOptions {
  /** URL segment: `source`, or the rung's name. */
  readonly name: string;
  readonly partDurationMs: number;
  readonly limits: SegmentLimits;
  readonly window: WindowLimits;
  readonly plan: SegmentPlan;
  /**
   * Only the source rendition decides where segments begin, and writes it into the plan; without this the rendition
   * follows the plan.
   */
  readonly lead?: {
    readonly firstMsn: number;
    /** EXT-X-DISCONTINUITY-SEQUENCE of the first segment. */
    readonly firstDiscontinuitySequence: number;
    /** Others have shown what was before: the first segment does not continue it, and says so. */
    readonly continuesOthers: boolean;
    /**
     * Milliseconds since the epoch at a time of the parts' clock. It may grow from one call to the next where there is a
     * discontinuity between them, and never becomes less.
     */
    readonly programDateTimeMs: (clockMs: number) => number;
  };
  /** Called once after each call that changed what a playlist would show. */
  readonly changed: () => void;
}

/** Starts of segments that composition times put in another order are put right by this. */
const LEAST_SEGMENT_MS = 1;
/** A segment ends early where it has this share of the bytes that the window may keep. */
const MOST_SHARE_OF_WINDOW = 1 / 4;
/** Encoded pictures that are missing for longer than this leave a hole; less is jitter. */
const HOLE_MS = 400;

function mapName(init: Buffer): string {
  return `init-${createHash('sha256').update(init).digest('hex').slice(0, 12)}.mp4`;
}

/** Turns samples into parts and segments: one quality of one show. */
export class Rendition {
  readonly name: string;
  readonly limits: SegmentLimits;
  readonly window: SegmentWindow;
  readonly #options: RenditionOptions;
  readonly #builder: PartBuilder;
  #configs: TrackConfigs = {};
  #map = '';
  #breakPending = false;
  #awaitsSegment = false;
  #toldVersion = 0;
  #discontinuitySequence = 0;
  #nextMsn: number;
  #lastKeyframe: { dtsMs: number; ctsMs: number } | undefined;
  #keyframeIntervalMs: number | undefined;
  /** Where the open segment begins on the parts' clock, in milliseconds. */
  #segmentClockMs = 0;
  #partStartsWithKeyframe = false;

  constructor(options: RenditionOptions) {
    this.name = options.name;
    this.limits = options.limits;
    this.#options = options;
    this.window = new SegmentWindow(options.window);
    this.#builder = new PartBuilder(options.partDurationMs);
    this.#nextMsn = options.lead?.firstMsn ?? 0;
    this.#discontinuitySequence = options.lead?.firstDiscontinuitySequence ?? 0;
    this.#breakPending = options.lead?.continuesOthers ?? false;
  }

  get configs(): TrackConfigs {
    return this.#configs;
  }

  /** Seconds that no part exceeds; `undefined` before the first part. */
  get partTarget(): number | undefined {
    const ms = this.#builder.partTargetMs;
    return ms === undefined ? undefined : ms / 1000;
  }

  /** Milliseconds on the show's timeline where published parts end; `undefined` before the first. */
  get clockMs(): number | undefined {
    return this.#builder.clockMs;
  }

  /** Milliseconds a part usually lasts; `undefined` before the first. */
  get usualPartMs(): number | undefined {
    return this.#builder.partTargetMs === undefined ? undefined : this.#builder.usualPartMs;
  }

  /** Milliseconds a frame usually lasts. */
  get frameMs(): number {
    return this.#builder.frameMs;
  }

  /** Frames per second as declared, else as measured. */
  get frameRate(): number | undefined {
    return this.#configs.video && (this.#configs.video.frameRate ?? 1000 / this.#builder.frameMs);
  }

  /** Where the next part is expected: it is hinted, and a request for it waits. */
  get nextPart(): { msn: number; part: number } {
    const open = this.window.open;
    if (!open) return { msn: this.#nextMsn, part: 0 };
    return this.#expectsSegment(open) ? { msn: open.msn + 1, part: 0 } : { msn: open.msn, part: open.parts.length };
  }

  /** Begins with other tracks or parameter sets. In mid-show that is a discontinuity of the source rendition. */
  setConfig(configs: TrackConfigs): void {
    this.#closePart();
    const init = initSegment(configs);
    const map = mapName(init);
    const changed = map !== this.#map;
    this.window.addMap(map, init);
    this.#configs = configs;
    this.#map = map;
    this.#builder.configure(configs);
    if (!changed || !this.window.last) return;
    // A map holds for whole segments: a follower waits for the one that the source began with the change.
    if (this.#options.lead) this.discontinuity();
    else this.#awaitsSegment = true;
  }

  /** What follows does not continue what was before (EXT-X-DISCONTINUITY). It should begin with a keyframe. */
  discontinuity(): void {
    this.#closePart();
    this.#builder.interrupt();
    this.window.complete();
    this.#lastKeyframe = undefined;
    this.#keyframeIntervalMs = undefined;
    if (this.window.last && !this.#breakPending) {
      this.#breakPending = true;
      this.#discontinuitySequence++;
    }
    this.#tellChange();
  }

  push(sample: MediaSample): void {
    if (!this.#options.lead && this.#isBehindHole(sample) && !this.#crossHole(sample)) return;
    const decides = sample.track === 'video' || !this.#builder.hasVideo;
    if (decides && !this.#prepareFor(sample)) return;
    this.#builder.add(sample);
    for (let part = this.#builder.takeComplete(); part; part = this.#builder.takeComplete()) {
      if (this.window.open || this.#beginSegmentOf(part, sample)) this.#append(part);
      this.#endSegmentAfterPart();
    }
    this.#tellChange();
  }

  /** No more samples come. */
  end(): void {
    this.#closePart();
    this.window.end();
    this.#tellChange();
  }

  #tellChange(): void {
    if (this.window.version === this.#toldVersion) return;
    this.#toldVersion = this.window.version;
    this.#options.changed();
  }

  /** Ends part and segment where the sample begins new ones. False: there is no place for it. */
  #prepareFor(sample: MediaSample): boolean {
    const begins = this.#options.lead ? this.#beginsSegment(sample) : this.#plannedStart(sample) !== undefined;
    if (begins) {
      this.#closePart(sample.dtsMs);
      this.window.complete();
    } else if (this.#awaitsSegment) return false;
    else if (this.#builder.mustCloseBefore(sample)) {
      this.#closePart(sample.dtsMs);
      this.#endSegmentAfterPart();
    }
    this.#noteKeyframe(sample);
    if (!this.window.open) {
      this.#builder.leapTo(sample.dtsMs);
      if (!this.#beginSegment(sample, this.#builder.clockMs ?? sample.dtsMs)) return false;
    }
    this.#awaitsSegment = false;
    if (this.#builder.waitingVideoFrames === 0) this.#partStartsWithKeyframe = sample.keyframe;
    return true;
  }

  /** An encoder died, and what comes now is from its successor. */
  #isBehindHole(sample: MediaSample): boolean {
    const { clockMs, waitingVideoFrames, frameMs, hasVideo } = this.#builder;
    return hasVideo && clockMs !== undefined && sample.dtsMs - clockMs - waitingVideoFrames * frameMs > HOLE_MS;
  }

  /** After a hole a follower goes on where the source began a segment. False: this is not that place yet. */
  #crossHole(sample: MediaSample): boolean {
    const start = sample.track === 'video' ? this.#plannedStart(sample) : undefined;
    const target = this.#builder.partTargetMs ?? 0;
    if (!start || sample.dtsMs + sample.ctsMs - start.startMs > target) return false;
    this.#fillOpenSegment(target / 1000);
    this.#builder.skipTo(sample.dtsMs);
    return true;
  }

  /** What is missing of the open segment is listed as gaps, so that it lasts as long as the source's. */
  #fillOpenSegment(partTarget: number): void {
    const { open } = this.window;
    const own = open && this.#options.plan.get(open.msn);
    const next = open && this.#options.plan.get(open.msn + 1);
    if (!own || !next) return;
    let missing = this.#plannedSeconds(own, next) - open.duration;
    for (; missing > partTarget / 100; missing -= partTarget) {
      const facts = { duration: Math.min(missing, partTarget), independent: false, videoSamples: 0, audioSamples: 0 };
      this.window.append(new Part([], facts), false);
    }
  }

  /** How long a segment of the plan lasts; holes in the show's timeline do not count. */
  #plannedSeconds(start: SegmentStart, next: SegmentStart): number {
    return Math.min(next.startMs - start.startMs, longestMs(this.limits)) / 1000;
  }

  #noteKeyframe(sample: MediaSample): void {
    if (sample.track !== 'video' || !sample.keyframe || sample.replayed) return;
    if (this.#lastKeyframe) this.#keyframeIntervalMs = sample.dtsMs - this.#lastKeyframe.dtsMs;
    this.#lastKeyframe = { dtsMs: sample.dtsMs, ctsMs: sample.ctsMs };
  }

  #beginsSegment(sample: MediaSample): boolean {
    const { open } = this.window;
    if (sample.track !== 'video' || !open || !this.#lastKeyframe) return false;
    // What was hinted must come, whether or not the picture turns out to be a keyframe: a player waits for it.
    if (this.#builder.waitingVideoFrames === 0) return this.#expectsSegment(open);
    if (!sample.keyframe || sample.replayed) return false;
    const elapsed = sample.dtsMs - this.#segmentClockMs;
    return cutsAtKeyframe(elapsed, sample.dtsMs - this.#lastKeyframe.dtsMs, this.limits);
  }

  /** The segment that a follower's picture opens, where it is another than the open one. */
  #plannedStart(sample: MediaSample): SegmentStart | undefined {
    const start = this.#options.plan.at(sample.dtsMs + sample.ctsMs + this.#builder.frameMs / 2);
    return start && start.msn > (this.window.last?.msn ?? -1) ? start : undefined;
  }

  /** @param clockMs Where the segment begins on the parts' clock. */
  #beginSegment(sample: MediaSample, clockMs: number): boolean {
    const { lead, plan } = this.#options;
    const start = lead ? this.#lead(sample, lead.programDateTimeMs(clockMs)) : this.#plannedStart(sample);
    if (!start) return false;
    this.#segmentClockMs = clockMs;
    if (lead) plan.add(start);
    else this.#fillTo(start);
    this.#nextMsn = start.msn + 1;
    this.window.begin(start, this.#map);
    this.#breakPending = false;
    return true;
  }

  /** A part of sound whose picture is missing begins a segment as the picture would have done. */
  #beginSegmentOf(part: Part, sample: MediaSample): boolean {
    const dtsMs = (this.#builder.clockMs ?? sample.dtsMs) - part.duration * 1000;
    return this.#beginSegment({ ...sample, dtsMs, keyframe: false }, dtsMs);
  }

  /** Dates count what the durations count, so that a segment is dated where the one before it ends. */
  #lead(sample: MediaSample, programDateTimeMs: number): SegmentStart {
    // Without a keyframe the order of display is not known from one frame: the keyframes' delay stands for it.
    const delayMs = sample.keyframe ? sample.ctsMs : (this.#lastKeyframe?.ctsMs ?? sample.ctsMs);
    const startMs = Math.max(
      sample.dtsMs + delayMs,
      (this.#options.plan.last?.startMs ?? -Infinity) + LEAST_SEGMENT_MS,
    );
    return {
      msn: this.#nextMsn,
      startMs,
      discontinuity: this.#breakPending,
      discontinuitySequence: this.#discontinuitySequence,
      programDateTimeMs,
    };
  }

  /** Segments of which this rendition has nothing become gaps, so that its numbers stay those of the source. */
  #fillTo(start: SegmentStart): void {
    const last = this.window.last;
    if (!last) return;
    const missed: { start: SegmentStart; seconds: number }[] = [];
    for (let msn = last.msn + 1; msn < start.msn; msn++) {
      const gap = this.#options.plan.get(msn);
      const next = this.#options.plan.get(msn + 1);
      if (!gap || !next) return this.window.retireAll();
      missed.push({ start: gap, seconds: this.#plannedSeconds(gap, next) });
    }
    for (const gap of missed) this.window.begin(gap.start, this.#map, gap.seconds);
  }

  #closePart(nextDtsMs?: number): void {
    const part = this.#builder.takeAll(nextDtsMs);
    if (part) this.#append(part);
  }

  #append(part: Part): void {
    this.window.append(part, this.#builder.hasVideo ? this.#partStartsWithKeyframe : true);
    this.#partStartsWithKeyframe = false;
  }

  #endSegmentAfterPart(): void {
    const { clockMs, partTargetMs, waitingVideoFrames } = this.#builder;
    const open = this.window.open;
    if (!this.#options.lead || !open || clockMs === undefined || waitingVideoFrames > 0 || open.parts.length === 0)
      return;
    const elapsed = clockMs - this.#segmentClockMs;
    const full = open.byteLength >= MOST_SHARE_OF_WINDOW * this.#options.window.maxBytes;
    if (full || cutsAfterPart(elapsed, partTargetMs ?? 0, this.#msToKeyframe(), this.limits)) this.window.complete();
  }

  #msToKeyframe(): number | undefined {
    if (!this.#lastKeyframe || this.#keyframeIntervalMs === undefined) return undefined;
    const expected = this.#lastKeyframe.dtsMs + this.#keyframeIntervalMs - (this.#builder.clockMs ?? 0);
    return expected > -this.#builder.frameMs ? Math.max(0, expected) : undefined;
  }

  /** Whether the next picture begins a segment, as far as one can tell before it has come. */
  #expectsSegment(open: Segment): boolean {
    const { lead, plan } = this.#options;
    const clockMs = this.#builder.clockMs ?? 0;
    if (!lead) {
      const next = plan.at(clockMs + (this.#lastKeyframe?.ctsMs ?? 0) + this.#builder.frameMs / 2);
      return next !== undefined && next.msn > open.msn;
    }
    const next = this.#msToKeyframe();
    if (next === undefined || next > this.#builder.frameMs / 2) return false;
    return cutsAtKeyframe(clockMs - this.#segmentClockMs, this.#keyframeIntervalMs ?? 0, this.limits);
  }
}

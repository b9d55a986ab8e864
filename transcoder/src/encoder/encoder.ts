import { FLV_AUDIO, type Logger } from '@showrunner/service-kit';
import {
  AUDIO_HEADER_BYTES,
  audioKind,
  type AacConfig,
  type AvcConfig,
  compositionTimeMs,
  parseAacConfig,
  parseAvcConfig,
  VIDEO_HEADER_BYTES,
  videoKind,
} from '@showrunner/service-kit/flv';
import type { Replay, Rung, RungEncoder, RungOutput, ShowTag } from '../packager/rung-encoder.ts';
import type { TrackConfigs } from '../packager/media-sample.ts';
import { encoderArgv } from './argv.ts';
import { type EncoderEnd, EncoderProcess } from './encoder-process.ts';
import { type LadderRung, MAX_SOURCE_PIXELS } from './ladder.ts';
import type { EncoderMetrics } from './metrics.ts';
import { PictureTimes } from './picture-times.ts';
import { restartDelayMs, WELL_AFTER_MS } from './restart-delay.ts';
import { RungLane } from './rung-lane.ts';

/** FLV counts milliseconds in 32 bits: a child that nears half of them (12 days) is relieved by another. */
const LONGEST_RUN_MS = 2 ** 30;
const SAY_LATE_EVERY_MS = 60_000;
/** One that gives what it still has, and its successor. */
const MOST_CHILDREN = 2;
/** A source that changes sooner after the last change has no rungs until then: starting a child is dear. */
const LEAST_RUN_MS = 2_000;
/** A single failure is mended before anybody can do anything about it. */
const FAILING_FROM = 2;

interface LadderEncoderOptions {
  readonly ffmpegPath: string;
  readonly ladder: readonly LadderRung[];
  readonly rungs: readonly Rung[];
  readonly source: TrackConfigs & { readonly video: AvcConfig };
  readonly threads: number;
  readonly replayedMs: number;
  readonly hangTimeoutMs: number;
  readonly output: RungOutput;
  readonly metrics: EncoderMetrics;
  readonly logger: Logger;
  readonly now: () => number;
}

type State =
  /** For a keyframe that comes at `fromMs` of the clock or later. */
  | { readonly name: 'waiting'; readonly fromMs: number }
  | { readonly name: 'running'; readonly child: EncoderProcess; readonly times: PictureTimes; readonly since: Since }
  /** There is no such program and never was: the show goes on with its source rung. */
  | { readonly name: 'unable' }
  | { readonly name: 'closed' };

interface Since {
  readonly clockMs: number;
  readonly showMs: number;
}

interface SourceVideo {
  readonly config: AvcConfig;
  /** Payload of the FLV tag. */
  readonly sequenceHeader: Buffer;
}

function sequenceHeaderOf(config: AvcConfig): Buffer {
  return Buffer.concat([Buffer.from([0x17, 0, 0, 0, 0]), config.record]);
}

/**
 * The rungs of one show from one ffmpeg child. A child that dies or hangs is followed, after a growing pause, by
 * another that begins at the source's next keyframe; when the source changes its parameters, one takes over from the
 * other without a gap, unless it changes all the time.
 */
export class LadderEncoder implements RungEncoder {
  readonly #options: LadderEncoderOptions;
  readonly #lanes: readonly RungLane[];
  readonly #children = new Set<EncoderProcess>();
  #state: State;
  /** Undefined where what the source says now cannot be encoded. */
  #video: SourceVideo | undefined;
  #audio: AacConfig | undefined;
  #videoChanged = false;
  #failures = 0;
  /** Whether a picture came since the last failure. */
  #isMended = true;
  #childrenMade = 0;
  #lateSaidAtMs = -Infinity;
  /** The youngest child that gave a picture: what older ones still give after it is too late. */
  #speaking = 0;

  constructor(options: LadderEncoderOptions) {
    const { ladder, source, output, replayedMs } = options;
    this.#options = options;
    this.#lanes = ladder.map((rung) => new RungLane(rung.name, source.audio, output, replayedMs));
    this.#video = { config: source.video, sequenceHeader: sequenceHeaderOf(source.video) };
    this.#audio = source.audio;
    this.#state = { name: 'waiting', fromMs: -Infinity };
  }

  tag({ type, timestampMs, payload, replay }: ShowTag): void {
    if (this.#state.name === 'closed' || this.#state.name === 'unable') return;
    if (type === FLV_AUDIO) this.#audioTag(timestampMs, payload);
    else this.#videoTag(timestampMs, payload, replay);
  }

  get rungs(): readonly Rung[] {
    return this.#state.name === 'unable' ? [] : this.#options.rungs;
  }

  get failing(): boolean {
    return this.#state.name === 'unable' || (!this.#isMended && this.#failures >= FAILING_FROM);
  }

  async close(): Promise<void> {
    this.#state = { name: 'closed' };
    await Promise.all([...this.#children].map((child) => child.close()));
  }

  #audioTag(timestampMs: number, payload: Buffer): void {
    const kind = audioKind(payload);
    if (kind === 'sequence-header') {
      const record = payload.subarray(AUDIO_HEADER_BYTES);
      if (!this.#audio?.record.equals(record)) this.#audio = parseAacConfig(record);
    } else if (kind === 'frame' && this.#audio && this.#state.name === 'running') {
      const sound = { config: this.#audio, dtsMs: timestampMs, payload: payload.subarray(AUDIO_HEADER_BYTES) };
      for (const lane of this.#lanes) lane.audio(sound);
    }
  }

  #videoTag(timestampMs: number, payload: Buffer, replay: Replay | undefined): void {
    const kind = videoKind(payload);
    if (kind === 'sequence-header') return this.#sequenceHeader(payload);
    if (kind !== 'keyframe' && kind !== 'frame') return;
    const keyframe = kind === 'keyframe';
    if (keyframe) this.#keyframe(timestampMs);
    if (this.#state.name !== 'running' || this.#videoChanged) return;
    const { child, times, since } = this.#state;
    const sinceStartMs = timestampMs - since.showMs;
    const outcome = child.admit(sinceStartMs, keyframe);
    if (outcome === 'taken') {
      const picture = { dtsMs: timestampMs, compositionMs: compositionTimeMs(payload), keyframe };
      child.write(times.enter({ ...picture, ...(replay && { replay }) }), payload, sinceStartMs);
    }
    if (outcome !== 'dropped-gop') return;
    this.#options.metrics.droppedGops.inc();
    const nowMs = this.#options.now();
    if (nowMs - this.#lateSaidAtMs < SAY_LATE_EVERY_MS) return;
    this.#lateSaidAtMs = nowMs;
    this.#options.logger.warn('The encoder is too slow for this source: it skips pictures up to a later keyframe.');
  }

  #sequenceHeader(payload: Buffer): void {
    const record = payload.subarray(VIDEO_HEADER_BYTES);
    if (this.#video?.config.record.equals(record)) return;
    const config = parseAvcConfig(record);
    const decodable = config && config.width * config.height <= MAX_SOURCE_PIXELS;
    this.#video = decodable ? { config, sequenceHeader: payload } : undefined;
    this.#videoChanged = true;
    if (!decodable) this.#options.logger.warn('The source changed to video that cannot be encoded into rungs.');
  }

  /** A child can only begin with a keyframe: here one is started, or relieved. */
  #keyframe(timestampMs: number): void {
    const state = this.#state;
    if (state.name === 'running') {
      if (!this.#videoChanged && timestampMs - state.since.showMs < LONGEST_RUN_MS) return;
      state.child.finish();
      this.#state = { name: 'waiting', fromMs: state.since.clockMs + LEAST_RUN_MS };
    }
    if (this.#state.name !== 'waiting' || !this.#video) return;
    if (this.#children.size < MOST_CHILDREN && this.#options.now() >= this.#state.fromMs) {
      this.#start(this.#video, timestampMs);
    }
  }

  #start({ config, sequenceHeader }: SourceVideo, showMs: number): void {
    const { ffmpegPath, ladder, threads, replayedMs, hangTimeoutMs, now } = this.#options;
    const times = new PictureTimes(showMs);
    const number = ++this.#childrenMade;
    const source = { width: config.width, height: config.height, frameRate: config.frameRate };
    const child: EncoderProcess = new EncoderProcess({
      path: ffmpegPath,
      argv: encoderArgv(ladder, source, threads),
      rungs: ladder.length,
      sequenceHeader,
      replayedMs: number === 1 ? replayedMs : 0,
      hangTimeoutMs,
      now,
      onConfig: (rung, avc) => {
        if (this.#maySpeak(number)) this.#lanes[rung]!.videoConfig(avc);
      },
      onPicture: (rung, { ptsMs, keyframe, payload }) => {
        if (!this.#maySpeak(number)) return;
        this.#isMended = true;
        this.#lanes[rung]!.picture(times.leave(Math.round(ptsMs)), keyframe, payload);
      },
      onEnd: (end) => this.#ended(child, end),
    });
    this.#children.add(child);
    this.#videoChanged = false;
    this.#state = { name: 'running', child, times, since: { clockMs: now(), showMs } };
  }

  #maySpeak(number: number): boolean {
    if (this.#state.name === 'closed' || number < this.#speaking) return false;
    this.#speaking = number;
    return true;
  }

  #ended(child: EncoderProcess, end: EncoderEnd): void {
    this.#children.delete(child);
    const state = this.#state;
    const failed = state.name === 'running' && state.child === child;
    // A finished child without a successor has given its last: its sound waits for no picture.
    if (failed || state.name === 'waiting') for (const lane of this.#lanes) lane.interrupt();
    if (!failed) return;
    const { logger, metrics, now, ffmpegPath } = this.#options;
    // One that was there before, such as one that is being upgraded, comes back.
    if (end.reason === 'missing' && this.#speaking === 0) {
      this.#state = { name: 'unable' };
      for (const lane of this.#lanes) lane.end();
      logger.error({ ffmpegPath, reason: end.message }, 'ffmpeg cannot be run: the show has its source rung only.');
      return;
    }
    const ranMs = now() - state.since.clockMs;
    this.#failures = ranMs >= WELL_AFTER_MS ? 1 : this.#failures + 1;
    this.#isMended = false;
    const delayMs = restartDelayMs(this.#failures, Math.random());
    this.#state = { name: 'waiting', fromMs: now() + delayMs };
    metrics.failures.inc();
    logger.warn({ ...end, ranMs, delayMs }, 'The encoder failed; another one begins at the next keyframe.');
  }
}

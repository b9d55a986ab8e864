import { availableParallelism } from 'node:os';
import type { Logger, Registry } from '@showrunner/service-kit';
import { streamId } from '@showrunner/service-kit';
import type { AacConfig } from '@showrunner/service-kit/flv';
import type { Rung, RungEncoderFactory } from '../packager/rung-encoder.ts';
import { LadderEncoder } from './encoder.ts';
import { ladderFor, type LadderRung } from './ladder.ts';
import { EncoderMetrics } from './metrics.ts';

interface RungEncoderConfig {
  /** Path or name of the ffmpeg program. */
  readonly ffmpegPath: string;
  /** A child that is fed but gives nothing for this long is started anew. */
  readonly hangTimeoutMs: number;
}

/** What sound may add to a rung; the source's own is passed on. */
const AUDIO_BITRATE = 160_000;
const MOST_THREADS_PER_RUNG = 4;

function describeRung({ name, width, height, maxBitrate, frameRate, levelIdc }: LadderRung, audio?: AacConfig): Rung {
  const video = `avc1.6400${levelIdc.toString(16).padStart(2, '0')}`;
  return {
    name,
    bandwidth: maxBitrate + (audio ? AUDIO_BITRATE : 0),
    codecs: audio ? `${video},${audio.codec}` : video,
    width,
    height,
    frameRate,
  };
}

/** Makes the encoder of each show's ladder; ffmpeg runs from the source's first keyframe on. */
export function createRungEncoderFactory(
  config: RungEncoderConfig,
  { logger, registry, now = Date.now }: { logger: Logger; registry: Registry; now?: () => number },
): RungEncoderFactory {
  const metrics = new EncoderMetrics(registry);
  const threads = Math.min(availableParallelism(), MOST_THREADS_PER_RUNG);
  return ({ stream, transcode, source: { video, audio }, frameRate, replayedMs, output }) => {
    if (!video) return undefined;
    const ladder = ladderFor(transcode.ladder, { width: video.width, height: video.height, frameRate });
    if (ladder.length === 0) return undefined;
    return new LadderEncoder({
      ...config,
      ladder,
      rungs: ladder.map((rung) => describeRung(rung, audio)),
      source: { video, ...(audio && { audio }) },
      threads,
      replayedMs,
      output,
      metrics,
      logger: logger.child({ stream: streamId(stream) }),
      now,
    });
  };
}

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HlsReader } from './hls-reader.ts';

interface ProbedStream {
  readonly index: number;
  readonly codec_name: string;
  readonly codec_type: string;
  readonly width?: number;
  readonly height?: number;
  readonly time_base: string;
}

interface ProbedPacket {
  readonly stream_index: number;
  readonly dts_time?: string;
  readonly pts_time?: string;
  readonly duration_time?: string;
}

export interface CheckedMedia {
  /** `h264 640x360`, `aac`. */
  readonly streams: string[];
  /** Seconds from the first to the last packet, by stream. */
  readonly seconds: number[];
  readonly problems: string[];
}

/** What is shorter than this is there for decoders, not for viewers. */
const GLIMPSE_S = 0.001;

/** Timestamps of FLV are whole milliseconds: each may be off by one, on both sides. */
const ROUNDING_S = 0.003;

/** Pictures are decoded as they are; else ffmpeg would move them to a constant rate and complain of its own doing. */
const UNCHANGED_TIMES = ['-fps_mode', 'passthrough', '-enc_time_base', '-1'];

function run(file: string, args: string[]): Promise<{ stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    execFile(file, args, { maxBuffer: 256 * 1024 * 1024 }, (error, stdout, stderr) => {
      // ffprobe and ffmpeg end non-zero for broken media, which their stderr then explains.
      if (error instanceof Error && !('code' in error && typeof error.code === 'number')) reject(error);
      else resolve({ stdout, stderr });
    });
  });
}

/**
 * Probes and decodes an init section with the segments that follow it, without a discontinuity between them: whole
 * codecs, decoding without an error, and packets whose times follow one another without gap or overlap.
 * @param toleranceS By how much later a picture may be shown than the one before it has lasted.
 */
export async function checkMedia(
  init: Buffer,
  segments: readonly Buffer[],
  toleranceS = ROUNDING_S,
): Promise<CheckedMedia> {
  const folder = await mkdtemp(join(tmpdir(), 'showrunner-media-'));
  try {
    const file = join(folder, 'media.mp4');
    await writeFile(file, [init, ...segments]);
    const probe = await run('ffprobe', ['-v', 'error', '-show_streams', '-show_packets', '-of', 'json', file]);
    const decode = await run('ffmpeg', [
      '-nostdin',
      '-v',
      'error',
      '-xerror',
      '-i',
      file,
      ...UNCHANGED_TIMES,
      '-f',
      'null',
      '-',
    ]);
    const problems = [probe.stderr, decode.stderr].map((text) => text.trim()).filter((text) => text !== '');
    const { streams = [], packets = [] } = JSON.parse(probe.stdout || '{}') as {
      streams?: ProbedStream[];
      packets?: ProbedPacket[];
    };
    const seconds: number[] = [];
    for (const stream of streams) {
      const shown = packets
        .filter(({ stream_index }) => stream_index === stream.index)
        .map(({ pts_time }) => Number(pts_time))
        .sort((a, b) => a - b);
      /** One that comes late is decoded late, the one before it being held for so long, and has its place among those shown. */
      const isShownInTime = (pts: number, duration: number) =>
        pts - (shown[shown.indexOf(pts) - 1] ?? pts) <= duration + toleranceS;
      let expected: number | undefined;
      let first: number | undefined;
      let last = 0;
      let previous = -Infinity;
      let wasGlimpse = false;
      for (const packet of packets) {
        if (packet.stream_index !== stream.index) continue;
        const dts = Number(packet.dts_time);
        first ??= dts;
        // Pictures of a replay, which last some microseconds, have the duration of any other for ffprobe.
        const isGlimpse = dts > previous && dts - previous < GLIMPSE_S;
        const off = expected === undefined ? 0 : dts - expected;
        const isMissed = off > ROUNDING_S && !isShownInTime(Number(packet.pts_time), Number(packet.duration_time));
        if (isMissed || (off < -ROUNDING_S && !isGlimpse && !wasGlimpse)) {
          problems.push(`${stream.codec_type}: after ${expected?.toFixed(3)} s comes ${dts.toFixed(3)} s`);
        }
        previous = dts;
        wasGlimpse = isGlimpse;
        // ffprobe knows no duration of the first packet where there is only sound.
        expected = packet.duration_time === undefined ? undefined : dts + Number(packet.duration_time);
        last = expected ?? dts;
      }
      seconds.push(last - (first ?? last));
    }
    return {
      streams: streams.map(({ codec_name, width, height }) =>
        width ? `${codec_name} ${width}x${height}` : codec_name,
      ),
      seconds,
      problems: problems.slice(0, 20),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Checks all that a reader kept: one run of segments between discontinuities or changes of the init section at a time. */
export async function checkMediaOf(reader: HlsReader, toleranceS = ROUNDING_S): Promise<CheckedMedia[]> {
  const runs: { init: Buffer; data: Buffer[]; initUri: string; last: number }[] = [];
  for (const segment of reader.segments.toSorted((a, b) => a.sequence - b.sequence)) {
    const init = reader.inits.get(segment.initUri ?? '');
    if (!segment.data || !init) continue;
    const current = runs.at(-1);
    const goesOn =
      !segment.discontinuity && current?.initUri === segment.initUri && current?.last === segment.sequence - 1;
    if (goesOn && current) {
      current.data.push(segment.data);
      current.last = segment.sequence;
    } else {
      runs.push({ init, data: [segment.data], initUri: segment.initUri ?? '', last: segment.sequence });
    }
  }
  return Promise.all(runs.map(({ init, data }) => checkMedia(init, data, toleranceS)));
}

import { chmodSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { liveStreamSpecSchema } from '@showrunner/crds';
import { createLogger, type FlvTag, Registry } from '@showrunner/service-kit';
import { AUDIO_HEADER_BYTES, compositionTimeMs, parseAacConfig, parseAvcConfig } from '@showrunner/service-kit/flv';
import { VIDEO_HEADER_BYTES, videoKind } from '@showrunner/service-kit/flv';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { MediaSample, TrackConfigs } from '../packager/media-sample.ts';
import type { RungEncoder } from '../packager/rung-encoder.ts';
import { makeClip } from '../../test/flv-clip.ts';
import { createRungEncoderFactory } from './create-rung-encoder.ts';

/** Notes its process id, so that a test can end or stop the very child that the encoder started. */
let folder: string;
let ffmpegPath: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'encoder-'));
  ffmpegPath = join(folder, 'ffmpeg');
  writeFileSync(ffmpegPath, `#!/bin/sh\necho $$ >> ${folder}/pids\nexec ffmpeg "$@"\n`);
  chmodSync(ffmpegPath, 0o755);
  writeFileSync(join(folder, 'pids'), '');
});
afterAll(() => rmSync(folder, { recursive: true }));
const pids = () =>
  readFileSync(join(folder, 'pids'), 'utf8')
    .split('\n')
    .flatMap((line) => (line === '' ? [] : [Number(line)]));

interface Received {
  readonly configs: { rung: string; configs: TrackConfigs }[];
  readonly samples: Record<string, MediaSample[]>;
  readonly ended: string[];
}

const isHeader = (tag: FlvTag) => tag.payload[1] === 0;
const header = (tags: readonly FlvTag[], type: number) => tags.find((tag) => tag.type === type && isHeader(tag));

let open: RungEncoder[] = [];
afterEach(async () => {
  await Promise.all(open.map((encoder) => encoder.close()));
  open = [];
});

function show(
  tags: readonly FlvTag[],
  options: {
    ladder?: string;
    ffmpeg?: string;
    hangTimeoutMs?: number;
    replayedMs?: number;
    lines?: string[];
    now?: () => number;
  } = {},
) {
  const registry = new Registry();
  const lines = options.lines ?? [];
  const factory = createRungEncoderFactory(
    { ffmpegPath: options.ffmpeg ?? ffmpegPath, hangTimeoutMs: options.hangTimeoutMs ?? 5_000 },
    {
      logger: createLogger({ name: 'test', level: 'warn' }, { write: (line) => lines.push(line) }),
      registry,
      ...(options.now && { now: options.now }),
    },
  );
  const received: Received = { configs: [], samples: {}, ended: [] };
  const video = header(tags, 9);
  const audio = header(tags, 8);
  const encoder = factory({
    stream: { namespace: 'default', name: 'live' },
    transcode: liveStreamSpecSchema.parse({ transcode: { ladder: options.ladder ?? '360p' } }).transcode,
    source: {
      ...(video && { video: parseAvcConfig(video.payload.subarray(VIDEO_HEADER_BYTES))! }),
      ...(audio && { audio: parseAacConfig(audio.payload.subarray(AUDIO_HEADER_BYTES))! }),
    },
    frameRate: 30,
    replayedMs: options.replayedMs ?? 0,
    output: {
      config: (rung, configs) => received.configs.push({ rung, configs }),
      sample: (rung, sample) => (received.samples[rung] ??= []).push(sample),
      end: (rung) => received.ended.push(rung),
    },
  });
  if (encoder) open.push(encoder);
  const count = async (name: string) => (await registry.getSingleMetric(name)!.get()).values[0]?.value ?? 0;
  return { encoder, received, count, lines };
}

const START_MS = 12_345.678;

/** Hands the tags over at their own pace, from a show time with a fraction. */
async function play(encoder: RungEncoder, tags: readonly FlvTag[], from = START_MS, speed = 1): Promise<void> {
  const began = performance.now();
  for (const { type, timestamp, payload } of tags) {
    const ahead = timestamp / speed - (performance.now() - began);
    if (ahead > 1) await sleep(ahead);
    if (type !== 18) encoder.tag({ type, timestampMs: from + timestamp, payload });
  }
}

async function until(condition: () => boolean, withinMs = 5_000): Promise<void> {
  const began = performance.now();
  while (!condition() && performance.now() - began < withinMs) await sleep(10);
  expect(condition()).toBe(true);
}

const pictures = (samples: readonly MediaSample[] = []) => samples.filter((sample) => sample.track === 'video');
const sounds = (samples: readonly MediaSample[] = []) => samples.filter((sample) => sample.track === 'audio');
const keyTimes = (samples: readonly MediaSample[] = []) =>
  pictures(samples)
    .filter((sample) => sample.keyframe)
    .map((sample) => sample.dtsMs);
const sourceKeyTimes = (tags: readonly FlvTag[], from = START_MS) =>
  tags.filter((tag) => tag.type === 9 && videoKind(tag.payload) === 'keyframe').map((tag) => from + tag.timestamp);
const presentationTimes = (tags: readonly FlvTag[], from = START_MS) =>
  tags
    .filter((tag) => tag.type === 9 && !isHeader(tag) && videoKind(tag.payload) !== 'end')
    .map((tag) => from + tag.timestamp + compositionTimeMs(tag.payload))
    .sort((a, b) => a - b);
const close = (times: readonly number[]) => times.map((time) => Number(time.toFixed(3)));

describe('the rungs of a show', () => {
  const clip = makeClip({ seconds: 3, size: '854x480', gop: 250, keyframesAt: [0.7, 1.4, 2.5] });

  it("have every picture at its own time, keyframes where the source has them, and the source's sound", async () => {
    const { encoder, received } = show(clip);
    expect(encoder!.rungs).toEqual([
      { name: '360p', bandwidth: 1_120_000, codecs: 'avc1.64001e,mp4a.40.2', width: 640, height: 360, frameRate: 30 },
    ]);
    await play(encoder!, clip);
    const expected = presentationTimes(clip);
    // The muxer keeps the last picture until it knows how long that lasts.
    await until(() => pictures(received.samples['360p']).length === expected.length - 1);
    const rung = received.samples['360p']!;
    expect(close(pictures(rung).map((sample) => sample.dtsMs + sample.ctsMs))).toEqual(close(expected.slice(0, -1)));
    expect(close(keyTimes(rung))).toEqual(close(sourceKeyTimes(clip)));
    const config = received.configs[0]!.configs;
    expect([received.configs.length, config.video?.codec, config.audio?.codec]).toEqual([
      1,
      'avc1.64001e',
      'mp4a.40.2',
    ]);
    const sourceSounds = clip.filter((tag) => tag.type === 8 && !isHeader(tag)).map((tag) => tag.payload.subarray(2));
    const heard = sounds(rung).map((sample) => sample.payload);
    const skipped = sourceSounds.findIndex((sound) => sound.equals(heard[0]!));
    expect(skipped).toBeLessThanOrEqual(2);
    expect(heard).toEqual(sourceSounds.slice(skipped, skipped + heard.length));
    expect(heard.length).toBeGreaterThan(sourceSounds.length - 8);
  });

  it('come in several sizes from one child, alike in time, and without sound where the source has none', async () => {
    const mute = makeClip({ seconds: 2, size: '1280x720', gop: 30, bFrames: 3, audio: false });
    const before = pids().length;
    const { encoder, received } = show(mute, { ladder: '480p' });
    await play(encoder!, mute);
    const expected = presentationTimes(mute);
    await until(() => pictures(received.samples['360p']).length >= expected.length - 4);
    for (const name of ['480p', '360p']) {
      const rung = received.samples[name]!;
      expect(close(rung.map((sample) => sample.dtsMs + sample.ctsMs))).toEqual(close(expected.slice(0, rung.length)));
      expect(close(keyTimes(rung))).toEqual(close(sourceKeyTimes(mute)));
    }
    expect(received.configs.map(({ rung, configs }) => [rung, configs.video?.width, configs.audio])).toEqual(
      expect.arrayContaining([
        ['480p', 854, undefined],
        ['360p', 640, undefined],
      ]),
    );
    expect(pids().length - before).toBe(1);
  });

  it('are none for a source without video, or without a rung below it', () => {
    expect(show(clip.filter((tag) => tag.type === 8)).encoder).toBeUndefined();
    expect(show(clip, { ladder: 'none' }).encoder).toBeUndefined();
    const small = makeClip({ seconds: 0.1, size: '320x240' });
    expect(show(small, { ladder: '1080p' }).encoder).toBeUndefined();
  });

  it('go on without a gap when the source changes its picture', async () => {
    const second = makeClip({ seconds: 1.5, size: '480x854', gop: 30 });
    const { encoder, received, count } = show(clip);
    await play(encoder!, clip);
    await play(encoder!, second, START_MS + 3_100);
    const keys = [...sourceKeyTimes(clip), ...sourceKeyTimes(second, START_MS + 3_100)];
    // All but the one that the second child's muxer keeps.
    await until(() => pictures(received.samples['360p']).length >= 90 + 45 - 1);
    expect(close(keyTimes(received.samples['360p']))).toEqual(close(keys));
    expect(await count('showrunner_encoder_failures_total')).toBe(0);
  });

  it('are no way to start many children: a source that changes all the time is encoded again when it is done', async () => {
    const other = makeClip({ seconds: 0.1, size: '480x854' });
    const openings = [clip, other].map((tags) => tags.filter((tag) => tag.type === 9).slice(0, 2));
    let now = 0;
    const { encoder, count } = show(clip, { now: () => now });
    let round = 0;
    const change = () => {
      for (const { payload } of openings[round % 2]!) encoder!.tag({ type: 9, timestampMs: round * 33, payload });
      round++;
    };
    const before = pids().length;
    for (; now < 2_000; now += 100) change();
    await until(() => pids().length > before);
    await sleep(300);
    expect(pids().length - before).toBe(1);
    for (; now < 4_000; now += 100) change();
    await until(() => pids().length > before + 1);
    await sleep(300);
    expect(pids().length - before).toBe(2);
    expect(await count('showrunner_encoder_failures_total')).toBe(0);
  });
});

describe('a group of pictures that is replayed', () => {
  it('is decoded, and shown from its last picture on, which is a keyframe', async () => {
    const clip = makeClip({ seconds: 2, size: '854x480', gop: 250, audio: false });
    const pictureTags = clip.filter((tag) => tag.type === 9 && !isHeader(tag) && videoKind(tag.payload) !== 'end');
    const [first, rest] = [pictureTags.slice(0, 30), pictureTags.slice(30)];
    const { encoder, received } = show(clip);
    await play(encoder!, first);
    const endMs = START_MS + first.at(-1)!.timestamp + 33;
    for (const [i, { timestamp, payload }] of first.entries()) {
      const replay = { sentMs: START_MS + timestamp, ...(i === first.length - 1 && { presentationMs: endMs }) };
      encoder!.tag({ type: 9, timestampMs: endMs + i / 45, payload, replay });
    }
    await play(encoder!, rest, START_MS + 33);
    await until(() => pictures(received.samples['360p']).length === pictureTags.length);
    const rung = pictures(received.samples['360p']);
    expect(close(keyTimes(rung))).toEqual(close([START_MS + first[0]!.timestamp, endMs]));
    const times = rung.map(({ dtsMs }) => dtsMs);
    expect(Math.max(...times.slice(1).map((time, i) => time - times[i]!))).toBeLessThan(40);
  });
});

describe('an encoder that fails', () => {
  const long = makeClip({ seconds: 4, size: '640x480', gop: 15 });

  it('is followed by another at the next keyframe, on the same timeline', async () => {
    const { encoder, received, count } = show(long);
    const playing = play(encoder!, long);
    await until(() => pictures(received.samples['360p']).length > 20);
    process.kill(pids().at(-1)!, 'SIGKILL');
    await playing;
    const rung = received.samples['360p']!;
    const source = close(sourceKeyTimes(long));
    expect(close(keyTimes(rung)).every((time) => source.includes(time))).toBe(true);
    expect(pictures(rung).length).toBeGreaterThan(70);
    expect(rung.at(-1)!.dtsMs).toBeGreaterThan(START_MS + 3_800);
    const times = pictures(rung).map((sample) => sample.dtsMs);
    const gap = times.slice(1).findIndex((time, index) => time - times[index]! > 100);
    expect(pictures(rung)[gap + 1]!.keyframe).toBe(true);
    expect(sounds(rung).some(({ dtsMs }) => dtsMs > times[gap]! + 40 && dtsMs < times[gap + 1]! - 40)).toBe(false);
    expect(received.configs.length).toBe(1);
    expect(await count('showrunner_encoder_failures_total')).toBe(1);
  });

  it('is ended and followed when it hangs', async () => {
    const lines: string[] = [];
    const { encoder, received } = show(long, { hangTimeoutMs: 800, lines });
    const playing = play(encoder!, long);
    await until(() => pictures(received.samples['360p']).length > 10);
    process.kill(pids().at(-1)!, 'SIGSTOP');
    await playing;
    expect(received.samples['360p']!.at(-1)!.dtsMs).toBeGreaterThan(START_MS + 3_500);
    expect(lines.some((line) => line.includes('"reason":"hung"'))).toBe(true);
  });

  it('drops whole groups of pictures at a bounded queue when it is too slow', async () => {
    const { encoder, received, count } = show(long);
    const playing = play(encoder!, long, START_MS, 1);
    await until(() => pictures(received.samples['360p']).length > 5);
    const pid = pids().at(-1)!;
    process.kill(pid, 'SIGSTOP');
    const burst = long.filter((tag) => tag.type === 9 && !isHeader(tag));
    await playing;
    for (let round = 0; round < 40; round++) {
      const from = START_MS + 4_000 * (round + 1);
      for (const tag of burst) encoder!.tag({ type: 9, timestampMs: from + tag.timestamp, payload: tag.payload });
    }
    const lost = await count('showrunner_encoder_dropped_gops_total');
    expect(lost).toBeGreaterThan(300);
    process.kill(pid, 'SIGCONT');
    await until(() => pictures(received.samples['360p']).length > 40);
    await sleep(500);
    await play(encoder!, long, START_MS + 200_000);
    expect(received.samples['360p']!.at(-1)!.dtsMs).toBeGreaterThan(START_MS + 203_000);
    const source = new Set(
      close(sourceKeyTimes(long, 0).flatMap((t) => Array.from({ length: 60 }, (_, i) => START_MS + i * 4_000 + t))),
    );
    expect(close(keyTimes(received.samples['360p'])).filter((time) => !source.has(time))).toEqual([]);
  });

  it.each([
    ['there is no ffmpeg', () => join(folder, 'not-there')],
    ['ffmpeg lies below a file', () => join(ffmpegPath, 'ffmpeg')],
  ])('says once that %s, and harms nobody', async (_what, ffmpeg) => {
    const lines: string[] = [];
    const { encoder, received } = show(long, { ffmpeg: ffmpeg(), lines });
    await play(encoder!, long, START_MS, 4);
    expect(lines.length).toBe(1);
    expect(JSON.parse(lines[0]!)).toMatchObject({
      level: 50,
      msg: 'ffmpeg cannot be run: the show has its source rung only.',
      stream: 'default/live',
    });
    expect(received.configs).toEqual([]);
    expect([received.ended, encoder!.rungs, encoder!.failing]).toEqual([['360p'], [], true]);
  });

  it('takes all that is replayed to it at once, then what comes while it catches up', async () => {
    const replayedMs = 3_500;
    const clip = makeClip({ seconds: 8, size: '640x480', gop: 250 });
    const slow = join(folder, 'ffmpeg-of-1.5-times');
    writeFileSync(slow, '#!/bin/sh\nexec ffmpeg -readrate 1.5 "$@"\n');
    chmodSync(slow, 0o755);
    const { encoder, received, count } = show(clip, { replayedMs, ffmpeg: slow });
    const [past, present] = [true, false].map((isPast) => clip.filter((tag) => tag.timestamp < replayedMs === isPast));
    await play(encoder!, past!, START_MS, Infinity);
    const live = present!.map((tag) => ({ ...tag, timestamp: tag.timestamp - replayedMs }));
    await play(encoder!, live, START_MS + replayedMs);
    const expected = presentationTimes(clip);
    await until(() => pictures(received.samples['360p']).length === expected.length - 1);
    expect(await count('showrunner_encoder_dropped_gops_total')).toBe(0);
    // Sound waits for the pictures beside it.
    const times = received.samples['360p']!.map(({ dtsMs }) => dtsMs);
    expect(times.filter((time, at) => at > 0 && time < times[at - 1]!)).toEqual([]);
  });

  it('comes back where its program was away for a while', async () => {
    const moved = join(folder, 'ffmpeg-moved');
    const upgraded = join(folder, 'ffmpeg-upgraded');
    writeFileSync(upgraded, readFileSync(ffmpegPath), { mode: 0o755 });
    const { encoder, received } = show(long, { ffmpeg: upgraded });
    const playing = play(encoder!, long);
    await until(() => pictures(received.samples['360p']).length > 5);
    renameSync(upgraded, moved);
    process.kill(pids().at(-1)!, 'SIGKILL');
    await sleep(1_000);
    renameSync(moved, upgraded);
    await playing;
    expect(received.samples['360p']!.at(-1)!.dtsMs).toBeGreaterThan(START_MS + 3_500);
    expect([received.ended, encoder!.rungs.length, encoder!.failing]).toEqual([[], 1, false]);
  });

  it('tries ever more slowly where it ends at once', async () => {
    const { encoder, lines } = show(long, { ffmpeg: '/bin/false' });
    await play(encoder!, long, START_MS);
    expect(encoder!.failing).toBe(true);
    expect(lines.length).toBeGreaterThanOrEqual(3);
    expect(lines.length).toBeLessThanOrEqual(6);
    expect(JSON.parse(lines[0]!)).toMatchObject({ reason: 'exited', message: 'It ended with exit code 1.' });
  });
});

describe('close', () => {
  const clip = makeClip({ seconds: 1, size: '640x480' });
  const gone = (pid: number) => {
    try {
      return !process.kill(pid, 0);
    } catch {
      return true;
    }
  };

  it('ends the child, even a stopped one, gives nothing afterwards, and may be called again', async () => {
    const { encoder, received } = show(clip);
    await play(encoder!, clip);
    const pid = pids().at(-1)!;
    process.kill(pid, 'SIGSTOP');
    const closing = encoder!.close();
    const given = received.samples['360p']!.length;
    await Promise.all([closing, encoder!.close()]);
    expect(gone(pid)).toBe(true);
    expect(received.samples['360p']!.length).toBe(given);
    encoder!.tag({ type: 9, timestampMs: 0, payload: clip[3]!.payload });
  });
});
